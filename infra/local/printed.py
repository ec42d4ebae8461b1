"""What the demo prints of the warehouse: rows of the targets, batches, the balance."""

from __future__ import annotations

from typing import Final

from redshift_connector.core import Connection
from rich import box
from rich.console import Console
from rich.table import Table

from connectors.redshift.balance import balance_query, balances
from connectors.redshift.names import Names
from infra.local.example import Example
from infra.local.progress import batches, rows

_SHOWN_ROWS: Final = 12
_SHOWN_COLUMNS: Final = 14
_LONGEST_CELL: Final = 32  # a token of 64 digits takes two lines
_TABLE_WIDTH: Final = 250
_NAMED: Final = ("table", "destination")


def print_rows(console: Console, example: Example, target: str) -> None:
    """The first rows; what is too wide for one table goes into several, each with the key."""
    loaded = example.read_loaded(target)
    columns = example.columns(target)
    key = [columns.index(name) for name in example.star.key_columns(target)]
    others = [index for index in range(len(columns)) if index not in key]
    size = _SHOWN_COLUMNS - len(key)
    wide = _wide(console)
    for start in range(0, len(others), size):
        shown = [*key, *others[start : start + size]]
        if len(others) <= size:
            shown.sort()
        table = Table(
            title=f"{target}: the first {_SHOWN_ROWS} of {len(loaded):,} rows"
            if start == 0
            else f"{target}: the same rows, further columns",
            box=box.SIMPLE,
            padding=(0, 1, 0, 0),
        )
        for index in shown:
            table.add_column(columns[index], overflow="fold", max_width=_LONGEST_CELL)
        for row in loaded[:_SHOWN_ROWS]:
            table.add_row(*("" if row[n] is None else str(row[n]) for n in shown))
        wide.print(table)


def print_batches(console: Console, warehouse: Connection) -> None:
    """What each transaction loaded."""
    table = Table(title="Batches in the ledger")
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
    table = Table(title="read + split = loaded + superseded + dead letters + passed over")
    counted = ("read", "split", "loaded", "superseded", "dead_lettered", "passed_over")
    for name in ("table", "destination", *counted, "difference"):
        table.add_column(name.replace("_", " "), justify="left" if name in _NAMED else "right")
    for line in lines:
        counts = (getattr(line, name) for name in (*counted, "difference"))
        table.add_row(line.table, line.destination, *(f"{count:,}" for count in counts))
    _wide(console).print(table)
    return not any(line.difference for line in lines)


def _wide(console: Console) -> Console:
    """Wrapped lines are easier to read than cells of a few letters in a narrow terminal."""
    return Console(width=max(console.width, _TABLE_WIDTH), soft_wrap=True)
