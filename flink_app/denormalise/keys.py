"""Keys of rows by columns, and the 64-bit numbers that they are looked up by.

A key of one integer column is its own code. Of any other key the code is Python's hash. Keys with
equal codes may differ, so whoever finds a code compares the key. Of text the hash is seeded in
every process, so that nobody can choose keys of equal codes, which would only cost time.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.records.arrays import Mask, Rows, to_mask

Codes = npt.NDArray[np.int64]

# Below about this many values the fixed cost of going by numpy is higher.
_FEW: Final = 32


class Keys:
    """The keys of some rows.

    Args:
        columns: one or more, in the order of the key's columns.
    """

    def __init__(self, columns: Sequence[pa.Array]) -> None:
        self.columns = tuple(columns)

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def is_exact(self) -> bool:
        """Whether equal codes are equal keys."""
        return are_exact([column.type for column in self.columns])

    @cached_property
    def values(self) -> list[Hashable]:
        """Plain values for a key of one column, tuples for more."""
        lists = [_values(column) for column in self.columns]
        return lists[0] if len(lists) == 1 else list(zip(*lists, strict=True))

    @cached_property
    def codes(self) -> Codes:
        """The code of each key; any number where a key of one integer column is NULL."""
        if not self.is_exact:
            return np.fromiter(map(hash, self.values), np.int64, len(self))
        column = self.columns[0]
        numbers = pc.fill_null(column, 0) if column.null_count else column
        codes: Codes = numbers.to_numpy().astype(np.int64, copy=False)
        return codes

    @property
    def absent(self) -> Mask | None:
        """Where a key of one integer column is NULL; None where none is, and for other keys."""
        column = self.columns[0]
        if not self.is_exact or not column.null_count:
            return None
        is_null: Mask = column.is_null().to_numpy(zero_copy_only=False)
        return is_null

    def take(self, rows: Rows) -> Keys:
        """The keys at `rows`, in that order."""
        indices = pa.array(rows)
        taken = Keys([column.take(indices) for column in self.columns])
        if "codes" in self.__dict__:
            taken.__dict__["codes"] = self.codes[rows]
        return taken

    def find_equal(self, others: Sequence[pa.Array]) -> Mask:
        """Where the key equals that of the other columns; NULL equals nothing."""
        equal = [
            pc.equal(column, other) for column, other in zip(self.columns, others, strict=True)
        ]
        masks = [to_mask(condition) for condition in equal]
        is_equal: Mask = np.logical_and.reduce(masks)
        return is_equal

    def number_equal(self) -> Codes:
        """Numbers that are equal where keys are."""
        if self.is_exact:
            return self.codes
        order = np.argsort(self.codes, kind="stable")
        sorted_codes = self.codes[order]
        again = np.flatnonzero(sorted_codes[1:] == sorted_codes[:-1])
        if not len(again):
            return self.codes
        first, second = pa.array(order[again]), pa.array(order[again + 1])
        pair = Keys([column.take(second) for column in self.columns])
        if pair.find_equal([column.take(first) for column in self.columns]).all():
            return self.codes
        numbers: dict[Hashable, int] = {}
        distinct = (numbers.setdefault(key, len(numbers)) for key in self.values)
        return np.fromiter(distinct, np.int64, len(self))


def are_exact(types: Sequence[pa.DataType]) -> bool:
    """Whether keys of columns of these types are their own codes."""
    return len(types) == 1 and pa.types.is_integer(types[0])


def _values(column: pa.Array) -> list[Hashable]:
    """As `to_pylist`, which takes several times as long for the usual types of keys."""
    kind = column.type
    plain = pa.types.is_string(kind) or (pa.types.is_integer(kind) and not column.null_count)
    if plain and len(column) > _FEW:
        values: list[Hashable] = column.to_numpy(zero_copy_only=False).tolist()
        return values
    return list(column.to_pylist())
