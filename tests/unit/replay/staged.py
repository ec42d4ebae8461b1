"""Dead letters as the job stages them, in a dictionary instead of S3."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.blocks import Block, Kind
from connectors.kinesis.frame import RecordBlock, read_frame, write_frame
from connectors.redshift.replay_marks import LetterPart
from connectors.staging.writer import PartWriter
from flink_app.dead_letters.schema import DEAD_LETTER_SCHEMA, Originals
from flink_app.privacy.keys import PrivacyKeys
from infra.replay.letters import Letter, read_letters
from tests.support.decoding import decode_fully
from tests.unit.decode.records import FREIGHT_PLAN, KEYS, region

TOO_LONG: Final = region(title="x" * 41)
SOUND: Final = region()
APPLICATION: Final = "shop"
BROKEN: Final = b"{"


class Files:
    """What the job wrote; the parts of each kind in order."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.parts: dict[Kind, list[LetterPart]] = {Kind.DEAD_LETTERS: [], Kind.RESTRICTED: []}
        self._number = 0

    def put(self, key: str, body: bytes) -> str:
        self.content[f"s3://bucket/{key}"] = body
        return f"s3://bucket/{key}"

    def read(self, url: str) -> bytes:
        return self.content[url]

    def stage(
        self,
        records: Sequence[bytes],
        *,
        shard: str = "shard-0",
        originals: Originals = Originals.SEALED,
        keys: Sequence[str] | None = None,
        sealed_by: PrivacyKeys = KEYS,
    ) -> None:
        """Decodes records and stages their dead letters; sequence numbers go on."""
        block = self._block(records, shard, keys or ["key"] * len(records))
        decoded = decode_fully(block, FREIGHT_PLAN, sealed_by, originals, APPLICATION)
        writer = PartWriter(self)
        writer.add(Block(Kind.DEAD_LETTERS, "", decoded.dead_letters))
        if decoded.restricted is not None:
            writer.add(Block(Kind.RESTRICTED, "", decoded.restricted))
        for part in writer.close(1):
            self.parts[part.kind].append(LetterPart(part.name, part.url))

    def rewrite(self, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """The newest part of dead letters, as somebody who may write the bucket leaves it."""
        part = self.parts[Kind.DEAD_LETTERS][-1]
        rows = pq.read_table(io.BytesIO(self.content[part.url])).to_pylist()
        change(rows)
        schema = pa.schema([field for field in DEAD_LETTER_SCHEMA if field.name in rows[0]])
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
        self.content[part.url] = sink.getvalue()

    def letters(self) -> list[Letter]:
        return list(read_letters(self.parts[Kind.DEAD_LETTERS], self.read))

    def _block(self, records: Sequence[bytes], shard: str, keys: Sequence[str]) -> RecordBlock:
        start = self._number
        self._number += len(records)
        return read_frame(
            write_frame(
                stream="changes",
                shard=shard,
                # Texts of these sort otherwise than the numbers.
                sequence_numbers=[str(8 + start + i) for i in range(len(records))],
                partition_keys=keys,
                arrival_millis=[1_000 * (start + i) for i in range(len(records))],
                records=records,
            )
        )
