"""What peers read, written to a folder once for all of them, and the rows that must come out.

    blocks/dimensions   the frame of all dimension records
    blocks/0 ... 15     frames of fact records
    lines/dimensions    the records of the dimensions as JSON lines
    lines/0 ... 15      those of the facts
    tables/NAME         each dimension as Parquet: stored columns, treated, and the position
    targets/NAME        the wide rows of all fact records, as Parquet
    star.json           for peers that do not know declarations: columns, look-ups, types

Facts come around again after 16 frames.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.kinesis.frame import read_frame
from connectors.positions import is_position, with_position_bytes
from connectors.staging.shape import shape_of
from flink_app.declaration import POSITION, Star, load_declaration
from flink_app.declaration.star import DELETED
from flink_app.decode.block import decode_block
from flink_app.decode.plan import DecodePlan
from flink_app.denormalise.join import wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan, TargetJoin
from flink_app.positions.generations import Generations
from flink_app.positions.position import make_position
from flink_app.privacy.keys import PrivacyKeys
from infra.local.toolchain import ROOT
from tests.bench import data, order_book
from tests.bench.peers.names import CaseName, Peer

DISTINCT_BLOCKS: Final = 16
KEYS: Final = PrivacyKeys.from_secret(b"a key of thirty-two bytes or more")


@dataclass(frozen=True)
class Case:
    """Which records, and how many of them are in a block.

    Attributes:
        name: as options and reports have it.
        star_file: the declaration, below the repository's root.
        block_records: of each frame, or file.
        peers: those that it is for.
        share: of the records of a trial, how many it reads: what is slow would take long.
        make_dimensions: the full load of the dimensions.
        make_facts: so many fact records, by a seed.
    """

    name: CaseName
    star_file: str
    block_records: int
    peers: frozenset[Peer]
    make_dimensions: Callable[[], list[bytes]]
    make_facts: Callable[[int, int], list[bytes]]
    share: float = 1

    @cached_property
    def star(self) -> Star:
        """Its declaration."""
        return Star(load_declaration(ROOT / self.star_file))


_TICKETS: Final = Case(
    CaseName.TICKETS,
    "flink_app/stars/ticket_seller.yaml",
    data.FRAME_RECORDS,
    frozenset(Peer),
    data.dimensions,
    data.facts,
)
CASES: Final = {
    case.name: case
    for case in (
        _TICKETS,
        # What a quiet shard answers with. Blocks mean nothing to the others.
        replace(
            _TICKETS,
            name=CaseName.SMALL_BLOCKS,
            block_records=100,
            peers=frozenset({Peer.JOB}),
        ),
        # Three targets, a wide schema, tokens in facts: what the others are not written for.
        Case(
            CaseName.ORDER_BOOK,
            order_book.STAR_FILE,
            data.FRAME_RECORDS,
            frozenset({Peer.JOB, Peer.SPARK}),
            order_book.dimensions,
            order_book.facts,
            share=0.5,
        ),
    )
}


class Inputs:
    """The files of a case, and what follows from them.

    Attributes:
        dimension_rows: how many rows the dimensions have in all.
        target_rows: how many rows each target has for the distinct records.
        record_bytes: the mean size of a fact record.
    """

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.folder = folder
        self._plan = DecodePlan(case.star, Generations())
        self._joins = JoinPlan(case.star)
        self._mirror = Mirror(case.star)
        for name in ("blocks", "lines", "tables", "targets"):
            (folder / name).mkdir(parents=True)
        self.dimension_rows = self._write_dimensions()
        self.record_bytes = self._write_facts()
        self.target_rows = {name: self._write_target(name) for name in case.star.targets}
        (folder / "star.json").write_text(json.dumps(self._describe_star(), indent=1))

    def read_target(self, target: str) -> pa.Table:
        """The rows that must come out once for each distinct record."""
        return pq.read_table(self.folder / "targets" / target)

    def _write_dimensions(self) -> int:
        records = self.case.make_dimensions()
        frame = data.frame(records)
        (self.folder / "blocks" / "dimensions").write_bytes(frame)
        lines = b"".join(record + b"\n" for record in records)
        (self.folder / "lines" / "dimensions").write_bytes(lines)
        rows = 0
        for name, changes in decode_block(read_frame(frame), self._plan, KEYS).changes.items():
            self._mirror.tables[name].accept(changes)
            rows += len(changes)
            table = with_position_bytes(pa.Table.from_batches([changes])).drop_columns([DELETED])
            pq.write_table(table, self.folder / "tables" / name)
        return rows

    def _write_facts(self) -> float:
        size = 0
        for number in range(DISTINCT_BLOCKS):
            # From 1: the log has no position 0, so that would be a dead letter.
            records = self.case.make_facts(self.case.block_records, number + 1)
            (self.folder / "blocks" / str(number)).write_bytes(data.frame(records, number))
            lines = b"".join(record + b"\n" for record in records)
            (self.folder / "lines" / str(number)).write_bytes(lines)
            size += len(lines) - len(records)
        return size / (DISTINCT_BLOCKS * self.case.block_records)

    def _write_target(self, target: str) -> int:
        join = self._joins.targets[target]
        fact = self.case.star.targets[target].fact
        batches = []
        for number in range(DISTINCT_BLOCKS):
            frame = (self.folder / "blocks" / str(number)).read_bytes()
            changes = decode_block(read_frame(frame), self._plan, KEYS).changes
            if fact in changes:
                batches.append(wide_rows(changes[fact], join, self._mirror))
        rows = with_position_bytes(pa.Table.from_batches(batches, join.schema))
        pq.write_table(rows, self.folder / "targets" / target)
        return len(rows)

    def _describe_star(self) -> dict[str, Any]:
        star = self.case.star
        targets = {name: self._describe_target(name) for name in star.targets}
        return {
            "generation": make_position(Generations().first, 0, 0)[:4],
            "token_key": KEYS.tokens.hex(),
            "facts": {name: self._describe_table(name) for name in star.facts},
            "dimension_rows": self.dimension_rows,
            "dimension_tables": {name: self._describe_table(name) for name in star.dimensions},
            "dimensions": {name: list(star.tables[name].key) for name in star.dimensions},
            "targets": targets,
            "position": POSITION,
            "deleted": DELETED,
        }

    def _describe_target(self, name: str) -> dict[str, Any]:
        join = self._joins.targets[name]
        made = dict(shape_of(join.schema))
        return {
            "fact": self.case.star.targets[name].fact,
            "lookups": _describe_lookups(join),
            "columns": [
                {
                    "name": column,
                    "path": ".".join(steps),
                    "source": source,
                    "is_position": is_position(made[column]),
                }
                for column, (steps, source) in zip(join.schema.names, join.sources, strict=True)
            ],
        }

    def _describe_table(self, name: str) -> dict[str, Any]:
        plan = self._plan.tables[name]
        return {
            "schema": plan.schema,
            "source": plan.source,
            "key": list(plan.key),
            "columns": [
                {
                    "name": column.name,
                    "source": column.source,
                    "type": str(column.declared.type),
                    "length": column.declared.type.length,
                    "treatment": str(column.declared.treatment),
                }
                for column in plan.columns
            ],
        }


def _describe_lookups(join: TargetJoin) -> list[dict[str, Any]]:
    return [
        {
            "path": ".".join(lookup.steps),
            "parent": ".".join(lookup.parent),
            "table": lookup.table,
            "key": list(lookup.key),
        }
        for lookup in join.lookups
    ]
