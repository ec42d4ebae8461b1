"""Record after record, as PyFlink's examples have it: a record is an element and a row is a dict.

`JoinBesideState` has the dimensions in broadcast state, as a job must that follows their changes
and survives a restart. `ByRecord` is spared that: they are dicts that are read from files. Rows of
both go to Parquet by the block.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pyflink.common import Types
from pyflink.datastream import (
    BroadcastProcessFunction,
    OutputTag,
    ProcessFunction,
    RuntimeContext,
)
from pyflink.datastream.state import MapStateDescriptor

# A dimension's row beside its table's name.
DIMENSIONS: Final = OutputTag("dimensions", Types.PICKLED_BYTE_ARRAY())
_KEY_SEPARATOR: Final = "\x1f"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OPERATIONS: Final = {"load", "insert", "update", "delete"}


Row = dict[str, Any]
Find = Callable[[str, tuple[Any, ...]], Row | None]


@dataclass(frozen=True)
class _Table:
    name: str
    key: list[str]
    # Name, name in records, conversion.
    columns: list[tuple[str, str, Callable[[Any], Any]]]
    is_fact: bool


class BadRecordError(ValueError):
    """A record that would be a dead letter."""


class Records:
    """Reads records of the tables of a star, and treats dimensions.

    Args:
        star: what `star.json` holds.
    """

    def __init__(self, star: Mapping[str, Any]) -> None:
        self._generation = star["generation"]
        self._position, self._deleted = star["position"], star["deleted"]
        token_key = bytes.fromhex(star["token_key"])
        self._tables = {
            (table["schema"], table["source"]): _Table(
                name,
                table["key"],
                [(c["name"], c["source"], _convert(c, token_key)) for c in table["columns"]],
                name in star["facts"],
            )
            for name, table in (star["facts"] | star["dimension_tables"]).items()
        }

    def read(self, value: bytes) -> tuple[_Table, Row]:
        """The row of one record. Raises BadRecordError."""
        try:
            return self._read(orjson.loads(value))
        except (ValueError, KeyError, TypeError):
            raise BadRecordError from None

    def _read(self, record: dict[str, Any]) -> tuple[_Table, Row]:
        metadata, data = record["metadata"], record["data"]
        table = self._tables[metadata["schema-name"], metadata["table-name"]]
        operation = metadata["operation"]
        if metadata["record-type"] != "data" or operation not in _OPERATIONS:
            raise ValueError(operation)
        row = {name: convert(data.get(source)) for name, source, convert in table.columns}
        if any(row[name] is None for name in table.key):
            raise ValueError(table.key)
        row[self._position] = self._position_of(metadata)
        row[self._deleted] = operation == "delete"
        return table, row

    def _position_of(self, metadata: dict[str, Any]) -> bytes:
        if metadata["operation"] == "load":
            read_at = datetime.fromisoformat(metadata["timestamp"])
            number = (read_at - _EPOCH) // timedelta(microseconds=1)
            return bytes.fromhex(f"{self._generation}{0:024x}{number:016x}")
        log = metadata["stream-position"]
        number = metadata["transaction-record-id"]
        return bytes.fromhex(f"{self._generation}{log[:8]}{log[9:17]}00000000{number:016x}")


class WideRows:
    """Joins rows of facts, and writes them by the block.

    Args:
        case: its folder.
        parts: where parts go.
        part_rows: of each part.
        subtask: whose parts they are.
    """

    def __init__(self, case: Path, parts: Path, part_rows: int, subtask: int) -> None:
        self._targets = read_star(case)["targets"]
        self._parts = parts
        self._part_rows = part_rows
        self._rows: dict[str, list[Row]] = {name: [] for name in self._targets}
        self._schemas = {name: pq.read_schema(case / "targets" / name) for name in self._targets}
        self._name = f"by-record-{subtask}"
        self._written = 0

    def add(self, fact: str, row: Row, find: Find) -> None:
        """Joins one row; `find` gives a dimension's row by table and key."""
        for name, target in self._targets.items():
            if target["fact"] != fact:
                continue
            rows = {"": row}
            for lookup in target["lookups"]:
                parent = rows[lookup["parent"]]
                key = tuple(parent.get(column) for column in lookup["key"])
                rows[lookup["path"]] = find(lookup["table"], key) or {}
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


