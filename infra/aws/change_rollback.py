"""Rolls back a failed change: what ran before runs again, or the error reports every part."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.application import StartState
from infra.aws.change_parts import Parts
from infra.aws.change_record import Before, Mark
from infra.aws.change_steps import Step
from infra.aws.errors import DeployError


def roll_back(parts: Parts, mark: Mark, step: Step, failure: Exception) -> DeployError:
    """Undoes what the change has done so far; gives the error that says what became of it."""
    try:
        before = parts.records.read(mark)
        _restore(parts, before, mark)
    except (DeployError, ClientError, BotoCoreError) as error:
        stands = "\n".join(_how_it_stands(parts, mark))
        return DeployError(f"{failure}\nRolling back failed as well: {error}\n{stands}")
    resumed = "is resumed" if mark.resume else "stays stopped, as it was"
    return DeployError(
        f"{failure}\nFailed: {step.value}. The change was rolled back: code, declaration and "
        f"mapping are those from before, the application runs, and the replication task {resumed}. "
        f"Nothing is lost. Fix the cause and deploy again"
    )


def _restore(parts: Parts, before: Before, mark: Mark) -> None:
    now = parts.now(before.application, before.replication)
    runs = parts.runs()
    is_untouched = runs and now.application == before.application
    if runs and not is_untouched:
        # It runs the new code without success; what that has read is read again.
        parts.application.stop(snapshot=False)
    if not is_untouched:
        parts.stacks.apply(before.application)
    if now.replication != before.replication:
        parts.update_replication(before.replication)
    if not is_untouched:
        parts.start(StartState(before.snapshot))
    if mark.resume:
        parts.replication.resume(parts.task)
    parts.records.end()


def _how_it_stands(parts: Parts, mark: Mark) -> Iterator[str]:
    """Every part's state, and what to do."""
    yield "Neither the old nor the new configuration is complete. The present state:"
    try:
        yield from (f"  {line}" for line in _states(parts, mark))
    except (ClientError, BotoCoreError, DeployError) as error:
        yield f"  the rest is unknown, since AWS could not be queried: {error}"
    yield f"  what ran before: {parts.records.address(mark)}"
    end = "resumes the task" if mark.resume else "leaves the task stopped, as it was"
    yield (
        f"The stream keeps what DMS has sent for its retention period, and DMS continues where it "
        f"stopped as long as the source keeps its log. Fix the cause and deploy again, with the "
        f"new declaration or the old one: that continues from here, starts the application and "
        f"{end}"
    )


def _states(parts: Parts, mark: Mark) -> Iterator[str]:
    application = parts.application.describe()
    if application is None:
        yield "application: not there"
    else:
        latest = parts.application.latest_snapshot() or "none"
        yield (
            f"{application.name}: {application.status}, code {application.code}, "
            f"latest snapshot {latest}"
        )
    yield f"replication task: {parts.replication.status(parts.task)}"
    before = parts.records.read(mark)
    if before.snapshot is not None:
        yield f"snapshot from before the change: {before.snapshot}"
    for stack in (before.application, before.replication):
        now = parts.stacks.find_deployed(stack.part, stack.name)
        comparison = "as before the change" if now == stack else "changed"
        yield f"{stack.name}: {parts.stacks.status(stack.name) or 'not there'}, {comparison}"
