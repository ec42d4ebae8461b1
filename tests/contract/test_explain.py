"""What `starjoin explain` asks a warehouse: keys of all types, accounts, parts of the ledger."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.accounts import Account
from connectors.blocks import Block, Kind
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.declaration import Star
from flink_app.declaration.dms_records import Positions
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.warehouse import warehouse_spec
from infra.explain.key import StoredKey, treat_key
from infra.explain.layout import Layout, make_layout
from infra.explain.parts import search_parts
from infra.explain.positions import decode_position
from infra.explain.warehouse import WarehouseReader
from infra.replay.letters import read_from
from tests.contract.warehouse import Warehouse, run
from tests.unit.stars import star

pytestmark = pytest.mark.contract

TYPES: Final = """
name: types
source_schema: s
tables:
  d: {{key: [id], columns: {{id: "decimal(9,2)", text: varchar(9)}}}}
  f:
    key: [a, b, c, e, g, i]
    columns:
      a: bigint
      b: decimal(38,10)
      c: timestamptz
      e: date
      g: varchar(20)
      i: timestamp
      d: decimal(9,2)
    references: {{d: {{table: d, columns: [d]}}}}
targets:
  wide:
    fact: f
    schema: {schema}
    columns: {{a: a, b: b, c: c, e: e, g: g, i: i, d: d, text: d.text}}
"""
KEY: Final = (
    "-9000000000000000000",
    "1234567890123456789012345678.5",
    "2026-11-27T01:02:03.000004+01:00",
    "0001-01-01",
    "O'Hara \\ 100%",
    "9999-12-31T23:59:59.999999",
)
SET, OF_DIMENSION, DELETED = (make_position(1, commit << 32, 3) for commit in (7, 5, 9))


class Rows:
    """A target of one row and one tombstone, loaded by two batches."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.star: Star = star(TYPES.format(schema=warehouse.schema))
        self.names = Names(warehouse.schema)
        self.layout: Layout = make_layout(self.star, self.names, "wide")
        self._store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
        loader = Loader(
            warehouse_spec(self.star),
            application="app",
            bookkeeping_schema=warehouse.schema,
            copy_role=warehouse.role,
            connect=warehouse.connect,
            manifests=self._store,
        )
        loader.start(1)
        row = {each.column.column: each.value for each in self.key()}
        loader.load(
            self._stage(1, row | {"_pos": SET, "d": 2, "_pos_d": OF_DIMENSION}, position=SET), 1
        )
        gone = row | {"a": 1, "_pos": DELETED, "_pos_d": UNKNOWN, "_deleted": True}
        loader.load(self._stage(2, gone, position=DELETED), 1)

    def key(self, first: str = KEY[0]) -> StoredKey:
        return treat_key(self.layout.fact.key, (first, *KEY[1:]), bytes, is_stored=False)

    def _stage(self, epoch: int, row: dict[str, Any], position: str) -> Any:
        writer = PartWriter(self._store)
        schema = self.star.wide_schema("wide")
        values = dict.fromkeys(schema.names) | {"_deleted": False} | row
        batch = pa.RecordBatch.from_pylist([values], schema=schema)
        writer.add(Block(Kind.ROWS, "wide", batch))
        account = Account(
            "changes", "0", "f", str(epoch), str(epoch), 1, 0, 0, 0, 1_000 * epoch,
            log_generation=1, log_position=position, log_committed=1_000, log_name="",
            first_committed=1_000_000 * epoch, last_committed=1_000_000 * epoch + 1,
        )  # fmt: skip
        writer.add(Block(Kind.ACCOUNT, "", Account.to_batch([account])))
        return list(writer.close(epoch))


def test_a_key_of_every_type_is_found_with_its_load(warehouse: Warehouse) -> None:
    rows = Rows(warehouse)
    fact, dimension = rows.layout.groups
    reader = WarehouseReader(warehouse.connect().cursor(), rows.names)
    bookkeeping = reader.read_bookkeeping()
    row = reader.read_row(rows.layout, rows.key())
    assert row is not None
    assert (row[fact].position, row[fact].key, row[fact].is_empty) == (SET, rows.key(), False)
    assert (row[dimension].position, row[dimension].is_empty) == (OF_DIMENSION, True)
    assert [each.text for each in row[dimension].key or ()] == ["2.00"]

    position = decode_position(SET, Positions.POSTGRESQL)
    assert position is not None
    origin = reader.find_origin("f", position)
    assert origin.earliest is not None
    (read,) = reader.read_ranges(origin.earliest.name, "f")
    assert (read.first_sequence_number, read.last_position) == ("1", SET)
    assert (read.first_committed, read.last_arrival_ms) == (1_000_000, 1_000)
    assert bookkeeping.newest is not None
    since = origin.earliest.loaded_at
    parts = reader.list_parts(Kind.ROWS, "wide", 1, bookkeeping.newest, since)
    assert [part.batch for part in parts] == [origin.earliest]
    assert since is not None
    assert len(reader.list_parts(Kind.ROWS, "wide", 9, newest=since)) == 1
    parts = reader.list_parts(Kind.ROWS, "wide", 9, bookkeeping.newest)
    assert [part.epoch for part in parts] == [2, 1]
    read_file = read_from(warehouse.s3)
    search = search_parts(parts, {fact: rows.key()}, read_file, limit=9)[fact]
    assert [(c.position, c.deletes, c.part.epoch) for c in search.changes] == [(SET, False, 1)]


def test_a_tombstone_is_found_and_what_there_is_not_is_not(warehouse: Warehouse) -> None:
    rows = Rows(warehouse)
    reader = WarehouseReader(warehouse.connect().cursor(), rows.names)
    delete = reader.read_delete(rows.layout, rows.key("1"))
    assert delete is not None
    assert (delete.position, delete.loaded_at is not None) == (DELETED, True)
    assert reader.read_row(rows.layout, rows.key("1")) is None
    assert reader.read_delete(rows.layout, rows.key()) is None
    later = decode_position(make_position(2, 1 << 32, 0), Positions.POSTGRESQL)
    assert later is not None
    assert reader.find_origin("f", later).earliest is None


def test_it_holds_no_load_up(warehouse: Warehouse) -> None:
    """A transaction that has read all of it is still open while the next load runs."""
    rows = Rows(warehouse)
    reader = WarehouseReader(warehouse.connect().cursor(), rows.names)
    reader.read_bookkeeping()
    reader.read_row(rows.layout, rows.key())
    with warehouse.connect() as loading:
        run(loading, "set statement_timeout to 2000")
        run(loading, f"lock table {rows.names.load_lock}")
        run(loading, f"delete from {rows.names.ledger}")
        loading.rollback()
