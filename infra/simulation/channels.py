"""Queues between subtasks, the alignment of barriers before each, and what a checkpoint holds.

As in Flink: a channel is first in, first out; after barrier N a channel is blocked until N has
come on all channels; the barrier of a later checkpoint, or word that N is aborted, ends the wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Barrier:
    """The barrier of a checkpoint, or Flink's marker that it was cancelled."""

    checkpoint: int
    cancelled: bool = False


Element = bytes | Barrier


@dataclass
class Checkpoint:
    """What a checkpoint holds: an offset a shard, a broadcast state a subtask, pending parts.

    `gaps`: how many gaps of each shard have been read. `completed`: checkpoints at which pending
    parts became complete.
    """

    number: int
    offsets: dict[int, int] = field(default_factory=dict)
    gaps: dict[int, int] = field(default_factory=dict)
    dimensions: dict[int, dict[str, bytes]] = field(default_factory=dict)
    pending: dict[str, bytes] | None = None
    completed: dict[int, bool] = field(default_factory=dict)


class Gate:
    """The input of one subtask: its channels by name.

    Attributes:
        aborted: checkpoints that the subtask has heard to be aborted.
    """

    def __init__(self, names: Iterable[Hashable]) -> None:
        self.channels: dict[Hashable, deque[Element]] = {name: deque() for name in names}
        self.aborted: set[int] = set()
        self._current = -1
        self._arrived: set[Hashable] = set()

    def list_ready(self) -> list[Hashable]:
        """Channels that have an element and are not blocked."""
        blocked = set() if self._current in self.aborted else self._arrived
        return [name for name, queue in self.channels.items() if queue and name not in blocked]

    def take(self, name: Hashable) -> Element | None:
        """The next element of a channel; a barrier only when its alignment is finished by it."""
        element = self.channels[name].popleft()
        return self._align(name, element) if isinstance(element, Barrier) else element

    def _align(self, name: Hashable, barrier: Barrier) -> Barrier | None:
        number = barrier.checkpoint
        if number < self._current:
            return None
        if number > self._current:
            self._current, self._arrived = number, set()
        if barrier.cancelled:
            self.aborted.add(number)
        self._arrived.add(name)
        if len(self._arrived) < len(self.channels):
            return None
        self._arrived = set()
        return Barrier(number, cancelled=number in self.aborted)
