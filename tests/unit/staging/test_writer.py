from __future__ import annotations

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.accounts import DIMENSION, Account, Gap, Outcome, Tip
from connectors.blocks import Block, Kind
from connectors.redshift.spec import ColumnSpec
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.schemas import BlockSchemas
from flink_app.warehouse import warehouse_spec
from tests.unit.stars import freight, ticket_seller

SCHEMA = pa.schema([("a", pa.int64())])


class Store:
    """Objects by key; the newest put last."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> str:
        assert key not in self.objects
        self.objects[key] = body
        return f"s3://bucket/{key}"

    def read(self, part: Part) -> pa.Table:
        body = self.objects[part.url.removeprefix("s3://bucket/")]
        assert part.size == len(body)
        table = pq.read_table(io.BytesIO(body))
        assert part.rows == table.num_rows
        return table


def rows(table: str, *values: int, kind: Kind = Kind.ROWS) -> Block:
    columns = [{"a": value} for value in values]
    return Block(kind, table, pa.RecordBatch.from_pylist(columns, schema=SCHEMA))


def account(shard: str, first: int, last: int) -> Block:
    found = Account("changes", shard, "t", str(first), str(last), 2, 0, 1, 0, 5)
    return Block(Kind.ACCOUNT, "", Account.to_batch([found]))


def outcome(table: str, loaded: int, superseded: int) -> Block:
    found = Outcome(table, DIMENSION, loaded, superseded)
    return Block(Kind.OUTCOME, "", Outcome.to_batch([found]))


@pytest.fixture
def store() -> Store:
    return Store()


def test_an_epoch_is_one_part_per_table(store: Store) -> None:
    writer = PartWriter(store)
    for block in (rows("one", 1, 2), rows("two", 3), rows("one", 4), rows("one", 5, kind=PATCHES)):
        writer.add(block)
    assert store.objects == {}
    parts = writer.close(7)
    assert {(p.kind, p.table): store.read(p)["a"].to_pylist() for p in parts} == {
        (Kind.ROWS, "one"): [1, 2, 4],
        (Kind.ROWS, "two"): [3],
        (Kind.PATCHES, "one"): [5],
    }
    assert [part.epoch for part in parts] == [7] * 3


PATCHES = Kind.PATCHES


def test_a_large_part_is_uploaded_early_but_referred_to_only_at_the_marker(store: Store) -> None:
    writer = PartWriter(store, part_bytes=80)
    writer.add(rows("one", *range(9)))
    assert store.objects == {}
    writer.add(rows("one", 9))
    assert len(store.objects) == 1
    writer.add(rows("one", 10))
    parts = writer.close(3)
    assert [store.read(part)["a"].to_pylist() for part in parts] == [list(range(10)), [10]]
    assert [part.epoch for part in parts] == [3, 3]


def test_tables_grow_apart(store: Store) -> None:
    writer = PartWriter(store, part_bytes=80)
    for number in range(9):
        writer.add(rows("one", number))
        writer.add(rows("two", number))
    assert store.objects == {}


def test_nothing_of_an_epoch_is_in_the_next(store: Store) -> None:
    writer = PartWriter(store, part_bytes=8)
    writer.add(rows("one", 1))
    writer.add(account("0", 1, 2))
    assert len(writer.close(1)) == 2
    assert writer.close(2) == []
    writer.add(rows("one", 2))
    assert [store.read(part)["a"].to_pylist() for part in writer.close(3)] == [[2]]


def test_names_differ_between_writers_and_epochs(store: Store) -> None:
    names = []
    for _ in range(2):
        writer = PartWriter(store)
        for epoch in (1, 1, 2):
            writer.add(rows("one", 1))
            names += [part.name for part in writer.close(epoch)]
    assert len(set(names)) == len(names) == 6


def test_empty_blocks_leave_no_file(store: Store) -> None:
    writer = PartWriter(store)
    writer.add(rows("one"))
    assert writer.close(1) == []
    assert store.objects == {}


def test_every_gap_of_an_epoch_is_in_its_reference_and_none_is_summed(store: Store) -> None:
    writer = PartWriter(store)
    gaps = [Gap("changes", "0", first, "9", None, 5, "trimmed") for first in ("1", "1", None)]
    for gap in gaps:
        writer.add(Block(Kind.GAP, "", Gap.to_batch([gap])))
    (part,) = writer.close(4)
    assert (part.kind, part.rows, part.gaps) == (Kind.ACCOUNT, 3, tuple(gaps))
    assert writer.close(5) == []
    assert store.objects == {}


def test_tips_are_summed_per_shard_and_have_no_file(store: Store) -> None:
    writer = PartWriter(store)
    tips = [
        Tip("changes", "0", 5, False, "0", "9"),
        Tip("changes", "1", None),
        Tip("changes", "0", None, True),
        Tip("changes", "1", 7),
    ]
    for tip in tips:
        writer.add(Block(Kind.TIP, "", Tip.to_batch([tip])))
    (part,) = writer.close(4)
    assert (part.kind, part.rows, part.says_only_tips) == (Kind.ACCOUNT, 2, True)
    assert part.tips == (Tip("changes", "0", 5, True, "0", "9"), Tip("changes", "1", 7))
    assert Part.decode(part.encode()) == part
    assert writer.close(5) == []
    assert store.objects == {}


def test_accounts_are_summed_per_shard_and_have_no_file(store: Store) -> None:
    writer = PartWriter(store)
    for block in (account("0", 99, 100), account("1", 5, 6), account("0", 9, 10)):
        writer.add(block)
    (part,) = writer.close(4)
    assert (part.kind, part.url, part.epoch, part.rows) == (Kind.ACCOUNT, "", 4, 2)
    assert part.accounts == (
        Account("changes", "0", "t", "9", "100", 4, 0, 2, 0, 5),
        Account("changes", "1", "t", "5", "6", 2, 0, 1, 0, 5),
    )
    assert store.objects == {}


def test_outcomes_are_summed_beside_the_accounts_and_belong_to_one_epoch(store: Store) -> None:
    writer = PartWriter(store)
    for block in (outcome("a", 1, 0), account("0", 1, 2), outcome("b", 0, 2), outcome("a", 2, 3)):
        writer.add(block)
    (part,) = writer.close(4)
    assert (part.kind, part.rows, len(part.accounts)) == (Kind.ACCOUNT, 3, 1)
    assert part.outcomes == (Outcome("a", DIMENSION, 3, 3), Outcome("b", DIMENSION, 0, 2))
    assert writer.close(5) == []
    writer.add(outcome("a", 0, 1))
    assert [p.outcomes for p in writer.close(6)] == [(Outcome("a", DIMENSION, 0, 1),)]
    assert store.objects == {}


def test_a_failed_upload_is_not_swallowed() -> None:
    class Broken:
        def put(self, key: str, body: bytes) -> str:
            message = f"no room for {len(body)} bytes at {key}"
            raise OSError(message)

    writer = PartWriter(Broken())
    writer.add(rows("one", 1))
    with pytest.raises(OSError, match="no room"):
        writer.close(1)


def test_the_uploads_that_end_an_epoch_run_at_once(store: Store) -> None:
    together = threading.Barrier(3, timeout=60)

    class Slow:
        def put(self, key: str, body: bytes) -> str:
            together.wait()
            return store.put(key, body)

    with ThreadPoolExecutor(3) as threads:
        writer = PartWriter(Slow(), uploads=threads)
        for number, table in enumerate(("one", "two", "three")):
            writer.add(rows(table, number))
        parts = writer.close(1)
    assert [(p.table, store.read(p)["a"].to_pylist()) for p in parts] == [
        ("one", [0]),
        ("two", [1]),
        ("three", [2]),
    ]


def test_an_epoch_with_an_upload_that_failed_among_others_has_no_parts(store: Store) -> None:
    class Broken:
        def put(self, key: str, body: bytes) -> str:
            if "two" in key:
                message = "no room"
                raise OSError(message)
            return store.put(key, body)

    with ThreadPoolExecutor(2) as threads:
        writer = PartWriter(Broken(), uploads=threads)
        for table in ("one", "two", "three"):
            writer.add(rows(table, 1))
        with pytest.raises(OSError, match="no room"):
            writer.close(1)


def test_files_lie_in_folders_by_kind_and_table(store: Store) -> None:
    writer = PartWriter(store)
    writer.add(rows("one", 1))
    writer.add(rows("", 1, kind=Kind.DEAD_LETTERS))
    parts = writer.close(1)
    assert [p.url for p in parts] == [
        f"s3://bucket/rows-one/{parts[0].name}.parquet",
        f"s3://bucket/dead_letters/{parts[1].name}.parquet",
    ]


def test_the_store_writes_below_its_prefix() -> None:
    class Client:
        def __init__(self) -> None:
            self.calls: list[dict[str, object]] = []

        def put_object(self, **call: object) -> None:
            self.calls.append(call)

    client = Client()
    store = S3Store(client, "bucket", "staged/app")  # type: ignore[arg-type]
    assert store.put("rows/x", b"body") == "s3://bucket/staged/app/rows/x"
    assert client.calls == [{"Bucket": "bucket", "Key": "staged/app/rows/x", "Body": b"body"}]


_SQL = [
    (r"SMALLINT", pa.types.is_int16),
    (r"INTEGER", pa.types.is_int32),
    (r"BIGINT", pa.types.is_int64),
    (r"DOUBLE PRECISION", pa.types.is_float64),
    (r"BOOLEAN", pa.types.is_boolean),
    (r"DATE", pa.types.is_date32),
    (r"TIMESTAMP", pa.types.is_timestamp),
    (r"DECIMAL\(\d+,\d+\)", pa.types.is_decimal),
    (r"VARCHAR\(\d+\)", pa.types.is_string),
    (r"VARBYTE\(\d+\)", pa.types.is_binary),
]


def fits(column: ColumnSpec, kind: pa.DataType) -> bool:
    (check,) = [check for pattern, check in _SQL if re.fullmatch(pattern, column.sql_type)]
    return bool(check(kind))


@pytest.mark.parametrize("star", [ticket_seller(), freight()], ids=["ticket_seller", "freight"])
def test_a_file_has_the_columns_of_the_stage_table_in_their_order(star: object) -> None:
    """COPY takes Parquet by position, whatever the columns are called."""
    from flink_app.declaration import Star

    assert isinstance(star, Star)
    spec, schemas, store = warehouse_spec(star), BlockSchemas(star), Store()
    flag = ColumnSpec(spec.deleted, "BOOLEAN")
    stages = {(Kind.ROWS, t.table): (*t.columns, flag) for t in spec.targets}
    stages |= {(Kind.PATCHES, p.table): p.columns for p in spec.patches}
    writer = PartWriter(store)
    for kind, table in stages:
        schema = schemas(kind, table)
        nothing = [pa.nulls(1, field.type) for field in schema]
        batch = pa.RecordBatch.from_arrays(nothing, schema=schema)
        writer.add(Block(kind, table, batch))
    for part in writer.close(1):
        columns = stages[part.kind, part.table]
        staged = store.read(part).schema
        assert staged.names == [column.name for column in columns]
        for column, kind in zip(columns, staged.types, strict=True):
            assert fits(column, kind), (column, kind)
