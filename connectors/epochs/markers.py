"""When an epoch ends for an operator that several edges lead to, each with channels of its own.

Flink tells a Python operator nothing of barriers. Each subtask that sends to it says "epoch N ends"
on each of its channels, right before its barrier N. The protocol:

1. Each channel's markers rise. Between its markers N and M are exactly the elements between its
   barriers N and M.
2. An epoch ends when its number is the newest of every channel that is open. A channel whose input
   has ended is open no more; it has nothing that could belong to a later epoch.
3. Barriers are aligned. So if checkpoint N completes, this subtask has let no channel go beyond its
   barrier N before the last one's had come. Each barrier follows its marker at once: when the last
   marker N comes, exactly what precedes the barriers has been taken in. What is closed then, and
   what was closed before, is all that checkpoint N may have, and precedes this subtask's barrier.
4. A checkpoint that is given up may leave markers on some channels and not on others, and elements
   of behind its barrier may come before its marker on another channel. Then the epoch ends with the
   next number that becomes the newest of all, or with its own if all its markers come late. Either
   is right: no checkpoint N completes, so what is labelled N is loaded with the next one that does,
   M. By 3 all of it precedes the barriers M, and by 1 nothing of behind them is labelled below M.
5. What contradicts 1, or the parallelism that all stages share, is refused: the exchange would not
   be what this relies on.

A subtask whose input had ended before the job was restored says nothing at all. Sources of the job
have no end, so this is not provided for.
"""

from __future__ import annotations

from typing import Final, NoReturn

from connectors.epochs.signals import Edge, EpochEnds, InputEnded
from connectors.failures import StarjoinError

_NONE: Final = 0  # before the first marker; checkpoints count from 1


class EpochOrderError(StarjoinError, RuntimeError):
    """Markers come as they cannot come if barriers are aligned and all stages run alike."""


class EpochMarkers:
    """The newest marker of each channel of one subtask.

    Args:
        subtask: the number of the subtask that the channels lead to.
        subtasks: how many there are, and as many of each stage before it.
    """

    def __init__(self, subtask: int, subtasks: int) -> None:
        self._subtasks = subtasks
        senders = range(subtasks)
        self._newest = {(Edge.FACTS, subtask): _NONE} | {
            (edge, sender): _NONE for edge in (Edge.BLOCKS, Edge.DIMENSIONS) for sender in senders
        }
        self._ended = _NONE

    def add(self, marker: EpochEnds | InputEnded) -> int | None:
        """The epoch that has ended with this marker, if one has. Raises EpochOrderError (5)."""
        channel = marker.edge, marker.subtask
        newest = self._newest.get(channel)
        if newest is None or marker.subtasks != self._subtasks:
            self._refuse(marker, "there is no such channel: all stages need the same parallelism")
        if isinstance(marker, InputEnded):
            del self._newest[channel]
        elif marker.epoch <= newest:
            self._refuse(marker, f"epoch {newest} of it has ended before")
        else:
            self._newest[channel] = marker.epoch
        epochs = {*self._newest.values()}
        if len(epochs) != 1 or (epoch := epochs.pop()) == self._ended:
            return None
        self._ended = epoch
        return epoch

    @staticmethod
    def _refuse(marker: EpochEnds | InputEnded, reason: str) -> NoReturn:
        said = f"epoch {marker.epoch} ends" if isinstance(marker, EpochEnds) else "its input ended"
        message = (
            f"subtask {marker.subtask} of {marker.subtasks} says on the edge of "
            f"{marker.edge.name.lower()} that {said}, and {reason}. Checkpoints must be aligned "
            "(execution.checkpointing.unaligned.enabled: false), and parallelism must be the "
            "application's alone. If both are so, this is a defect; the job restarts from its last "
            "checkpoint and loses nothing"
        )
        raise EpochOrderError(message)
