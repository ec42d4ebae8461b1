"""Choices: every decision of a history, as numbers that a seed gives or a list replays.

A history is a function of its choices and nothing else. A recorded list can be cut and lowered and
run again, which is how a failing history shrinks; where the list ends, every choice is 0, the
plainest one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from connectors.failures import StarjoinError

T = TypeVar("T")


class WeightsError(StarjoinError, ValueError):
    """Items cannot be chosen by these weights."""


class Choices:
    """Numbers by seed, or by a list.

    Attributes:
        made: what was chosen, in order.
        starts: where in `made` each step of the history began.
    """

    def __init__(self, seed: int | None = None, replayed: Sequence[int] = ()) -> None:
        self._random = None if seed is None else random.Random(seed)  # noqa: S311
        self._replayed = replayed
        self.made: list[int] = []
        self.starts: list[int] = []

    @property
    def ended(self) -> bool:
        """Whether a replayed list has come to its end."""
        return self._random is None and len(self.made) >= len(self._replayed)

    def step(self) -> None:
        """Marks the beginning of a step, which shrinking may leave out."""
        self.starts.append(len(self.made))

    def draw(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        index = len(self.made)
        if self._random is not None:
            chosen = int(self._random.random() * limit)
        elif index < len(self._replayed):
            chosen = min(self._replayed[index], limit - 1)
        else:
            chosen = 0
        self.made.append(chosen)
        return chosen

    def chance(self, percent: int) -> bool:
        """Yes in so many of 100; no is the plain one."""
        return self.draw(100) >= 100 - percent

    def one_of(self, items: Sequence[T]) -> T:
        """One of the items; the first is the plain one."""
        return items[self.draw(len(items))]

    def draw_weighted(self, items: Sequence[tuple[int, T]]) -> T:
        """One of the items by their weights; the first is the plain one.

        Raises WeightsError.
        """
        remaining = self.draw(sum(weight for weight, _ in items))
        for weight, item in items:
            remaining -= weight
            if remaining < 0:
                return item
        message = "weights are whole numbers above 0"
        raise WeightsError(message)
