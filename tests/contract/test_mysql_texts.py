"""The text of a value is the same at a MariaDB as in the warehouse, for each type and treatment.

As test_canonical_texts.py has it of PostgreSQL; tokens are left out, since a MySQL makes none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Final

import pymysql
import pytest
import yaml

from connectors.redshift.names import Names
from flink_app.declaration import Star
from infra.catalogue.mysql_connection import connect, read_address
from infra.local.mariadb import HOW_TO_GET_ONE, MariaDb, find_mariadb
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison, comparisons
from infra.reconcile.errors import NotComparableError
from infra.reconcile.log_positions import show_log_position
from infra.reconcile.looks import Hot, Ranges
from infra.reconcile.mysql_source import MySqlSource
from infra.reconcile.protocol import Reconciliation, Settings
from infra.reconcile.report import Verdict, find_verdict, write_lines
from infra.reconcile.warehouse import RedshiftWarehouse
from tests.aws.clock import FakeClock
from tests.contract import test_canonical_texts as texts
from tests.contract.test_canonical_texts import DIMENSIONS, EVERYTHING, ROWS, sent
from tests.contract.warehouse import Warehouse
from tests.unit.decode.records import record
from tests.unit.stars import star

pytestmark = pytest.mark.contract

PAST: Final = "mysql-bin.000001:100"
SOURCE_TYPES: Final = {
    "numeric(12,6)": "decimal(12,6)",
    "boolean": "tinyint(1)",
    "timestamp": "datetime(6)",
    "timestamptz": "datetime(6)",
    "bytea": "longblob",
    "real": "float",
}
COLUMNS: Final = {
    name: each for name, each in texts.COLUMNS.items() if each[1].get("treatment") != "tokenise"
}
# What MySQL alone has: declared, the type there, and values as the source and as a record has them.
OWN: Final[dict[str, tuple[dict[str, str], str, list[tuple[Any, Any]]]]] = {
    "filled": ({"type": "bigint"}, "int(10) zerofill", [(5, 5), (4_294_967_295, 4_294_967_295)]),
    "large": (
        {"type": "decimal(20,0)"},
        "bigint unsigned",
        [(2**64 - 1, 2**64 - 1), (0, 0), (7, 7)],
    ),
    "bit": ({"type": "boolean"}, "bit(1)", [(1, True), (0, False)]),
    "year": ({"type": "smallint"}, "year", [(2024, 2024), (1901, 1901)]),
    "latin": (
        {"type": "varchar(40)"},
        "varchar(20) CHARACTER SET latin1",
        [("é €", "é €"), ("a ", "a ")],
    ),
    "kind": ({"type": "varchar(40)"}, "enum('a','B''s')", [("a", "a"), ("B's", "B's")]),
    "instant": (
        {"type": "timestamptz"},
        "timestamp(6) NULL",
        [("2024-02-29 23:30:00.5", "2024-02-29T23:30:00.500000Z")],
    ),
    "day": (
        {"type": "date", "zero_dates": "as_null"},
        "date",
        [("0000-00-00", "0000-00-00"), ("2024-00-17", "2024-00-17"), ("2024-02-29", "2024-02-29")],
    ),
    "local_time": (
        {"type": "timestamp", "zero_dates": "as_null"},
        "datetime(3)",
        [("0000-00-00", "0000-00-00 00:00:00"), ("2024-02-29 01:02:03", "2024-02-29T01:02:03Z")],
    ),
}


def every_column(schema: str) -> Star:
    declared = {name: written for name, (_, written) in COLUMNS.items()}
    declared |= {name: written for name, (written, *_) in OWN.items()}
    return star(
        yaml.safe_dump(
            {
                "name": "texts",
                "source_schema": "Texts",
                "stream": {"positions": "mysql"},
                "tables": {
                    "dimension": {
                        "key": ["code"],
                        "columns": {
                            "code": {"type": "varchar(20)", "trailing_blanks": "trim"},
                            "title": {"type": "varchar(60)", "source": 'Ti"t%le'},
                        },
                    },
                    "fact": {
                        "source": "odd % fact",
                        "key": ["id", "word"],
                        "columns": {
                            "id": "integer",
                            "word": "varchar(20)",
                            "code": "char(20)",
                            **declared,
                        },
                        "references": {"other": {"table": "dimension", "columns": ["code"]}},
                    },
                },
                "targets": {
                    "wide": {
                        "fact": "fact",
                        "schema": schema,
                        "columns": {name: name for name in ("id", "word", "code", *declared)}
                        | {"title": "other.title"},
                        "where": {"id": {"none_of": [7]}, "word": {"none_of": ["no 9"]}},
                    }
                },
            }
        )
    )


def make_rows() -> list[tuple[list[Any], dict[str, Any]]]:
    """Each row as it is inserted, and as its record has it."""
    made = []
    for number, row in enumerate(texts.make_rows(1)):
        # Letters count, whatever the server's default compares alike.
        word = f"{'No' if number % 2 else 'no'} {number // 2}"
        inserted = {"id": number, "word": word, "code": row["code"]}
        came = dict(inserted)
        for name in COLUMNS:
            value = row[name]
            inserted[name] = value
            came[name] = sent(value)
        for name, (*_, values) in OWN.items():
            pair = (None, None) if number % 11 == 10 else values[number % len(values)]
            inserted[name], came[name] = pair
        made.append((list(inserted.values()), came))
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """One whose tables are filled."""
    if find_mariadb() is None:
        # Only where no one relies on it: CI installs one.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_ONE)
    listed = [f"`{n}` {SOURCE_TYPES.get(kind, kind)}" for n, kind in source_types().items()]
    listed += [f"`{name}` {kind}" for name, (_, kind, _) in OWN.items()]
    with MariaDb(tmp_path_factory.mktemp("mariadb")) as running, session(running) as cursor:
        cursor.execute("SET sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '+00:00'")
        cursor.execute("CREATE DATABASE Texts CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        cursor.execute("USE Texts")
        cursor.execute(
            'CREATE TABLE dimension (code varchar(20) PRIMARY KEY, `Ti"t%le` varchar(60))'
        )
        cursor.execute(
            "CREATE TABLE `odd % fact` (id integer PRIMARY KEY, word varchar(20), code char(20), "
            f"{', '.join(listed)})"
        )
        cursor.executemany("INSERT INTO dimension VALUES (%s, %s)", DIMENSIONS)
        marks = ", ".join(["%s"] * (3 + len(COLUMNS) + len(OWN)))
        for inserted, _ in make_rows():
            cursor.execute(f"INSERT INTO `odd %% fact` VALUES ({marks})", inserted)
        yield running


def source_types() -> dict[str, str]:
    """The type of each column that PostgreSQL's tests have too."""
    types = {}
    for name, (kind, _) in COLUMNS.items():
        written = texts.TYPES[kind][0]
        types[name] = kind if written == "numeric" else written
    return types


