"""Merging changes of a dimension with columns that updates may leave out into what is known.

A row is its newest change, and each such column the newest change that has it: several registers
under one key, each with its own position, each of which only ever moves up. So the order in which
changes come does not matter, and a change that is older than the row may still bring a column.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.star import POSITION, set_position
from flink_app.decode.position import UNKNOWN

_STAYS: Final = -1


class Registers:
    """Positions by key: of the row, and of each column that changes may leave out."""

    def __init__(self, sparse: Sequence[str]) -> None:
        self.sparse = tuple(sparse)
        self._names = (POSITION, *(set_position(column) for column in self.sparse))
        self._known: dict[Hashable, list[str]] = {}

    def newer(self, keys: Sequence[Hashable], changes: pa.RecordBatch) -> dict[Hashable, list[int]]:
        """Takes the changes in; by key, from which change each register comes.

        The first register is the row. A register that stays is negative; keys of which everything
        stays are left out.
        """
        positions = [changes.column(name).to_pylist() for name in self._names]
        taken: dict[Hashable, list[int]] = {}
        for row, key in enumerate(keys):
            known = self._known.get(key)
            for register, column in enumerate(positions):
                if column[row] > (UNKNOWN if known is None else known[register]):
                    if known is None:
                        known = self._known[key] = [UNKNOWN] * len(positions)
                    known[register] = column[row]
                    taken.setdefault(key, [_STAYS] * len(positions))[register] = row
        return taken

    def merged(
        self, changes: pa.RecordBatch, stored: pa.RecordBatch, taken: dict[Hashable, list[int]]
    ) -> pa.RecordBatch:
        """The rows of the keys in `taken`, by the schema of `changes`.

        Args:
            changes: what `newer` was given.
            stored: what was known, a row for each key in the order of `taken`, NULL for nothing.
            taken: what `newer` gave.
        """
        registers = dict.fromkeys(changes.schema.names, 0)
        for number, column in enumerate(self.sparse, 1):
            registers[column] = registers[set_position(column)] = number
        sources = np.array([*taken.values()], np.int64)
        stays = np.arange(len(changes), len(changes) + len(taken))
        columns = []
        for name, register in registers.items():
            both = pa.concat_arrays([changes.column(name), stored.column(name)])
            row = sources[:, register]
            found = both.take(pa.array(np.where(row == _STAYS, stays, row)))
            columns.append(pc.fill_null(found, UNKNOWN) if name in self._names else found)
        return pa.RecordBatch.from_arrays(columns, schema=changes.schema)
