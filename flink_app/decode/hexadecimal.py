"""Hexadecimal digits of many numbers at once, as characters."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Characters = npt.NDArray[np.uint8]

_PAIRS: Final = np.frombuffer(bytes(range(256)).hex().encode(), np.uint16)


def hex_digits(octets: Characters) -> Characters:
    """Two digits of each octet; a row of octets becomes a row of digits."""
    return _PAIRS[octets].view(np.uint8)
