"""The pure parts on one core: decode by columns and by rows, the join, Parquet."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
from rich.console import Console

from connectors.blocks import Block, Kind
from connectors.kinesis.frame import read_frame
from connectors.staging.writer import PartWriter
from flink_app.declaration import Star, load_declaration
from flink_app.decode.block import decode_block
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_record
from flink_app.denormalise.join import wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys
from infra.local.toolchain import ROOT
from tests.bench import data
from tests.bench.timing import micros

_SMALL: Final = 50  # records: what a quiet shard answers with
_KEYS: Final = PrivacyKeys.from_secret(b"a key of thirty-two bytes or more")


class _NoStore:
    def put(self, key: str, body: bytes) -> str:
        return f"{key} of {len(body)} bytes"


class Parts:
    """Everything that the parts need, made once."""

    def __init__(self) -> None:
        pa.set_cpu_count(1)
        self.star = Star(load_declaration(ROOT / "flink_app" / "stars" / "ticket_seller.yaml"))
        self.plan = DecodePlan(self.star, Generations())
        self.mirror = Mirror(self.star)
        (self.join,) = JoinPlan(self.star).targets.values()
        for table, changes in self._decode(data.frame(data.dimensions())).items():
            self.mirror.tables[table].accept(changes)

    def _decode(self, frame: bytes) -> dict[str, pa.RecordBatch]:
        return decode_block(read_frame(frame), self.plan, _KEYS).changes

    def through(self, frame: bytes) -> None:
        """One frame through all of them, as the job does it but without an engine."""
        writer = PartWriter(_NoStore())
        for table, changes in self._decode(frame).items():
            rows = wide_rows(changes, self.join, self.mirror)
            writer.add(Block(Kind.ROWS, table, rows))
        writer.close(1)

    def measure(self, console: Console) -> float:
        """Prints microseconds a record; gives the records per second of `through`."""
        records = data.facts(data.FRAME_RECORDS, 1)
        frame = data.frame(records)
        block = read_frame(frame)
        (changes,) = self._decode(frame).values()
        by_columns = micros(lambda: self._decode(frame))
        by_rows = micros(
            lambda: [parse_record(block.record(n), self.plan) for n in range(len(block))]
        )
        one_odd = list(records)
        for n in range(0, len(one_odd), 1_000):
            one_odd[n] = one_odd[n].replace(
                b'"purchased_by":', b'"purchased_by":"1","purchased_by":'
            )
        odd_frame = data.frame(one_odd)
        with_odd = micros(lambda: self._decode(odd_frame))
        join = micros(lambda: wide_rows(changes, self.join, self.mirror))
        through = micros(lambda: self.through(frame))
        small = data.frame(records[:_SMALL])
        (few_changes,) = self._decode(small).values()
        decode_small = micros(lambda: self._decode(small), _SMALL)
        join_small = micros(lambda: wide_rows(few_changes, self.join, self.mirror), _SMALL)
        in_small = micros(lambda: self.through(small), _SMALL)
        console.print(f"one core, {len(frame) / len(records):.0f} bytes a record, us per record:")
        for what, taken in (
            ("decode by columns", by_columns),
            ("parse row by row", by_rows),
            ("decode, one record in 1,000 is odd", with_odd),
            ("join along three paths", join),
            ("decode, join, Parquet: no engine", through),
            (f"the same in blocks of {_SMALL}", in_small),
            (f"decode in blocks of {_SMALL}", decode_small),
            (f"join in blocks of {_SMALL}", join_small),
        ):
            console.print(f"  {what:36}{taken:8.2f}{taken / by_columns:8.2f} x decode by columns")
        console.print(f"  no engine: {1e6 / through:,.0f} records/s")
        return 1e6 / through
