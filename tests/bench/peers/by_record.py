"""Record after record, as PyFlink's examples have it: a record is an element and a row is a dict.

It is spared what costs such jobs most: the dimensions are dicts that are read from files, not
state, and rows go to Parquet by the block.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pyflink.datastream import ProcessFunction, RuntimeContext

_OPERATIONS: Final = {"load", "insert", "update", "delete"}


@dataclass(frozen=True)
class _Fact:
    key: list[str]
    columns: list[tuple[str, str, Callable[[Any], Any]]]  # name, name in records, conversion
    targets: dict[str, Any]


class ByRecord(ProcessFunction):  # type: ignore[misc]
    """Records in; parts in a folder; nothing out. For stars whose facts are not treated.

    Args:
        case: its folder.
        parts: where parts go.
        part_rows: of each part.

    Attributes:
        bad_records: those that would be dead letters.
    """

    def __init__(self, case: Path, parts: Path, part_rows: int) -> None:
        self._case = case
        self._parts = parts
        self._part_rows = part_rows
        self.bad_records = 0

    def open(self, runtime_context: RuntimeContext) -> None:
        """Reads the star and the dimensions."""
        star = json.loads((self._case / "star.json").read_text())
        self._generation = star["generation"]
        self._facts = {
            (fact["schema"], fact["source"]): _Fact(
                fact["key"],
                [(c["name"], c["source"], _convert_by_type(c["type"])) for c in fact["columns"]],
                {n: t for n, t in star["targets"].items() if t["fact"] == table},
            )
            for table, fact in star["facts"].items()
        }
        self._dimensions = {
            name: {
                tuple(row[column] for column in key): row
                for row in pq.read_table(self._case / "tables" / name).to_pylist()
            }
            for name, key in star["dimensions"].items()
        }
        self._position, self._deleted = star["position"], star["deleted"]
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in star["targets"]}
        self._schemas = {
            name: pq.read_schema(self._case / "targets" / name) for name in star["targets"]
        }
        self._name = f"by-record-{runtime_context.get_index_of_this_subtask()}"
        self._written = 0

    def process_element(self, value: bytes, ctx: ProcessFunction.Context) -> Iterator[bytes]:  # noqa: ARG002
        """One record."""
        try:
            self._take(orjson.loads(value))
        except (ValueError, KeyError, TypeError):
            self.bad_records += 1
        yield from ()

    def _take(self, record: dict[str, Any]) -> None:
        metadata, data = record["metadata"], record["data"]
        fact = self._facts[metadata["schema-name"], metadata["table-name"]]
        operation = metadata["operation"]
        if metadata["record-type"] != "data" or operation not in _OPERATIONS:
            raise ValueError(operation)
        row = {name: convert(data.get(source)) for name, source, convert in fact.columns}
        if any(row[name] is None for name in fact.key):
            raise ValueError(fact.key)
        log = metadata["stream-position"]
        number = metadata["transaction-record-id"]
        row[self._position] = bytes.fromhex(
            f"{self._generation}{log[:8]}{log[9:17]}00000000{number:016x}"
        )
        row[self._deleted] = operation == "delete"
        for name, target in fact.targets.items():
            rows = {"": row}
            for lookup in target["lookups"]:
                parent = rows[lookup["parent"]]
                key = tuple(parent.get(column) for column in lookup["key"])
                rows[lookup["path"]] = self._dimensions[lookup["table"]].get(key, {})
            columns = target["columns"]
            self._rows[name].append({c["name"]: rows[c["path"]].get(c["source"]) for c in columns})
            if len(self._rows[name]) == self._part_rows:
                self._write(name)

    def _write(self, target: str) -> None:
        rows, self._rows[target] = self._rows[target], []
        name = f"{target}+{self._name}-{self._written}+{len(rows)}"
        self._written += 1
        path = self._parts / f"unfinished-{name}"
        pq.write_table(pa.Table.from_pylist(rows, self._schemas[target]), path)
        path.rename(self._parts / f"rows-{name}")


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _timestamp(value: Any) -> datetime | None:
    # Without its zone: all of them are in UTC.
    return None if value is None else datetime.fromisoformat(value.removesuffix("Z"))


def _convert_by_type(declared: str) -> Callable[[Any], Any]:
    convert: dict[str, Callable[[Any], Any]] = {
        "integer": _integer,
        "varchar": _text,
        "timestamp": _timestamp,
    }
    return convert[declared.partition("(")[0]]
