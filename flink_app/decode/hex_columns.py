"""Columns of hexadecimal text, as DMS writes binary values, to columns of bytes."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# `0x` stands before the digits unless NoHexPrefix is set.
_HEX: Final = r"^(?:0[xX])?(?:[0-9A-Fa-f]{2})*$"
_PREFIX: Final = r"^0[xX]"
_NIBBLES: Final = np.zeros(256, np.uint8)
for _value, _digits in enumerate(zip("0123456789abcdef", "0123456789ABCDEF", strict=True)):
    for _digit in _digits:
        _NIBBLES[ord(_digit)] = _value


def from_hex(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The bytes, and where a text was well formed, as a NULL is; both of the length of `texts`.

    NULL stands for NULL, and for what is not pairs of digits.
    """
    formed = pc.fill_null(pc.match_substring_regex(texts, _HEX), fill_value=True)
    texts = pc.if_else(formed, texts, pa.scalar(None, pa.string()))
    # Fresh arrays: their offsets start at zero, and all lengths are even, those of NULLs too.
    digits = pa.concat_arrays([pc.fill_null(pc.replace_substring_regex(texts, _PREFIX, ""), "")])
    _, offsets, data = digits.buffers()
    ends = np.frombuffer(offsets, np.int32, len(digits) + 1)
    nibbles = _NIBBLES[np.frombuffer(data, np.uint8, int(ends[-1]))] if ends[-1] else _NIBBLES[:0]
    octets = (nibbles[0::2] << 4) | nibbles[1::2]
    values = pa.Array.from_buffers(
        pa.binary(), len(digits), [None, pa.py_buffer(ends // 2), pa.py_buffer(octets)]
    )
    return pc.if_else(pc.is_valid(texts), values, pa.scalar(None, pa.binary())), formed
