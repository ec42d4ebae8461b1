"""The declaration file: a star or snowflake schema as typed, validated models.

Owns the file's form and every rule that a declaration must keep. What follows from a valid one
(paths, schemas, SQL) is made from these models in the neighbouring modules.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from flink_app.declaration.types import ColumnType

# Lower case, since Redshift folds identifiers; no leading or double underscore, since hidden
# columns are named with them.
_IDENTIFIER: Final = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
Identifier = Annotated[str, StringConstraints(pattern=_IDENTIFIER, max_length=63)]
TOKEN_TYPE: Final = ColumnType("varchar", length=64)  # 32 bytes in hexadecimal
REDACTED: Final = "redacted"


class Treatment(enum.StrEnum):
    """What happens to a column's values in decode, before anything is stored or logged."""

    KEEP = "keep"
    TOKENISE = "tokenise"  # HMAC-SHA-256 with the application's key, 64 hexadecimal digits
    SHA256 = "sha256"  # unkeyed: anybody with a dictionary can reverse it
    MASK = "mask"  # every digit becomes *
    REDACT = "redact"  # the constant text "redacted"
    DROP = "drop"  # never leaves decode

    @property
    def keeps_identity(self) -> bool:
        """Whether distinct values stay distinct, so that a key may be treated this way."""
        return self in {Treatment.KEEP, Treatment.TOKENISE, Treatment.SHA256}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


_ColumnTypeField = Annotated[
    ColumnType,
    BeforeValidator(lambda value: ColumnType.parse(value) if isinstance(value, str) else value),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["integer", "decimal(12,2)", "varchar(100)"]}),
]


class Column(_Model):
    """One source column; a bare type in the file means `{type: ...}`."""

    type: _ColumnTypeField
    treatment: Treatment = Treatment.KEEP
    source: str | None = Field(None, description="the column's name in the source, if another")

    @property
    def stored_type(self) -> ColumnType:
        """The type after the treatment."""
        if self.treatment in {Treatment.TOKENISE, Treatment.SHA256}:
            return TOKEN_TYPE
        if self.treatment is Treatment.REDACT:
            return ColumnType("varchar", length=len(REDACTED))
        return self.type

    @model_validator(mode="after")
    def _text_is_masked(self) -> Self:
        if self.treatment in {Treatment.MASK, Treatment.REDACT} and self.type.name != "varchar":
            message = f"treatment {self.treatment} needs a varchar column, not {self.type}"
            raise ValueError(message)
        return self


