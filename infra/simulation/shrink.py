"""A failing history made short: choices are left out and lowered as long as it fails alike.

Why not hypothesis: what it records for a choice costs as much as the simulated step itself, its
examples have a bound in size that histories reach, and a seed of its own could not be replayed by
number. What it does here is little: leave out steps (their choices stand together), then single
choices, then lower them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from infra.simulation.choices import Choices
from infra.simulation.history import History
from infra.simulation.profile import Profile

_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Outcome:
    """What became of a history. `what` is empty when all was right."""

    what: str
    message: str
    choices: Choices
    log: Sequence[str]
    commits: int = 0


def run(choices: Choices, profile: Profile) -> Outcome:
    """Runs one history; whatever is raised counts as wrong."""
    history = None
    try:
        history = History(choices, profile)
        history.run()
    except Exception as error:  # noqa: BLE001 - a history that cannot go on is wrong as well
        what = getattr(error, "what", f"{type(error).__name__}!")
        return Outcome(what, str(error), choices, history.log if history else [])
    return Outcome("", "", choices, history.log, history.world.check.commits)


def shrink(failing: Outcome, profile: Profile, *, seconds: float = _SECONDS) -> Outcome:
    """A shorter history that goes wrong in the same way."""
    ends = time.monotonic() + seconds
    best = failing

    def fails(made: Sequence[int]) -> bool:
        nonlocal best
        if time.monotonic() > ends:
            return False
        outcome = run(Choices(replayed=made), profile)
        if outcome.what != failing.what or len(outcome.choices.made) > len(best.choices.made):
            return False
        if outcome.choices.made == best.choices.made:
            return False
        best = outcome
        return True

    before: list[int] = []
    while before != best.choices.made and time.monotonic() < ends:
        before = best.choices.made
        _without_steps(lambda: best, fails)
        _lowered(lambda: best, fails)
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


def _lowered(best: Callable[[], Outcome], fails: Callable[[Sequence[int]], bool]) -> None:
    """Makes single choices 0, or half of what they are."""
    place = 0
    while place < len(best().choices.made):
        made = best().choices.made
        for value in dict.fromkeys((0, made[place] // 2)):
            if value < made[place] and fails([*made[:place], value, *made[place + 1 :]]):
                break
        place += 1
