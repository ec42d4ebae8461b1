"""A task follows a real PostgreSQL as DMS does: every kind of change, every type, restarts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from flink_app.declaration import Star, load_declaration
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics.schema_findings import NOTES
from infra.local.postgres import EmbeddedPostgres
from infra.local.source import slot
from infra.local.source import task as task_module
from infra.local.source.refusals import SourceRefusedError
from infra.local.source.row_records import Entry
from infra.local.source.settings import PROFILE
from infra.local.source.task import ReplicationTask
from tests.unit.decode.records import GENERATIONS, decode
from tests.unit.stars import ROOT

pytestmark = pytest.mark.integration

HARD_NAMES: Final = ROOT / "tests" / "integration" / "init_sources" / "hard_names.sql"
NUMBERS: Final = count()
PROPOSED: Final = ROOT / "tests" / "snapshots" / "init" / "hard_names.yaml"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    settings = {"synchronous_commit": "on", "max_replication_slots": "6"}
    with EmbeddedPostgres(
        tmp_path_factory.mktemp("postgres"), logical=True, settings=settings
    ) as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Of the test's database and slot."""
    return f"{request.node.originalname.removeprefix('test_')[:40]}_{next(NUMBERS)}"


@pytest.fixture
def database(server: EmbeddedPostgres, name: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server.dsn(), autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}".encode())
    with psycopg.connect(server.dsn(name), autocommit=True) as session:
        yield session
        session.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            "WHERE database = current_database() AND NOT active"
        )


@contextmanager
def following(
    server: EmbeddedPostgres, name: str, *tables: tuple[str, str], **further: Any
) -> Iterator[ReplicationTask]:
    with ReplicationTask(server.dsn(name), tables, name=name, **further) as task:
        yield task


def load(task: ReplicationTask) -> list[bytes]:
    entries = list(task.full_load())
    task.finish_load()
    return [data for _, data in entries]


def follow(task: ReplicationTask) -> list[bytes]:
    """What is new, which is then confirmed."""
    entries: list[Entry] = []
    while True:
        batch = task.read_changes()
        entries += batch.entries
        task.confirm(batch)
        if not batch.has_more:
            return [data for _, data in entries]


def brief(records: Iterable[bytes]) -> list[tuple[Any, ...]]:
    """Operation, table, values and what was before; of control records the names of columns."""
    found: list[tuple[Any, ...]] = []
    for data in records:
        record = json.loads(data)
        of = record["metadata"]
        table = f"{of['schema-name']}.{of['table-name']}"
        if of["record-type"] == "control":
            found.append((of["operation"], table, [*record["control"]["table-def"]["columns"]]))
        else:
            before = [record["before-image"]] if "before-image" in record else []
            found.append((of["operation"], table, record["data"], *before))
    return found


def metadata(records: Iterable[bytes]) -> list[dict[str, Any]]:
    return [json.loads(data)["metadata"] for data in records]


SCHEMAS: Final = """
CREATE SCHEMA "Odd, schema"; CREATE SCHEMA other;
CREATE TABLE "Odd, schema"."a.b ""c"" d" (
    "k.1" integer, text_key varchar(9), "né" text, PRIMARY KEY (text_key, "k.1"));
CREATE TABLE other.whole (id integer PRIMARY KEY, note varchar(20), long text);
ALTER TABLE other.whole REPLICA IDENTITY FULL;
CREATE TABLE other.by_index (code integer NOT NULL UNIQUE, note text);
ALTER TABLE other.by_index REPLICA IDENTITY USING INDEX by_index_code_key;
CREATE TABLE other.part (id integer, region integer, PRIMARY KEY (id, region))
    PARTITION BY LIST (region);
CREATE TABLE other.part_1 PARTITION OF other.part FOR VALUES IN (1);
CREATE TABLE other.unasked (id integer PRIMARY KEY);
INSERT INTO "Odd, schema"."a.b ""c"" d" VALUES (1, 'x', 'y'), (2, '"q"', NULL);
INSERT INTO other.part VALUES (1, 1);
"""
ODD: Final = ("Odd, schema", 'a.b "c" d')
WHOLE: Final = ("other", "whole")
BY_INDEX: Final = ("other", "by_index")
PART: Final = ("other", "part")


