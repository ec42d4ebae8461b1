"""What the demo prints of the warehouse: rows of the targets, batches, the balance.

Every table fits the terminal, or 80 columns where the output goes to a pipe or a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from redshift_connector.core import Connection
from rich import box
from rich.console import Console
from rich.table import Table

from connectors.redshift.balance import balance_query, balances
from connectors.redshift.names import Names
from infra.local.example import Difference, Example
from infra.local.progress import batches, rows

_SHOWN_ROWS: Final = 6
_LONGEST_CELL: Final = 32  # a token of 64 digits takes two lines
_PADDING: Final = 2  # of a column: before it and behind it
_EDGES: Final = 2
# Columns of the balance; names in two lines leave room for tables' names in 80 columns.
_COUNTED: Final = {
    "read": "read",
    "split": "split",
    "loaded": "loaded",
    "superseded": "super-\nseded",
    "dead_lettered": "dead\nletters",
    "passed_over": "passed\nover",
    "difference": "differ-\nence",
}


def print_rows(console: Console, example: Example, target: str) -> None:
    """The first rows; what is too wide for one table goes into several, each with the key."""
    loaded = example.read_loaded(target)
    columns = example.columns(target)
    key = [columns.index(name) for name in example.star.key_columns(target)]
    shown = loaded[:_SHOWN_ROWS]
    counted = f"the first {len(shown)} of {len(loaded):,} rows" if len(loaded) > len(shown) else (
        f"{len(loaded):,} row{'' if len(loaded) == 1 else 's'}"
    )  # fmt: skip
    for number, table in enumerate(fit_tables(columns, key, shown, console.width)):
        table.title = f"{target}: {'the same rows, further columns' if number else counted}"
        console.print(table)


def print_difference(
    console: Console, example: Example, target: str, difference: Difference
) -> None:
    """Rows that only one side has, the first of each: those of one key stand beside each other."""
    columns = example.columns(target)
    key = [columns.index(name) for name in example.star.key_columns(target)]
    for side, side_rows in (
        ("the warehouse", difference.only_in_warehouse),
        ("the source", difference.only_in_source),
    ):
        shown = sorted(side_rows, key=lambda row: repr([row[n] for n in key]))[:_SHOWN_ROWS]
        for number, table in enumerate(fit_tables(columns, key, shown, console.width)):
            further = ", further columns" if number else ""
            table.title = f"{target}: only in {side}, {len(shown)} of {len(side_rows):,}{further}"
            console.print(table)


def fit_tables(
    columns: Sequence[str], key: Sequence[int], shown: Sequence[Sequence[Any]], width: int
) -> Iterator[Table]:
    """Tables of rows, each at most `width` characters wide; without rows none.

    `key` are the places of the columns that every table has.
    """
    texts = [["" if value is None else str(value) for value in row] for row in shown]
    if not texts:
        return
    wide = [
        min(max(len(name), *(len(row[n]) for row in texts)), _LONGEST_CELL) + _PADDING
        for n, name in enumerate(columns)
    ]
    others = [n for n in range(len(columns)) if n not in key]
    is_first = True
    while others or is_first:
        is_first = False
        taken = [*key, *others[:1]]
        del others[:1]
        while others and sum(wide[n] for n in [*taken, others[0]]) <= width - _EDGES:
            taken.append(others.pop(0))
        table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
        for n in taken:
            table.add_column(columns[n], overflow="fold", max_width=_LONGEST_CELL)
        for row in texts:
            table.add_row(*(row[n] for n in taken))
        yield table


def print_batches(console: Console, warehouse: Connection) -> None:
    """What each transaction loaded."""
    table = Table(title="Batches in the ledger", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in ("batch", "epochs", "parts", "fact changes", "patches", "dead letters", "bytes"):
        table.add_column(name, justify="left" if name == "batch" else "right")
    for batch in batches(warehouse):
        epochs = f"{batch['first_epoch']} to {batch['last_epoch']}"
        counts = (batch[n] for n in ("parts", "fact_rows", "patches", "dead_letters", "bytes"))
        table.add_row(batch["batch"][:12], epochs, *(f"{int(count):,}" for count in counts))
    console.print(table)


def print_balance(console: Console, warehouse: Connection) -> bool:
    """What became of each table's records; whether all of them are accounted for."""
    lines = balances(rows(warehouse, balance_query(Names("starjoin"))))
    table = Table(
        title="read + split = loaded + superseded + dead letters + passed over",
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
    )
    table.add_column("table, destination", overflow="fold")
    for head in _COUNTED.values():
        table.add_column(head, justify="right")
    for line in lines:
        name = line.table + (f"\n→ {line.destination}" if line.destination else "")
        table.add_row(name, *(f"{getattr(line, counted):,}" for counted in _COUNTED))
    console.print(table)
    return not any(line.difference for line in lines)
