"""The parts of a declaration file as typed models, each valid in itself.

`rules` owns what the parts must be to each other, `declaration` the whole that keeps those rules.
What follows from a valid declaration (paths, schemas, SQL) is derived in the neighbouring modules.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
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
from flink_app.validation.without_null import WithoutNull

# Lower case, since Redshift folds identifiers; no leading or double underscore, since hidden
# columns are named with them.
_IDENTIFIER: Final = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
Identifier = Annotated[str, StringConstraints(pattern=_IDENTIFIER, max_length=63)]
# What an error says in place of a pattern.
PATTERN_WORDS: Final = {
    _IDENTIFIER: (
        "a name starts with a lower-case letter, has only a-z, 0-9 and single underscores, and "
        "does not end in one"
    )
}


def _check_source_text(name: str) -> str:
    """Refuses what no record can hold as a name."""
    if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):
        message = "a name in the source cannot contain NUL or an unpaired surrogate"
        raise ValueError(message)
    return name


# As the change records write them, which may be any text: dots, blanks and quotes mean nothing.
SourceText = Annotated[str, AfterValidator(_check_source_text)]
SourceName = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_source_text)]
TOKEN_TYPE: Final = ColumnType("varchar", length=64)  # 32 bytes in hexadecimal
REDACTED: Final = "redacted"
_ENVELOPE: Final = ("data", "metadata", "control", "starjoin-replay")


class Treatment(enum.StrEnum):
    """What happens to a column's values in decode, before anything is stored or logged."""

    KEEP = "keep"
    TOKENISE = "tokenise"  # HMAC-SHA-256 with the application's key, 64 hexadecimal digits
    SHA256 = "sha256"  # unkeyed: anybody with a dictionary can reverse it
    MASK = "mask"  # every decimal digit becomes *; letters and punctuation stay
    MASK_TEXT = "mask_text"  # all but punctuation and white space becomes *
    REDACT = "redact"  # the constant text "redacted"
    DROP = "drop"  # never leaves decode

    @property
    def keeps_identity(self) -> bool:
        """Whether distinct values stay distinct, so that a key may be treated this way."""
        return self in {Treatment.KEEP, Treatment.TOKENISE, Treatment.SHA256}

    @property
    def makes_text(self) -> bool:
        """Whether the values after it are text that is made from text, no longer than it was."""
        return self in {Treatment.MASK, Treatment.MASK_TEXT, Treatment.REDACT}

    @property
    def drops(self) -> bool:
        """Whether no value leaves decode."""
        return self is Treatment.DROP


class _Model(WithoutNull, BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _column_type(value: Any) -> ColumnType:
    if isinstance(value, ColumnType):
        return value
    if isinstance(value, str):
        return ColumnType.parse(value)
    message = "must be text such as varchar(20), decimal(12,2) or timestamp"
    raise ValueError(message)


_ColumnTypeField = Annotated[
    ColumnType,
    BeforeValidator(_column_type),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["integer", "decimal(12,2)", "varchar(100)"]}),
]


class TrailingBlanks(enum.StrEnum):
    """What happens to text that ends in a blank, which Redshift ignores when it compares."""

    REFUSE = "refuse"  # the record is a dead letter
    TRIM = "trim"  # the blanks are taken off


class Unchanged(enum.StrEnum):
    """How an update shows that it leaves a large column out because it has not changed."""

    MISSING = "missing"  # its name is not there; null is null (IncludeNullAndEmpty)
    SENT_AS_NULL = "sent_as_null"  # null or not there: a column that is never null in the source

    @classmethod
    def _missing_(cls, value: object) -> Unchanged | None:
        """The word of earlier declarations, which YAML reads as null where it has no quotes."""
        return cls.SENT_AS_NULL if value == _SENT_AS_NULL_BEFORE else None


_SENT_AS_NULL_BEFORE: Final = "null"
_UnchangedField = Annotated[
    Unchanged, WithJsonSchema({"type": "string", "enum": [*Unchanged, _SENT_AS_NULL_BEFORE]})
]


