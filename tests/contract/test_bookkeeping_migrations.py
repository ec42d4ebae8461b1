"""A start on bookkeeping tables of every earlier layout, on a warehouse, with cuts and rivals.

The layouts are committed in `tests/snapshots/bookkeeping`. Their rows are written here as the
releases of that time wrote them: by the order of the columns.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pytest
from redshift_connector.core import Connection

from connectors.accounts import UNKNOWN_TABLE, Account
from connectors.blocks import Block, Kind
from connectors.floors import Floors
from connectors.redshift.balance import balance_query, balances
from connectors.redshift.errors import FenceLostError, LoadError, NeedsRepairError
from connectors.redshift.loader import Loader
from connectors.redshift.migrations import LATEST
from connectors.redshift.names import Names
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.sweep import Floor
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.declaration import Star
from flink_app.positions.position import floor_position, make_position
from flink_app.warehouse import warehouse_spec
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.warehouse import Warehouse, rows
from tests.support.digits import stage_digits
from tests.unit.stars import ROOT, star

pytestmark = pytest.mark.contract

LAYOUTS: Final = ROOT / "tests" / "snapshots" / "bookkeeping"
STAR: Final = star("""
name: shop
source_schema: shop
tables:
  sale:
    key: [id]
    columns: {id: integer, price: "decimal(9,2)"}
targets:
  sales: {fact: sale, columns: {id: id, price: price}}
""")
APPLICATION: Final = "shop"
BEFORE, NOW = 4, 5  # numbers of starts
LOADED_AT: Final = "'2026-11-23 10:00:00'"


@dataclass
class Earlier:
    """A warehouse that an earlier release has loaded two batches into, and what is staged now.

    Attributes:
        loaded: parts of the first batch, whose ledger rows are there.
        staged: parts that wait for their load.
    """

    warehouse: Warehouse
    version: int
    store: S3Store
    loaded: list[Part]
    staged: list[Part]

    @property
    def names(self) -> Names:
        return Names(self.warehouse.schema)

    @property
    def table(self) -> str:
        """The target's rows, which are behind a view since version 10."""
        return table_of_rows(self.version)

    def loader(self, connect: Callable[[], Connection] | None = None) -> Loader:
        return make_loader(self.warehouse, self.store, connect)

    def ask(self, sql: str) -> list[list[Any]]:
        return query(self.warehouse, sql)


def table_of_rows(version: int) -> str:
    return "sales_base" if version >= 10 else "sales"


def query(warehouse: Warehouse, sql: str) -> list[list[Any]]:
    with closing(warehouse.connect(autocommit=True)) as connection:
        return rows(connection, sql)


def execute(warehouse: Warehouse, *statements: str) -> None:
    """All of them in one transaction."""
    with closing(warehouse.connect()) as connection:
        for sql in statements:
            connection.cursor().execute(sql)
        connection.commit()


def spec(warehouse: Warehouse, of: Star = STAR) -> WarehouseSpec:
    """That of a star with one target, in the test's schema."""
    made = warehouse_spec(of)
    (target,) = made.targets
    return dataclasses.replace(
        made, targets=(dataclasses.replace(target, schema=warehouse.schema),)
    )


def make_loader(
    warehouse: Warehouse,
    store: S3Store,
    connect: Callable[[], Any] | None = None,
    of: Star = STAR,
) -> Loader:
    return Loader(
        spec(warehouse, of),
        application=APPLICATION,
        bookkeeping_schema=warehouse.schema,
        copy_role=warehouse.role,
        connect=connect or warehouse.connect,
        manifests=store,
        floor=Floor(Floors(1), floor_position),
    )


def stage(store: S3Store, epoch: int, *sales: int, in_digits: bool = False) -> list[Part]:
    schema = STAR.wide_schema("sales")
    facts = [
        dict.fromkeys(schema.names)
        | {"id": sale, "_pos": make_position(1, epoch, 0), "_deleted": False}
        for sale in sales
    ]
    block = Block(Kind.ROWS, "sales", pa.RecordBatch.from_pylist(facts, schema=schema))
    account = Account("changes", "0", "sale", str(epoch), str(epoch), len(sales), 0, 0, 0, None)
    counted = Part(Part.new_name(), Kind.ACCOUNT, "", 1, epoch=epoch, accounts=(account,))
    if in_digits:
        return [stage_digits(store, block, epoch), counted]
    writer = PartWriter(store)
    writer.add(block)
    return [*writer.close(epoch=epoch), counted]


