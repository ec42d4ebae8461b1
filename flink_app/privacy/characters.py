"""Which characters the masks hide, as a class for regular expressions of Python and of Arrow alike.

Python and Arrow each know a Unicode version of their own, and digits that only one of them knows
would stay in the clear on one path. So the classes are spelled out here, character by character.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

# The zero of every script that has decimal digits (general category Nd), up to Unicode 17; its
# nine other digits follow it, as Unicode guarantees. A test compares it with what Python knows.
_ZEROS: Final = (
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66,
    0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946,
    0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0,
    0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136,
    0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0,
    0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11DE0, 0x11F50, 0x16130, 0x16A60, 0x16AC0,
    0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0,
    0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
)  # fmt: skip
_DIGITS: Final = 10
# White space that is no separator by its category: tab, line feed, carriage return and their like.
_WHITE_CONTROLS: Final = (*range(0x09, 0x0E), 0x85)


@cache
def decimal_digit() -> str:
    """The class of every decimal digit of Unicode: `[0-9...]`."""
    return f"[{_ranges(map(ord, decimal_digits()))}]"


@cache
def decimal_digits() -> str:
    """Every decimal digit of Unicode."""
    return "".join(chr(code) for zero in _ZEROS for code in range(zero, zero + _DIGITS))


@cache
def hidden_in_text() -> str:
    """The class of all but punctuation (P), separators (Z) and white space: `[^...]`.

    Letters, marks, numbers of every kind, symbols, and what a Unicode version does not know yet.
    """
    return f"[^{''.join(_range(first, last) for first, last in runs_kept_in_text())}]"


@cache
def runs_kept_in_text() -> tuple[tuple[int, int], ...]:
    """The characters that `hidden_in_text` leaves out, as first and last of each run."""
    return tuple(_runs(code for code in range(sys.maxunicode + 1) if _stays(code)))


def _stays(code: int) -> bool:
    return code in _WHITE_CONTROLS or unicodedata.category(chr(code))[0] in "PZ"


def _ranges(codes: Iterable[int]) -> str:
    """Ascending code points as ranges, each end escaped where it is ASCII punctuation."""
    return "".join(_range(first, last) for first, last in _runs(codes))


def _range(first: int, last: int) -> str:
    return f"{_literal(first)}-{_literal(last)}" if first < last else _literal(first)


def _runs(codes: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for code in codes:
        if first is None or last is None or code != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = code
        last = code
    if first is not None and last is not None:
        yield first, last


def _literal(code: int) -> str:
    character = chr(code)
    return f"\\{character}" if character.isascii() and not character.isalnum() else character
