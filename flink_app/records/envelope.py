"""JSON parsing for the slow path: objects that know repeated names, exact numbers.

By the standard library: numbers keep every digit. What nobody reads is not judged: a name that
occurs twice, or NaN, is a fault only where a value is read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from connectors.failures import StarjoinError

# 128-bit integers are beyond every column type; longer ones only cost time to convert.
_MAX_INTEGER_DIGITS: Final = 40
# What `load` raises for bytes that are not JSON. The parser's messages quote the text around the
# fault, which may hold personal data: they go nowhere.
NOT_JSON: Final = (ValueError, RecursionError, ArithmeticError)


class NotAChangeError(StarjoinError, ValueError):
    """The record is JSON, but its envelope is not that of a change."""


class Members(dict[str, Any]):
    """A JSON object that knows which names occur in it twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]] = ()) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(self) != len(pairs) else {}
        self.repeated = {name for name, count in counts.items() if count > 1}

    def read(self, name: str) -> Any:
        """The value, None where there is none. Raises NotAChangeError when there are two."""
        if name in self.repeated:
            message = f"{name!r} occurs twice in one object"
            raise NotAChangeError(message)
        return self.get(name)


class MinusZero(int):
    """What `-0` is: zero as a whole number, and -0.0 where a column holds its sign."""


class Scientific(Decimal):
    """A number that was written with an exponent: what a floating-point number may have become."""


def load(record: bytes) -> Any:
    """Reads JSON in UTF-8, a byte order mark passed over; objects as Members.

    Raises one of NOT_JSON.
    """
    return _READER.decode(record.decode("utf-8-sig"))


def object_of(envelope: Any, name: str, *, required: bool = True) -> Members:
    """The object under a name; an empty one for none. Raises NotAChangeError."""
    value = envelope.read(name) if isinstance(envelope, Members) else None
    if value is None and not required:
        return Members()
    if not isinstance(value, Members):
        message = f"the record has no object under {name!r}"
        raise NotAChangeError(message)
    return value


def text_of(metadata: Members, name: str) -> str | None:
    """The text under a name of the metadata. Raises NotAChangeError."""
    value = metadata.read(name)
    if value is not None and not isinstance(value, str):
        message = f"metadata {name!r} is not text"
        raise NotAChangeError(message)
    return value


def _integer(digits: str) -> int | Decimal:
    if digits == "-0":
        return MinusZero()
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else Decimal(digits)


def _fraction(digits: str) -> Decimal | float:
    try:
        return Scientific(digits) if "e" in digits or "E" in digits else Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        return float(digits)


# Made once: json.loads would make one for each record.
_READER: Final = json.JSONDecoder(
    object_pairs_hook=Members, parse_float=_fraction, parse_int=_integer, parse_constant=float
)
