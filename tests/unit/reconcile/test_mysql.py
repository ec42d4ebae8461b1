"""Positions of both logs as numbers, and the SQL that a MySQL is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.redshift.names import Names
from flink_app.declaration.dms_records import Positions
from flink_app.positions.position import commit_position
from infra.reconcile import services
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import comparisons
from infra.reconcile.log_positions import (
    read_binary_log_position,
    read_log_position,
    show_log_position,
    to_commit,
)
from infra.reconcile.looks import Hot, Ranges
from infra.reconcile.main import main as reconcile
from infra.reconcile.queries import read_digests, sum_ranges
from infra.reconcile.report import Verdict
from infra.repair.main import main as repair
from tests.unit.settings.test_settings import GROUPS, save
from tests.unit.stars import star

SHOP = star("""
name: shop
source_schema: shop
stream: {positions: mysql, zero_dates: as_null}
tables:
  buyer:
    key: [buyer_id]
    columns: {buyer_id: integer, born: {type: date, treatment: tokenise}}
  sale:
    key: [sale_id]
    columns: {sale_id: integer, buyer_id: integer, paid: date, price: "decimal(38,35)"}
    references: {buyer: {table: buyer, columns: [buyer_id]}}
targets:
  sale_wide:
    fact: sale
    columns: {sale_id: sale_id, paid: paid, price: price, born: buyer.born}
""")


@pytest.mark.parametrize("file", [1, 24, 999_999_999])
@pytest.mark.parametrize("offset", [4, 2**40])
def test_a_position_of_the_binary_log_is_that_of_the_records(file: int, offset: int) -> None:
    name = f"mysql-bin.{file:06}"
    position = read_binary_log_position(name, offset)
    assert position is not None
    commit = commit_position(f"{name}:{offset}", None, Positions.MYSQL)
    assert to_commit(position) == commit
    assert show_log_position(position) == f"{file:06}:{offset}"
    assert read_binary_log_position("no_number", offset) is None


def test_a_position_of_postgresql_stays_what_it_was() -> None:
    position = read_log_position("16/B374D848")
    assert show_log_position(position) == "16/B374D848"
    assert to_commit(position) == position << 32


def test_files_order_before_offsets() -> None:
    positions = [
        read_binary_log_position("b.000002", 4),
        read_binary_log_position("b.000001", 2**40),
        read_binary_log_position("b.000001", 4),
    ]
    assert sorted(positions, reverse=True) == positions  # type: ignore[type-var]


def test_what_a_mysql_is_asked_has_its_own_words() -> None:
    (sales,) = comparisons(SHOP, Names("starjoin"), has_key=False, side=Side.MYSQL)
    hot = Hot(keys=frozenset({"1,"}))
    sql = sum_ranges(sales, Side.MYSQL, Ranges(10), hot)
    assert "place DIV 10" in sql
    assert "k IN %(hot)s" in sql
    assert "LIMIT 18446744073709551615" in sql
    assert "DATE_FORMAT(t0.\"paid\", '%%Y-%%m-%%d')" in sql
    for word in (" ANY", "BIGINT", "VARCHAR", "TO_CHAR", "OFFSET", "starjoin_key"):
        assert word not in sql


def test_zero_dates_of_the_stream_and_long_fractions_are_as_decode_has_them() -> None:
    (sales,) = comparisons(SHOP, Names("starjoin"), has_key=False, side=Side.MYSQL)
    sql = read_digests(sales, Side.MYSQL, Ranges(10), Hot())
    zero = '(MONTH(t{}."{}") = 0 OR DAYOFMONTH(t{}."{}") = 0) THEN NULL'
    assert zero.format(0, "paid", 0, "paid") in sql
    # Only whether it is NULL: a token is not made, and a zero date is NULL.
    assert zero.format(1, "born", 1, "born") in sql
    assert "DECIMAL(65, 30)) AS CHAR(70)) || '00000'" in sql
    assert [column.name for column in sales.omissions] == ["born"]


def test_the_address_says_which_source_is_opened_and_no_key_is_read_for_a_mysql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("the key of tokens was read")

    monkeypatch.setattr(services, "read_privacy_keys", refuse)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    properties = str(save(tmp_path, GROUPS))
    address = "mysql://me:s3cret@127.0.0.1:1/shop"
    assert reconcile(["--properties", properties, "--dsn", address]) == Verdict.NOT_COMPARABLE
    said = "nothing listens on 127.0.0.1, port 1: start the server, or write its port"
    assert capsys.readouterr().err == f"reconcile: {said}\n"


def test_a_mysql_is_not_repaired(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--properties", "nowhere.json", "--dsn", "mysql://me:s3cret@host/shop"]
    assert repair(arguments) != 0
    said = capsys.readouterr().err
    assert "repair reads the rows of a PostgreSQL alone" in said
    assert "s3cret" not in said