@contextmanager
def session(server: MariaDb) -> Iterator[pymysql.cursors.DictCursor]:
    connection = connect(read_address(server.address()), "test")
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def source(server: MariaDb) -> Iterator[MySqlSource]:
    opened = MySqlSource(server.address("Texts"))
    try:
        yield opened
    finally:
        opened.close()


def load(warehouse: Warehouse, newer: int | None = None) -> RedshiftWarehouse:
    """The same rows from records; one of them has changed since, beyond the end of the log."""
    past: dict[str, Any] = {"stream_position": PAST}
    future: dict[str, Any] = {"stream_position": "mysql-bin.000099:4"}
    records = [
        record("odd % fact", came | {"code": "c"}, schema="Texts", **future)
        if came["id"] == newer
        else record("odd % fact", came, schema="Texts", **past)
        for _, came in make_rows()
    ]
    records += [
        record("dimension", {"code": code, 'Ti"t%le': title}, schema="Texts", **past)
        for code, title in DIMENSIONS
    ]
    return texts.load_records(warehouse, every_column(warehouse.schema), records)


@contextmanager
def changed_row(server: MariaDb) -> Iterator[None]:
    """Row 1 has another code at the source, until the end."""
    change = "UPDATE Texts.`odd % fact` SET code = {} WHERE id = 1"
    with session(server) as cursor:
        cursor.execute(change.format("'x'"))
        try:
            yield
        finally:
            cursor.execute(change.format("'a'"))


class Loaded:
    """A `Completeness`: everything is there."""

    def wait(self, log_position: int) -> str:
        return f"loaded to {show_log_position(log_position)}"


def compare(schema: str) -> Comparison:
    (compared,) = comparisons(every_column(schema), Names(schema), has_key=False, side=Side.MYSQL)
    return compared