class Column(_Model):
    """One source column; a bare type in the file means `{type: ...}`."""

    type: _ColumnTypeField
    treatment: Treatment = Treatment.KEEP
    source: SourceName | None = Field(
        None, description="the column's name in the source, if another"
    )
    trailing_blanks: TrailingBlanks | None = Field(
        None,
        description="of text; taken off char(n), refused in keys and references that are kept",
    )
    unchanged: _UnchangedField | None = Field(
        None,
        description="how an update shows that it left the column out, as PostgreSQL's do with "
        "large values that have not changed: the old value stays. Absent: null is null. "
        'The quoted word "null" is read as sent_as_null, its present name',
    )

    @property
    def stored_type(self) -> ColumnType:
        """The type after the treatment."""
        if self.treatment in {Treatment.TOKENISE, Treatment.SHA256}:
            return TOKEN_TYPE
        if self.treatment is Treatment.REDACT:
            return ColumnType("varchar", length=len(REDACTED))
        return self.type

    @model_validator(mode="after")
    def _text_is_text(self) -> Self:
        if self.treatment.makes_text and not self.type.is_text:
            message = (
                f"treatment {self.treatment} needs a varchar or char column, not {self.type}; "
                "use tokenise, sha256 or drop"
            )
            raise ValueError(message)
        if self.trailing_blanks and not self.type.is_text:
            message = (
                f"trailing_blanks is only for varchar and char, not for {self.type}; remove it"
            )
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


class Placement(enum.StrEnum):
    """Where a dimension is kept and joined."""

    BROADCAST = "stream"  # in the state of every subtask, joined there
    WAREHOUSE = "warehouse"  # in a table of its own, joined in the load's transaction


class Table(_Model):
    """One source table, fact or dimension."""

    source: SourceName | None = Field(
        None, description="the table's name in the source, if another"
    )
    source_schema: str = Field("", description="the table's schema, if another than the file's")
    key: list[str] = Field(min_length=1)
    columns: dict[Identifier, _DeclaredColumn]
    references: dict[Identifier, Reference] = {}
    placement: Placement = Field(
        Placement.BROADCAST,
        description="of a dimension: kept in the job's memory, or, if too large, in the warehouse",
    )

    def trailing_blanks(self, column: str) -> TrailingBlanks | None:
        """What happens to trailing blanks: keys that Redshift cannot tell apart are refused."""
        declared = self.columns[column]
        compared = {*self.key, *(c for r in self.references.values() for c in r.columns)}
        if not declared.type.is_text or declared.trailing_blanks:
            return declared.trailing_blanks
        if declared.type.name == "char":
            return TrailingBlanks.TRIM
        is_kept = declared.treatment is Treatment.KEEP
        return TrailingBlanks.REFUSE if column in compared and is_kept else None


class Target(_Model):
    """One wide table in Redshift: a fact table joined to the dimensions that it reaches."""

    fact: Identifier
    schema_name: Identifier = Field("public", alias="schema")
    columns: dict[Identifier, str] = Field(
        description="column -> the fact's column, or references and a column with dots between"
    )
    dist_key: str | None = None
    sort_key: list[str] = []


class Positions(enum.StrEnum):
    """What orders the changes of a stream."""

    AUTO = "auto"  # what each record has; stream-position before commit-timestamp
    POSTGRESQL = "postgresql"  # stream-position is a log position
    MYSQL = "mysql"  # stream-position is a place in the binary log
    ORACLE = "oracle"  # stream-position is a system change number
    COMMIT_TIMESTAMP = "commit-timestamp"  # stream-position is not looked at


class CoarsePositions(enum.StrEnum):
    """What happens to changes that only a commit timestamp orders."""

    WARN = "warn"  # they are taken, counted, and a warning is logged
    REFUSE = "refuse"  # they are dead letters


