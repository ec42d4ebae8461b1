"""Inputs of the fuzz, and the file in which one that failed is kept.

A *session* is what one subtask sees: a declaration and blocks of records, decoded one after the
other with one plan, since a plan remembers in which forms columns were written. Sessions are the
unit of a seed and of a replay.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from connectors.floors import Floors, TableFloors
from flink_app.declaration.declaration import Declaration
from flink_app.declaration.dms_records import DmsRecords
from flink_app.declaration.star import Star
from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations, time_text
from tests.unit.decode.records import COLLATED, MIXED, ODD, PARTITIONED, SCHEMAS
from tests.unit.decode.test_dates import CALENDAR
from tests.unit.decode.test_partial_updates import PARTIAL
from tests.unit.decode.test_text_keys import BLANKS
from tests.unit.decode.test_values import EVERY_TYPE
from tests.unit.stars import freight, order_book, ticket_seller

# Records arrive a millisecond apart, from here on.
FIRST_ARRIVAL: Final = 1_000_000


def _time(records: int) -> str:
    """When so many records of a block have arrived, as settings write it."""
    return time_text(FIRST_ARRIVAL + records)


DECLARED: Final[dict[str, Declaration]] = {
    "freight": freight().declaration,
    "mixed": MIXED.declaration,
    "schemas": SCHEMAS.declaration,
    "types": EVERY_TYPE.star.declaration,
    "odd": ODD.declaration,
    "calendar": CALENDAR.star.declaration,
    "partial": PARTIAL.declaration,
    "blanks": BLANKS.star.declaration,
    "partitioned": PARTITIONED.declaration,
    "collated": COLLATED.declaration,
    "ticket_seller": ticket_seller().declaration,
    "order_book": order_book().declaration,
}
# How a task may write, and which generations its records belong to.
WAYS: Final[tuple[dict[str, Any], ...]] = (
    {"stream": {}},
    {"stream": {"before_image": "was"}},
    {"stream": {"before_image_prefix": "BI_"}},
    {"stream": {"before_image_suffix": "_old"}, "generations": f"3, 4 from {_time(10)}"},
    {"stream": {"coarse_positions": "refuse"}},
    {"stream": {"positions": "postgresql", "before_image": "was"}},
    {"stream": {"positions": "mysql"}, "generations": f"1, 7 from {_time(3)}, 9 from {_time(30)}"},
    {"stream": {"positions": "oracle", "before_image_prefix": "BI_", "before_image_suffix": "#"}},
    {"stream": {"positions": "commit-timestamp"}},
    {"stream": {}, "generations": f"1, 2 from {_time(20)}", "floor": 2},
    {"stream": {"zero_dates": "as_null"}},
    {"stream": {"rounded_numbers": "as_sent", "before_image": "was"}},
    {"stream": {"missing_columns": "as_null"}},
    # Single tables have generations of their own, which begin among what the grammar's tasks build.
    {
        "stream": {},
        "generations": f"1, 2 from {_time(10)}, 3 from 2026-03-11T09:45:03Z of consignment, "
        "4 from 2026-03-11T09:45:05Z of customer, 5 from 2026-03-11T09:45:07Z of region",
        "table_floors": "consignment 3, region 5",
    },
)


_PARTS_OF_WAY: Final = ("stream", "generations", "floor", "table_floors")


@dataclass(frozen=True)
class Block:
    """The records of one block, and what happens to its frame.

    Attributes:
        records: the records; may be none at all, which no frame can hold.
        flips: places and bytes that are written over the frame, places modulo its length.
        cut: how many bytes the frame loses at its end.
    """

    records: tuple[bytes, ...]
    flips: tuple[tuple[int, int], ...] = ()
    cut: int = 0


@dataclass(frozen=True)
class Session:
    """Blocks that go through decode with one plan, one after the other."""

    star: str  # of DECLARED
    way: int  # of WAYS
    blocks: tuple[Block, ...]

    @property
    def records(self) -> int:
        """How many records there are in all blocks."""
        return sum(len(block.records) for block in self.blocks)

    def plan(self) -> DecodePlan:
        """A plan that has seen no record."""
        return plan(self.star, self.way)

    def with_blocks(self, blocks: tuple[Block, ...]) -> Session:
        """The same declaration with other blocks."""
        return replace(self, blocks=blocks)


def plan(star: str, way: int) -> DecodePlan:
    """The plan of a declared star whose task writes its records in one of the ways."""
    chosen = WAYS[way]
    declared = DECLARED[star].model_copy(update={"stream": DmsRecords(**chosen["stream"])})
    generations = Generations.parse(chosen.get("generations", "3"))
    floors = Floors(chosen.get("floor", 0), TableFloors.parse(chosen.get("table_floors", "")))
    return DecodePlan(Star(declared), generations, floors)


def save(session: Session, path: Path, **notes: Any) -> None:
    """Writes a session, records as text in which a character is a byte."""
    blocks = [
        {"records": [record.decode("latin-1") for record in block.records]}
        | ({"flips": block.flips} if block.flips else {})
        | ({"cut": block.cut} if block.cut else {})
        for block in session.blocks
    ]
    kept = {**notes, "star": session.star, **WAYS[session.way], "blocks": blocks}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n")


def load(path: Path) -> Session:
    """Reads what `save` wrote."""
    kept = json.loads(path.read_text())
    blocks = tuple(
        Block(
            tuple(record.encode("latin-1") for record in block["records"]),
            tuple((place, octet) for place, octet in block.get("flips", [])),
            block.get("cut", 0),
        )
        for block in kept["blocks"]
    )
    way = {name: kept[name] for name in _PARTS_OF_WAY if name in kept}
    return Session(kept["star"], WAYS.index(way), blocks)