def test_every_type_and_treatment_has_one_text_on_both_sides(
    warehouse: Warehouse, server: MariaDb
) -> None:
    redshift = load(warehouse)
    compared = compare(warehouse.schema)
    assert [*compared.omissions] == []
    with source(server) as mysql, mysql.look() as there, redshift.look() as stored:
        expected = dict(there.read_digests(compared, EVERYTHING, Hot()))
        keys = sorted(expected)
        assert len(keys) == ROWS - 2, "two rows do not count"
        digests = there.read_columns(compared, keys)
        present = stored.read_rows(compared, keys)
        assert present.keys() == digests.keys()
        names = [[column.name for column in group.compared] for group in compared.groups]
        different = {
            (name, compared.show_key(key)["id"])
            for key, row in present.items()
            for group, columns in enumerate(names)
            for number, name in enumerate(columns)
            if row.digests is None or row.digests[group][number] != digests[key][group][number]
        }
        assert different == set()
        assert dict(stored.read_digests(compared, EVERYTHING, Hot())) == expected
        ranges = Ranges(2**27)
        sums = dict(there.sum_ranges(compared, ranges, Hot()))
        assert len(sums) > 10
        assert dict(stored.sum_ranges(compared, ranges, Hot())) == sums
        references = there.find_references(compared, keys)
        assert {key for (key,) in references.values()} == {"1:a", "1:b", "1:c", None}


def test_what_changes_meanwhile_is_left_out(server: MariaDb) -> None:
    compared = compare("starjoin")
    with source(server) as mysql, mysql.look() as look:
        every = dict(look.read_digests(compared, EVERYTHING, Hot()))
        key = min(every)
        hot = Hot(keys=frozenset({key}), path_keys={1: frozenset({"1:a"})})
        rest = dict(look.read_digests(compared, EVERYTHING, hot))
        led_to = look.find_references(compared, sorted(every))
        assert rest[key] == (None, None)
        for other in every.keys() - {key}:
            kept = every[other][1] if led_to[other] != ("1:a",) else None
            assert rest[other] == (every[other][0], kept)
        only = Ranges(2**62, only=Hot(keys=frozenset({key})))
        taken = dict(look.read_digests(compared, only, Hot()))
        assert {k for k, digests in taken.items() if digests[0] is not None} == {key}


@pytest.mark.parametrize("is_damaged", [False, True])
def test_what_differs_and_what_changes_differ_by_positions_of_the_log(
    is_damaged: bool, warehouse: Warehouse, server: MariaDb
) -> None:
    """The protocol itself, with a row in the warehouse that is newer than every snapshot."""
    redshift, compared = load(warehouse, newer=2), compare(warehouse.schema)
    damage = changed_row(server) if is_damaged else nullcontext()
    with damage, source(server) as mysql:
        result = Reconciliation(
            mysql, redshift, Loaded(), FakeClock(), Settings(), lambda _: None
        ).run([compared])
    (outcome,) = result.outcomes
    found = [(compared.show_key(d.key)["id"], d.kind, d.groups) for d in outcome.differences]
    own, of_path = ("code",), ("code", "title")
    assert outcome.hot == 1
    assert found == ([("1", "different", {"": own, "other": of_path})] if is_damaged else [])
    assert find_verdict(result) is (Verdict.DIFFERENT if is_damaged else Verdict.OPEN)
    assert re.match(
        r"look 1: source from log position 00000\d:\d+ to 00000\d:",
        "".join(list(write_lines(result))[:1]),
    )


def test_a_snapshot_is_between_two_positions_and_does_not_change(server: MariaDb) -> None:
    compared = compare("starjoin")
    with source(server) as mysql:
        with mysql.look() as look, changed_row(server):
            assert 2**64 < look.start <= look.end
            before = dict(look.read_digests(compared, EVERYTHING, Hot()))
            assert dict(look.read_digests(compared, EVERYTHING, Hot())) == before
            assert mysql.log_position() > look.end
            with pytest.raises(pymysql.MySQLError, match="READ ONLY"):
                look._connection.cursor().execute("DELETE FROM Texts.dimension")
        with changed_row(server), mysql.look() as look, session(server) as cursor:
            assert dict(look.read_digests(compared, EVERYTHING, Hot())) != before
            end = look.end
            cursor.execute("FLUSH BINARY LOGS")
            assert mysql.log_position() > end, "a new file is behind the former"


def test_why_a_server_cannot_be_compared_is_said(server: MariaDb) -> None:
    with session(server) as cursor:
        cursor.execute("CREATE USER watcher IDENTIFIED BY 's3cret'")
        cursor.execute("GRANT SELECT ON Texts.dimension TO watcher")
    address = f"mysql://watcher:s3cret@/Texts?socket={server.socket}"
    with pytest.raises(NotComparableError, match="may not read the position"):
        MySqlSource(address)
    with session(server) as cursor:
        cursor.execute("GRANT BINLOG MONITOR ON *.* TO watcher")
    mysql = MySqlSource(address)
    try:
        with (
            mysql.look() as look,
            pytest.raises(NotComparableError, match=r"wide: .* GRANT SELECT"),
        ):
            dict(look.read_digests(compare("starjoin"), EVERYTHING, Hot()))
    finally:
        mysql.close()
