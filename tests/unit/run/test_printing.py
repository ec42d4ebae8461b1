"""What a run prints of batches: every count once, in lines that fit."""

from __future__ import annotations

import io

import pytest

from connectors.accounts import DIMENSION
from infra.run.batches import Batch, DeadLetter
from infra.run.printing import Printer, describe
from infra.run.wide_rows import ChangedRows


def batch(loaded: dict[tuple[str, str], int], dead: int = 0, records: int = 1) -> Batch:
    return Batch("b", records, dead, 1.25, loaded)


@pytest.mark.parametrize(
    ("done", "changes", "line"),
    [
        (batch({("sale", "sales"): 1}), {"sales": ChangedRows(1)}, "sales: 1 row written (1.2 s)"),
        (
            batch({("sale", "sales"): 1_500}),
            {"sales": ChangedRows(1_498)},
            "sales: 1,498 rows written, 2 rows deleted (1.2 s)",
        ),
        (
            batch({("city", DIMENSION): 1}),
            {"sales": ChangedRows(0, 12), "returns": ChangedRows()},
            "sales: 12 rows changed with a dimension; changes of dimensions: city 1 (1.2 s)",
        ),
        (
            batch({("city", DIMENSION): 2, ("sale", "sales"): 3}),
            {},
            "sales: 3 rows written or deleted; changes of dimensions: city 2 (1.2 s)",
        ),
        (batch({}, dead=2), {"sales": ChangedRows()}, "2 dead letters (1.2 s)"),
        (batch({}, records=4), {}, "4 records, nothing to load (1.2 s)"),
    ],
)
def test_a_batch_is_a_line(done: Batch, changes: dict[str, ChangedRows], line: str) -> None:
    assert describe(done, changes) == line


def printed(done: Batch, changes: dict[str, ChangedRows], width: int = 60) -> list[str]:
    stream = io.StringIO()
    Printer(stream, width).print_batch(done, changes)
    return stream.getvalue().splitlines()


def test_changed_rows_are_shown_within_the_width() -> None:
    row = {"id": 7, "city": None, "remark": "a remark that does not fit into what is left of it"}
    changes = {"sales": ChangedRows(1, 5, (row, {"id": 8}, {"id": 9}))}
    lines = printed(batch({("sale", "sales"): 1}), changes)
    assert lines[1:] == [
        "          id = 7, city = null, remark = a remark that does",
        "            not fit into what is left of it",
        "          id = 8",
        "          id = 9",
        "          ... and 3 more rows",
    ]
    assert max(map(len, lines[1:])) <= 60


def test_rows_of_several_targets_bear_their_names() -> None:
    changes = {"sales": ChangedRows(1, 0, ({"id": 7},)), "returns": ChangedRows()}
    lines = printed(batch({("sale", "sales"): 1}), changes)
    assert lines[1:] == ["          sales: id = 7"]


def test_dead_letters_are_shown_with_their_reason() -> None:
    done = batch({}, dead=3)
    done.dead_letters.append(DeadLetter("sale", "too_long", "column city: 41 bytes", 2))
    done.dead_letters.append(DeadLetter("", "not_json", "no object", 1))
    assert printed(done, {}, 100)[1:] == [
        "          2 dead letters: table sale, too_long: column city: 41 bytes",
        "          1 dead letter: not_json: no object",
    ]


def test_several_batches_are_one_full_load() -> None:
    whole = Batch("full load")
    whole.add(batch({("sale", "sales"): 2}, records=5))
    whole.add(batch({("sale", "sales"): 1, ("city", DIMENSION): 1}, records=6))
    stream = io.StringIO()
    Printer(stream, 80).print_loaded(whole, 12.3)
    first, *others = stream.getvalue().splitlines()
    assert first.endswith("  the full load is in the warehouse: 11 records, after 12 s")
    assert others == ["          sales: 3 rows"]
