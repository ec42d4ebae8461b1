"""Hexadecimal digits of many numbers at once, as characters."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Characters = npt.NDArray[np.uint8]

_DIGITS: Final = np.frombuffer(b"0123456789abcdef", np.uint8)


def hex_digits(octets: Characters) -> Characters:
    """Two digits of each octet; a row of octets becomes a row of digits."""
    rows, width = octets.shape
    text = np.empty((rows, 2 * width), np.uint8)
    text[:, 0::2] = _DIGITS[octets >> 4]
    text[:, 1::2] = _DIGITS[octets & 15]
    return text
