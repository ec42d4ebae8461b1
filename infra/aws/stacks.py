"""CloudFormation stacks: creates a change set, shows it, applies it and waits.

Nothing that holds data is removed or replaced without `allow_data_loss`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.aws.errors import StackError
from infra.aws.plan import StackPlan
from infra.aws.templates import template_body
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

# A change set of this size takes seconds; CloudFormation gives up on none within minutes.
_CHANGE_SET_LIMIT: Final = 600.0
# An application that restarts from a large snapshot takes up to half an hour, a stack with it.
_STACK_LIMIT: Final = 3_600.0
_EVERY: Final = 5.0

# An application's snapshots go with it.
_HOLDS_DATA: Final = frozenset(
    {
        "AWS::Kinesis::Stream",
        "AWS::KinesisAnalyticsV2::Application",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
)
# States from which CloudFormation takes no change set, and the way out of each.
_REMEDIES: Final = {
    "CREATE_FAILED": "delete the stack and deploy again",
    "ROLLBACK_COMPLETE": "its creation was undone; delete the stack and deploy again",
    "ROLLBACK_FAILED": "delete the stack and deploy again",
    "UPDATE_ROLLBACK_FAILED": "continue the rollback in CloudFormation, then deploy again",
    "DELETE_FAILED": "delete the stack and deploy again",
}
# States of a stack that has made nothing, or has undone all of it.
_WITHOUT_RESOURCES: Final = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})
# States of a resource that is not its stack's: never made, or deleted.
_NOT_THERE: Final = frozenset({"CREATE_FAILED", "DELETE_COMPLETE", "DELETE_SKIPPED"})
_REPLACEMENTS: Final = {"True": ", replaced", "Conditional": ", may be replaced"}
_NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class Change:
    """One line of a change set."""

    action: str
    resource: str
    type: str
    replacement: str  # True, False, Conditional, or nothing

    @property
    def loses_data(self) -> bool:
        """Whether it removes or may replace something that holds data."""
        gone = self.action == "Remove" or self.replacement in {"True", "Conditional"}
        return gone and self.type in _HOLDS_DATA

    def __str__(self) -> str:
        note = _REPLACEMENTS.get(self.replacement, "")
        return f"{self.action.lower():7} {self.resource} ({self.type}{note})"


class Stacks:
    """The stacks of one region.

    Args:
        client: boto3's CloudFormation client.
        clock: for waiting.
        say: where progress goes, line by line.
    """

    def __init__(self, client: Any, clock: Clock, say: Say) -> None:
        self._client = client
        self._clock = clock
        self._say = say

    def apply(self, plan: StackPlan, *, allow_data_loss: bool = False) -> dict[str, str]:
        """Brings a stack to its plan; gives its outputs. Raises StackError."""
        status = self.status(plan.name)
        is_new = status in {None, "REVIEW_IN_PROGRESS"}
        if status is not None and not is_new:
            self._check_can_change(plan.name, status)
        change_set = self._create_change_set(plan, is_new=is_new)
        if change_set is None:
            self._say(f"{plan.name}: no change")
            return self.outputs(plan.name)
        changes = self._changes(change_set)
        self._say(f"{plan.name}: {'new stack' if is_new else 'change set'} of {len(changes)}")
        for change in changes:
            self._say(f"  {change}")
        losses = [change.resource for change in changes if change.loses_data]
        if losses and not allow_data_loss:
            self._client.delete_change_set(ChangeSetName=change_set)
            message = (
                f"{plan.name}: the change set would remove or replace {', '.join(losses)}, and the "
                f"data in it; it was not applied. If you want this, deploy with --allow-data-loss"
            )
            raise StackError(message)
        return self._execute(plan.name, change_set)

    def status(self, name: str) -> str | None:
        """The stack's status, or None when there is no such stack."""
        stack = self._describe(name)
        return None if stack is None else str(stack["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        """The stack's outputs; none when there is no such stack."""
        stack = self._describe(name) or {}
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    def find_deployed(self, part: str, name: str) -> StackPlan | None:
        """The stack's own template and parameters; None when there is no such stack."""
        stack = self._describe(name)
        if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            return None
        body = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        parameters = stack.get("Parameters", [])
        return StackPlan(
            part,
            name,
            json.loads(json.dumps(body)),
            {each["ParameterKey"]: each["ParameterValue"] for each in parameters},
        )

    def parameters(self, name: str) -> dict[str, str]:
        """The parameters of a stack; none where it is not there, or its creation was undone."""
        stack = self._describe(name)
        if stack is None or stack["StackStatus"] in _WITHOUT_RESOURCES:
            return {}
        parameters = stack.get("Parameters", [])
        return {each["ParameterKey"]: each["ParameterValue"] for each in parameters}

    def resources(self, name: str) -> dict[str, str]:
        """What a stack has made and not deleted: physical id by logical id."""
        if self._describe(name) is None:
            return {}
        resources: dict[str, str] = {}
        for page in self._client.get_paginator("list_stack_resources").paginate(StackName=name):
            for each in page["StackResourceSummaries"]:
                # A resource that could not be made because there is one of its name has that name.
                if each["ResourceStatus"] not in _NOT_THERE and "PhysicalResourceId" in each:
                    resources[each["LogicalResourceId"]] = each["PhysicalResourceId"]
        return resources

    def delete(self, name: str) -> None:
        """Deletes a stack, if it is there, and waits until it is gone. Raises StackError."""
        stack = self._describe(name)
        if stack is None:
            self._say(f"{name}: not there")
            return
        self._say(f"{name}: deleting")
        identity = stack["StackId"]  # under which a deleted stack is still known
        before = len(self._events(identity))
        self._client.delete_stack(StackName=name)
        ends = {"DELETE_COMPLETE", "DELETE_FAILED"}
        self._wait(name, identity, lambda status: status in ends, since=before)

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            description: dict[str, Any] = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            # The service has no error code of its own for this.
            if error.response["Error"]["Code"] == "ValidationError" and "not exist" in str(error):
                return None
            raise
        return description

    def _check_can_change(self, name: str, status: str) -> None:
        if status.endswith("_IN_PROGRESS"):
            message = f"{name} is in state {status}: another deployment is in progress; wait for it"
            raise StackError(message)
        remedy = _REMEDIES.get(status)
        if remedy is not None:
            reasons = self._reasons(name, since=0)
            message = f"{name} is in state {status}: {remedy}. The reasons were:\n{reasons}"
            raise StackError(message)

    def _create_change_set(self, plan: StackPlan, *, is_new: bool) -> str | None:
        """The change set's ARN, or None when there is nothing to change."""
        body = template_body(plan.template)
        mark = hashlib.sha256(f"{body}{sorted(plan.parameters.items())}".encode()).hexdigest()[:16]
        answer = self._client.create_change_set(
            StackName=plan.name,
            # The time keeps a second attempt from meeting the first one's remains.
            ChangeSetName=f"deploy-{mark}-{self._clock.milliseconds()}",
            ChangeSetType="CREATE" if is_new else "UPDATE",
            TemplateBody=body,
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in plan.parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        change_set: str = answer["Id"]

        def find_end() -> dict[str, Any] | None:
            description: dict[str, Any] = self._client.describe_change_set(ChangeSetName=change_set)
            return description if description["Status"] in {"CREATE_COMPLETE", "FAILED"} else None

        description = wait_for(
            find_end,
            clock=self._clock,
            every=_EVERY,
            limit=_CHANGE_SET_LIMIT,
            overdue=lambda: StackError(
                f"{plan.name}: its change set is not ready after "
                f"{_CHANGE_SET_LIMIT / 60:.0f} minutes; try again"
            ),
        )
        if description["Status"] == "CREATE_COMPLETE":
            return change_set
        self._client.delete_change_set(ChangeSetName=change_set)
        reason = description.get("StatusReason", "no reason given")
        if any(text in reason for text in _NO_CHANGES):
            return None
        message = f"{plan.name}: CloudFormation refused the change set: {reason}"
        raise StackError(message)

    def _changes(self, change_set: str) -> list[Change]:
        changes: list[Change] = []
        more: dict[str, str] = {}
        while True:
            page = self._client.describe_change_set(ChangeSetName=change_set, **more)
            for entry in page.get("Changes", []):
                change = entry["ResourceChange"]
                changes.append(
                    Change(
                        change["Action"],
                        change["LogicalResourceId"],
                        change["ResourceType"],
                        change.get("Replacement", ""),
                    )
                )
            if "NextToken" not in page:
                return changes
            more = {"NextToken": page["NextToken"]}

    def _execute(self, name: str, change_set: str) -> dict[str, str]:
        stack = self._describe(name)
        identity = stack["StackId"] if stack else name
        before = len(self._events(identity))
        self._client.execute_change_set(ChangeSetName=change_set)

        def is_end(status: str) -> bool:
            # Right after the call the status can still be that of the last time; an event tells.
            has_ended = status.endswith(("_COMPLETE", "_FAILED"))
            return has_ended and len(self._events(identity)) > before

        self._wait(name, identity, is_end, since=before)
        self._say(f"{name}: done")
        return self.outputs(name)

    def _wait(self, name: str, identity: str, is_end: Callable[[str], bool], *, since: int) -> None:
        """Waits until the stack rests; `since` is the number of its events before."""

        def rests() -> str | None:
            stack = self._describe(identity)
            status = "DELETE_COMPLETE" if stack is None else str(stack["StackStatus"])
            return status if is_end(status) else None

        status = wait_for(
            rests,
            clock=self._clock,
            every=_EVERY,
            limit=_STACK_LIMIT,
            overdue=lambda: StackError(
                f"{name}: still not done after {_STACK_LIMIT / 60:.0f} minutes; it continues by "
                f"itself, see its events in CloudFormation"
            ),
        )
        if status.endswith("_FAILED") or "ROLLBACK" in status:
            message = f"{name} ended in {status}:\n{self._reasons(identity, since=since)}"
            raise StackError(message)

    def _events(self, identity: str) -> list[dict[str, Any]]:
        """The stack's events, oldest first."""
        events: list[dict[str, Any]] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(
            StackName=identity
        ):
            events += page["StackEvents"]
        return events[::-1]

    def _reasons(self, identity: str, *, since: int) -> str:
        """Why resources failed; those that were only cancelled because of others say nothing."""
        lines = [
            f"  {event['LogicalResourceId']} ({event.get('ResourceType', '')}): "
            f"{event['ResourceStatusReason']}"
            for event in self._events(identity)[since:]
            if event["ResourceStatus"].endswith("_FAILED")
            and "cancelled" not in event.get("ResourceStatusReason", "cancelled")
        ]
        return "\n".join(lines) or "  CloudFormation gives no reason; see the stack's events"
