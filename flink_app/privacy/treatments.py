"""The treatments of personal data, as functions of one value and of whole Arrow columns.

The scalar functions are the definition; the columnar ones give the same results faster and a test
holds them to it. All keep NULL as NULL.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from connectors.failures import StarjoinError
from flink_app.declaration.model import REDACTED, Treatment
from flink_app.privacy.characters import decimal_digit, hidden_in_text

# One byte, so a masked value is never longer than the value and fits where the value fits.
MASK_CHARACTER: Final = "*"


class DroppedColumnError(StarjoinError, ValueError):
    """Treated values were asked for of a column that is dropped."""


def tokenise(value: str, key: bytes) -> str:
    """HMAC-SHA-256 of the text under `key`, as 64 hexadecimal digits."""
    return hmac.digest(key, value.encode(), "sha256").hex()


def sha256(value: str) -> str:
    """SHA-256 of the text, as 64 hexadecimal digits. Reversible with a dictionary of values."""
    return hashlib.sha256(value.encode()).hexdigest()


def mask(value: str) -> str:
    """The text with every decimal digit of any script replaced by `*`; all else stays.

    Numbers that are no decimal digits stay as well: fractions, superscripts, Roman numerals.
    """
    return re.sub(decimal_digit(), MASK_CHARACTER, value)


def mask_text(value: str) -> str:
    """The text with every character but punctuation and white space replaced by `*`.

    Letters, combining marks, numbers of every kind and symbols each become one `*`.
    """
    return re.sub(hidden_in_text(), MASK_CHARACTER, value)


def treat(column: pa.Array, treatment: Treatment, key: bytes) -> pa.Array:
    """Applies `treatment` to a column; tokens of a column that is not text are those of its text.

    The text of bytes is their hexadecimal digits in lower case.

    Raises DroppedColumnError for `drop`: a dropped column has no values to give.
    """
    match treatment:
        case Treatment.KEEP:
            return column
        case Treatment.TOKENISE:
            return _map_distinct(column, lambda value: tokenise(value, key))
        case Treatment.SHA256:
            return _map_distinct(column, sha256)
        case Treatment.MASK:
            return pc.replace_substring_regex(column, decimal_digit(), MASK_CHARACTER)
        case Treatment.MASK_TEXT:
            return pc.replace_substring_regex(column, hidden_in_text(), MASK_CHARACTER)
        case Treatment.REDACT:
            return pc.if_else(pc.is_valid(column), REDACTED, pa.scalar(None, pa.string()))
        case Treatment.DROP:
            message = "a dropped column has no treated values"
            raise DroppedColumnError(message)


def _map_distinct(column: pa.Array, function: Callable[[str], str]) -> pa.Array:
    """Maps text by a Python function, once per distinct value."""
    encoded = (
        column.dictionary_encode()
        if pa.types.is_binary(column.type)
        else column.cast(pa.string()).dictionary_encode()
    )
    texts = (v.hex() if isinstance(v, bytes) else v for v in encoded.dictionary.to_pylist())
    mapped = pa.array([function(text) for text in texts], pa.string())
    return mapped.take(encoded.indices)
