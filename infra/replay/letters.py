"""Dead letters as replay reads them: what they say of themselves, and their originals.

The columns in the open are read first; originals are opened only for what is put back, and only
then the privacy secret or the role for restricted originals is needed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.failures import describe_error
from connectors.redshift.replay_marks import LetterPart, RecordId
from flink_app.dead_letters.replay_marker import Coordinates
from flink_app.dead_letters.schema import DEAD_LETTER_SCHEMA
from flink_app.dead_letters.sealing import Origin, Original, SealedOriginalError
from flink_app.privacy.keys import PrivacyKeys
from infra.replay.errors import ReplayError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_COORDINATES: Final = ("stream", "shard", "sequence_number")
_OPEN: Final = [*_COORDINATES, "arrival", "table", "reason", "treated", "replay_of"]
_KEY_ID: Final = "key_id"  # which letters of earlier versions do not have
# Files in memory at once: letters of one shard lie in files of several subtasks.
_FILES: Final = 16

ReadFile = Callable[[str], bytes]


@dataclass(frozen=True)
class Letter:
    """A dead letter without its original.

    Attributes:
        coordinates: where its record stands on the stream.
        table: the declared table, None where it is not known.
        reason: one of `Reason`, or one of another version of the application.
        part: the file that it is in.
        row: its number there.
        has_room: whether its record is a JSON object, which can carry its first coordinates.
        is_replay: whether its record had been replayed before.
        first_arrival_ms: when its record first reached the stream; None if unknown.
        key_id: of the secret that sealed its original; None where an earlier version did.
    """

    coordinates: Coordinates
    table: str | None
    reason: str
    part: LetterPart
    row: int
    has_room: bool
    is_replay: bool
    first_arrival_ms: int | None
    key_id: str | None = None

    @property
    def record_id(self) -> RecordId:
        """What identifies its record."""
        return self.coordinates.stream, self.coordinates.shard, self.coordinates.sequence_number


def read_letters(parts: Iterable[LetterPart], read: ReadFile) -> Iterator[Letter]:
    """The letters of these parts. Raises ReplayError for a part that cannot be read."""
    for part in parts:
        file = _parquet(part, read)
        present = set(file.schema_arrow.names)
        missing = set(DEAD_LETTER_SCHEMA.names) - present - {_KEY_ID}
        if missing:
            message = (
                f"part {part.name} ({part.url}) lacks {', '.join(sorted(missing))}: an older "
                "version of the application wrote it; leave it out with --since, or replay it "
                "with that version"
            )
            raise ReplayError(message)
        # Threads of Arrow that are under way when a process ends may abort it.
        table = file.read(columns=[*_OPEN, *({_KEY_ID} & present)], use_threads=False)
        times = table["arrival"].cast(pa.int64()).to_pylist()
        first_times = pc.struct_field(table["replay_of"], "arrival").cast(pa.int64()).to_pylist()
        for row, letter in enumerate(table.to_pylist()):
            stream, shard, number = (letter[name] for name in _COORDINATES)
            yield Letter(
                coordinates=Coordinates(stream, shard, number, times[row]),
                table=letter["table"],
                reason=letter["reason"],
                part=part,
                row=row,
                has_room=letter["treated"] is not None,
                is_replay=letter["replay_of"] is not None,
                first_arrival_ms=first_times[row] if letter["replay_of"] else times[row],
                key_id=letter.get(_KEY_ID),
            )


class OriginalReader:
    """Opens originals, sealed ones and restricted ones alike.

    Args:
        read: gives the bytes of a file.
        restricted: the parts with restricted originals.
        keys: open sealed ones.
        application: whose dead letters they are.
    """

    def __init__(
        self,
        read: ReadFile,
        restricted: Sequence[LetterPart],
        keys: PrivacyKeys,
        application: str,
    ) -> None:
        self._keys = keys
        self._application = application
        self._restricted = restricted
        self._file = lru_cache(_FILES)(lambda part: _parquet(part, read).read(use_threads=False))
        self._rows: dict[RecordId, tuple[LetterPart, int]] | None = None

    def original(self, letter: Letter) -> Original:
        """The record as it was put.

        Raises SealedOriginalError when it does not open, and ReplayError when there is none.
        """
        sealed = self._file(letter.part)["sealed_original"][letter.row].as_py()
        if sealed is not None:
            return self._unseal(sealed, letter)
        part_and_row = self._restricted_rows().get(letter.record_id)
        if part_and_row is None:
            coordinates = letter.coordinates
            message = (
                f"the original of record {coordinates.sequence_number} of {coordinates.shard} is "
                f"neither in part {letter.part.name} nor in a restricted part of the ledger"
            )
            raise ReplayError(message)
        part, row = part_and_row
        (original,) = self._file(part).slice(row, 1).to_pylist()
        return Original(original["partition_key"], original["payload"])

    @property
    def key_id(self) -> str:
        """Of the keys that open sealed originals."""
        return self._keys.key_id

    def _unseal(self, sealed: bytes, letter: Letter) -> Original:
        coordinates = letter.coordinates
        origin = Origin(
            self._application,
            coordinates.stream,
            coordinates.shard,
            coordinates.sequence_number,
            coordinates.arrival_ms,
        )
        if letter.key_id not in {None, self.key_id}:
            message = f"the original of {origin} is sealed under key {letter.key_id}"
            raise SealedOriginalError(message)
        takes_earlier = letter.key_id is None
        return Original.unseal(sealed, self._keys.dead_letters, origin, takes_earlier=takes_earlier)

    def _restricted_rows(self) -> dict[RecordId, tuple[LetterPart, int]]:
        if self._rows is None:
            self._rows = {}
            for part in self._restricted:
                columns = (self._file(part)[name].to_pylist() for name in _COORDINATES)
                for row, record_id in enumerate(zip(*columns, strict=True)):
                    self._rows[record_id] = (part, row)
        return self._rows


def read_from(client: S3Client) -> ReadFile:
    """Reads files by their `s3://` address."""

    def read(url: str) -> bytes:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        body: Any = client.get_object(Bucket=bucket, Key=key)["Body"]
        content: bytes = body.read()
        return content

    return read


def _parquet(part: LetterPart, read: ReadFile) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(io.BytesIO(read(part.url)))
    except (pa.ArrowInvalid, OSError) as error:
        message = (
            f"part {part.name} ({part.url}) cannot be read as Parquet: {describe_error(error)}"
        )
        raise ReplayError(message) from None
