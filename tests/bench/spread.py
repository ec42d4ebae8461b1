"""What several measurements of one thing show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """Of several measurements."""

    median: float
    least: float
    most: float


def spread_of(values: Iterable[float]) -> Spread:
    """The median, the least and the most."""
    numbers = sorted(values)
    return Spread(median(numbers), numbers[0], numbers[-1])
