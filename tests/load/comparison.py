"""The warehouse's table against the true one, as multisets of rows.

Differences are described by keys and names of columns, never by values: they may be personal data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.load.figures import Comparison
from tests.load.model import WIDE_COLUMNS

_SHOWN: Final = 20
_Row = tuple[Any, ...]


def compare(expected: Iterable[_Row], found: Iterable[_Row]) -> Comparison:
    """Counts keys that are missing, that should not be there, or whose rows are not the same."""
    truth, table = _by_key(expected), _by_key(found)
    missing = sorted(truth.keys() - table.keys())
    unexpected = sorted(table.keys() - truth.keys())
    different = sorted(
        key
        for key in truth.keys() & table.keys()
        if sorted(truth[key], key=repr) != sorted(table[key], key=repr)
    )
    differences = [f"key {key} is missing in the warehouse" for key in missing]
    differences += [f"key {key} should not be in the warehouse" for key in unexpected]
    differences += [f"key {key}: {_how(truth[key], table[key])}" for key in different]
    return Comparison(
        equal=not differences,
        expected_rows=sum(map(len, truth.values())),
        found_rows=sum(map(len, table.values())),
        missing=len(missing),
        unexpected=len(unexpected),
        different=len(different),
        first_differences=differences[:_SHOWN],
    )


def _by_key(rows: Iterable[_Row]) -> dict[Any, list[_Row]]:
    found: dict[Any, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found


def _how(truth: Sequence[_Row], table: Sequence[_Row]) -> str:
    if len(truth) != 1 or len(table) != 1:
        return f"{len(table)} rows in the warehouse, {len(truth)} in truth"
    columns = [name for name, a, b in zip(WIDE_COLUMNS, truth[0], table[0], strict=True) if a != b]
    return f"other values in {', '.join(columns)}"