def read_star(case: Path) -> dict[str, Any]:
    """What `star.json` of a case holds."""
    star: dict[str, Any] = json.loads((case / "star.json").read_text())
    return star


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
        star = read_star(self._case)
        self._records = Records(star)
        self._dimensions = {
            name: {
                tuple(row[column] for column in key): row
                for row in pq.read_table(self._case / "tables" / name).to_pylist()
            }
            for name, key in star["dimensions"].items()
        }
        subtask = runtime_context.get_index_of_this_subtask()
        self._rows = WideRows(self._case, self._parts, self._part_rows, subtask)

    def process_element(self, value: bytes, ctx: ProcessFunction.Context) -> Iterator[bytes]:  # noqa: ARG002
        """One record."""
        try:
            table, row = self._records.read(value)
        except BadRecordError:
            self.bad_records += 1
        else:
            self._rows.add(table.name, row, self._find)
        yield from ()

    def _find(self, table: str, key: tuple[Any, ...]) -> Row | None:
        return self._dimensions[table].get(key)


class ReadRecord(ProcessFunction):  # type: ignore[misc]
    """Records in; rows of facts beside their tables' names out, those of dimensions aside."""

    def __init__(self, case: Path) -> None:
        self._case = case
        self.bad_records = 0

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: ARG002
        """Reads the star."""
        self._records = Records(read_star(self._case))

    def process_element(self, value: bytes, ctx: ProcessFunction.Context) -> Iterator[Any]:  # noqa: ARG002
        """One record."""
        try:
            table, row = self._records.read(value)
        except BadRecordError:
            self.bad_records += 1
            return
        if table.is_fact:
            yield table.name, row
        else:
            yield DIMENSIONS, (table.name, _key_text(row[column] for column in table.key), row)


def dimension_states() -> MapStateDescriptor:
    """Broadcast state: rows by table and key."""
    return MapStateDescriptor("dimensions", Types.STRING(), Types.PICKLED_BYTE_ARRAY())


class JoinBesideState(BroadcastProcessFunction):  # type: ignore[misc]
    """Rows of facts in, those of dimensions broadcast; parts in a folder; nothing out.

    It says how many rows of dimensions it has by a file in the folder, once it has all.
    """

    def __init__(self, case: Path, parts: Path, part_rows: int) -> None:
        self._case = case
        self._parts = parts
        self._part_rows = part_rows

    def open(self, runtime_context: RuntimeContext) -> None:
        """Reads the star."""
        self._descriptor = dimension_states()
        self._awaited = self._known = read_star(self._case)["dimension_rows"]
        self._subtask = runtime_context.get_index_of_this_subtask()
        self._rows = WideRows(self._case, self._parts, self._part_rows, self._subtask)

    def process_element(
        self, value: Any, ctx: BroadcastProcessFunction.ReadOnlyContext
    ) -> Iterator[bytes]:
        """One row of a fact."""
        state = ctx.get_broadcast_state(self._descriptor)
        fact, row = value
        find: Find = lambda table, key: state.get(_state_key(table, _key_text(key)))  # noqa: E731
        self._rows.add(fact, row, find)
        yield from ()

    def process_broadcast_element(
        self, value: Any, ctx: BroadcastProcessFunction.Context
    ) -> Iterator[bytes]:
        """One row of a dimension."""
        table, key, row = value
        ctx.get_broadcast_state(self._descriptor).put(_state_key(table, key), row)
        self._awaited -= 1
        if not self._awaited:
            (self._parts / f"patches-{self._subtask}+{self._known}").touch()
        yield from ()


def _key_text(values: Iterable[Any]) -> str:
    return _KEY_SEPARATOR.join(map(str, values))


def _state_key(table: str, key: str) -> str:
    return f"{table}{_KEY_SEPARATOR}{key}"


def _convert(column: Mapping[str, str], token_key: bytes) -> Callable[[Any], Any]:
    by_type = _convert_by_type(column["type"])
    treat: dict[str, Callable[[str], str]] = {
        "keep": lambda text: text,
        "tokenise": lambda text: hmac.digest(token_key, text.encode(), hashlib.sha256).hex(),
        "mask": lambda text: re.sub("[0-9]", "*", text),
    }
    treatment = treat[column["treatment"]]
    if column["treatment"] == "keep":
        return by_type
    return lambda value: None if value is None else treatment(by_type(value))


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _date(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


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
        "decimal": _decimal,
        "date": _date,
        "varchar": _text,
        "timestamp": _timestamp,
    }
    return convert[declared.partition("(")[0]]
