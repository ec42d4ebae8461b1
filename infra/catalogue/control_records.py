"""Tables from DMS records: what `create-table` control records say, and what data records show.

A control record names columns, types and the primary key, but no foreign keys; what leads where is
guessed by names then.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flink_app.declaration.types import MAX_DECIMAL_DIGITS, MAX_VARCHAR_BYTES, ColumnType
from infra.catalogue.looks import (
    LONGEST_LOOKED_AT,
    LOOKED_AT_WITHIN,
    PATTERNS,
    WITHIN,
    Look,
)
from infra.catalogue.model import (
    Catalogue,
    CatalogueError,
    LeftOut,
    Sample,
    SourceColumn,
    SourceTable,
    TableName,
    TypeProposal,
    UniqueKey,
)
from infra.catalogue.postgresql_types import propose_endless, propose_sized_text

_WHOLE: Final = {
    **dict.fromkeys(("INT1", "UINT1", "INT2", "INT16"), "smallint"),
    **dict.fromkeys(("UINT2", "UINT16", "INT4", "INT32"), "integer"),
    # INT8 may count bytes or bits.
    **dict.fromkeys(("UINT4", "UINT32", "INT8", "INT64"), "bigint"),
    **dict.fromkeys(("UINT8", "UINT64"), "decimal(20,0)"),
}
_OTHERS: Final = {
    "REAL4": "real",
    "REAL8": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "varchar(20)",
    "DATETIME": "timestamp",
    "TIMESTAMP": "timestamp",
}
_SIZED: Final = frozenset({"STRING", "WSTRING"})
_TEXT: Final = frozenset({"CLOB", "NCLOB"})
_BYTES: Final = frozenset({"BLOB", "BYTES"})
_COMPILED: Final = {look: re.compile(pattern) for look, pattern in PATTERNS.items()}
_COMPILED_WITHIN: Final = re.compile(WITHIN)


@dataclass
class _Seen:
    """What the values of a column were, counted and forgotten."""

    values: int = 0
    longest: int = 0
    looks: Counter[Look] = field(default_factory=Counter)

    def look_at(self, value: object) -> None:
        """Counts one value."""
        if value is None:
            return
        text = value if isinstance(value, str) else json.dumps(value)
        self.values += 1
        self.longest = max(self.longest, len(text.encode("utf-8", "replace")))
        if len(text) <= LONGEST_LOOKED_AT:
            self.looks.update(look for look, p in _COMPILED.items() if p.search(text))
        if _COMPILED_WITHIN.search(text[:LOOKED_AT_WITHIN]):
            self.looks[Look.WITH_PERSON] += 1

    @property
    def sample(self) -> Sample:
        """The same without anything that a value says."""
        return Sample.from_counts(self.values, self.longest, self.looks)


@dataclass
class _Announced:
    """What the records of a file say of tables.

    Attributes:
        definitions: the newest of each table.
        without_details: tables whose announcement has no definition.
        values: of each table's columns.
    """

    definitions: dict[TableName, Mapping[str, Any]] = field(default_factory=dict)
    without_details: set[TableName] = field(default_factory=set)
    values: dict[TableName, dict[str, _Seen]] = field(default_factory=dict)

    def read(self, record: Mapping[str, Any]) -> None:
        """Takes what one record says."""
        metadata = record.get("metadata")
        if not isinstance(metadata, dict):
            return
        table = str(metadata.get("schema-name") or ""), str(metadata.get("table-name") or "")
        if metadata.get("operation") == "create-table":
            definition = _definition(record)
            if definition is None:
                self.without_details.add(table)
            else:
                self.definitions[table] = definition
        elif isinstance(data := record.get("data"), dict):
            columns = self.values.setdefault(table, {})
            for name, value in data.items():
                columns.setdefault(name, _Seen()).look_at(value)


def read_records(path: Path) -> Catalogue:
    """The tables that a file of records announces; the newest announcement of each counts.

    Raises CatalogueError where it cannot be read, or announces no table.
    """
    announced = _Announced()
    for record in _read_lines(path):
        announced.read(record)
    tables = [
        _table(name, definition, announced.values.get(name, {}))
        for name, definition in announced.definitions.items()
        if not _is_of_dms(name)
    ]
    if not tables:
        message = (
            f"{path} has no create-table control record with a definition: a task writes them when "
            "it starts, with IncludeControlDetails on its endpoint"
        )
        raise CatalogueError(message)
    return Catalogue(
        path.stem,
        f"the records of {path.name}",
        "",
        tuple(tables),
        {
            schema: frozenset(name for of, name in announced.definitions if of == schema)
            for schema, _ in announced.definitions
        },
        tuple(_left_out(announced)),
    )


def _left_out(announced: _Announced) -> Iterator[LeftOut]:
    for name in announced.definitions:
        if _is_of_dms(name):
            yield LeftOut(name[1], "it is a table of DMS itself")
    for name in sorted(announced.without_details - {*announced.definitions}):
        yield LeftOut(
            ".".join(name),
            "its create-table record has no details: set IncludeControlDetails on the endpoint",
        )


def _is_of_dms(name: TableName) -> bool:
    return name[1].startswith("awsdms_")


def _read_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = f"--records: {path} is not text in UTF-8: byte {error.start}"
        raise CatalogueError(message, is_of_arguments=True) from error
    except OSError as error:
        message = f"--records: {path} cannot be read: {error.strerror}"
        raise CatalogueError(message, is_of_arguments=True) from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            message = (
                f"--records: {path}, line {number}: no JSON object; write one record a line, as "
                "json-unformatted has them"
            )
            raise CatalogueError(message, is_of_arguments=True)
        yield record


def _definition(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The table's definition; None where the record has none."""
    control = record.get("control")
    definition = control.get("table-def") if isinstance(control, dict) else None
    if not isinstance(definition, dict) or not isinstance(definition.get("columns"), dict):
        return None
    return definition


