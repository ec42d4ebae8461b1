"""Which records hold numbers in scientific notation, found in their bytes before they are read.

The JSON reader cannot be asked: it gives the number alone. Text such as a UUID (`838e-471a`) is no
number, unless the whole text is one, which a decimal may be written as.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from flink_app.decode.lines import Lines
from flink_app.records.arrays import Mask

_Octets = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.int64]


def _table(characters: bytes) -> Mask:
    is_listed = np.zeros(256, np.bool_)
    is_listed[np.frombuffer(characters, np.uint8)] = True
    return is_listed


_OF_NUMBER: Final = _table(b"0123456789.+-")
_AFTER_E: Final = _table(b"0123456789+-")
# What stands before a number that is no text.
_BEFORE_NUMBER: Final = _table(b":,[" + bytes(range(ord(" ") + 1)))
_QUOTE, _BACKSLASH, _E = ord('"'), ord("\\"), ord("e")
_LOWER: Final = 0x20  # makes a letter lower case
# So many octets are looked at together: what is made of them stays in the processor's cache.
_STRIDE: Final = 1 << 17
# How far before an exponent the name of its member is looked for.
_LONGEST_NAME: Final = 128
_WHITE: Final = b" \t\r\n"
# A number with more digits than this beside its exponent is taken for one without a closer look.
_MOST_DIGITS: Final = 64
_ESCAPE: Final = rb"\u00"
# By the two digits behind: the digits, signs, point and letter that a number may have.
_ESCAPED: Final = np.zeros((256, 256), np.bool_)
for _character in b"0123456789.+-eE":
    _high, _low = f"{_character:02x}".encode()
    _ESCAPED[_high, _low | _LOWER] = True


@dataclass(frozen=True)
class Exponents:
    """Where a record holds a number with an exponent.

    Attributes:
        negative: with a negative one, or one that may be. For such a decimal pyarrow 16 may read
            beyond its table of powers: 1e-999999999 kills the process, others might be bent.
        positive: with another.
    """

    negative: Mask
    positive: Mask

    @property
    def anywhere(self) -> Mask:
        """Where there is any."""
        return self.negative | self.positive


def find_exponents(lines: Lines, float_names: frozenset[str]) -> Exponents:
    """Looks through all records; none with such a number is missed.

    Numbers whose name is among `float_names` do not count.
    """
    marks = Exponents(np.zeros(len(lines), np.bool_), np.zeros(len(lines), np.bool_))
    if not len(lines):
        return marks
    octets = np.frombuffer(lines.text, np.uint8)[lines.offsets[0] : lines.offsets[-1]]
    places = np.concatenate(
        [_candidates(octets, start) for start in range(0, len(octets), _STRIDE)]
    )
    places = places[_is_number(octets, places)]
    if len(places) and float_names:
        names = {json.dumps(name, ensure_ascii=False).encode() for name in float_names}
        counts = [_name(octets, int(exponent)) not in names for exponent in places]
        places = places[np.array(counts)]
    is_negative = octets[places + 1] == ord("-")
    _mark(marks.negative, lines, places[is_negative])
    _mark(marks.positive, lines, places[~is_negative])
    _mark(marks.negative, lines, _find_escaped(octets))
    return marks


def _mark(mask: Mask, lines: Lines, places: _Places) -> None:
    mask[np.searchsorted(lines.offsets, places + lines.offsets[0], side="right") - 1] = True


def _candidates(octets: _Octets, start: int) -> _Places:
    """Where an `e` stands between what stands around it in a number, from `start` on."""
    part = octets[start : start + _STRIDE + 2]
    is_e = (part[1:-1] | _LOWER) == _E
    is_e &= (part[:-2] - np.uint8(ord("."))) <= ord("9") - ord(".")  # `.`, `/` or a digit
    places = np.flatnonzero(is_e) + start + 1
    candidates: _Places = places[_AFTER_E[octets[places + 1]]]
    return candidates


def _is_number(octets: _Octets, places: _Places) -> Mask:
    """Whether the `e` at each place is that of a number, or of a text that may be one."""
    before = octets[_end(octets, places - 1, -1)]
    is_number: Mask = _BEFORE_NUMBER[before] | _OF_NUMBER[before]
    # An escape before the digits may be a further digit.
    in_text = np.flatnonzero((before == _QUOTE) | (before == ord("u")))
    after = octets[_end(octets, places[in_text] + 1, 1)]
    is_number[in_text] = (after == _QUOTE) | (after == _BACKSLASH) | _OF_NUMBER[after]
    return is_number


def _name(octets: _Octets, exponent: int) -> bytes:
    """The name of the member whose value has its `e` at `exponent`, in quotes, or empty."""
    before = octets[max(exponent - _LONGEST_NAME, 0) : exponent].tobytes().rstrip(b"0123456789.+-")
    before = before.removesuffix(b'"').rstrip(_WHITE)
    if not before.endswith(b":"):
        return b""
    before = before[:-1].rstrip(_WHITE)
    start = before.rfind(b'"', 0, -1)
    # A quote behind a backslash is one of the name itself.
    return b"" if start < 1 or before[start - 1 : start] == b"\\" else before[start:]


def _end(octets: _Octets, start: _Places, step: int) -> _Places:
    """The places where the digits that begin at `start` end, or where none looks any further."""
    places = start.copy()
    going = np.arange(len(places))
    for _ in range(_MOST_DIGITS):
        going = going[_OF_NUMBER[octets[places[going]]]]
        if not len(going):
            break
        places[going] = np.clip(places[going] + step, 0, len(octets) - 1)
    return places


def _find_escaped(octets: _Octets) -> _Places:
    """Where a character of a number is written as an escape, as nobody does without intent."""
    places = np.flatnonzero(octets[: -len(_ESCAPE) - 1] == _BACKSLASH)
    for ahead, character in enumerate(_ESCAPE[1:], 1):
        places = places[octets[places + ahead] == character]
    high, low = octets[places + len(_ESCAPE)], octets[places + len(_ESCAPE) + 1]
    escaped: _Places = places[_ESCAPED[high, low | _LOWER]]
    return escaped