def layout_sql(version: int, schema: str) -> list[str]:
    text = (LAYOUTS / f"version-{version}.sql").read_text().replace('"starjoin"', f'"{schema}"')
    return [sql for sql in text.split(";\n") if sql.strip()]


def account_rows(version: int, loaded: list[Part]) -> list[str]:
    """VALUES of `account`: 9 records of a first batch, 2 of which are no changes; 3 of a second."""
    point = ", 1, '0001', 5, 'log'" if version >= 7 else ""
    if version >= 3:
        return [
            f"('one', 'changes', '0', 'sale', '1', '9', 9, 0, 1, 1, 0, 77, {LOADED_AT}{point})",
            f"('two', 'changes', '0', 'sale', '10', '12', 3, 1, 0, 0, 2, NULL, {LOADED_AT}{point})",
        ]
    counts: list[tuple[Any, ...]] = [
        (loaded[-1].name, 1, 5, 5, 1, 0, 0, 77),
        ("part-b", 6, 9, 4, 0, 1, 0, "NULL"),
        ("part-c", 10, 12, 3, 0, 0, 2, "NULL"),
    ]
    return [
        f"('{part}', 'changes', '0', '{first}', '{last}', {read}, {dead}, {passed}, "
        f"{'' if version == 1 else f'{below}, '}{arrival}, {LOADED_AT})"
        for part, first, last, read, dead, passed, below, arrival in counts
    ]


def fill(warehouse: Warehouse, version: int, loaded: list[Part]) -> None:
    """What a release with this layout leaves: bookkeeping rows of two batches, the fence, rows."""
    names, table = Names(warehouse.schema), table_of_rows(version)
    batches = [*((part.name, "one") for part in loaded), ("part-b", "one"), ("part-c", "two")]
    ledger = ", ".join(
        f"('{part}', '{batch}', 'account', '', 1, 1, 0, '', {LOADED_AT})" for part, batch in batches
    )
    statements = [
        *layout_sql(version, warehouse.schema),
        f"INSERT INTO {names.ledger} VALUES {ledger}",
        f"INSERT INTO {names.fence} VALUES ('{APPLICATION}', {BEFORE}, {LOADED_AT})",
        f"INSERT INTO {names.account} VALUES {', '.join(account_rows(version, loaded))}",
        f"CREATE TABLE {table} (id INTEGER NOT NULL, price DECIMAL(9,2), _pos VARCHAR(44))",
        f"INSERT INTO {table} VALUES (1, 2.50, '{make_position(1, 1, 0)}')",
        "CREATE TABLE tombstones_sales (id INTEGER NOT NULL, _pos VARCHAR(44) NOT NULL"
        + (", _loaded_at TIMESTAMP NOT NULL)" if version >= 8 else ")"),
        f"INSERT INTO tombstones_sales VALUES (9, '{make_position(1, 9, 0)}'"
        + (f", {LOADED_AT})" if version >= 8 else ")"),
    ]
    if version >= 10:
        schema = f'"{warehouse.schema}"'
        statements.append(
            f'CREATE VIEW {schema}."sales" AS\nSELECT "id", "price"\n'
            f'FROM {schema}."sales_base"\nWITH NO SCHEMA BINDING'
        )
    if version >= 3:
        floor = f"'', 1, {LOADED_AT}" if version >= 9 else f"1, {LOADED_AT}"
        statements += [
            f"INSERT INTO {names.outcome} VALUES ('one', 'sale', 'sales', 6, 1, {LOADED_AT})",
            f"INSERT INTO {names.outcome} VALUES ('two', 'sale', 'sales', 2, 0, {LOADED_AT})",
            f"INSERT INTO {names.floor} VALUES ({floor})",
            f"INSERT INTO {names.replayed} VALUES ('changes', '0', '3', '1', '8', {LOADED_AT})",
        ]
    if version >= 4:
        release = "0.1.0" if version == 4 else "0.2.0"
        statements.append(
            f"INSERT INTO {names.schema_version} VALUES ({version}, '{release}', {LOADED_AT})"
        )
    if version >= 5:
        lost = f"'changes', '0', '3', '7', NULL, {LOADED_AT}, 'expired', {LOADED_AT}"
        statements.append(f"INSERT INTO {names.gap} VALUES ('one', '{APPLICATION}', {lost})")
    execute(warehouse, *statements)


def empty(warehouse: Warehouse) -> None:
    found = query(
        warehouse,
        "SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END, table_name "
        f"FROM information_schema.tables WHERE table_schema = '{warehouse.schema}'",
    )
    execute(warehouse, *(f'DROP {kind} "{warehouse.schema}"."{name}"' for kind, name in found))