def _table(
    name: TableName, definition: Mapping[str, Any], seen: Mapping[str, _Seen]
) -> SourceTable:
    columns = tuple(
        _column(column, described, seen.get(column))
        for column, described in definition["columns"].items()
        if isinstance(described, dict)
    )
    key = definition.get("primary-key")
    known = {column.name for column in columns}
    keys: tuple[UniqueKey, ...] = ()
    if isinstance(key, list) and key and known >= {*key}:
        keys = (UniqueKey("primary key", tuple(key), is_primary=True, identifies_changes=True),)
    return SourceTable(*name, columns, keys)


def _column(name: str, described: Mapping[str, Any], seen: _Seen | None) -> SourceColumn:
    sample = seen.sample if seen is not None else None
    announced = str(described.get("type", "")).upper()
    sizes = [described.get(size) for size in ("length", "precision", "scale")]
    length, precision, scale = (size if type(size) is int and size > 0 else 0 for size in sizes)
    longest = sample.longest if sample and sample.values else None
    return SourceColumn(
        name,
        announced or "a type that is not named",
        _propose(announced, (length, precision, scale), longest),
        is_nullable=described.get("nullable") is not False,
        sample=sample,
    )


def _propose(announced: str, sizes: tuple[int, int, int], longest: int | None) -> TypeProposal:
    length, precision, scale = sizes
    if written := _WHOLE.get(announced) or _OTHERS.get(announced):
        return TypeProposal(ColumnType.parse(written))
    if announced == "NUMERIC":
        return _propose_numeric(precision, scale)
    if announced in _SIZED | _TEXT:
        if 0 < length <= MAX_VARCHAR_BYTES and announced in _SIZED:
            return propose_sized_text("varchar", length, longest)
        return propose_endless(longest, "")
    if announced in _BYTES:
        return propose_endless(max(length, longest or 0) or None, "", type_name="varbyte")
    reason = f"the announced type {announced or 'is missing, and so'} is not known here"
    return TypeProposal(None, reason=reason)


def _propose_numeric(precision: int, scale: int) -> TypeProposal:
    if 0 < precision <= MAX_DECIMAL_DIGITS and scale <= precision:
        return TypeProposal(ColumnType("decimal", precision=precision, scale=scale))
    remark = "is announced without precision: these digits are a guess"
    return TypeProposal(ColumnType.parse("decimal(38,10)"), remark=remark)
