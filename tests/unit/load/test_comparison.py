"""The comparison: every difference is found, and described without values."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.load.changes import TrueTable
from tests.load.comparison import compare
from tests.load.figures import Comparison
from tests.load.model import TARGET, WIDE_COLUMNS

Row = tuple[object, ...]


def row(key: int, **values: object) -> Row:
    return tuple(values.get(name, key if name == "ticket_id" else "same") for name in WIDE_COLUMNS)


def compare_rows(truth: list[Row], table: Iterable[Row]) -> Comparison:
    return compare([(TrueTable("public", TARGET, WIDE_COLUMNS, (0,), truth), table)])


TRUTH = [row(1), row(2), row(3, email_address=None)]


def test_equal_tables_are_equal_in_any_order() -> None:
    found = compare_rows(TRUTH, reversed(TRUTH))
    assert found.equal
    assert (found.expected_rows, found.found_rows) == (3, 3)
    assert found.first_differences == []


@pytest.mark.parametrize(
    ("table", "counts", "text"),
    [
        (TRUTH[1:], (1, 0, 0), "key 1 is missing in the warehouse"),
        ([*TRUTH, row(4)], (0, 1, 0), "key 4 should not be in the warehouse"),
        ([*TRUTH, row(2)], (0, 0, 1), "key 2: 2 rows in the warehouse, 1 in truth"),
        (
            [row(1, name="Mallory", ticket_price=7), *TRUTH[1:]],
            (0, 0, 1),
            "key 1: other values in ticket_price, name",
        ),
        ([*TRUTH[:2], row(3)], (0, 0, 1), "key 3: other values in email_address"),
    ],
)
def test_every_difference_is_counted_and_described(
    table: list[Row], counts: tuple[int, int, int], text: str
) -> None:
    found = compare_rows(TRUTH, table)
    assert not found.equal
    assert (found.missing, found.unexpected, found.different) == counts
    assert found.first_differences == [text]


def test_the_list_is_short_and_the_counts_are_whole() -> None:
    found = compare_rows([row(n) for n in range(500)], [])
    assert found.missing == 500
    assert len(found.first_differences) == 20


def test_several_tables_are_compared_as_one_and_told_apart() -> None:
    lines = TrueTable("sales", "lines", ("order", "line", "amount"), (0, 1), [(1, "a", 5)])
    orders = TrueTable("sales", "orders", ("order",), (0,), [(1,), (2,)])
    found = compare([(lines, [(1, "a", 6), (1, "b", 5)]), (orders, [(1,)])])
    assert (found.expected_rows, found.found_rows) == (3, 3)
    assert (found.missing, found.unexpected, found.different) == (1, 1, 1)
    assert found.first_differences == [
        "lines, key 1, b should not be in the warehouse",
        "lines, key 1, a: other values in amount",
        "orders, key 2 is missing in the warehouse",
    ]
    assert compare([(lines, lines.rows), (orders, orders.rows)]).equal


def test_binary_values_are_compared_by_their_digits() -> None:
    parts = TrueTable("lab", "parts", ("part", "raw"), (0,), [(1, b"\x00\xff"), (2, b"\x01")])
    assert compare([(parts, [(1, "00ff"), (2, b"\x01")])]).equal
    assert compare([(parts, [(1, "00fe"), (2, "01")])]).different == 1
