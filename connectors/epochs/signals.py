"""Owns the bytes of the signals that the JVM operators add to a stream, as typed values.

A signal is one letter and big-endian int64 numbers. What a marker says is sent as blocks are, and
has their head in between: the letter of an edge, and a route. Elements of a stream that carries
signals must not begin with one of the letters E, I, C, R, N.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final

from connectors.failures import StarjoinError

_EPOCH_ENDS: Final = ord("E")
_INPUT_ENDED: Final = ord("I")
_COMPLETE: Final = ord("C")
_STARTED: Final = ord("R")
_FILLER: Final = ord("N")
_NONE: Final = struct.Struct(">")
_ONE: Final = struct.Struct(">q")
_MARKER: Final = struct.Struct(">cxxqqq")  # the edge, and a route that has led here
_ENDED: Final = struct.Struct(">cxxqq")
_TWO: Final = struct.Struct(">qq")
_NOT_RESTORED: Final = -1


class SignalError(StarjoinError):
    """An element begins as a signal and is not as long as one: something else uses its letter."""


@enum.unique
class Edge(enum.Enum):
    """The edges of the graph that lead to the operator which ends epochs."""

    FACTS = b"F"  # frames of facts, from the subtask of the same number
    BLOCKS = b"B"  # blocks by route, from every subtask
    DIMENSIONS = b"D"  # dimension changes, from every subtask


@dataclass(frozen=True, slots=True)
class EpochEnds:
    """All that came before on this channel belongs to the epoch; its barrier follows at once.

    Attributes:
        epoch: its number, that of the checkpoint.
        edge: of the channel.
        subtask: the channel's sender, one of `subtasks`.
    """

    epoch: int
    edge: Edge
    subtask: int
    subtasks: int


@dataclass(frozen=True, slots=True)
class InputEnded:
    """Nothing more comes on this channel; `EpochEnds` has the same attributes."""

    edge: Edge
    subtask: int
    subtasks: int


@dataclass(frozen=True, slots=True)
class CheckpointComplete:
    """The checkpoint is complete: all epochs up to it will never be replayed."""

    checkpoint: int


@dataclass(frozen=True, slots=True)
class Started:
    """The job runs from here, said once after each start.

    Attributes:
        restored_from: the checkpoint that state was restored from, complete therefore; None for a
            fresh start.
        number: milliseconds since the epoch at the start; later starts have greater numbers as
            long as clocks agree.
    """

    restored_from: int | None
    number: int


@dataclass(frozen=True, slots=True)
class Filler:
    """Means nothing: it completes the bundle of a signal, which is handed over at once then."""


Signal = EpochEnds | InputEnded | CheckpointComplete | Started | Filler

_ONLY_FILLER: Final = Filler()


def parse_signal(data: bytes) -> Signal | None:
    """The signal, or None if the element is not one.

    Raises:
        SignalError: a signal's letter, and not its length, or an edge that there is not.
    """
    letter = data[0] if data else None
    try:
        if letter == _EPOCH_ENDS:
            edge, epoch, *sender = _MARKER.unpack(data[1:])
            return EpochEnds(epoch, Edge(edge), *sender)
        if letter == _INPUT_ENDED:
            edge, *sender = _ENDED.unpack(data[1:])
            return InputEnded(Edge(edge), *sender)
        if letter == _COMPLETE:
            return CheckpointComplete(*_ONE.unpack(data[1:]))
        if letter == _STARTED:
            restored_from, number = _TWO.unpack(data[1:])
            return Started(None if restored_from == _NOT_RESTORED else restored_from, number)
        if letter == _FILLER:
            _NONE.unpack(data[1:])
            return _ONLY_FILLER
    except (struct.error, ValueError) as error:
        message = f"signal {data[:1]!r} of {len(data)} bytes"
        raise SignalError(message) from error
    return None