class SchemaChanges(enum.StrEnum):
    """What happens when source or warehouse are not what is declared; Flink CDC's names."""

    EXCEPTION = "exception"  # the job stops, also where it cannot be known
    EVOLVE = "evolve"  # the warehouse's tables are altered; what the source contradicts stops
    TRY_EVOLVE = "try_evolve"  # the tables are altered; else as lenient
    LENIENT = "lenient"  # missing columns are NULL, values that do not fit dead letters
    IGNORE = "ignore"  # the same, and nothing is said

    @property
    def alters_tables(self) -> bool:
        """Whether tables of the warehouse are altered to what is declared."""
        return self in {SchemaChanges.EVOLVE, SchemaChanges.TRY_EVOLVE}


class DmsRecords(_Model):
    """How the DMS task writes its records, where that can be chosen."""

    before_image: SourceName = Field(
        "before-image",
        description="name of the before-image object: FieldName of BeforeImageSettings",
    )
    before_image_prefix: SourceName | None = Field(
        None,
        description="prefix of before-image columns, as BI_, if they stand among the row's own",
    )
    before_image_suffix: SourceName | None = Field(
        None, description="suffix of such columns, instead of a prefix or with one"
    )
    positions: Positions = Field(
        Positions.AUTO, description="what orders changes; another kind is then refused"
    )
    coarse_positions: CoarsePositions = Field(
        CoarsePositions.WARN,
        description="changes that only a commit timestamp orders, not exact within one instant",
    )
    schema_changes: SchemaChanges = Field(
        SchemaChanges.LENIENT,
        description="tables of the source, or of the warehouse, that are not what is declared",
    )

    @model_validator(mode="after")
    def _positions_can_be(self) -> Self:
        if (self.positions, self.coarse_positions) == (
            Positions.COMMIT_TIMESTAMP,
            CoarsePositions.REFUSE,
        ):
            message = (
                "positions: commit-timestamp with coarse_positions: refuse would make every change "
                "a dead letter; use coarse_positions: warn, or another kind of positions"
            )
            raise ValueError(message)
        return self

    @property
    def before_image_among_columns(self) -> bool:
        """Whether values before a change stand among the row's own columns."""
        return bool(self.before_image_prefix or self.before_image_suffix)

    def before_name(self, source: str) -> str:
        """The name under which the before-image has a source column."""
        return f"{self.before_image_prefix or ''}{source}{self.before_image_suffix or ''}"

    @model_validator(mode="after")
    def _before_image_is_one(self) -> Self:
        if self.before_image in _ENVELOPE:
            message = (
                f"before_image: {self.before_image!r} is the name of another part of the record; "
                "use the FieldName of the task's BeforeImageSettings"
            )
            raise ValueError(message)
        if self.before_image_among_columns and "before_image" in self.model_fields_set:
            affix = "prefix" if self.before_image_prefix else "suffix"
            message = (
                f"before_image and before_image_{affix} cannot both be set, because DMS writes "
                "before-images either into an object or among the columns; remove one of them"
            )
            raise ValueError(message)
        return self


class DeclarationParts(_Model):
    """Everything in a declaration file, whether its parts fit each other or not."""

    name: Identifier
    source_schema: SourceText = Field(
        "", description="the schema name in the change records, of tables that name none"
    )
    stream: DmsRecords = DmsRecords()
    tables: dict[Identifier, Table]
    targets: dict[Identifier, Target] = Field(min_length=1)

    def schema_of(self, table: str) -> str:
        """The schema name in the change records of `table`."""
        return self.tables[table].source_schema or self.source_schema

    def source_of(self, table: str) -> tuple[str, str]:
        """The schema and the name of `table` in the change records."""
        return self.schema_of(table), self.tables[table].source or table

    def follow(self, table: str, dotted: str) -> tuple[tuple[str, ...], str, str]:
        """Resolves `reference.reference.column` from `table`: (path, last table, column).

        Raises ValueError that names the part which does not exist.
        """
        *path, column = dotted.split(".")
        for step in path:
            references = self.tables[table].references
            if step not in references:
                known = f"it has {', '.join(references)}" if references else "it has none"
                message = f"{dotted!r}: table {table} has no reference {step!r}; {known}"
                raise ValueError(message)
            table = references[step].table
        if column not in self.tables[table].columns:
            message = f"{dotted!r}: table {table} has no column {column!r}"
            raise ValueError(message)
        return tuple(path), table, column
