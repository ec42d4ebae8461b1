"""Owns the block frame: the bytes in which the JVM source hands records of one shard to Python.

All numbers are little-endian, n is the number of records::

     0  4 bytes  'S','J','B', version 1
     4  int32    n, at least 1
     8  int64    millisBehindLatest, -1 = unknown
    16  uint16   length of the shard id (UTF-8 bytes)
    18  uint16   length of the stream name
    20  int32    total bytes q of sequence numbers
    24  int32    total bytes k of partition keys
    28  int32    total bytes d of data
    32  int64[n]    approximate arrival time, ms since the epoch, -1 = unknown
    ..  int32[n+1]  offsets into sequence numbers
    ..  int32[n+1]  offsets into partition keys
    ..  int32[n+1]  offsets into data
    ..  stream name, shard id, sequence numbers, partition keys, data, back to back

In data each record's bytes are followed by one LF, which the offsets include, so the whole buffer
is what a reader of JSON lines takes. A record may hold further LFs of its own.

The writer that counts is `FrameWriter.java`; `write_frame` is its equal, for tests and benchmarks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.failures import StarjoinError, describe_error

MAGIC: Final = b"SJB"
VERSION: Final = 1

_HEADER: Final = struct.Struct("<3sBiqHHiii")
_UNKNOWN: Final = -1
_LF: Final = 0x0A
_NINE: Final = 9
_LONGEST_SEQUENCE_NUMBER: Final = 129  # digits, as Kinesis documents them
_INT32: Final = np.dtype("<i4")
_INT64: Final = np.dtype("<i8")
_END_OF_TIME: Final = 253_402_300_800_000  # milliseconds: the year 10000, beyond datetime.MAXYEAR
_ARRIVAL: Final = pa.timestamp("ms", tz="UTC")


class FrameError(StarjoinError):
    """The bytes are not a block frame of this version, or were cut or damaged on their way."""


class NoSuchRecordError(StarjoinError):
    """A frame was asked for a record that it does not have."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RecordBlock:
    """Records of one shard, in the order of the shard, as columns over one buffer.

    Attributes:
        stream: name of the stream.
        shard: id of the shard.
        millis_behind_latest: how far the shard was read behind its tip, milliseconds; None if
            Kinesis did not say.
        sequence_numbers: n strings, rising within the shard; compare them as integers.
        partition_keys: n strings; empty where the record had none.
        arrival: n approximate arrival times in milliseconds, UTC; null where unknown. May go back.
        text: the records back to back, each followed by one LF.
        offsets: int32[n+1]; record i is ``text[offsets[i]:offsets[i + 1]]``, LF included.
    """

    stream: str
    shard: str
    millis_behind_latest: int | None
    sequence_numbers: pa.StringArray
    partition_keys: pa.StringArray
    arrival: pa.TimestampArray
    text: pa.Buffer
    offsets: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __repr__(self) -> str:
        """Without records and keys, which may be personal data and would end up in a log."""
        first, last = self.sequence_numbers[0].as_py(), self.sequence_numbers[-1].as_py()
        return f"<{len(self)} records of {self.stream}/{self.shard}, {first} to {last}>"

    def record(self, i: int) -> bytes:
        """A copy of record i (0 to n-1) as it was put, without the LF that the frame added.

        Raises:
            NoSuchRecordError: there is no record i.
        """
        if not 0 <= i < len(self):
            message = f"record {i} of {len(self)}"
            raise NoSuchRecordError(message)
        start, end = int(self.offsets[i]), int(self.offsets[i + 1])
        return bytes(memoryview(self.text)[start : end - 1])


def is_frame(data: bytes) -> bool:
    """Whether an element is a frame, of whatever version; blocks and signals are none."""
    return bytes(data[: len(MAGIC)]) == MAGIC


def read_frame(data: bytes) -> RecordBlock:
    """Reads a frame without copying records; the block keeps `data` alive.

    Raises:
        FrameError: wrong magic or version, lengths that do not add up, or offsets out of order.
    """
    if len(data) < _HEADER.size:
        message = f"a block frame has at least {_HEADER.size} bytes, got {len(data)}"
        raise FrameError(message)
    magic, version, n, behind, shard_len, stream_len, *totals = _HEADER.unpack_from(data)
    if magic != MAGIC:
        message = f"not a block frame: begins with {bytes(data[:4])!r}"
        raise FrameError(message)
    if version != VERSION:
        message = f"block frame of version {version}, this release reads {VERSION}"
        raise FrameError(message)
    if n < 1 or min(totals) < 0:
        message = f"block frame with {n} records and lengths {totals}"
        raise FrameError(message)
    fixed = _HEADER.size + n * _INT64.itemsize + 3 * (n + 1) * _INT32.itemsize
    size = fixed + stream_len + shard_len + sum(totals)
    if size != len(data):
        message = f"block frame of {n} records should have {size} bytes, has {len(data)}"
        raise FrameError(message)
    return _block(data, n, behind, (stream_len, shard_len, *totals))


