"""A declaration that is still being made, with the comments that its parts will have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flink_app.declaration.model import REDACTED, TOKEN_TYPE, Placement, Treatment
from flink_app.declaration.types import ColumnType
from infra.catalogue.model import LeftOut, SourceColumn, SourceTable, TableName


@dataclass
class DraftColumn:
    """A column, as it will be declared.

    Attributes:
        shorter: lengths below that of its type that would do, from the longest.
        options: what is declared besides type, treatment and source.
        because: why it is treated as it is.
        remarks: sentences that stand above it.
        brief: words that stand behind it, of its length.
    """

    name: str
    source: SourceColumn
    type: ColumnType
    shorter: list[int] = field(default_factory=list)
    treatment: Treatment | None = None
    options: dict[str, Any] = field(default_factory=dict)
    because: str = ""
    remarks: list[str] = field(default_factory=list)
    brief: list[str] = field(default_factory=list)

    @property
    def is_dropped(self) -> bool:
        """Whether no target can show it."""
        return self.treatment is Treatment.DROP

    @property
    def stored_bytes(self) -> int:
        """What it adds to the width of a row, after its treatment."""
        if self.treatment in {Treatment.TOKENISE, Treatment.SHA256}:
            return TOKEN_TYPE.row_bytes
        return len(REDACTED) if self.treatment is Treatment.REDACT else self.type.row_bytes


@dataclass
class DraftReference:
    """A reference, as it will be declared; `columns` in the order of the other table's key."""

    name: str
    to: TableName
    columns: tuple[str, ...]  # as declared
    source_columns: tuple[str, ...]
    is_nullable: bool
    is_guessed: bool


@dataclass
class DraftTable:
    """A table, as it will be declared.

    Attributes:
        unused: references that no target follows; the file has them as comments.
    """

    name: str
    source: SourceTable
    key: list[str]
    columns: dict[str, DraftColumn]  # by name
    references: dict[str, DraftReference] = field(default_factory=dict)
    unused: dict[str, DraftReference] = field(default_factory=dict)
    placement: Placement = Placement.BROADCAST
    partitions: list[Any] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def id(self) -> TableName:
        """Schema and name in the source."""
        return self.source.full_name

    def column_of(self, source: str) -> DraftColumn | None:
        """The column that reads a source's column; None where that is left out."""
        return next((c for c in self.columns.values() if c.source.name == source), None)

    @property
    def compared(self) -> set[str]:
        """The columns whose values tell rows apart."""
        return {*self.key, *(c for r in self.references.values() for c in r.columns)}


@dataclass
class DraftTarget:
    """A target: its columns by name, and the paths that it follows or could follow."""

    name: str
    fact: TableName
    columns: dict[str, str] = field(default_factory=dict)
    paths: dict[tuple[str, ...], TableName] = field(default_factory=dict)
    not_followed: list[str] = field(default_factory=list)
    sort_key: list[str] = field(default_factory=list)


@dataclass
class Draft:
    """The whole, and what is not in it."""

    name: str
    positions: str
    tables: dict[TableName, DraftTable] = field(default_factory=dict)
    targets: list[DraftTarget] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, name: str, reason: str) -> None:
        """Something of the source is not declared."""
        self.left_out.append(LeftOut(name, reason))

    @property
    def source_schema(self) -> str:
        """The schema that most tables are in."""
        schemas = [table.source.schema for table in self.tables.values()]
        return max(sorted(set(schemas)), key=schemas.count)

    def content(self) -> dict[str, Any]:
        """What the file will say, as the declaration's models read it."""
        content: dict[str, Any] = {"name": self.name, "source_schema": self.source_schema}
        if self.positions:
            content["stream"] = {"positions": self.positions}
        content["tables"] = {table.name: self.table(table) for table in self.tables.values()}
        content["targets"] = {target.name: self.target(target) for target in self.targets}
        return content

    def table(self, table: DraftTable) -> dict[str, Any]:
        """What the file will say of a table."""
        content: dict[str, Any] = {}
        if table.source.name != table.name:
            content["source"] = table.source.name
        if table.source.schema != self.source_schema:
            content["source_schema"] = table.source.schema
        if table.partitions:
            content["partitions"] = table.partitions
        content["key"] = table.key
        if table.placement is not Placement.BROADCAST:
            content["placement"] = str(table.placement)
        content["columns"] = {c.name: self.column(c) for c in table.columns.values()}
        if table.references:
            content["references"] = {
                name: self.reference(reference) for name, reference in table.references.items()
            }
        return content

    def reference(self, reference: DraftReference) -> dict[str, Any]:
        """What the file will say of a reference."""
        return {"table": self.tables[reference.to].name, "columns": [*reference.columns]}

    @staticmethod
    def column(column: DraftColumn) -> str | dict[str, Any]:
        """What the file will say of a column."""
        content: dict[str, Any] = {"type": str(column.type)}
        if column.treatment is not None:
            content["treatment"] = str(column.treatment)
        content |= column.options
        if column.source.name != column.name:
            content["source"] = column.source.name
        return str(column.type) if len(content) == 1 else content

    def target(self, target: DraftTarget) -> dict[str, Any]:
        """What the file will say of a target."""
        content: dict[str, Any] = {
            "fact": self.tables[target.fact].name,
            "columns": dict(target.columns),
        }
        if target.sort_key:
            content["sort_key"] = target.sort_key
        return content


def full_name(table: TableName) -> str:
    """Schema and name with a dot between, as people write them."""
    return ".".join(table)
