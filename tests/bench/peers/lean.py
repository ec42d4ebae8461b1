"""The least that pyarrow needs to make these rows, on one core: a floor, and no replacement.

    python -m tests.bench.peers.lean CASE TRIAL FIRST STEP BLOCKS

It takes every record for an insert of the fact with a position of PostgreSQL, and keys for single
whole numbers: what is otherwise would be wrong, or end it. Parts have 40 blocks.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

_PART_BLOCKS: Final = 40
_DISTINCT_BLOCKS: Final = 16
_SLASH: Final = 8  # where a log position has it
_LOG_DIGITS: Final = 17
_TYPES: Final = {"integer": pa.int32(), "timestamp": pa.timestamp("us"), "varchar": pa.string()}
_METADATA: Final = (
    "operation",
    "record-type",
    "table-name",
    "schema-name",
    "stream-position",
)


class _Index:
    """The rows of a dimension by its key."""

    def __init__(self, table: pa.Table, key: str) -> None:
        values = table.column(key).to_numpy()
        self._order = np.argsort(values)
        self._keys = values[self._order]
        self.columns = {name: table.column(name).combine_chunks() for name in table.column_names}

    def find(self, column: pa.Array) -> pa.Array:
        values = column.to_numpy(zero_copy_only=False)
        slots = np.minimum(np.searchsorted(self._keys, values), len(self._keys) - 1)
        if not (self._keys[slots] == values).all():
            message = "a fact refers to what is no dimension"
            raise LookupError(message)
        return pa.array(self._order[slots])


class Lean:
    """The path for one case.

    Args:
        case: its folder.
    """

    def __init__(self, case: Path) -> None:
        pa.set_cpu_count(1)
        star = json.loads((case / "star.json").read_text())
        ((self._fact),) = star["facts"].values()
        ((self.target, self._join),) = star["targets"].items()
        self._names = star["position"], star["deleted"]
        self._generation = bytes.fromhex(star["generation"])
        self._tables = {
            name: _Index(pq.read_table(case / "tables" / name), key)
            for name, (key,) in star["dimensions"].items()
        }
        columns = self._fact["columns"]
        data = pa.struct([(c["source"], _TYPES[c["type"].split("(")[0]]) for c in columns])
        metadata = pa.struct(
            [*((name, pa.string()) for name in _METADATA), ("transaction-record-id", pa.int64())]
        )
        self._options = pj.ParseOptions(
            explicit_schema=pa.schema([("data", data), ("metadata", metadata)]),
            unexpected_field_behavior="ignore",
        )

    def make_rows(self, lines: bytes) -> pa.Table:
        """The wide rows of a block."""
        options = pj.ReadOptions(use_threads=False, block_size=len(lines) + 1)
        table = pj.read_json(pa.BufferReader(lines), options, self._options).combine_chunks()
        data, metadata = (table.column(name).chunk(0) for name in ("data", "metadata"))
        for name, value in (
            ("operation", "insert"),
            ("table-name", self._fact["source"]),
            ("schema-name", self._fact["schema"]),
        ):
            if not pc.all(pc.equal(pc.struct_field(metadata, name), value)).as_py():
                message = f"a record whose {name} is not {value}"
                raise LookupError(message)
        columns = {c["name"]: pc.struct_field(data, c["source"]) for c in self._fact["columns"]}
        position, deleted = self._names
        columns[position] = self._make_positions(metadata)
        columns[deleted] = pa.array(np.zeros(len(table), np.bool_))
        rows: dict[str, dict[str, pa.Array]] = {"": columns}
        wanted: dict[str, set[str]] = {}
        for column in self._join["columns"]:
            wanted.setdefault(column["path"], set()).add(column["source"])
        for lookup in self._join["lookups"]:
            wanted.setdefault(lookup["parent"], set()).update(lookup["key"])
        for lookup in self._join["lookups"]:
            index = self._tables[lookup["table"]]
            slots = index.find(rows[lookup["parent"]][lookup["key"][0]])
            rows[lookup["path"]] = {
                name: index.columns[name].take(slots) for name in wanted[lookup["path"]]
            }
        return pa.table({c["name"]: rows[c["path"]][c["source"]] for c in self._join["columns"]})

    def _make_positions(self, metadata: pa.StructArray) -> pa.Array:
        log = pc.struct_field(metadata, "stream-position")
        _, offsets, text = log.buffers()
        starts = np.frombuffer(offsets, np.int32, len(log) + 1)[:-1]
        digits = np.frombuffer(text, np.uint8)[starts[:, None] + np.arange(_LOG_DIGITS)]
        if not (digits[:, _SLASH] == ord("/")).all():
            message = "a position that is not PostgreSQL's"
            raise LookupError(message)
        octets = np.zeros((len(log), 22), np.uint8)
        octets[:, :2] = np.frombuffer(self._generation, np.uint8)
        octets[:, 2:10] = _to_octets(np.delete(digits, _SLASH, axis=1))
        numbers = pc.struct_field(metadata, "transaction-record-id").to_numpy()
        octets[:, 14:] = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
        ends = np.arange(0, octets.size + 1, 22, dtype=np.int32)
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(octets)]
        return pa.BinaryArray.from_buffers(pa.binary(), len(log), buffers)


def _to_octets(digits: npt.NDArray[np.uint8]) -> Any:
    """Hexadecimal digits in upper case, two to a byte."""
    values = np.where(digits > ord("9"), digits - ord("A") + 10, digits - ord("0"))
    return values[:, 0::2] << 4 | values[:, 1::2]


def main() -> None:
    """Makes every STEP-th block into rows, and parts of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("trial", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("step", type=int)
    parser.add_argument("blocks", type=int)
    given = parser.parse_args()
    lean = Lean(given.case)
    tables: list[pa.Table] = []

    def write() -> None:
        rows = pa.concat_tables(tables)
        tables.clear()
        name = f"rows-{lean.target}+lean-{given.first}-{number}"
        path = given.trial / "staged" / name
        pq.write_table(rows, path, compression="snappy")
        path.rename(given.trial / "parts" / f"{name}+{len(rows)}")

    with (given.trial / "marks" / f"lean-{given.first}").open("w") as marks:
        for number in range(given.first, given.blocks, given.step):
            lines = (given.case / "lines" / str(number % _DISTINCT_BLOCKS)).read_bytes()
            tables.append(lean.make_rows(lines))
            if len(tables) == _PART_BLOCKS or number + given.step >= given.blocks:
                write()
            marks.write(f"{time.monotonic_ns()} {lines.count(10)}\n")


if __name__ == "__main__":
    main()