def _column_shorthand(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


_DeclaredColumn = Annotated[
    Column,
    BeforeValidator(_column_shorthand, json_schema_input_type=Column | _ColumnTypeField),
]


class Reference(_Model):
    """Columns of the own table that hold the key of another."""

    table: Identifier
    columns: list[str] = Field(min_length=1, description="in the order of the other table's key")


class Table(_Model):
    """One source table, fact or dimension."""

    source: str | None = Field(None, description="the table's name in the source, if another")
    key: list[str] = Field(min_length=1)
    columns: dict[Identifier, _DeclaredColumn]
    references: dict[Identifier, Reference] = {}


class Target(_Model):
    """One wide table in Redshift: a fact table joined to the dimensions that it reaches."""

    fact: Identifier
    schema_name: Identifier = Field("public", alias="schema")
    columns: dict[Identifier, str] = Field(
        description="column -> the fact's column, or references and a column with dots between"
    )
    dist_key: str | None = None
    sort_key: list[str] = []


class Declaration(_Model):
    """A whole declaration file."""

    name: Identifier
    source_schema: str = Field(description="the schema name in the change records")
    tables: dict[Identifier, Table]
    targets: dict[Identifier, Target] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        _check_sources(self)
        for name, table in self.tables.items():
            _check_columns(name, table)
        for name, table in self.tables.items():
            _check_references(self, name, table)
        _check_no_cycle(self)
        for name, target in self.targets.items():
            _check_target(self, name, target)
        return self

    def follow(self, table: str, dotted: str) -> tuple[tuple[str, ...], str, str]:
        """Resolves `reference.reference.column` from `table`: (path, last table, column).

        Raises ValueError that names the part which does not exist.
        """
        *path, column = dotted.split(".")
        for step in path:
            references = self.tables[table].references
            if step not in references:
                message = f"{dotted!r}: table {table} has no reference {step!r}"
                raise ValueError(message)
            table = references[step].table
        if column not in self.tables[table].columns:
            message = f"{dotted!r}: table {table} has no column {column!r}"
            raise ValueError(message)
        return tuple(path), table, column


def _fail(where: str, what: str) -> None:
    message = f"{where}: {what}"
    raise ValueError(message)


def _check_sources(declaration: Declaration) -> None:
    """A record belongs to one table; a table that plays two parts has two references."""
    holders: dict[str, str] = {}
    for name, table in declaration.tables.items():
        source = table.source or name
        holder = holders.setdefault(source, name)
        if holder != name:
            _fail(f"tables {holder} and {name}", f"both read {source!r}")


def _check_columns(name: str, table: Table) -> None:
    readers: dict[str, str] = {}
    for column, declared in table.columns.items():
        source = declared.source or column
        reader = readers.setdefault(source, column)
        if table.columns[reader].type.arrow != declared.type.arrow:
            what = f"columns {reader} and {column} read {source!r} as different types"
            _fail(f"table {name}", what)
    for column in table.key:
        if column not in table.columns:
            _fail(f"table {name}", f"key column {column!r} is not declared")
        elif not table.columns[column].treatment.keeps_identity:
            _fail(f"table {name}", f"key column {column!r} must keep its values apart")


def _check_references(declaration: Declaration, name: str, table: Table) -> None:
    for reference_name, reference in table.references.items():
        where = f"table {name}, reference {reference_name}"
        other = declaration.tables.get(reference.table)
        if other is None:
            _fail(where, f"table {reference.table!r} is not declared")
            continue
        if len(reference.columns) != len(other.key):
            _fail(where, f"{reference.table} has a key of {len(other.key)} columns")
        for own, theirs in zip(reference.columns, other.key, strict=True):
            if own not in table.columns:
                _fail(where, f"column {own!r} is not declared")
            mine, key = table.columns[own], other.columns[theirs]
            if (mine.treatment, mine.stored_type.arrow) != (key.treatment, key.stored_type.arrow):
                _fail(where, f"{own} and {reference.table}.{theirs} differ in type or treatment")


def _check_no_cycle(declaration: Declaration) -> None:
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            _fail("references", f"{' -> '.join([*above, name])} is a cycle")
        if name not in done:
            for reference in declaration.tables[name].references.values():
                visit(reference.table, (*above, name))
            done.add(name)

    for name in declaration.tables:
        visit(name, ())


def _check_target(declaration: Declaration, name: str, target: Target) -> None:
    where = f"target {name}"
    if target.fact not in declaration.tables:
        _fail(where, f"fact table {target.fact!r} is not declared")
    direct = {
        dotted
        for column, dotted in target.columns.items()
        if not _check_target_column(declaration, target, f"{where}, column {column}", dotted)
    }
    for key in declaration.tables[target.fact].key:
        if key not in direct:
            _fail(where, f"the fact's key column {key!r} must be among the columns")
    for column in [*target.sort_key, *([target.dist_key] if target.dist_key else [])]:
        if column not in target.columns:
            _fail(where, f"dist or sort key {column!r} is not a column")
    for table_name, table in declaration.tables.items():
        if any(reference.table == target.fact for reference in table.references.values()):
            _fail(where, f"fact table {target.fact} is a dimension of {table_name}")


def _check_target_column(
    declaration: Declaration, target: Target, where: str, dotted: str
) -> tuple[str, ...]:
    """Checks one column and gives its path."""
    try:
        path, table, source = declaration.follow(target.fact, dotted)
    except ValueError as error:
        message = f"{where}: {error}"
        raise ValueError(message) from error
    if declaration.tables[table].columns[source].treatment is Treatment.DROP:
        _fail(where, f"{dotted} is dropped in decode")
    return path
