"""What DMS makes of MySQL's types, what collations ignore, addresses, and what a refusal means."""

from __future__ import annotations

import re
import socket
import ssl

import pymysql
import pytest

from infra.catalogue.databases import is_mysql, read_database
from infra.catalogue.model import CatalogueError
from infra.catalogue.mysql_connection import (
    Address,
    Server,
    explain_refusal,
    quote,
    read_address,
    read_version,
)
from infra.catalogue.mysql_samples import Form, _query
from infra.catalogue.mysql_types import (
    MySqlType,
    leaves_accents_open,
    propose_type,
    read_ignored,
)
from tests.unit.init.sources import catalogue, column, table
from tests.unit.init.test_propose import declare


def declared(
    written: str, length: int = 0, precision: int = 0, scale: int = 0, longest: int | None = None
) -> str:
    name = re.split(r"[ (]", written)[0]
    return str(propose_type(MySqlType(name, written, length, precision, scale), longest).type)


@pytest.mark.parametrize(
    ("written", "sizes", "expected"),
    [
        ("tinyint(1)", (), "boolean"),
        ("tinyint(4)", (), "smallint"),
        ("tinyint unsigned", (), "smallint"),
        ("smallint(6)", (), "smallint"),
        ("smallint(5) unsigned", (), "integer"),
        ("mediumint(9)", (), "integer"),
        ("mediumint(8) unsigned", (), "bigint"),
        ("int", (), "integer"),
        ("int(10) unsigned zerofill", (), "bigint"),
        ("bigint", (), "bigint"),
        ("bigint unsigned", (), "decimal(20,0)"),
        ("decimal(12,2) unsigned", (0, 12, 2), "decimal(12,2)"),
        ("decimal(38,0)", (0, 38), "decimal(38,0)"),
        ("decimal(65,30)", (0, 65, 30), "varchar(68)"),
        ("float", (0, 12), "double precision"),
        ("double", (0, 22), "double precision"),
        ("bit(1)", (0, 1), "boolean"),
        ("bit(8)", (0, 8), "varbyte(1)"),
        ("bit(9)", (0, 9), "varbyte(2)"),
        ("date", (), "date"),
        ("datetime(3)", (), "timestamp"),
        ("timestamp", (), "timestamptz"),
        ("time(2)", (), "varchar(20)"),
        ("year(4)", (), "smallint"),
        ("char(5)", (5,), "char(20)"),
        ("varchar(20)", (20,), "varchar(80)"),
        ("varchar(0)", (), "varchar(4)"),
        ("tinytext", (255,), "varchar(255)"),
        ("text", (65_535,), "varchar(1024)"),
        ("longtext", (4_294_967_295,), "varchar(1024)"),
        ("json", (), "varchar(1024)"),
        ("enum('a','bcd')", (3,), "varchar(12)"),
        ("set('a','b')", (3,), "varchar(12)"),
        ("binary(16)", (16,), "varbyte(16)"),
        ("varbinary(20)", (20,), "varbyte(20)"),
        ("blob", (65_535,), "varbyte(1024)"),
        ("point", (), "None"),
        ("uuid", (), "None"),
    ],
)
def test_a_type_is_declared_as_dms_delivers_it(
    written: str, sizes: tuple[int, ...], expected: str
) -> None:
    assert declared(written, *sizes) == expected


def test_a_truth_value_that_has_other_numbers_is_a_number() -> None:
    proposal = propose_type(MySqlType("tinyint", "tinyint(1)"), None, has_other_numbers=True)
    assert (str(proposal.type), proposal.remark) == ("smallint", "has numbers besides 0 and 1")


def test_types_without_a_length_are_as_long_as_values_were_and_more() -> None:
    assert declared("text", longest=8) == "varchar(256)"
    assert declared("mediumblob", longest=1_024) == "varbyte(4096)"


@pytest.mark.parametrize(
    ("collation", "ignored", "is_open"),
    [
        ("utf8mb4_0900_ai_ci", ("accent_insensitive", "case_insensitive"), False),
        ("utf8mb4_0900_as_cs", (), False),
        ("utf8mb4_unicode_ci", ("accent_insensitive", "case_insensitive"), False),
        ("utf8mb4_uca1400_as_ci", ("case_insensitive",), False),
        ("latin1_swedish_ci", ("case_insensitive",), True),
        ("utf8mb4_bin", (), False),
        ("", (), False),
    ],
)
def test_what_a_collation_ignores_is_read_from_its_name(
    collation: str, ignored: tuple[str, ...], is_open: bool
) -> None:
    assert read_ignored(collation) == ignored
    assert leaves_accents_open(collation) == is_open


def test_keys_of_a_collation_that_ignores_blanks_are_trimmed_with_what_refers_to_them() -> None:
    import dataclasses

    code = column("code", "varchar(40)", collation=("case_insensitive",))
    padded = dataclasses.replace(code, ignores_trailing_blanks=True)
    brand = table("brand", [padded, column("title", "varchar(40)")], key=("code",))
    reference = dataclasses.replace(code, name="brand")
    bicycle = table("bicycle", [column("id"), reference])
    key = dataclasses.replace(
        table("x", [], to={"brand": "brand"}).foreign_keys[0], referenced_columns=("code",)
    )
    _, content = declare(catalogue(brand, dataclasses.replace(bicycle, foreign_keys=(key,))))
    rule = {"type": "varchar(40)", "collation": "case_insensitive", "trailing_blanks": "trim"}
    assert content["tables"]["brand"]["columns"]["code"] == rule
    assert content["tables"]["bicycle"]["columns"]["brand"] == rule
    assert content["tables"]["brand"]["columns"]["title"] == "varchar(40)"


