"""Round numbers: for axes and for the buckets of a histogram."""

from __future__ import annotations

import math


def round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 4, 5, 8 times a power of ten: four grid lines have short numbers."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 2.5, 4, 5, 8, 10) if value <= power * step * 1.0001)