def earlier(warehouse: Warehouse, version: int) -> Earlier:
    store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    loaded = stage(store, 1, 1, in_digits=True)
    fill(warehouse, version, loaded)
    return Earlier(warehouse, version, store, loaded, stage(store, 2, 2, 3, in_digits=True))


@pytest.fixture(params=[1, 2, "2 and an empty outcome", 3, 4, 5, 6, 7, 8, 9, 10, 11])
def left(warehouse: Warehouse, request: pytest.FixtureRequest) -> Earlier:
    if request.param != "2 and an empty outcome":
        return earlier(warehouse, request.param)
    # A release with version 3 was started without dropping `account`, and failed at its first load.
    made = earlier(warehouse, 2)
    execute(warehouse, *layout_sql(3, warehouse.schema))
    return made


def bookkeeping_layout(warehouse: Warehouse) -> list[list[Any]]:
    """Every column of every table that there is, in order."""
    return query(
        warehouse,
        "SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length, "
        "is_nullable, column_default FROM information_schema.columns "
        f"WHERE table_schema = '{warehouse.schema}' ORDER BY table_name, ordinal_position",
    )


def test_rows_are_kept_and_balance_and_loads_go_on(left: Earlier) -> None:
    names = left.names
    ledger = left.ask(f"SELECT * FROM {names.ledger} ORDER BY part, batch")
    loader = left.loader()
    loader.start(NOW)

    assert left.ask(f"SELECT version, release FROM {names.schema_version}") == [
        [LATEST.number, LATEST.release]
    ]
    assert left.ask(f"SELECT * FROM {names.ledger} ORDER BY part, batch") == ledger
    assert left.ask(f"SELECT application, start_number FROM {names.fence}") == [[APPLICATION, NOW]]
    table = "sale" if left.version >= 3 else UNKNOWN_TABLE
    assert left.ask(
        "SELECT batch, table_name, MIN(shard), SUM(records_read), SUM(dead_lettered), "
        "SUM(passed_over), SUM(below_floor), MAX(last_arrival_ms), MAX(LPAD(last_sequence_number, "
        f"129, '0')) FROM {names.account} GROUP BY batch, table_name ORDER BY batch"
    ) == [
        ["one", table, "0", 9, 1, 1, 0, 77, "9".rjust(129, "0")],
        ["two", table, "0", 3, 0, 0, 0 if left.version == 1 else 2, None, "12".rjust(129, "0")],
    ]
    assert_balanced(left)
    if left.version >= 3:
        assert left.ask(f"SELECT new_sequence_number FROM {names.replayed}") == [["8"]]

    first = loader.load([*left.loaded, *left.staged], NOW)
    assert set(first.already) == {part.name for part in left.loaded}
    assert set(first.parts) == {part.name for part in left.staged}
    assert left.ask("SELECT id FROM sales ORDER BY id") == [[1], [2], [3]]
    again = loader.load(left.staged, NOW)
    assert again.parts == ()
    assert_balanced(left)
    read = left.ask(f"SELECT SUM(records_read) FROM {names.account}")
    assert read == [[9 + 3 + 2]]


def assert_balanced(left: Earlier) -> None:
    found = balances(left.ask(balance_query(left.names)))
    assert found
    assert [balance.difference for balance in found] == [0] * len(found)


def test_the_layout_is_then_that_of_a_fresh_start(left: Earlier) -> None:
    left.loader().start(NOW)
    migrated = bookkeeping_layout(left.warehouse)
    empty(left.warehouse)
    left.loader().start(NOW)
    fresh = bookkeeping_layout(left.warehouse)
    assert {column[0] for column in migrated} >= {*Names.BOOKKEEPING}
    of_rows = "sales_base"
    assert [c for c in migrated if c[0] != of_rows] == [c for c in fresh if c[0] != of_rows]


def test_the_floor_is_that_of_every_table(left: Earlier) -> None:
    left.loader().start(NOW)
    floors = left.ask(f"SELECT table_name, generation FROM {left.names.floor}")
    assert floors == ([["", 1]] if left.version >= 3 else [])


def test_deletes_are_still_known_and_their_time_is_that_of_the_start(left: Earlier) -> None:
    loader = left.loader()
    loader.start(NOW)
    is_new = left.version < 8
    assert left.ask(
        "SELECT id, TO_HEX(_pos), _loaded_at > GETDATE() - INTERVAL '1 hour' FROM tombstones_sales"
    ) == [[9, make_position(1, 9, 0), is_new]]
    loader.load(stage(left.store, 8, 9), NOW)  # a change from before the delete
    assert left.ask("SELECT id FROM sales") == [[1]]