def test_every_kind_of_change(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(SCHEMAS.encode())
    odd = 'Odd, schema.a.b "c" d'
    with following(server, name, ODD, WHOLE, BY_INDEX, PART) as task:
        assert not task.is_loaded
        # After the start of the slot: changes, and not in the full load.
        database.execute("INSERT INTO other.whole VALUES (1, 'late', 'a')")
        loaded = load(task)
        assert brief(loaded) == [
            ("create-table", odd, ["k.1", "text_key", "né"]),
            ("create-table", "other.by_index", ["code", "note"]),
            ("create-table", "other.part_1", ["id", "region"]),
            ("create-table", "other.whole", ["id", "note", "long"]),
            ("load", odd, {"k.1": 1, "text_key": "x", "né": "y"}),
            ("load", odd, {"k.1": 2, "text_key": '"q"', "né": None}),
            ("load", "other.part_1", {"id": 1, "region": 1}),
        ]
        announced = json.loads(loaded[0])
        assert announced["control"]["table-def"] == {
            "columns": {
                "k.1": {"type": "INT32", "nullable": False},
                "text_key": {"type": "STRING", "length": 9, "nullable": False},
                "né": {"type": "NCLOB", "nullable": True},
            },
            "primary-key": ["text_key", "k.1"],
        }
        row = metadata(loaded)[4]
        assert row["partition-key-value"] == 'Odd, schema.a.b "c" d.x.1'
        assert not {"transaction-id", "stream-position"} & {*row}

        with database.transaction():
            database.execute('UPDATE "Odd, schema"."a.b ""c"" d" SET "né" = \'z\' WHERE "k.1" = 1')
            database.execute("INSERT INTO other.unasked VALUES (1)")
            database.execute("UPDATE other.whole SET note = 'n'")
            database.execute('UPDATE "Odd, schema"."a.b ""c"" d" SET "k.1" = 3 WHERE "k.1" = 2')
        database.execute('DELETE FROM "Odd, schema"."a.b ""c"" d" WHERE "k.1" = 3')
        database.execute("DELETE FROM other.whole")
        database.execute("INSERT INTO other.by_index VALUES (1, 'a')")
        database.execute("UPDATE other.by_index SET code = 2")
        database.execute("DELETE FROM other.by_index")
        with database.transaction(force_rollback=True):
            database.execute("INSERT INTO other.whole VALUES (7, 'undone', '')")
        changes = follow(task)
        assert brief(changes) == [
            ("insert", "other.whole", {"id": 1, "note": "late", "long": "a"}),
            ("update", odd, {"k.1": 1, "text_key": "x", "né": "z"}, {}),
            ("update", "other.whole", {"id": 1, "note": "n", "long": "a"}, {}),
            ("update", odd, {"k.1": 3, "text_key": '"q"', "né": None}, {"k.1": 2}),
            ("delete", odd, {"k.1": 3, "text_key": '"q"', "né": None}),
            ("delete", "other.whole", {"id": 1, "note": "n", "long": "a"}),
            ("insert", "other.by_index", {"code": 1, "note": "a"}),
            ("update", "other.by_index", {"code": 2, "note": "a"}, {"code": 1}),
            ("delete", "other.by_index", {"code": 2, "note": None}),
        ]
        assert_positions(database, metadata(changes), [1, 1, 2, 3, 1, 1, 1, 1, 1])

        # A partition that is new is announced; rows come under its name.
        database.execute("CREATE TABLE other.part_2 PARTITION OF other.part FOR VALUES IN (2)")
        database.execute("UPDATE other.part SET region = 2")
        assert brief(follow(task)) == [
            ("delete", "other.part_1", {"id": 1, "region": 1}),
            ("create-table", "other.part_2", ["id", "region"]),
            ("insert", "other.part_2", {"id": 1, "region": 2}),
        ]
        database.execute("TRUNCATE other.whole, other.part")
        batch = task.read_changes()
        assert batch.entries == []
        assert {*batch.truncated} >= {WHOLE, ("other", "part_2")}
        task.confirm(batch)
        assert task.read_changes().entries == []
        assert len(list(task.load_again())) == 1
        task.remove()
    left = database.execute("SELECT count(*) FROM pg_publication").fetchone()
    assert left == (0,)


def assert_positions(
    database: psycopg.Connection[Any], found: list[dict[str, Any]], numbers: list[int]
) -> None:
    """One order with what the log says, by transaction and by number within it."""
    assert [one["transaction-record-id"] for one in found] == numbers
    positions = []
    for one in found:
        log, number, again = one["stream-position"].split(".")
        assert (log, number) == (again, str(one["transaction-record-id"]))
        assert len(log) == 17
        positions.append((log, int(number)))
    assert positions == sorted(set(positions))
    assert len({one["transaction-id"] for one in found}) == numbers.count(1)
    assert "prev-transaction-id" not in found[0]
    for earlier, later in pairwise(found):
        assert later["prev-transaction-id"] == earlier["transaction-id"]
        assert later["prev-transaction-record-id"] == earlier["transaction-record-id"]
    row = database.execute(
        "SELECT pg_current_wal_insert_lsn() >= %s::pg_lsn, "
        "abs(extract(epoch FROM now() - %s::timestamptz)) < 600",
        (positions[-1][0], found[-1]["commit-timestamp"]),
    ).fetchone()
    assert row == (True, True)


def test_large_values_that_an_update_did_not_touch(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(
        b"""
        CREATE TABLE plain (id integer PRIMARY KEY, n integer, long text, wide varchar(9000));
        ALTER TABLE plain ALTER long SET STORAGE EXTERNAL, ALTER wide SET STORAGE EXTERNAL;
        CREATE TABLE whole (LIKE plain INCLUDING ALL);
        ALTER TABLE whole REPLICA IDENTITY FULL;
        INSERT INTO plain VALUES (1, 1, repeat('a', 8000), repeat('b', 8000));
        INSERT INTO whole TABLE plain;
        """
    )
    tables = [("public", "plain"), ("public", "whole")]
    settings = replace(PROFILE, column_filter="all")
    with following(server, name, *tables, settings=settings) as task:
        load(task)
        database.execute("UPDATE plain SET n = 2; UPDATE whole SET n = 2")
        database.execute("UPDATE plain SET id = 5, long = NULL")
        # What DMS treats as a large object is in no before-image.
        assert brief(follow(task)) == [
            ("update", "public.plain", {"id": 1, "n": 2}, {}),
            ("update", "public.whole", {"id": 1, "n": 2}, {"id": 1, "n": 1, "wide": "b" * 8000}),
            ("update", "public.plain", {"id": 5, "n": 2, "long": None}, {"id": 1}),
        ]


def test_altered_tables(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(b"CREATE TABLE t (id integer PRIMARY KEY, a integer, b varchar(5))")
    touch = "INSERT INTO {} SELECT coalesce(max(id), 0) + 1 FROM {}"
    with following(server, name, ("public", "t")) as task:
        load(task)
        database.execute("ALTER TABLE t ADD c date")
        # Nothing says so until a row changes.
        assert follow(task) == []
        database.execute(touch.format("t", "t").encode())
        database.execute("ALTER TABLE t DROP a")
        database.execute(touch.format("t", "t").encode())
        database.execute("ALTER TABLE t RENAME b TO d")
        database.execute(touch.format("t", "t").encode())
        database.execute("ALTER TABLE t ALTER d TYPE varchar(50)")
        database.execute("ALTER TABLE t RENAME TO u")
        database.execute(touch.format("u", "u").encode())
        changes = follow(task)
        assert [(op, table, [*names]) for op, table, names in brief(changes)] == [
            ("add-column", "public.t", ["id", "a", "b", "c"]),
            ("insert", "public.t", ["id", "a", "b", "c"]),
            ("drop-column", "public.t", ["id", "b", "c"]),
            ("insert", "public.t", ["id", "b", "c"]),
            ("rename-column", "public.t", ["id", "d", "c"]),
            ("insert", "public.t", ["id", "d", "c"]),
            ("rename-table", "public.u", ["id", "d", "c"]),
            ("column-type-change", "public.u", ["id", "d", "c"]),
            ("insert", "public.u", ["id", "d", "c"]),
        ]
        control = json.loads(changes[7])
        assert control["control"]["table-def"]["columns"]["d"]["length"] == 50
        assert control["metadata"]["partition-key-type"] == "task-id"
        assert follow(task) == []


def test_a_restart_goes_on_from_the_slot(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(b"CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (0)")
    table = ("public", "t")
    with following(server, name, table) as task:
        assert len(list(task.full_load())) == 2
        # Killed before the load was put: it begins again.
    with following(server, name, table) as task:
        assert not task.is_loaded
        assert len(load(task)) == 2
        database.execute("INSERT INTO t VALUES (1)")
        assert len(follow(task)) == 1
        database.execute("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)")
        put = task.read_changes().entries  # and not confirmed
        assert len(put) == 2
    database.execute("INSERT INTO t VALUES (4)")
    database.execute("ALTER TABLE t ADD a integer")
    database.execute("INSERT INTO t VALUES (5, 5)")
    with following(server, name, table) as task:
        assert task.is_loaded
        assert brief(data for _, data in task.announce()) == [
            ("create-table", "public.t", ["id", "a"])
        ]
        again = follow(task)
        assert [entry[2] for entry in brief(again)] == [
            {"id": 2},
            {"id": 3},
            {"id": 4},
            ["id", "a"],
            {"id": 5, "a": 5},
        ]
        # What comes again stands where it stood.
        keys = ("transaction-id", "transaction-record-id", "stream-position", "commit-timestamp")
        first = metadata(data for _, data in put)
        assert [[one[key] for key in keys] for one in first] == [
            [one[key] for key in keys] for one in metadata(again)[:2]
        ]
        with pytest.raises(SourceRefusedError, match=f"slot {name} is being read by another"):
            following(server, name, table).__enter__()
    # Other tables are another task.
    database.execute("CREATE TABLE further (id integer PRIMARY KEY)")
    with following(server, name, table, ("public", "further")) as task:
        assert not task.is_loaded
        assert len(load(task)) == 2 + 6


def test_a_temporary_slot_goes_with_its_session(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(b"CREATE TABLE t (id integer PRIMARY KEY)")
    with following(server, name, ("public", "t"), is_temporary=True) as task:
        load(task)
        database.execute("INSERT INTO t VALUES (1)")
        assert len(follow(task)) == 1
        database.execute(
            "SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots "
            "WHERE slot_name = %s",
            (name,),
        )
        database.execute("INSERT INTO t VALUES (2)")
        with pytest.raises(SourceRefusedError):
            task.read_changes()
    row = database.execute("SELECT count(*) FROM pg_replication_slots").fetchone()
    assert row == (0,)


def test_a_long_backlog_comes_in_whole_transactions(
    server: EmbeddedPostgres,
    database: psycopg.Connection[Any],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(task_module, "_MESSAGES", 100)
    database.execute(b"CREATE TABLE t (id integer PRIMARY KEY, note text)")
    with following(server, name, ("public", "t")) as task:
        load(task)
        for first in range(0, 240, 60):
            database.execute(
                "INSERT INTO t SELECT n, 'é' FROM generate_series(%s::int, %s) n",
                (first, first + 59),
            )
        batches = []
        while (batch := task.read_changes()).entries:
            batches.append(len(batch.entries))
            task.confirm(batch)
        assert batches == [120, 120]


EVENT: Final = """
SET search_path = "order";
INSERT INTO event VALUES ({at}, {number}, NULL, -7, 'gréy', NULL, '\\xdeadbeef', 'x y',
    'very "good"', 1.5, DEFAULT, DEFAULT, ARRAY['a', NULL, 'b,"c"'],
    '{{"b": [1, 2.50], "a": "é"}}', '{{ "x" : 1 }}', '[1,5)',
    '{{[2024-01-01 00:00+01, 2024-02-01 00:00+01)}}', ROW('Main St. 5', NULL), '(1.5,-2)',
    '10.0.0.0/8', '08:00:2b:01:02:03', B'10101010', '1 year 2 mons 3 days 04:05:06.7',
    '04:05:06.789', '04:05:06.789+02',
    12345678901234567890123456789012345678901234567890.0123456789,
    0.00012, 12345, 1.23456789, '-1234.56', '16/B374D848', NULL, '10:20:10,14')
"""
# What DMS writes for it, as far as it is known.
EVENT_DATA: Final = {
    "at": "2020-05-06T07:08:09.123456Z",
    "number": 9007199254740993,
    "owner_this_name_of_a_column_is_as_long_as_postgresql_permits_it": None,
    "to": -7,
    "to group": "gréy",
    "back to": None,
    "digest": "0xdeadbeef",
    "code": "x y",
    "mood": 'very "good"',
    "amount": 1.5,
    "tags": '{a,NULL,"b,\\"c\\""}',
    "document": '{"a": "é", "b": [1, 2.50]}',
    "plain": '{ "x" : 1 }',
    "valid": "[1,5)",
    "valid_during": '{["2023-12-31 23:00:00+00","2024-01-31 23:00:00+00")}',
    "place": '("Main St. 5",)',
    "at_point": "(1.5,-2)",
    "network": "10.0.0.0/8",
    "device": "08:00:2b:01:02:03",
    "flags": "10101010",
    "duration": "1 year 2 mons 3 days 04:05:06.7",
    "opens": "04:05:06.789",
    "opens_somewhere": "04:05:06.789+02",
    "huge": "12345678901234567890123456789012345678901234567890.0123456789",
    "tiny": 0.00012,
    "thousands": 12000,
    "whatever": 1.234568,
    "wage": -1234.56,
    "position_in_log": "16/B374D848",
    "xml": None,  # this build of PostgreSQL has none
    "snapshot": "10:20:10,14",
}


def test_every_type_passes_through_decode(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    """Under the declaration that `init` proposes for the tables; nothing is a dead letter."""
    script = HARD_NAMES.read_text()
    database.execute(script.encode())
    database.execute(
        b"""
        SET search_path = "order"; INSERT INTO case_blind VALUES ('x y');
        INSERT INTO binary_key VALUES ('\\xdeadbeef');
        INSERT INTO "select" ("from", "group", "no") VALUES (-7, 'gr\xc3\xa9y', 1)
        """
    )
    star = Star(load_declaration(PROPOSED))
    tables = [star.declaration.source_of(table) for table in star.tables]
    at = "'2020-05-06 09:08:09.123456+02'"
    with following(server, name, *tables, settings=PROFILE.for_star(star)) as task:
        database.execute(EVENT.format(at=at, number=9007199254740993).encode())
        loaded = load(task)
        database.execute(
            b"""
            SET search_path = "order";
            INSERT INTO event (at, number) VALUES ('2021-01-01Z', 2), ('2021-01-01Z', 3);
            UPDATE event SET mood = 'so-so', at = '2021-02-03Z' WHERE number = 9007199254740993;
            UPDATE "select" SET "order" = true, "Gr\xc3\xb6\xc3\x9fe in cm" = 1e-300,
                "null" = E'a\\tb';
            INSERT INTO this_name_of_a_dimension_is_as_long_as_postgresql_permits_it_63 VALUES
                ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'text', 'g1', 1);
            UPDATE whole_rows SET code = NULL; DELETE FROM "select" WHERE "from" = 3;
            INSERT INTO binary_key VALUES ('', 'empty'); INSERT INTO case_blind VALUES ('c', 'x');
            UPDATE wide SET "Column 1" = NULL; DELETE FROM event WHERE number = 3;
            """
        )
        changes = follow(task)
        # A row as a load and as a change of the log is the same.
        assert brief(changes)[0] == ("insert", "archive.event_2020", EVENT_DATA)
        reloaded = [data for _, data in task.load_again()]
    moved = [one for one in brief(reloaded) if one[2].get("number") == 9007199254740993]
    assert moved == [
        (
            "load",
            moved[0][1],
            EVENT_DATA | {"mood": "so-so", "at": "2021-02-03T00:00:00.000000Z"},
        )
    ]
    plan = DecodePlan(star, GENERATIONS)
    for records in (loaded, changes, reloaded):
        decoded = decode(records, plan)
        assert decoded.dead_letters.to_pylist() == []
        assert {f for f in decoded.seen.findings if f.kind not in NOTES} == set()
        assert not +decoded.seen.signs
        assert decoded.seen.undeclared.keys() <= {
            ("order", "child_of_others"),
        }


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            "CREATE TABLE t (id integer)",
            r"which row of public\.t was changed or deleted.*add a primary key; or ALTER TABLE",
        ),
        (
            "CREATE TABLE t (id integer PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING",
            "which row of public",
        ),
        ("SELECT 1", r"no table public\.t: look at schema and spelling"),
        ("CREATE VIEW t AS SELECT 1 AS id", r"public\.t is a view, whose changes are in no log"),
        ("CREATE UNLOGGED TABLE t (id integer PRIMARY KEY)", r"public\.t is an unlogged table"),
    ],
)
def test_a_table_that_cannot_be_followed_is_refused(
    server: EmbeddedPostgres,
    database: psycopg.Connection[Any],
    name: str,
    script: str,
    sentence: str,
) -> None:
    database.execute(script.encode())
    try:
        with pytest.raises(SourceRefusedError, match=sentence):
            following(server, name, ("public", "t")).__enter__()
    finally:
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert is_untouched(database)


def test_a_user_without_rights_is_refused(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(
        b"""
        CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE mine (id integer PRIMARY KEY);
        CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader;
        CREATE ROLE sender LOGIN REPLICATION; ALTER TABLE mine OWNER TO sender;
        """
    )

    def refuse(user: str, table: str) -> str:
        address = server.dsn(name).replace("user=postgres", f"user={user}")
        with pytest.raises(SourceRefusedError) as raised:
            ReplicationTask(address, [("public", table)], name=name).start()
        assert is_untouched(database)
        return str(raised.value)

    assert 'ALTER ROLE "reader" REPLICATION' in refuse("reader", "t")
    assert "user sender cannot publish the tables: they must be the user's" in refuse("sender", "t")
    assert "GRANT CREATE ON DATABASE" in refuse("sender", "mine")
    database.execute(f"GRANT CREATE ON DATABASE {name} TO sender".encode())
    address = server.dsn(name).replace("user=postgres", "user=sender")
    with ReplicationTask(address, [("public", "mine")], name=name) as task:
        assert len(load(task)) == 1
        task.remove()
    assert is_untouched(database)


def is_untouched(database: psycopg.Connection[Any]) -> bool:
    row = database.execute(
        "SELECT (SELECT count(*) FROM pg_publication), (SELECT count(*) FROM pg_replication_slots)"
    ).fetchone()
    return row == (0, 0)


def test_no_slot_is_free(
    server: EmbeddedPostgres, database: psycopg.Connection[Any], name: str
) -> None:
    database.execute(b"CREATE TABLE t (id integer PRIMARY KEY)")
    for number in range(6):
        database.execute(
            "SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", (f"slot_{number}",)
        )
    with pytest.raises(
        SourceRefusedError, match=r"no replication slot free.*max_replication_slots"
    ):
        following(server, name, ("public", "t")).__enter__()
    assert database.execute("SELECT count(*) FROM pg_publication").fetchone() == (0,)
    # Nor is a slot of somebody else touched.
    with (
        pytest.raises(SourceRefusedError, match="slot slot_1 that was not made here"),
        ReplicationTask(server.dsn(name), [("public", "t")], name="slot_1"),
    ):
        pass


def test_a_transaction_that_does_not_end_is_not_waited_for(
    server: EmbeddedPostgres,
    database: psycopg.Connection[Any],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slot, "_LOCK_SECONDS", 1)
    database.execute(b"CREATE TABLE t (id integer PRIMARY KEY)")
    with psycopg.connect(server.dsn(name)) as other:
        other.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(SourceRefusedError, match="has been open for too long"):
            following(server, name, ("public", "t")).__enter__()
    assert is_untouched(database)


def test_a_server_whose_log_says_too_little_is_refused(tmp_path: Path) -> None:
    with (
        EmbeddedPostgres(tmp_path) as server,
        pytest.raises(SourceRefusedError, match=r"wal_level of the source is replica.*and restart"),
        ReplicationTask(server.dsn(), [("public", "t")]),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("mysql://nobody@nowhere/x", "the address of the source is not an address"),
        ("host=127.0.0.1 port=1 dbname=x", "nothing listens on 127.0.0.1, port 1"),
    ],
)
def test_an_address_without_a_server_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(SourceRefusedError, match=sentence):
        ReplicationTask(address, [("public", "t")]).start()
