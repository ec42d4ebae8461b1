"""What DMS makes of PostgreSQL's types, what values look like, addresses, files of records."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.catalogue.connection import explain_refusal, hide_secrets, read_address
from infra.catalogue.control_records import read_records
from infra.catalogue.looks import PATTERNS, WITHIN, Look, find_look, round_up
from infra.catalogue.model import CatalogueError
from infra.catalogue.postgresql_types import PostgresType, propose_type, read_collation


def numeric(precision: int, scale: int) -> int:
    return 4 + (precision << 16 | scale & 0x7FF)


def declared(
    name: str,
    modifier: int = -1,
    *,
    kind: str = "b",
    is_array: bool = False,
    longest: int | None = None,
) -> str:
    source = PostgresType(name, kind, is_array, modifier, "pg_catalog")
    return str(propose_type(source, longest).type)


@pytest.mark.parametrize(
    ("name", "modifier", "expected"),
    [
        ("int2", -1, "smallint"),
        ("int4", -1, "integer"),
        ("int8", -1, "bigint"),
        ("float4", -1, "real"),
        ("float8", -1, "double precision"),
        ("bool", -1, "boolean"),
        ("date", -1, "date"),
        ("timestamp", 3, "timestamp"),
        ("timestamptz", -1, "timestamptz"),
        ("uuid", -1, "varchar(36)"),
        ("time", -1, "varchar(20)"),
        ("inet", -1, "varchar(50)"),
        ("numeric", -1, "decimal(28,6)"),
        ("numeric", numeric(12, 2), "decimal(12,2)"),
        ("numeric", numeric(38, 0), "decimal(38,0)"),
        ("numeric", numeric(39, 0), "varchar(42)"),
        ("numeric", numeric(3, 5), "decimal(5,5)"),
        ("numeric", numeric(5, -3), "decimal(8,0)"),
        ("varchar", 4 + 20, "varchar(80)"),
        ("varchar", 4 + 20_000, "varchar(65535)"),
        ("varchar", -1, "varchar(1024)"),
        ("bpchar", 4 + 5, "char(20)"),
        ("text", -1, "varchar(1024)"),
        ("jsonb", -1, "varchar(1024)"),
        ("bytea", -1, "varbyte(1024)"),
        ("bit", 8, "varchar(8)"),
        ("varbit", -1, "varchar(1024)"),
        ("pg_snapshot", -1, "None"),
    ],
)
def test_a_type_is_declared_as_dms_delivers_it(name: str, modifier: int, expected: str) -> None:
    assert declared(name, modifier) == expected


def test_types_without_a_length_are_as_long_as_values_were_and_more() -> None:
    assert declared("text", longest=8) == "varchar(256)"
    assert declared("text", longest=1_024) == "varchar(4096)"
    assert declared("text", longest=65_536) == "varchar(65535)"
    assert declared("int4", is_array=True, longest=512) == "varchar(1024)"
    assert declared("mood", kind="e") == "varchar(64)"
    assert declared("int4range", kind="r") == "varchar(255)"
    assert declared("address", kind="c") == "varchar(1024)"


def test_lengths_below_the_longest_value_are_not_offered() -> None:
    source = PostgresType("varchar", "b", is_array=False, modifier=104, schema="pg_catalog")
    assert propose_type(source, None).lengths == (400, 200, 100)
    assert propose_type(source, 128).lengths == (400, 200)


@pytest.mark.parametrize(
    ("type_name", "is_deterministic", "locale", "ignored"),
    [
        ("text", True, "und-u-ks-level2", ()),
        ("text", False, "und-u-ks-level2", ("case_insensitive",)),
        (
            "varchar",
            False,
            "@colStrength=secondary;ks-level1",
            ("accent_insensitive", "case_insensitive"),
        ),
        ("text", False, "und-u-kn-true", ()),
        ("citext", True, "", ("case_insensitive",)),
    ],
)
def test_what_a_collation_ignores_is_read_from_its_locale(
    type_name: str, is_deterministic: bool, locale: str, ignored: tuple[str, ...]
) -> None:
    source = PostgresType(type_name, "b", is_array=False, modifier=-1, schema="public")
    assert read_collation(source, locale, is_deterministic=is_deterministic) == ignored


LOOKS = {
    Look.EMAIL: (["a@example.org", "x.y+z@mail.example.com"], ["@home", "a@b", "a b@example.org"]),
    Look.IBAN: (["DE89370400440532013000", "GB33 BUKB 2020 1555 5555 55"], ["DE12", "HELLO WORLD"]),
    Look.SOCIAL_SECURITY: (["123-45-6789"], ["1234-56-789", "123456789"]),
    Look.PHONE: (
        ["+49 221 1234567", "(503) 555-9831", "0221-123456", "555-123-4567"],
        ["2020-01-02", "1234567890", "978-3-16-148410-0", "12:30:45", "10115"],
    ),
    Look.CARD: (["4111111111111111", "4111 1111 1111 1111"], ["1234567890123456", "41111111"]),
    Look.IP: (
        ["192.168.0.1", "10.0.0.0/8", "2001:db8::ff00:42:8329", "::1:2:3"],
        ["1.2.3", "256.1.1.1", "12:30:45", "a:b"],
    ),
}


@pytest.mark.parametrize("look", PATTERNS)
def test_values_look_like_what_they_are(look: Look) -> None:
    alike, others = LOOKS[look]
    for value in alike:
        assert re.search(PATTERNS[look], value), value
    for value in others:
        assert not re.search(PATTERNS[look], value), value


@pytest.mark.parametrize(
    "value",
    [
        "write to a.b@example.org today",
        '{"at": "+49 221 1234567"}',
        "{x,+15035559831}",
        '{"firstName": "x"}',
        '{"a": {"birth_date": null}}',
    ],
)
def test_text_and_documents_are_seen_to_speak_of_a_person(value: str) -> None:
    assert re.search(WITHIN, value)


@pytest.mark.parametrize(
    "value", ['{"k": 1, "name": "Lamp"}', "12:30:45+00:00", "2025-01-01 12:00:00+0530", "a+1 b"]
)
def test_other_text_and_documents_are_not(value: str) -> None:
    assert not re.search(WITHIN, value)


def test_most_of_several_values_have_to_look_alike() -> None:
    assert find_look(10, {Look.PHONE: 8}) is Look.PHONE
    assert find_look(10, {Look.PHONE: 7}) is None
    assert find_look(4, {Look.PHONE: 4}) is None
    assert find_look(1, {Look.EMAIL: 1}) is Look.EMAIL
    assert find_look(100, {Look.EMAIL: 3, Look.WITH_PERSON: 3}) is Look.WITH_PERSON
    assert find_look(0, {}) is None


def test_lengths_are_rounded_up() -> None:
    assert [round_up(n) for n in (0, 1, 2, 3, 5, 64, 65)] == [0, 1, 2, 4, 8, 64, 128]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:s3cret@ss@host/db",
        "postgresql://user:s3cret/ss@host/db",
        "postgresql://user:s3cret?ss@ss@host/db",
        "postgresql://user:1234/s3cret@host/db",
        "postgresql://user:s3cret%zz@host/db",
        "postgresql://user:s3cret@host:s3cret/db",
        "postgres://user:s3cret@host/db?nonsense=s3cret",
        "mysql://user:s3cret@host/db",
        "host=h password='s3cret",
        "s3cret",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_a_word_of_it(address: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        read_address(address)
    assert refused.value.is_of_arguments
    assert str(refused.value).startswith("--dsn ")
    assert not re.search("s3cret|ss@", str(refused.value))
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_addresses_are_read_as_libpq_reads_them() -> None:
    read = read_address("postgresql://me%40corp:p%40ss@host:5433/shop?sslmode=require")
    assert read == {
        "user": "me@corp",
        "password": "p@ss",
        "host": "host",
        "port": "5433",
        "dbname": "shop",
        "sslmode": "require",
    }
    assert read_address("host=/run dbname=x") == {"host": "/run", "dbname": "x"}
    assert read_address("postgresql://u:a?b#c@h/d")["password"] == "a?b#c"
    assert read_address("postgresql://a:1,b:2/d?user=me@corp")["port"] == "1,2"


def test_what_the_driver_says_is_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    monkeypatch.setenv("PGPASSWORD", "fr0m-outside")
    error = psycopg.OperationalError("SSL error near s3cret and fr0m-outside\n\tsomewhere")
    said = explain_refusal(error, {"host": "h", "password": "s3cret"})
    assert said == "no session on h, port 5432: SSL error near *** and *** somewhere"
    assert hide_secrets("x y", {"sslpassword": "y"}) == "x ***"


def announce(table: str, columns: dict[str, Any], key: list[str] | None = None) -> dict[str, Any]:
    definition: dict[str, Any] = {"columns": columns}
    if key is not None:
        definition["primary-key"] = key
    metadata = {
        "record-type": "control",
        "operation": "create-table",
        "schema-name": "shop",
        "table-name": table,
    }
    return {"control": {"table-def": definition}, "metadata": metadata}


def load(table: str, data: dict[str, Any]) -> dict[str, Any]:
    metadata = {"operation": "load", "schema-name": "shop", "table-name": table}
    return {"data": data, "metadata": metadata}


def save(folder: Path, *records: object) -> Path:
    path = folder / "shop.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records) + "\n\n")
    return path


def test_a_file_of_records_says_types_keys_and_what_values_look_like(tmp_path: Path) -> None:
    columns = {
        "id": {"type": "INT32", "nullable": False},
        "mail": {"type": "WSTRING", "length": 40},
        "price": {"type": "NUMERIC", "precision": 12, "scale": 2},
        "total": {"type": "NUMERIC"},
        "text": {"type": "NCLOB"},
        "at": {"type": "DATETIME"},
        "raw": {"type": "BLOB"},
        "big": {"type": "UINT8"},
        "odd": {"type": "GEOMETRY"},
    }
    values = [load("sale", {"id": n, "mail": f"a{n}@example.org", "text": "x"}) for n in range(9)]
    before = announce("sale", {"id": {"type": "INT32"}})
    bare = {"metadata": announce("bare", {})["metadata"]}
    dms = announce("awsdms_status", {"x": {"type": "INT32"}})
    path = save(tmp_path, before, announce("sale", columns, ["id"]), bare, dms, *values)
    read = read_records(path)
    (sale,) = read.tables
    assert {c.name: str(c.proposal.type) for c in sale.columns} == {
        "id": "integer",
        "mail": "varchar(160)",
        "price": "decimal(12,2)",
        "total": "decimal(38,10)",
        "text": "varchar(256)",
        "at": "timestamp",
        "raw": "varbyte(1024)",
        "big": "decimal(20,0)",
        "odd": "None",
    }
    assert sale.keys[0].columns == ("id",)
    looks = {c.name: c.sample.look for c in sale.columns if c.sample}
    assert looks == {"id": None, "mail": Look.EMAIL, "text": None}
    assert [each.name for each in read.left_out] == ["awsdms_status", "shop.bare"]


@pytest.mark.parametrize(
    ("text", "sentence", "is_of_arguments"),
    [
        ("", "no create-table control record with a definition", False),
        ('{"metadata": {}}\n{"data"', "line 2: no JSON object", True),
        ("[1]", "line 1: no JSON object", True),
        ("\udcff", "is not text in UTF-8", True),
    ],
)
def test_a_file_that_announces_nothing_is_refused(
    text: str, sentence: str, is_of_arguments: bool, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CatalogueError, match=sentence) as refused:
        read_records(path)
    assert refused.value.is_of_arguments == is_of_arguments
