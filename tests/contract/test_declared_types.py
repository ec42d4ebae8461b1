"""Every declared type from a change record to a target and back: decode, join, Parquet, COPY.

One table of every type is the fact, another the dimension, so each type is loaded as a row and as
a patch. The values are the extremes that a type's docstring or the warehouse's limits name.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import pytest
import yaml

from connectors.blocks import Block, Kind
from connectors.redshift.loader import Loader
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.declaration import Star
from flink_app.declaration.types import MAX_VARCHAR_BYTES
from flink_app.denormalise.join import patches, wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.warehouse import warehouse_spec
from tests.contract.warehouse import Warehouse, rows
from tests.unit.decode.records import decode, plan_of, record
from tests.unit.stars import star

pytestmark = pytest.mark.contract

START: Final = 1
LONG: Final = "😀" * (MAX_VARCHAR_BYTES // 4)

# Type, values in the records, values in the warehouse; bytes as their hexadecimal digits.
TYPES: Final[list[tuple[str, list[Any], list[Any]]]] = [
    ("smallint", [-32768, 32767, None], [-32768, 32767, None]),
    ("integer", [-(2**31), 2**31 - 1, None], [-(2**31), 2**31 - 1, None]),
    ("bigint", [-(2**63), 2**63 - 1, None], [-(2**63), 2**63 - 1, None]),
    (
        "decimal(38,10)",
        ["-9999999999999999999999999999.9999999999", "0.0000000001", None],
        [Decimal("-9999999999999999999999999999.9999999999"), Decimal("1e-10"), None],
    ),
    (
        "decimal(38,0)",
        ["9" * 38, "-" + "9" * 38, None],
        [Decimal("9" * 38), Decimal("-" + "9" * 38), None],
    ),
    ("real", [3.4028234663852886e38, -1.5, None], [3.4028234663852886e38, -1.5, None]),
    ("double precision", [1.7976931348623157e308, 0.1, None], [1.7976931348623157e308, 0.1, None]),
    ("boolean", [True, "false", None], [True, False, None]),
    ("date", ["0001-01-01", "9999-12-31", None], [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    (
        "timestamp",
        ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", None],
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None],  # noqa: DTZ001
    ),
    (
        "timestamptz",
        ["1970-01-01T00:00:00.000001+00:00", "2026-03-11T23:30:00-05:30", None],
        [
            dt.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC),
            dt.datetime(2026, 3, 12, 5, 0, tzinfo=dt.UTC),
            None,
        ],
    ),
    (f"varchar({MAX_VARCHAR_BYTES})", [LONG, "", None], [LONG, "", None]),
    (
        "varchar(20)",
        ['a\\"b\n,\t', "x\u0001\uffff\U0010ffff", None],
        ['a\\"b\n,\t', "x\u0001\uffff\U0010ffff", None],
    ),
    ("char(4)", ["ab  ", "    ", None], ["ab", "", None]),
    ("varbyte(6)", ["0x00ff5c783030", "", None], ["00ff5c783030", "", None]),
]
NAMES: Final = [f"c{number}" for number in range(len(TYPES))]


def every_type(schema: str) -> Star:
    columns = {name: kind for name, (kind, _, _) in zip(NAMES, TYPES, strict=True)}
    return star(
        yaml.safe_dump(
            {
                "name": "types",
                "source_schema": "types",
                "tables": {
                    "dimension": {"key": ["id"], "columns": {"id": "integer", **columns}},
                    "fact": {
                        "key": ["id"],
                        "columns": {"id": "integer", **columns},
                        "references": {"other": {"table": "dimension", "columns": ["id"]}},
                    },
                },
                "targets": {
                    "wide": {
                        "fact": "fact",
                        "schema": schema,
                        "columns": {
                            "id": "id",
                            **{name: name for name in NAMES},
                            **{f"other_{name}": f"other.{name}" for name in NAMES},
                        },
                    }
                },
            }
        )
    )


def blocks(of: Star, table: str) -> Any:
    """The changes of a table, one row for each place in the lists of `TYPES`."""
    records = [
        record(
            table,
            {"id": place}
            | {name: sent[place] for name, (_, sent, _) in zip(NAMES, TYPES, strict=True)},
            schema="types",
        )
        for place in range(3)
    ]
    decoded = decode(records, plan_of(of))
    assert decoded.dead_letters.to_pylist() == []
    return decoded.changes[table]


@pytest.mark.parametrize("patched", [False, True], ids=["as rows", "as patches"])
def test_the_extremes_of_every_type_come_through(warehouse: Warehouse, *, patched: bool) -> None:
    of = every_type(warehouse.schema)
    mirror, plan = Mirror(of), JoinPlan(of)
    facts, dimension = blocks(of, "fact"), blocks(of, "dimension")
    store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    writer = PartWriter(store)
    if patched:
        writer.add(Block(Kind.ROWS, "wide", wide_rows(facts, plan.targets["wide"], mirror)))
        accepted = mirror.tables["dimension"].accept(dimension)
        writer.add(
            Block(Kind.PATCHES, "dimension", patches(accepted, plan.patches["dimension"], mirror))
        )
    else:
        mirror.tables["dimension"].accept(dimension)
        writer.add(Block(Kind.ROWS, "wide", wide_rows(facts, plan.targets["wide"], mirror)))
    loader = Loader(
        warehouse_spec(of),
        application="types",
        bookkeeping_schema=warehouse.schema,
        copy_role=warehouse.role,
        connect=warehouse.connect,
        manifests=store,
    )
    loader.start(START)
    loader.load(writer.close(epoch=1), START)

    shown = [
        f"to_hex({name})" if kind.startswith("varbyte") else name
        for prefix in ("", "other_")
        for name, (kind, _, _) in zip([prefix + n for n in NAMES], TYPES, strict=True)
    ]
    found = rows(warehouse.connect(), f"SELECT {', '.join(shown)} FROM wide ORDER BY id")
    expected = [[stored[place] for _, _, stored in TYPES] * 2 for place in range(3)]
    for place, (row, wanted) in enumerate(zip(found, expected, strict=True)):
        for name, value, other in zip(shown, row, wanted, strict=True):
            assert value == other, (place, name)