def test_zero_dates_become_null_but_in_keys() -> None:
    import dataclasses

    day = dataclasses.replace(column("day", "date"), has_zero_dates=True)
    sale = table("sale", [day, dataclasses.replace(day, name="paid")], key=("day",))
    _, content = declare(catalogue(sale))
    assert content["tables"]["sale"]["columns"] == {
        "day": "date",
        "paid": {"type": "date", "zero_dates": "as_null"},
    }


def test_what_the_source_has_to_change_is_a_note() -> None:
    import dataclasses

    source = dataclasses.replace(catalogue(table("sale", [column("id")])), remarks=("set it",))
    draft, _ = declare(source)
    assert "set it" in draft.notes


@pytest.mark.parametrize(
    "address",
    [
        "mysql://user:s3cret@ss@host/db",
        "mysql://user:s3cret/ss@host/db",
        "mysql://user:s3cret?ss@ss@host/db",
        "mysql://user:s3cret#ss@host/db",
        "mysql://user:1234/s3cret@host/db",
        "mysql://user:s3cret%zz@host/db",
        "mysql://user:s3cret@host:s3cret/db",
        "mysql://user:s3cret@host/db?nonsense=s3cret",
        "mysql://user:s3cret@host/db?s3cret",
        "mysql://user:s3cret@[host/db",
        "mysql://user:s3cret@host/db?ssl-mode=s3cret",
        "mysql://user:s3cret@host/db?ssl-mode=VERIFY_CA",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_a_word_of_it(address: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        read_address(address)
    assert refused.value.is_of_arguments
    assert str(refused.value).startswith("--dsn")
    assert not re.search("s3cret|ss@", str(refused.value))
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_addresses_are_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYSQL_PWD", raising=False)
    read = read_address("mysql+pymysql://me%40corp:p%40ss%25@host:3307/my%20shop?ssl_ca=/ca.pem")
    assert read == Address("host", 3307, "me@corp", "p@ss%", "my shop", "", "VERIFY_CA", "/ca.pem")
    assert "p@ss" not in repr(read)
    local = read_address("mysql://me@/shop?unix_socket=/run/s&ssl-mode=disabled")
    assert (local.host, local.socket, local.mode) == ("localhost", "/run/s", "DISABLED")
    assert (local.port, local.password, local.server_name) == (3306, "", "socket /run/s")
    monkeypatch.setenv("MYSQL_PWD", "fr0m-outside")
    assert read_address("mariadb://me@host/shop").password == "fr0m-outside"
    assert read_address("mysql://me:own@host/shop").password == "own"


def test_the_scheme_says_which_database_it_is() -> None:
    assert is_mysql("mysql://me@host/shop")
    assert is_mysql("MariaDB://me@host/shop")
    assert not is_mysql("postgresql://me@host/mysql")
    assert not is_mysql("host=mysql")
    with pytest.raises(CatalogueError, match=r"postgresql://.* or as mysql://") as refused:
        read_database("oracle://me:s3cret@x", [], with_samples=False, report=lambda *_: None)
    assert refused.value.is_of_arguments
    assert "s3cret" not in str(refused.value)


ADDRESS = Address("db.example", 3306, "reader", "s3cret", "shop")


@pytest.mark.parametrize(
    ("code", "cause", "sentence"),
    [
        (2003, socket.gaierror(-2, "?"), "host db.example is unknown"),
        (2003, ConnectionRefusedError(111, "?"), "nothing listens on db.example, port 3306"),
        (2003, TimeoutError("?"), "db.example, port 3306 does not answer"),
        (2003, ssl.SSLCertVerificationError(1, "?"), "is not of ssl-ca"),
        (1045, None, "the password of user reader is wrong, or there is no such user"),
        (1044, None, "user reader has no right to use database shop, or there is none"),
        (1049, None, "there is no database shop on db.example, port 3306"),
        (1040, None, "no session free"),
        (1130, None, "admits nobody from this machine"),
        (2013, None, "ended the session: is it a MySQL?"),
        (9999, None, "no session on db.example, port 3306: (9999, 'near *** somewhere')"),
    ],
)
def test_a_refusal_is_a_sentence(code: int, cause: OSError | None, sentence: str) -> None:
    error = pymysql.OperationalError(code, "near s3cret somewhere")
    if cause is not None:
        error.original_exception = cause  # type: ignore[attr-defined]
    said = explain_refusal(error, ADDRESS)
    assert sentence in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("text", "server", "is_too_old"),
    [
        ("8.0.39", Server(is_mariadb=False, version=(8, 0)), False),
        ("5.7.44-log", Server(is_mariadb=False, version=(5, 7)), True),
        ("10.11.6-MariaDB-log", Server(is_mariadb=True, version=(10, 11)), False),
        ("10.4.1-MariaDB", Server(is_mariadb=True, version=(10, 4)), True),
        ("mine", Server(is_mariadb=False, version=(0, 0)), True),
    ],
)
def test_a_server_is_known_by_its_version(text: str, server: Server, is_too_old: bool) -> None:
    assert read_version(text) == server
    assert server.is_too_old == is_too_old


def test_each_server_has_its_own_limit_of_time() -> None:
    assert Server(is_mariadb=True, version=(11, 4)).limit(2) == "SET SESSION max_statement_time = 2"
    assert (
        Server(is_mariadb=False, version=(8, 4)).limit(0.5)
        == "SET SESSION max_execution_time = 500"
    )


def test_names_are_quoted_also_where_a_parameter_could_stand() -> None:
    assert quote("a`b", "c") == "`a``b`.`c`"
    query = _query(("shop", "50%s"), [("100%", Form.TRUTH)])
    assert "`shop`.`50%%s`" in query
    assert "`100%%`" in query
