"""A source as a model: tables, and what happens to their rows, one change after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import yaml
from hypothesis import strategies as st

from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from tests.unit.decode.round_trips.kinds import KINDS, Kind
from tests.unit.decode.round_trips.settings import Settings
from tests.unit.stars import star

SCHEMA: Final = "Source"
# What Arrow, JSON paths, SQL and shells give a meaning; a source may call a column so.
ODD_NAMES: Final = (
    *(".x", "x.y", "..", "[0]", "x[0]", "a b", " a", "a ", 'q"q', "q'q", "\\", "\\u0041"),
    *("/a/b", "/data/x", "_doc", "metadata", "$", "*", "%", "a,b", "\n", "\t", "\x85", "\u2028"),
    *("\ufeffx", "é", "e\u0301", "\U0001f600", "x" * 300, "Column(/data/k) changed from x"),
)
Row = dict[str, Any]
_KEY_KINDS: Final = [kind for kind in KINDS if kind.may_be_key]


@dataclass(frozen=True)
class Table:
    """A table: its columns in order, and the columns of its key."""

    name: str
    columns: dict[str, Kind]
    key: tuple[str, ...]
    sources: dict[str, str]  # what the source calls a column, if something else

    def source(self, column: str) -> str:
        """What the source calls a column."""
        return self.sources.get(column, column)

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """The values of the key."""
        return tuple(row[column] for column in self.key)


@dataclass(frozen=True)
class Change:
    """What happened to one row. `transaction` is 0 for a load, which precedes everything else."""

    table: Table
    operation: str
    old: Row | None
    new: Row | None
    transaction: int
    number: int  # within the transaction


@st.composite
def tables(draw: st.DrawFn) -> list[Table]:
    """One to three tables whose columns have the same names, so that types meet."""
    return [draw(_table(f"t{number}")) for number in range(draw(st.integers(1, 3)))]


@st.composite
def _table(draw: st.DrawFn, name: str) -> Table:
    keys = draw(st.lists(st.sampled_from(_KEY_KINDS), min_size=1, max_size=3))
    others = draw(st.lists(st.sampled_from(KINDS), max_size=6))
    kinds = [*keys, *others]
    names = draw(st.permutations([f"c{number}" for number in range(len(kinds))]))
    columns = dict(sorted(zip(names, kinds, strict=True)))
    odd = draw(st.lists(st.sampled_from(ODD_NAMES), max_size=len(names), unique=True))
    return Table(name, columns, tuple(names[: len(keys)]), dict(zip(names, odd, strict=False)))


def plan_of(of: list[Table], settings: Settings) -> DecodePlan:
    """A declaration of the tables, each a fact under a name of its own, as a plan."""
    declared = {
        "name": "model",
        "source_schema": SCHEMA,
        "stream": settings.stream,
        "tables": {
            f"of_{table.name}": {
                "source": table.name,
                "key": list(table.key),
                "columns": {
                    name: _declared(kind) | {"source": table.source(name)}
                    for name, kind in table.columns.items()
                },
            }
            for table in of
        },
        "targets": {
            f"wide_{table.name}": {
                "fact": f"of_{table.name}",
                "columns": {name: name for name in table.columns},
            }
            for table in of
        },
    }
    return DecodePlan(star(yaml.safe_dump(declared)), Generations(3))


def _declared(kind: Kind) -> dict[str, str]:
    return kind.declared if isinstance(kind.declared, dict) else {"type": kind.declared}


@st.composite
def histories(draw: st.DrawFn, of: list[Table]) -> list[Change]:
    """Loads, then transactions of inserts, updates, changes of keys and deletes."""
    rows: dict[str, dict[tuple[Any, ...], Row]] = {table.name: {} for table in of}
    found: list[Change] = []
    for number in range(draw(st.integers(0, 5))):
        table = draw(st.sampled_from(of))
        row = draw(_row(table))
        if table.key_of(row) not in rows[table.name]:
            rows[table.name][table.key_of(row)] = row
            found.append(Change(table, "load", None, row, 0, number))
    for transaction in range(1, draw(st.integers(0, 5)) + 1):
        for number in range(draw(st.integers(1, 4))):
            table = draw(st.sampled_from(of))
            if change := draw(_change(table, rows[table.name], transaction, number)):
                found.append(change)
    return found


@st.composite
def _change(
    draw: st.DrawFn, table: Table, rows: dict[tuple[Any, ...], Row], transaction: int, number: int
) -> Change | None:
    """One change, which `rows` then has; None where the key that was drawn is taken."""
    operation = draw(st.sampled_from(["insert", "update", "move", "delete"])) if rows else "insert"
    drawn = draw(_row(table))
    old = None if operation == "insert" else rows[draw(st.sampled_from(sorted(rows, key=repr)))]
    new: Row | None = drawn
    if operation == "delete":
        new = None
    elif operation == "update" and old is not None:
        new = drawn | {column: old[column] for column in table.key}
    elif operation == "move" and old is not None:
        stays = draw(st.sets(st.sampled_from(table.key)))  # some of a key may not change
        new = drawn | {column: old[column] for column in stays}
    if old is not None:
        del rows[table.key_of(old)]
    if new is not None and table.key_of(new) in rows:
        if old is not None:
            rows[table.key_of(old)] = old
        return None
    if new is not None:
        rows[table.key_of(new)] = new
    recorded = "update" if operation == "move" else operation
    return Change(table, recorded, old, new, transaction, number)


@st.composite
def _row(draw: st.DrawFn, table: Table) -> Row:
    return {
        name: draw(kind.values if name in table.key else st.none() | kind.values)
        for name, kind in table.columns.items()
    }