def test_positions_become_bytes_and_order_changes_as_before(left: Earlier) -> None:
    loader = left.loader()
    loader.start(NOW)
    ((digits, price),) = left.ask("SELECT TO_HEX(_pos), price FROM sales_base WHERE id = 1")
    assert (digits, str(price)) == (make_position(1, 1, 0), "2.50")
    # The row is of epoch 1: a change of epoch 0 is older, one of epoch 3 is newer, in either form.
    for epoch, in_digits, newest in ((0, True, 1), (0, False, 1), (3, True, 3), (4, False, 4)):
        loader.load(stage(left.store, epoch, 1, in_digits=in_digits), NOW)
        assert left.ask("SELECT TO_HEX(_pos) FROM sales_base") == [[make_position(1, newest, 0)]]
    mixed = [*stage(left.store, 5, 1, 2, in_digits=True), *stage(left.store, 6, 1, 3)]
    loader.load(mixed, NOW)
    assert left.ask("SELECT id, TO_HEX(_pos) FROM sales_base ORDER BY id") == [
        [1, make_position(1, 6, 0)],
        [2, make_position(1, 5, 0)],
        [3, make_position(1, 6, 0)],
    ]


def test_a_target_keeps_what_is_not_of_starjoin(left: Earlier) -> None:
    """Columns of other people, and views that do not name positions."""
    execute(
        left.warehouse,
        f"ALTER TABLE {left.table} ADD COLUMN remark VARCHAR(20)",
        f"UPDATE {left.table} SET remark = 'kept'",
        f"CREATE VIEW shown AS SELECT id, price, remark FROM {left.table}",
    )
    left.loader().start(NOW)
    assert left.ask("SELECT id, remark FROM shown") == [[1, "kept"]]


def test_a_view_of_a_position_is_named_as_what_is_to_go(left: Earlier) -> None:
    execute(left.warehouse, f"CREATE VIEW shown AS SELECT * FROM {left.table}")
    with pytest.raises(NeedsRepairError, match=r"from text into bytes.*a view shows"):
        left.loader().start(NOW)
    assert left.ask(f"SELECT _pos FROM {left.table}") == [[make_position(1, 1, 0)]]
    execute(left.warehouse, "DROP VIEW shown")
    left.loader().start(NOW)
    assert left.ask("SELECT TO_HEX(_pos) FROM sales_base") == [[make_position(1, 1, 0)]]


def test_a_second_start_migrates_nothing(left: Earlier) -> None:
    left.loader().start(NOW)
    everything = bookkeeping_rows(left)
    left.loader().start(NOW + 1)
    assert bookkeeping_rows(left) == everything


def bookkeeping_rows(left: Earlier) -> list[list[list[Any]]]:
    """Every row of every table but the fence's."""
    tables = [table for table in Names.BOOKKEEPING if table != Names.FENCE]
    return [
        sorted(left.ask(f"SELECT * FROM {left.names.bookkeeping_table(table)}"), key=str)
        for table in tables
    ]


# Statements that write, and the reply to a COMMIT: then a start has to find out what was done.
CUTS: Final = {
    "before it writes": (
        r"^\s*(alter|create (table|view)|insert|drop|delete|commit)\b",
        When.BEFORE,
        22,
    ),
    "after it commits": (r"^\s*commit\b", When.AFTER, 3),
}


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "cut"),
    [
        (1, "before it writes"),
        (1, "after it commits"),
        (3, "after it commits"),
        (4, "after it commits"),
        (5, "after it commits"),
        (9, "before it writes"),  # which takes the steps of layout 10 on its way
    ],
)
def test_a_start_that_is_cut_anywhere_is_completed_by_the_next(
    warehouse: Warehouse, faults: Faults, version: int, cut: str
) -> None:
    matching, when, at_least = CUTS[cut]
    left = earlier(warehouse, version)
    layout = bookkeeping_layout(warehouse)
    places = 0
    while cut_start(left, faults, Rule(matching, when, Action.CLOSE, r"^\s*lock table", places)):
        assert_whole(left, layout)
        left.loader().start(NOW + 1)
        assert_whole(left, [])
        assert_balanced(left)
        empty(warehouse)
        fill(warehouse, version, left.loaded)
        places += 1
    assert places >= at_least


