"""When an epoch ends: by cases, and by random exchanges with checkpoints that are given up."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

import pytest

from connectors.epochs.markers import EpochMarkers, EpochOrderError
from connectors.epochs.signals import Edge, EpochEnds, InputEnded
from infra.simulation.channels import Barrier, Gate

Marker = EpochEnds | InputEnded
Channel = tuple[Edge, int]

SUBTASK: Final = 1
SUBTASKS: Final = 2
CHANNELS: Final[tuple[Channel, ...]] = (
    (Edge.FACTS, SUBTASK),
    *((edge, sender) for edge in (Edge.BLOCKS, Edge.DIMENSIONS) for sender in range(SUBTASKS)),
)


def marker(epoch: int, channel: Channel) -> EpochEnds:
    return EpochEnds(epoch, *channel, SUBTASKS)


def ended(channel: Channel) -> InputEnded:
    return InputEnded(*channel, SUBTASKS)


def closed(*markers: Marker) -> list[int]:
    """The epochs that end, in order."""
    markers_of_all = EpochMarkers(SUBTASK, SUBTASKS)
    return [epoch for each in markers if (epoch := markers_of_all.add(each)) is not None]


def test_an_epoch_ends_with_the_last_of_its_markers() -> None:
    found = EpochMarkers(SUBTASK, SUBTASKS)
    for epoch in (1, 2, 5):
        *first, last = (found.add(marker(epoch, channel)) for channel in CHANNELS)
        assert (set(first), last) == ({None}, epoch)


def test_a_checkpoint_that_some_gave_up_ends_with_the_next() -> None:
    some, others = CHANNELS[:2], CHANNELS[2:]
    given_up = [marker(1, channel) for channel in some]
    assert closed(*given_up, *(marker(2, channel) for channel in CHANNELS)) == [2]
    late = [marker(epoch, channel) for epoch in (1, 2) for channel in others]
    ahead = [marker(epoch, channel) for epoch in (1, 2) for channel in some]
    assert closed(*ahead, *late) == [2]


def test_a_channel_that_has_ended_is_not_waited_for() -> None:
    *open_ones, last = CHANNELS
    assert closed(ended(last), *(marker(7, channel) for channel in open_ones)) == [7]
    assert closed(*(marker(7, channel) for channel in open_ones), ended(last)) == [7]
    assert closed(*(marker(7, channel) for channel in CHANNELS), ended(last)) == [7]


def test_with_the_last_channel_nothing_ends() -> None:
    assert closed(*(ended(channel) for channel in CHANNELS)) == []


@pytest.mark.parametrize(
    ("markers", "message"),
    [
        ([marker(3, CHANNELS[0]), marker(3, CHANNELS[0])], "epoch 3 of it has ended before"),
        ([marker(3, CHANNELS[1]), marker(2, CHANNELS[1])], "edge of blocks that epoch 2 ends"),
        ([EpochEnds(1, Edge.FACTS, 0, SUBTASKS)], "subtask 0 of 2 says on the edge of facts"),
        ([EpochEnds(1, Edge.BLOCKS, 2, 3)], "all stages need the same parallelism"),
        ([EpochEnds(1, Edge.BLOCKS, 0, 3)], "all stages need the same parallelism"),
        ([ended(CHANNELS[2]), marker(1, CHANNELS[2])], "there is no such channel"),
        ([ended(CHANNELS[2]), ended(CHANNELS[2])], "its input ended, and there is no such"),
    ],
)
def test_what_cannot_be_is_refused(markers: list[Marker], message: str) -> None:
    with pytest.raises(EpochOrderError, match=message):
        closed(*markers)


@dataclass
class Exchange:
    """One subtask behind its channels, which Flink aligns, and what it has emitted by epochs.

    Attributes:
        taken: elements in the open epoch, as (channel, number).
        parts: what was closed: its label and its elements.
        before: how many of each channel's elements precede each barrier.
        snapshots: of each checkpoint that this subtask took, how many parts precede it.
    """

    random: Random
    add: Callable[[Marker], int | None]
    gate: Gate = field(default_factory=lambda: Gate(CHANNELS))
    sent: dict[Channel, int] = field(default_factory=lambda: dict.fromkeys(CHANNELS, 0))
    taken: list[tuple[Channel, int]] = field(default_factory=list)
    parts: list[tuple[int, list[tuple[Channel, int]]]] = field(default_factory=list)
    before: dict[tuple[int, Channel], int] = field(default_factory=dict)
    snapshots: dict[int, int] = field(default_factory=dict)

    def send(self, channel: Channel) -> None:
        self.gate.channels[channel].append(struct.pack(">q", self.sent[channel]))
        self.sent[channel] += 1

    def send_barrier(self, epoch: int, channel: Channel, *, cancelled: bool = False) -> None:
        """What a sender does at a checkpoint: its marker and barrier, or word of giving it up."""
        if not cancelled:
            self.before[epoch, channel] = self.sent[channel]
            self.gate.channels[channel].append(b"E" + struct.pack(">q", epoch))
        self.gate.channels[channel].append(Barrier(epoch, cancelled))

    def move(self) -> bool:
        """One element of a channel that is not blocked; False where there is none."""
        ready = [channel for channel in CHANNELS if channel in self.gate.list_ready()]
        if not ready:
            return False
        channel = self.random.choice(ready)
        element = self.gate.take(channel)
        if isinstance(element, Barrier):
            if not element.cancelled:
                self.snapshots[element.checkpoint] = len(self.parts)
        elif element is not None and element[:1] == b"E":
            (epoch,) = struct.unpack(">q", element[1:])
            ends = self.add(marker(epoch, channel))
            if ends is not None:
                self.parts.append((ends, self.taken))
                self.taken = []
        elif element is not None:
            self.taken.append((channel, struct.unpack(">q", element)[0]))
        return True

    def move_some(self, most: int) -> None:
        for _ in range(self.random.randrange(most)):
            self.move()

    def send_some(self, most: int) -> None:
        for _ in range(self.random.randrange(most)):
            self.send(self.random.choice(CHANNELS))

    def check(self, completed: int) -> None:
        """What checkpoint `completed` may load is exactly what precedes its barriers."""
        expected = {
            (channel, number)
            for channel in CHANNELS
            for number in range(self.before[completed, channel])
        }
        kept = [part for part in self.parts[: self.snapshots[completed]] if part[0] <= completed]
        loaded = [element for _, elements in kept for element in elements]
        assert len(loaded) == len(set(loaded)), "an element is in two parts"
        assert set(loaded) == expected
        later = self.parts[self.snapshots[completed] :]
        assert all(label > completed for label, _ in later), "a later part would be loaded too"


def run_exchange(seed: int, add: Callable[[Marker], int | None]) -> int:
    """Random checkpoints, some given up by some senders or by the receiver; how many complete."""
    random = Random(seed)  # noqa: S311 - exchanges, no secrets
    exchange = Exchange(random, add)
    completed: list[int] = []
    for epoch in range(1, 12):
        for channel in random.choices(CHANNELS, k=random.randrange(12)):
            exchange.send(channel)
        exchange.move_some(20)
        if random.random() < 0.5:
            give_up(exchange, epoch)
            continue
        for channel in random.sample(CHANNELS, len(CHANNELS)):
            exchange.move_some(4)
            exchange.send_barrier(epoch, channel)
            exchange.send_some(3)
        while exchange.move():
            pass
        completed.append(epoch)
        exchange.check(epoch)
    for epoch in completed:
        exchange.check(epoch)
    return len(completed)


def give_up(exchange: Exchange, epoch: int) -> None:
    """Some senders have been quicker than word of it; the receiver may hear it at any time."""
    random = exchange.random
    quitting = random.sample(CHANNELS, random.randrange(len(CHANNELS)))
    says_so, is_heard = random.random() < 0.5, random.random() < 0.5
    for channel in random.sample(CHANNELS, len(CHANNELS)):
        exchange.move_some(4)
        if channel not in quitting:
            exchange.send_barrier(epoch, channel)
        elif says_so:
            exchange.send_barrier(epoch, channel, cancelled=True)
        if is_heard and random.random() < 0.3:
            exchange.gate.aborted.add(epoch)
        exchange.send_some(3)


SEEDS: Final = range(300)


def test_what_a_checkpoint_loads_is_what_precedes_its_barriers() -> None:
    assert sum(run_exchange(seed, EpochMarkers(SUBTASK, SUBTASKS).add) for seed in SEEDS) > 1_000


def of_facts_alone() -> Callable[[Marker], int | None]:
    def add(each: Marker) -> int | None:
        return each.epoch if isinstance(each, EpochEnds) and each.edge is Edge.FACTS else None

    return add


def counted() -> Callable[[Marker], int | None]:
    seen: list[Marker] = []

    def add(each: Marker) -> int | None:
        seen.append(each)
        complete = len(seen) % len(CHANNELS) == 0
        return each.epoch if complete and isinstance(each, EpochEnds) else None

    return add


def at_the_first() -> Callable[[Marker], int | None]:
    known = {0}

    def add(each: Marker) -> int | None:
        if not isinstance(each, EpochEnds) or each.epoch <= max(known):
            return None
        known.add(each.epoch)
        return each.epoch

    return add


@pytest.mark.parametrize("wrong", [of_facts_alone, counted, at_the_first])
def test_another_protocol_is_found_out(wrong: Callable[[], Callable[[Marker], int | None]]) -> None:
    with pytest.raises(AssertionError):
        sum(run_exchange(seed, wrong()) for seed in SEEDS)
