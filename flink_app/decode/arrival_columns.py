"""The order of arrival by columns: the same digits as `position.arrival_digits` gives.

A sequence number is decimal and has more bits than any number of numpy. So the texts of a column
are one matrix of digits, which becomes numbers of nine decimal digits, and these one number in
limbs of 32 bits, whose octets are the hexadecimal digits.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.decode.hexadecimal import Characters, hex_digits
from flink_app.positions.position import ARRIVAL_DIGITS, ARRIVAL_SLICES, arrival_digits

_CHUNK: Final = 9  # decimal digits that a limb has room for
_CHUNKS: Final = 7
_WIDTH: Final = _CHUNK * _CHUNKS  # Kinesis's have 56
_LIMBS: Final = 7  # of 32 bits, for a number of that width
_SHORT_LIMBS: Final = ARRIVAL_DIGITS // 8  # what is taken whole
_POWERS: Final = 10 ** np.arange(_CHUNK - 1, -1, -1, dtype=np.int64)
_BASE: Final = np.uint64(10**_CHUNK)
_LOW: Final = np.uint64(0xFFFFFFFF)
_BITS: Final = np.uint64(32)

_Limbs = npt.NDArray[np.uint64]


def find_arrivals(sequence_numbers: pa.Array) -> Characters:
    """The digits of each, a row of characters; those of an unknown form one by one."""
    decimal = _decimal_digits(sequence_numbers)
    if decimal is None:
        texts = "".join(map(arrival_digits, sequence_numbers.to_pylist())).encode()
        return np.frombuffer(texts, np.uint8).reshape(-1, ARRIVAL_DIGITS)
    limbs = _limbs(decimal)
    digits = hex_digits(limbs[::-1].T.astype(">u4", order="C").view(np.uint8))
    arrivals: Characters = np.concatenate([digits[:, part] for part in ARRIVAL_SLICES], axis=1)
    is_short = ~limbs[_SHORT_LIMBS:].any(axis=0)
    if is_short.any():
        arrivals[is_short] = digits[is_short, -ARRIVAL_DIGITS:]
    return arrivals


def _decimal_digits(sequence_numbers: pa.Array) -> npt.NDArray[np.uint8] | None:
    """Their digits as numbers, with zeros in front; None where one has others, none or too many."""
    count, lengths = len(sequence_numbers), pc.min_max(pc.binary_length(sequence_numbers)).as_py()
    if sequence_numbers.null_count or not lengths["min"] or lengths["max"] > _WIDTH:
        return None
    # A fresh array, whose offset is zero.
    values = pa.concat_arrays([pc.ascii_lpad(sequence_numbers, _WIDTH, "0")])
    octets = np.frombuffer(values.buffers()[2], np.uint8, count * _WIDTH)
    digits = octets - np.uint8(ord("0"))
    return digits.reshape(count, _WIDTH) if digits.max() < 10 else None


def _limbs(decimal: npt.NDArray[np.uint8]) -> _Limbs:
    """The numbers in limbs, the lowest first."""
    chunks = decimal.reshape(-1, _CHUNK) @ _POWERS
    highest_first = chunks.reshape(-1, _CHUNKS).T.astype(np.uint64)
    limbs: _Limbs = np.zeros((_LIMBS, len(decimal)), np.uint64)
    for number, chunk in enumerate(highest_first):
        carried = chunk
        for limb in limbs[: number + 1]:
            carried = limb * _BASE + carried
            limb[:] = carried & _LOW
            carried >>= _BITS
    return limbs
