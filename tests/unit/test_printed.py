"""What the demo prints: tables that fit, and the rows of a comparison that failed."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from infra.local.example import Difference
from infra.local.printed import fit_tables, print_balance, print_difference, print_rows

COLUMNS = ["ticket_id", "sport_type", "location", "name", "email_address", "phone_number"]
ROWS = [
    (number, "Handball", "Arena 7, Zürich", f"Buyer {number} of Łódź", "a1" * 32, None)
    for number in range(1, 31)
]


class Example:
    """One target with two key columns."""

    class star:  # noqa: N801
        @staticmethod
        def key_columns(_: str) -> list[str]:
            return ["ticket_id", "sport_type"]

    def read_loaded(self, _: str) -> list[Any]:
        return ROWS

    def columns(self, _: str) -> list[str]:
        return COLUMNS


def console(width: int) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=width), stream


@pytest.mark.parametrize("width", [60, 80, 200])
def test_rows_fit_the_terminal_and_every_value_is_there(width: int) -> None:
    terminal, stream = console(width)
    print_rows(terminal, Example(), "activity")  # type: ignore[arg-type]
    printed = stream.getvalue()
    assert max(map(len, printed.splitlines())) <= width
    assert "activity: the first 6 of 30 rows" in printed
    for name in COLUMNS:
        assert name in printed
    assert printed.count("Buyer 6 of Łódź") == 1
    assert printed.count("a1" * 16) == 2 * 6, "folded, not cut"
    assert "Buyer 7 of" not in printed
    # What goes into a table of its own has the key before it.
    tables = printed.count("ticket_id")
    assert printed.count("sport_type") == tables
    assert (tables > 1) == (width < 200)


def test_a_table_of_keys_alone_is_one_table_and_nothing_is_none() -> None:
    assert len(list(fit_tables(["a"], [0], [(1,)], 80))) == 1
    assert list(fit_tables(["a", "b"], [0], [], 80)) == []


def test_rows_that_one_side_has_are_shown() -> None:
    terminal, stream = console(80)
    difference = Difference(only_in_warehouse=ROWS[:1], only_in_source=ROWS[1:9])
    print_difference(terminal, Example(), "activity", difference)  # type: ignore[arg-type]
    printed = stream.getvalue()
    assert "activity: only in the warehouse, 1 of 1" in printed
    assert "activity: only in the source, 6 of 8" in printed
    assert "Buyer 1 of Łódź" in printed
    terminal, stream = console(80)
    print_difference(terminal, Example(), "activity", Difference([], []))  # type: ignore[arg-type]
    assert stream.getvalue() == ""


def test_the_balance_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    class Line:
        table = destination = "sport_event_activity"
        read = split = loaded = superseded = dead_lettered = passed_over = 12_345
        difference = 0

    monkeypatch.setattr("infra.local.printed.rows", lambda *_: [])
    monkeypatch.setattr("infra.local.printed.balances", lambda _: [Line])
    terminal, stream = console(80)
    assert print_balance(terminal, None)  # type: ignore[arg-type]
    printed = stream.getvalue()
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("12,345") == 6
    assert "…" not in printed
