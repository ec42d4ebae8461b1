"""The replay itself: open, put, mark, in small steps.

1. Originals of a step are opened; nothing is put unless all of them open.
2. They are put on the stream.
3. What was put is marked, in a transaction of its own.

An end between 2 and 3 leaves records on the stream that are not marked, and the next run puts them
once more: two records of one change, which have one position, so the second changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from connectors.redshift.replay_marks import Mark
from flink_app.decode.dead_letters import Original
from infra.replay.errors import ReplayError
from infra.replay.letters import Letter
from infra.replay.plan import ReplayPlan
from infra.replay.putting import PutOutcome

# How many records an end at the worst moment can double; marking a step takes a second.
STEP: Final = 200


class Originals(Protocol):
    """Opens originals."""

    def original(self, letter: Letter) -> Original:
        """The record as it was put."""


class Stream(Protocol):
    """Takes records."""

    def put(self, step: Sequence[tuple[Letter, Original]]) -> PutOutcome:
        """Puts a step's records."""


def replay(
    plan: ReplayPlan,
    originals: Originals,
    stream: Stream,
    mark: Callable[[Sequence[Mark]], None],
    say: Callable[[str], None],
) -> None:
    """Puts the plan's letters back. Raises ReplayError where it stops; what was put is marked."""
    total = len(plan.letters)
    done = 0
    for start in range(0, total, STEP):
        step = [
            (letter, originals.original(letter)) for letter in plan.letters[start : start + STEP]
        ]
        outcome = stream.put(step)
        mark(outcome.marks)
        done += len(outcome.marks)
        say(f"put back: {done:,} of {total:,}")
        if outcome.failures:
            message = (
                f"{outcome.failures[0]} ({len(outcome.failures)} such in this step); "
                f"{done:,} were put and marked: run it again to go on"
            )
            raise ReplayError(message)
