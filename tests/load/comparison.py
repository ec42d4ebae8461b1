"""The warehouse's tables against the true ones, as multisets of rows.

Differences are described by keys and names of columns, never by values: they may be personal data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.load.changes import TrueTable
from tests.load.figures import Comparison

_SHOWN: Final = 20
_Row = tuple[Any, ...]


def compare(tables: Sequence[tuple[TrueTable, Iterable[_Row]]]) -> Comparison:
    """Counts keys that are missing, that should not be there, or whose rows are not the same.

    Each true table comes with the rows that the warehouse has.
    """
    each = [_compare_one(true, found, name=len(tables) > 1) for true, found in tables]
    return Comparison(
        equal=all(found.equal for found in each),
        expected_rows=sum(found.expected_rows for found in each),
        found_rows=sum(found.found_rows for found in each),
        missing=sum(found.missing for found in each),
        unexpected=sum(found.unexpected for found in each),
        different=sum(found.different for found in each),
        first_differences=[text for found in each for text in found.first_differences][:_SHOWN],
    )


def _compare_one(true: TrueTable, found: Iterable[_Row], *, name: bool) -> Comparison:
    truth, table = _by_key(true, true.rows), _by_key(true, found)
    # Keys may have several types, or be null where somebody else has written: by their text.
    missing = sorted(truth.keys() - table.keys(), key=repr)
    unexpected = sorted(table.keys() - truth.keys(), key=repr)
    different = sorted(
        (
            key
            for key in truth.keys() & table.keys()
            if sorted(truth[key], key=repr) != sorted(table[key], key=repr)
        ),
        key=repr,
    )
    of = f"{true.name}, " if name else ""
    differences = [f"{of}key {_show(key)} is missing in the warehouse" for key in missing]
    differences += [f"{of}key {_show(key)} should not be in the warehouse" for key in unexpected]
    differences += [
        f"{of}key {_show(key)}: {_how(true.columns, truth[key], table[key])}" for key in different
    ]
    return Comparison(
        equal=not differences,
        expected_rows=sum(map(len, truth.values())),
        found_rows=sum(map(len, table.values())),
        missing=len(missing),
        unexpected=len(unexpected),
        different=len(different),
        first_differences=differences[:_SHOWN],
    )


def _by_key(true: TrueTable, rows: Iterable[_Row]) -> dict[_Row, list[_Row]]:
    found: dict[_Row, list[_Row]] = defaultdict(list)
    for given in rows:
        row = tuple(map(_as_shown, given))
        found[tuple(row[place] for place in true.key)].append(row)
    return found


def _as_shown(value: Any) -> Any:
    """Binary values by their digits, as the driver gives those of `varbyte`."""
    return value.hex() if isinstance(value, bytes) else value


def _show(key: _Row) -> str:
    return ", ".join(map(str, key))


def _how(columns: Sequence[str], truth: Sequence[_Row], table: Sequence[_Row]) -> str:
    if len(truth) != 1 or len(table) != 1:
        return f"{len(table)} rows in the warehouse, {len(truth)} in truth"
    others = [name for name, a, b in zip(columns, truth[0], table[0], strict=True) if a != b]
    return f"other values in {', '.join(others)}"
