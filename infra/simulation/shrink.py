"""A failing history made short: choices are left out and lowered as long as it fails alike.

Why not hypothesis: what it records for a choice costs as much as the simulated step itself, its
examples have a bound in size that histories reach, and a seed of its own could not be replayed by
number. What it does here is little: leave out steps (their choices stand together), then single
choices, then lower them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from infra.simulation.choices import Choices
from infra.simulation.history import History
from infra.simulation.profile import Profile

_RUNS: Final = 1000
_FEW, _SOME = (1, 8), (8, 24)  # steps


@dataclass(frozen=True)
class Outcome:
    """What became of a history. `failed_check` is empty when all was right."""

    failed_check: str
    message: str
    choices: Choices
    log: Sequence[str]
    commits: int = 0
    events: Sequence[Sequence[str]] = ()
    error: Exception | None = None
    records: int = 0
    happened: Mapping[str, int] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()


def run(choices: Choices, profile: Profile) -> Outcome:
    """Runs one history; whatever is raised counts as wrong."""
    history = None
    try:
        history = History(choices, profile)
        history.run()
    except Exception as error:  # noqa: BLE001 - a history that cannot go on is wrong as well
        failed_check = getattr(error, "check", f"{type(error).__name__}!")
        log, events = (history.log, history.events) if history else ([], [])
        return Outcome(failed_check, str(error), choices, log, events=events, error=error)
    return Outcome(
        "",
        "",
        choices,
        history.log,
        history.world.check.commits,
        records=sum(map(len, history.world.source.shards)),
        happened=count_events(history),
        filled=frozenset(history.world.check.filled),
    )


def count_events(history: History) -> Counter[str]:
    """How often each kind of thing happened in a history."""
    times: Counter[str] = Counter()
    seen: set[bytes] = set()
    for records in history.world.source.shards:
        for record in records:
            times["re-delivery"] += record.data in seen
            seen.add(record.data)
    for event in history.world.source.kinds:
        times[event] += 1
    for step in history.log:
        times["crash"] += step.startswith("fail")
        times["older restore"] += "an older one" in step
        times["reload"] += step == "reload"
        times["broken transaction"] += step.startswith("load ")
    return times


def simplify(failing: Outcome, profile: Profile, seeds: range) -> tuple[Outcome, Profile]:
    """A plainer history, of fewer steps, that goes wrong in the same way, if some seed has one.

    Many faults need no crash and no outage; shrinking a long history with all of that does not
    get rid of it, for what can happen next depends on what has happened.
    """
    for plainer in (
        replace(
            profile,
            failures=False, older_restores=0, zombies=False, outages=False, pruning=False,
            reloads=0, letters=0, steps=_FEW,
        ),
        replace(profile, steps=_SOME),
    ):  # fmt: skip
        for seed in seeds:
            outcome = run(Choices(seed), plainer)
            if outcome.failed_check == failing.failed_check:
                return outcome, plainer
    return failing, profile


def shrink(failing: Outcome, profile: Profile, *, runs: int = _RUNS) -> Outcome:
    """A shorter history that goes wrong in the same way, found with at most so many runs."""
    best = failing

    def fails(made: Sequence[int]) -> bool:
        nonlocal best, runs
        if runs <= 0:
            return False
        runs -= 1
        outcome = run(Choices(replayed=made), profile)
        if outcome.failed_check != failing.failed_check or len(outcome.choices.made) > len(
            best.choices.made
        ):
            return False
        if outcome.choices.made == best.choices.made:
            return False
        best = outcome
        return True

    before: list[int] = []
    while before != best.choices.made and runs > 0:
        before = best.choices.made
        _without_steps(lambda: best, fails)
        _lower(lambda: best, fails)
    return best


def _without_steps(best: Callable[[], Outcome], fails: Callable[[Sequence[int]], bool]) -> None:
    """Leaves out runs of steps, long ones first."""
    length = max(1, len(best().choices.starts) // 2)
    while length:
        first = 0
        while first < len(best().choices.starts):
            made, starts = best().choices.made, [*best().choices.starts, None]
            after = starts[min(first + length, len(starts) - 1)]
            kept = [*made[: starts[first]], *(made[after:] if after is not None else [])]
            if not fails(kept):
                first += length
        length //= 2


def _lower(best: Callable[[], Outcome], fails: Callable[[Sequence[int]], bool]) -> None:
    """Makes single choices 0, or half of what they are."""
    index = 0
    while index < len(best().choices.made):
        made = best().choices.made
        for value in dict.fromkeys((0, made[index] // 2)):
            if value < made[index] and fails([*made[:index], value, *made[index + 1 :]]):
                break
        index += 1
