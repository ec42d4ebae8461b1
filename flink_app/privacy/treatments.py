"""The treatments of personal data, as functions of one value and of whole Arrow columns.

The scalar functions are the definition; the columnar ones give the same results faster and a test
holds them to it. All keep NULL as NULL.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.failures import StarjoinError
from flink_app.declaration.model import REDACTED, Treatment
from flink_app.privacy.characters import decimal_digit, hidden_in_text

# One byte, so a masked value is never longer than the value and fits where the value fits.
MASK_CHARACTER: Final = "*"
_ASCII: Final = 128
# HMAC (RFC 2104) with SHA-256: the block that the key fills, and what it is combined with.
_HMAC_BLOCK: Final = 64
_INNER, _OUTER = 0x36, 0x5C


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
            return _map_distinct(column, _prepare_tokens(key))
        case Treatment.SHA256:
            return _map_distinct(column, sha256)
        case Treatment.MASK:
            return _mask_column(column, decimal_digit())
        case Treatment.MASK_TEXT:
            return _mask_column(column, hidden_in_text())
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


def _prepare_tokens(key: bytes) -> Callable[[str], str]:
    """`tokenise` under one key, which is hashed once and not for each value."""
    keyed_inner, keyed_outer = map(hashlib.sha256, hmac_blocks(key))

    def make_token(value: str) -> str:
        inner, outer = keyed_inner.copy(), keyed_outer.copy()
        inner.update(value.encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    return make_token


def hmac_blocks(key: bytes) -> tuple[bytes, bytes]:
    """What HMAC hashes before the text, and before the digest of that: the key, padded twice."""
    block = key if len(key) <= _HMAC_BLOCK else hashlib.sha256(key).digest()
    block = block.ljust(_HMAC_BLOCK, b"\0")
    return bytes(byte ^ _INNER for byte in block), bytes(byte ^ _OUTER for byte in block)


def _mask_column(column: pa.Array, hidden: str) -> pa.Array:
    """Replaces what the class `hidden` has; bytes by a table where all of the text is ASCII."""
    _, offset_buffer, text_buffer = column.buffers()
    if not pa.types.is_string(column.type) or text_buffer is None:
        return pc.replace_substring_regex(column, hidden, MASK_CHARACTER)
    ends = np.frombuffer(offset_buffer, np.int32)[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(text_buffer, np.uint8)[ends[0] : ends[-1]]
    if text.size and text.max() >= _ASCII:
        return pc.replace_substring_regex(column, hidden, MASK_CHARACTER)
    masked_text = pa.py_buffer(_masked_bytes(hidden)[text])
    masked = pa.StringArray.from_buffers(len(column), pa.py_buffer(ends - ends[0]), masked_text)
    return pc.if_else(column.is_valid(), masked, None) if column.null_count else masked


@cache
def _masked_bytes(hidden: str) -> npt.NDArray[np.uint8]:
    """What each ASCII character becomes, by its code."""
    characters = "".join(map(chr, range(_ASCII)))
    return np.frombuffer(re.sub(hidden, MASK_CHARACTER, characters).encode(), np.uint8)