def cut_start(left: Earlier, faults: Faults, rule: Rule) -> bool:
    """Whether the fault has struck before the start was through."""
    fault = faults.add(rule)
    try:
        left.loader().start(NOW)
    except LoadError:
        assert fault.struck == 1
        return True
    finally:
        faults.clear()
    return False


def assert_whole(left: Earlier, layout: list[list[Any]]) -> None:
    """The tables are of `layout`, or of the latest and fenced against the release before.

    The target shows its rows either way, as a table or as a view.
    """
    assert left.ask("SELECT id, price FROM sales") == [[1, Decimal("2.50")]]
    if (found := bookkeeping_layout(left.warehouse)) == layout:
        assert left.ask(f"SELECT COUNT(*) FROM {left.names.account}") == [
            [2 if left.version >= 3 else 3]
        ]
        return
    assert "account_by_batch" not in {column[0] for column in found}
    assert left.ask(f"SELECT version FROM {left.names.schema_version}") == [[LATEST.number]]
    assert left.ask(f"SELECT SUM(records_read) FROM {left.names.account}") == [[12]]
    ((holder,),) = left.ask(f"SELECT start_number FROM {left.names.fence}")
    assert holder >= NOW


@pytest.fixture
def threads() -> Iterator[Callable[[Callable[[], None]], threading.Thread]]:
    started: list[threading.Thread] = []

    def run(call: Callable[[], None]) -> threading.Thread:
        started.append(threading.Thread(target=call))
        started[-1].start()
        return started[-1]

    yield run
    for thread in started:
        thread.join()


@pytest.mark.faults
def test_a_later_start_ends_one_that_hangs_in_the_migration_and_migrates(
    warehouse: Warehouse,
    faults: Faults,
    threads: Callable[[Callable[[], None]], threading.Thread],
) -> None:
    left = earlier(warehouse, 1)
    fault = faults.add(Rule("rename to account", When.BEFORE, Action.HANG))
    ends: list[LoadError] = []

    def hang() -> None:
        try:
            left.loader().start(NOW)
        except LoadError as error:
            ends.append(error)

    hanging = threads(hang)
    fault.wait()
    try:
        left.loader().start(NOW + 1)
    finally:
        faults.clear()
    hanging.join()
    assert len(ends) == 1
    assert_whole(left, [])
    assert_balanced(left)
    with pytest.raises(FenceLostError, match="was superseded by"):
        left.loader().start(NOW)


@pytest.mark.parametrize("connection", [1, 2, 3])
def test_another_start_may_migrate_between_any_two_transactions(
    warehouse: Warehouse, connection: int
) -> None:
    left = earlier(warehouse, 1)
    count = 0

    def connect() -> Connection:
        nonlocal count
        count += 1
        if count == connection:
            left.loader().start(NOW)
        return warehouse.connect()

    left.loader(connect).start(NOW + 1)
    assert count > connection
    assert_whole(left, [])
    assert_balanced(left)


def test_a_job_of_the_release_before_loses_its_fence(left: Earlier) -> None:
    running = left.loader()
    left.loader().start(NOW)
    with pytest.raises(FenceLostError, match=f"start {NOW} of {APPLICATION} has taken the fence"):
        running.load(left.staged, BEFORE)
    assert left.ask("SELECT id FROM sales") == [[1]]


def test_a_later_version_is_refused_and_left_as_it_is(warehouse: Warehouse) -> None:
    left = earlier(warehouse, 3)
    left.loader().start(NOW)
    later = f"UPDATE {left.names.schema_version} SET version = {LATEST.number + 1}, release = '9.1'"
    execute(warehouse, later)
    layout = bookkeeping_layout(warehouse)
    with pytest.raises(
        NeedsRepairError, match=r"Nothing was changed or loaded\. Run Starjoin 9\.1"
    ):
        left.loader().start(NOW + 1)
    assert bookkeeping_layout(warehouse) == layout
    assert left.ask(f"SELECT start_number FROM {left.names.fence}") == [[NOW]]


def test_tables_that_no_release_has_made_are_refused(warehouse: Warehouse) -> None:
    left = earlier(warehouse, 3)
    account = left.names.account
    execute(warehouse, f"DROP TABLE {account}", f"CREATE TABLE {account} (iban VARCHAR(34))")
    layout = bookkeeping_layout(warehouse)
    with pytest.raises(
        NeedsRepairError, match=f"{re.escape(account)} has the columns iban, which match no"
    ):
        left.loader().start(NOW)
    assert bookkeeping_layout(warehouse) == layout
