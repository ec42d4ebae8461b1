"""The true tables and their join, against an example worked out by hand."""

from __future__ import annotations

import datetime as dt

from tests.load.model import WIDE_COLUMNS, Change, Tables

KEY = b"local token key, of no use elsewhere"
AT = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001
DAY = dt.date(2026, 5, 9)
# printf '%s' ada@example.org | openssl dgst -sha256 -hmac 'local token key, of no use elsewhere'
TOKEN = "35bd2d8251643a7f55b820f21da0aa09dbfca03401a801f17449126d13301fa4"


def filled() -> Tables:
    tables = Tables()
    for table, row in (
        ("sport_event", (1, "Rugby", DAY, "Zürich")),
        ("ticket", (10, 1, "Standard", "S-10", 90)),
        ("ticket", (11, 2, "Premium", "P-11", None)),  # its event is unknown
        ("customer", (100, "Ada", "ada@example.org", "+1-296-605-8486x20")),
        ("customer", (101, "Bo", None, None)),
        ("ticket_activity", (10, 100, AT, AT)),
        ("ticket_activity", (11, 101, AT, AT)),
        ("ticket_activity", (12, None, AT, AT)),  # neither ticket nor buyer
    ):
        tables.apply(Change(table, "insert", row[0], row))
    return tables


def test_the_wide_rows_are_the_left_join_treated() -> None:
    rows = sorted(filled().expected(KEY))
    assert rows == [
        (10, 1, "Rugby", DAY, "Zürich", "Standard", "S-10", 90, 100, "Ada", TOKEN,
         "+*-***-***-****x**", AT, AT),
        (11, 2, None, None, None, "Premium", "P-11", None, 101, "Bo", None, None, AT, AT),
        (12, None, None, None, None, None, None, None, None, None, None, None, AT, AT),
    ]  # fmt: skip
    assert all(len(row) == len(WIDE_COLUMNS) for row in rows)


def test_changes_reach_every_row_that_they_concern() -> None:
    tables = filled()
    tables.apply(Change("ticket", "update", 11, (11, 1, "Premium", "P-11", 300)))
    tables.apply(Change("customer", "delete", 100, None))
    tables.apply(Change("ticket_activity", "update", 12, (13, 101, AT, AT)))  # the key changes
    tables.apply(Change("ticket_activity", "delete", 10, None))
    rows = sorted(tables.expected(KEY))
    assert [row[0] for row in rows] == [11, 13]
    assert rows[0][2:8] == ("Rugby", DAY, "Zürich", "Premium", "P-11", 300)
    assert rows[1][8:10] == (101, "Bo")


def test_a_key_may_be_moved_onto_one_that_was_deleted() -> None:
    tables = filled()
    tables.apply(Change("ticket_activity", "delete", 10, None))
    tables.apply(Change("ticket_activity", "update", 12, (10, 100, AT, AT)))
    assert {row[0]: row[8] for row in tables.expected(KEY)} == {10: 100, 11: 101}
