"""The replay itself: open, put, mark, in small steps.

1. Originals of a step are opened. Those that do not open are left out and reported at the end; an
   original that is missing stops the replay before anything of its step is put.
2. The others are put on the stream.
3. What was put is marked, in a transaction of its own.

If the replay ends between 2 and 3, records on the stream are not marked, and the next run puts them
again: two records of one change have the same position, so the second changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from connectors.redshift.replay_marks import Mark
from flink_app.dead_letters.sealing import Original, SealedOriginalError
from infra.replay.errors import ReplayError
from infra.replay.letters import Letter
from infra.replay.plan import ReplayPlan
from infra.replay.stream_writer import PutOutcome

# How many records an abrupt end can put twice; marking a step takes a second.
STEP: Final = 200

_Unopened = tuple[Letter, SealedOriginalError]


class Originals(Protocol):
    """Opens originals."""

    @property
    def key_id(self) -> str:
        """Of the keys that open them."""

    def original(self, letter: Letter) -> Original:
        """The record as it was put. Raises SealedOriginalError when it does not open."""


class Stream(Protocol):
    """Takes records."""

    def put(self, step: Sequence[tuple[Letter, Original]]) -> PutOutcome:
        """Puts a step's records."""


class Narrator(Protocol):
    """Is informed of how far it is."""

    def say(self, line: str) -> None:
        """What is to be kept."""

    def count(self, done: int, total: int) -> None:
        """How many are put back, and of how many; after each step."""


def replay(
    plan: ReplayPlan,
    originals: Originals,
    stream: Stream,
    mark: Callable[[Sequence[Mark]], None],
    narrator: Narrator,
) -> None:
    """Puts the plan's letters back.

    Raises ReplayError where it stops, with all that was put marked; and at the end when originals
    did not open.
    """
    total = len(plan.letters)
    done = 0
    unopened: list[_Unopened] = []
    for start in range(0, total, STEP):
        step = []
        for letter in plan.letters[start : start + STEP]:
            try:
                step.append((letter, originals.original(letter)))
            except SealedOriginalError as error:
                unopened.append((letter, error))
        outcome = stream.put(step)
        mark(outcome.marks)
        done += len(outcome.marks)
        narrator.count(done, total)
        if outcome.failures:
            message = (
                f"{outcome.failures[0]} ({len(outcome.failures)} such in this step); "
                f"{done:,} were put and marked: run it again to continue"
            )
            raise ReplayError(message)
    narrator.say(f"put back: {done:,} of {total:,}")
    if unopened:
        raise ReplayError("\n".join(_sentences(unopened, originals.key_id)))


def _sentences(unopened: Sequence[_Unopened], key_id: str) -> Iterator[str]:
    """What did not open, by the key that it was sealed under, and what to do."""
    others = Counter(letter.key_id for letter, _ in unopened if letter.key_id not in {None, key_id})
    for other, count in others.items():
        yield (
            f"{count:,} dead letters were sealed under key {other}, and the privacy secret has key "
            f"id {key_id}: they were left out. Replay them with --properties, a file whose "
            f"secret.id names a secret with the text of key {other}"
        )
    errors = [error for letter, error in unopened if letter.key_id in {None, key_id}]
    if errors:
        yield (
            f"{len(errors):,} dead letters do not open under key {key_id} and were left out; the "
            f"first: {errors[0]}"
        )
