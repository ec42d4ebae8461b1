"""Sources written down by hand, for tests of what is proposed for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flink_app.declaration.types import ColumnType
from infra.catalogue.model import (
    Catalogue,
    ForeignKey,
    Sample,
    SourceColumn,
    SourceTable,
    TypeProposal,
    UniqueKey,
)

SCHEMA = "shop"


def column(
    name: str,
    written: str = "integer",
    *,
    lengths: tuple[int, ...] = (),
    is_nullable: bool = False,
    sample: Sample | None = None,
    collation: tuple[str, ...] = (),
    may_be_left_out: bool = False,
) -> SourceColumn:
    proposal = TypeProposal(ColumnType.parse(written), lengths)
    return SourceColumn(
        name,
        written,
        proposal,
        is_nullable=is_nullable,
        sample=sample,
        collation=collation,
        may_be_left_out=may_be_left_out,
    )


def table(
    name: str,
    columns: Sequence[SourceColumn],
    *,
    key: Sequence[str] = ("id",),
    to: Mapping[str, str] | None = None,
    rows: int | None = 1_000,
    schema: str = SCHEMA,
    foreign_keys: tuple[ForeignKey, ...] = (),
    partitions: Sequence[str] = (),
) -> SourceTable:
    """A table; `to` has the tables of which each column holds the key `id`."""
    leading = tuple(
        ForeignKey(f"{name}_{of}", (of,), schema, other, ("id",))
        for of, other in (to or {}).items()
    )
    return SourceTable(
        schema,
        name,
        tuple(columns),
        (UniqueKey(f"{name}_pkey", tuple(key), is_primary=True, identifies_changes=True),),
        (*leading, *foreign_keys),
        rows,
        partitions=tuple((schema, part) for part in partitions),
    )


def catalogue(*tables: SourceTable, names: Sequence[str] = ()) -> Catalogue:
    schemas = {each.schema for each in tables}
    known = {
        schema: frozenset([*(t.name for t in tables if t.schema == schema), *names])
        for schema in schemas
    }
    return Catalogue("shop", "database shop", "postgresql", tables, known)