def _block(data: bytes, n: int, behind: int, lengths: tuple[int, ...]) -> RecordBlock:
    """Cuts a frame whose size is right into its parts; `lengths` in the order they stand in."""
    buffer = pa.py_buffer(data)
    offset_bytes = (n + 1) * _INT32.itemsize
    offset = _HEADER.size
    arrival = buffer.slice(offset, n * _INT64.itemsize)
    offset += arrival.size
    offsets = [buffer.slice(offset + i * offset_bytes, offset_bytes) for i in range(3)]
    offset += 3 * offset_bytes
    ends = list(accumulate(lengths, initial=offset))
    stream, shard, sequences, keys, text = (
        buffer.slice(start, length) for start, length in zip(ends, lengths, strict=False)
    )

    names = ("sequence numbers", "partition keys", "data")
    for name, starts, length in zip(names, offsets, lengths[2:], strict=True):
        _check_offsets(name, np.frombuffer(starts, _INT32), length)
    text_offsets = np.frombuffer(offsets[2], _INT32)
    _check_terminators(np.frombuffer(text, np.uint8), text_offsets)
    _check_numbers(np.frombuffer(sequences, np.uint8), np.frombuffer(offsets[0], _INT32))
    try:
        return RecordBlock(
            stream=stream.to_pybytes().decode(),
            shard=shard.to_pybytes().decode(),
            millis_behind_latest=None if behind == _UNKNOWN else behind,
            sequence_numbers=_strings(n, offsets[0], sequences),
            partition_keys=_strings(n, offsets[1], keys),
            arrival=_times(n, arrival),
            text=text,
            offsets=text_offsets,
        )
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        message = f"block frame with text that is not UTF-8: {describe_error(error)}"
        raise FrameError(message) from None


def _check_offsets(name: str, offsets: npt.NDArray[np.int32], length: int) -> None:
    if offsets[0] != 0 or offsets[-1] != length or bool((offsets[1:] < offsets[:-1]).any()):
        message = f"block frame whose offsets into {name} do not rise from 0 to {length}"
        raise FrameError(message)


def _check_terminators(text: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]) -> None:
    ends = offsets[1:]
    if bool((ends == offsets[:-1]).any()) or bool((text[ends - 1] != _LF).any()):
        message = "block frame with a record that does not end in LF"
        raise FrameError(message)


def _check_numbers(digits: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]) -> None:
    lengths = offsets[1:] - offsets[:-1]
    is_number = lengths.min() > 0 and lengths.max() <= _LONGEST_SEQUENCE_NUMBER
    if not is_number or bool((digits - np.uint8(ord("0")) > _NINE).any()):
        message = "block frame with a sequence number that is not decimal digits"
        raise FrameError(message)


def _strings(n: int, offsets: pa.Buffer, values: pa.Buffer) -> pa.StringArray:
    array = pa.StringArray.from_buffers(n, offsets, values)
    array.validate(full=True)
    return array


def _times(n: int, values: pa.Buffer) -> pa.TimestampArray:
    times = np.frombuffer(values, _INT64)
    if times.min() < _UNKNOWN or times.max() >= _END_OF_TIME:
        message = "block frame with an arrival time before 1970 or after the year 9999"
        raise FrameError(message)
    known = times != _UNKNOWN
    nulls = n - int(known.sum())
    validity = pa.py_buffer(np.packbits(known, bitorder="little")) if nulls else None
    return pa.Array.from_buffers(_ARRIVAL, n, [validity, values], null_count=nulls)


def write_frame(  # noqa: PLR0913 -- one argument per field of the frame
    *,
    stream: str,
    shard: str,
    sequence_numbers: Sequence[str],
    partition_keys: Sequence[str | None],
    arrival_millis: Sequence[int | None],
    records: Sequence[bytes],
    millis_behind_latest: int | None = None,
) -> bytes:
    """Writes a frame, byte for byte as the JVM source does; for tests and benchmarks.

    Args:
        stream: name of the stream.
        shard: id of the shard.
        sequence_numbers: one per record.
        partition_keys: one per record; None is written as the empty key.
        arrival_millis: one per record, milliseconds since the epoch; None = unknown.
        records: at least one, without a terminator.
        millis_behind_latest: milliseconds; None = unknown.

    Raises:
        FrameError: no records, or columns of different lengths.
    """
    n = len(records)
    if n < 1 or not n == len(sequence_numbers) == len(partition_keys) == len(arrival_millis):
        message = f"{n} records (at least 1) must come with as many values of each column"
        raise FrameError(message)
    names = (stream.encode(), shard.encode())
    columns = (
        [text.encode() for text in sequence_numbers],
        [(text or "").encode() for text in partition_keys],
        [record + b"\n" for record in records],
    )
    header = _HEADER.pack(
        MAGIC,
        VERSION,
        n,
        _UNKNOWN if millis_behind_latest is None else millis_behind_latest,
        len(names[1]),
        len(names[0]),
        *(sum(map(len, column)) for column in columns),
    )
    arrival = np.array([_UNKNOWN if t is None else t for t in arrival_millis], _INT64)
    offsets = [
        np.fromiter(accumulate(map(len, column), initial=0), _INT32, n + 1).tobytes()
        for column in columns
    ]
    return b"".join((header, arrival.tobytes(), *offsets, *names, *map(b"".join, columns)))
