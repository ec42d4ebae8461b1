"""The tables, columns and targets of a declaration file as typed models, each valid in itself.

`dms_records` owns how the records are written, `rules` what the parts must be to each other, and
`declaration` the whole that keeps those rules. What follows from a valid declaration (paths,
schemas, SQL) is derived in the neighbouring modules.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from flink_app.declaration.collation import Collation
from flink_app.declaration.dms_records import DmsRecords, RoundedNumbers, ZeroDates
from flink_app.declaration.formula import Formula
from flink_app.declaration.literals import ComparedValue, Constant, DeclaredConstant
from flink_app.declaration.names import Identifier, SourceName
from flink_app.declaration.partitions import Partitions
from flink_app.declaration.types import ColumnType
from flink_app.validation.fault import Fault, FaultsError
from flink_app.validation.strict_model import StrictModel

TOKEN_TYPE: Final = ColumnType("varchar", length=64)  # 32 bytes in hexadecimal
REDACTED: Final = "redacted"


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


def _column_type(value: Any) -> ColumnType:
    if isinstance(value, ColumnType):
        return value
    if isinstance(value, str):
        return ColumnType.parse(value)
    message = "must be text such as varchar(20), decimal(12,2) or timestamp; write its name here"
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


def _collation_shorthand(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_DeclaredCollation = Annotated[
    frozenset[Collation],
    BeforeValidator(_collation_shorthand, json_schema_input_type=Collation | list[Collation]),
    PlainSerializer(sorted),
]


class Column(StrictModel):
    """One source column; a bare type in the file means `{type: ...}`."""

    type: _ColumnTypeField = Field(examples=["varchar(100)"])
    treatment: Treatment = Treatment.KEEP
    source: SourceName | None = Field(
        None, description="the column's name in the source, if another"
    )
    trailing_blanks: TrailingBlanks | None = Field(
        None,
        description="of text; taken off char(n), refused in keys and references that are kept",
    )
    collation: _DeclaredCollation | None = Field(
        None,
        description="of text in keys and references: what the source ignores when it compares; "
        "the values are stored in one form. binary: nothing, as if it were absent",
    )
    unchanged: _UnchangedField | None = Field(
        None,
        description="how an update shows that it left the column out, as PostgreSQL's do with "
        "large values that have not changed: the old value stays. Absent: null is null. "
        'The quoted word "null" is read as sent_as_null, its present name',
    )
    zero_dates: ZeroDates | None = Field(
        None,
        description="of date, timestamp and timestamptz: what becomes of a zero month or day, if "
        "another than under stream; a key cannot be NULL",
    )
    rounded_numbers: RoundedNumbers | None = Field(
        None,
        description="of integer and decimal types: what becomes of a number of more than 15 digits "
        "in scientific notation, if another than under stream; a key's is never taken",
    )

    @property
    def ignored(self) -> frozenset[Collation]:
        """What does not count where values are compared."""
        return (self.collation or frozenset()) - {Collation.BINARY}

    @property
    def stored_type(self) -> ColumnType:
        """The type after the treatment."""
        if self.treatment in {Treatment.TOKENISE, Treatment.SHA256}:
            return TOKEN_TYPE
        if self.treatment is Treatment.REDACT:
            return ColumnType("varchar", length=len(REDACTED))
        return self.type

    @model_validator(mode="after")
    def _options_fit_the_type(self) -> Self:
        if faults := [*self._misfits()]:
            raise FaultsError(faults)
        return self

    def _misfits(self) -> Iterator[Fault]:
        """Options that are not for columns of this type, each with its place."""
        if self.treatment.makes_text and not self.type.is_text:
            problem = f"treatment {self.treatment} needs a varchar or char column, not {self.type}"
            yield Fault(("treatment",), problem, "use tokenise, sha256 or drop")
        options: tuple[tuple[str, object, bool, str], ...] = (
            ("trailing_blanks", self.trailing_blanks, self.type.is_text, "varchar and char"),
            ("collation", self.collation, self.type.is_text, "varchar and char"),
            (
                "zero_dates",
                self.zero_dates,
                self.type.has_days,
                "date, timestamp and timestamptz",
            ),
            (
                "rounded_numbers",
                self.rounded_numbers,
                self.type.is_exact_number,
                "integer and decimal types",
            ),
        )
        for name, value, fits, types in options:
            if value and not fits:
                problem = f"{name} is only for {types}, not for {self.type}"
                yield Fault((name,), problem, "remove it", of_key=True)
        if self.collation is not None and not self.collation:
            remedy = "write what the source ignores, or remove it"
            yield Fault(("collation",), "collation is empty", remedy, of_key=True)
        if self.collation and Collation.BINARY in self.collation and self.ignored:
            problem = f"collation binary excludes {', '.join(sorted(self.ignored))}"
            yield Fault(("collation",), problem, "remove one", of_key=True)


def _column_shorthand(value: Any) -> Any:
    if value is None or isinstance(value, dict | Column):
        return value
    return {"type": value}


_DeclaredColumn = Annotated[
    Column,
    BeforeValidator(_column_shorthand, json_schema_input_type=Column | _ColumnTypeField),
]


class Reference(StrictModel):
    """Columns of the own table that hold the key of another."""

    table: Identifier = Field(examples=["parent"])
    columns: list[str] = Field(
        min_length=1,
        description="in the order of the other table's key",
        examples=[["parent_id"]],
    )


class Placement(enum.StrEnum):
    """Where a dimension is kept and joined."""

    BROADCAST = "stream"  # in the state of every subtask, joined there
    WAREHOUSE = "warehouse"  # in a table of its own, joined in the load's transaction


def _partitions_shorthand(value: Any) -> Any:
    if isinstance(value, str | dict):
        value = [value]
    if not isinstance(value, list):
        return value
    return [{"source": names} if isinstance(names, str) else names for names in value]


_DeclaredPartitions = Annotated[
    tuple[Partitions, ...],
    BeforeValidator(
        _partitions_shorthand,
        json_schema_input_type=str | Partitions | list[str | Partitions],
    ),
]


class Table(StrictModel):
    """One source table, fact or dimension."""

    source: SourceName | None = Field(
        None, description="the table's name in the source, if another"
    )
    source_schema: SourceName | None = Field(
        None, description="the table's schema, if another than the file's"
    )
    partitions: _DeclaredPartitions = Field(
        (),
        description="tables of the source whose rows are this table's: a pattern of their names, "
        "such as orders_p%, or a list of names and patterns; % or * stands for any text",
    )
    key: list[str] = Field(min_length=1, examples=[["parent_id"]])
    columns: dict[Identifier, _DeclaredColumn] = Field(examples=[{"parent_id": "integer"}])
    references: dict[Identifier, Reference] = Field(
        {}, examples=[{"parent": {"table": "parent", "columns": ["parent_id"]}}]
    )
    placement: Placement = Field(
        Placement.BROADCAST,
        description="of a dimension: kept in the job's memory, or, if too large, in the warehouse",
    )

    def trailing_blanks(self, column: str) -> TrailingBlanks | None:
        """What happens to trailing blanks: keys that Redshift cannot tell apart are refused."""
        declared = self.columns[column]
        if not declared.type.is_text or declared.trailing_blanks:
            return declared.trailing_blanks
        if declared.type.name == "char":
            return TrailingBlanks.TRIM
        is_kept = declared.treatment is Treatment.KEEP
        return TrailingBlanks.REFUSE if column in self.compared_columns and is_kept else None

    @property
    def compared_columns(self) -> frozenset[str]:
        """The columns whose values tell rows apart: the key, and what refers to another key."""
        return frozenset((*self.key, *(c for r in self.references.values() for c in r.columns)))


class Condition(StrictModel):
    """Which values of a fact's column a row has to have, so that it counts.

    As in SQL, NULL is neither one of some values nor another one.
    """

    one_of: list[ComparedValue] | None = Field(None, min_length=1, examples=[["paid", "sent"]])
    none_of: list[ComparedValue] | None = Field(None, min_length=1, examples=[["draft"]])
    is_null: bool | None = Field(None, strict=True, description="whether it is NULL")

    @property
    def values(self) -> tuple[Constant, ...]:
        """Those that a column is compared with."""
        return (*(self.one_of or ()), *(self.none_of or ()))

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            problem = "a column has one condition: one_of, none_of or is_null"
            raise FaultsError([Fault((), problem, "write one of them")])
        return self


def _condition_shorthand(value: Any) -> Any:
    if value is None or isinstance(value, dict | Condition):
        return value
    return {"one_of": value if isinstance(value, list) else [value]}


_DeclaredCondition = Annotated[
    Condition,
    BeforeValidator(
        _condition_shorthand,
        json_schema_input_type=Condition | ComparedValue | list[ComparedValue],
    ),
]


class Target(StrictModel):
    """One wide table in Redshift: a fact table joined to the dimensions that it reaches."""

    model_config = ConfigDict(populate_by_name=True)

    fact: Identifier = Field(examples=["child"])
    schema_name: Identifier = Field("public", alias="schema")
    columns: dict[Identifier, str] = Field(
        description="column -> the fact's column, or references and a column with dots between",
        examples=[{"child_id": "child_id", "parent_title": "parent.title"}],
    )
    row_conditions: dict[Identifier, _DeclaredCondition] = Field(
        {},
        alias="where",
        description="which rows of the fact count: by its columns, a value, a list of values, or "
        "a condition; all have to hold",
        examples=[{"status": ["paid", "sent"], "cancelled_at": {"is_null": True}}],
    )
    constants: dict[Identifier, DeclaredConstant] = Field(
        {},
        description="columns behind the others, each with one value in every row: text, a whole "
        "number, true or false",
        examples=[{"origin": "shop"}],
    )
    computed: dict[Identifier, Formula] = Field(
        {},
        description="columns that the view computes from the target's columns",
        examples=[{"label": {"concatenate": ["child_id", "parent_title"], "separator": " "}}],
    )
    dist_key: str | None = Field(
        None, description="what rows are distributed by; default: the fact's key of one column"
    )
    sort_key: list[str] = Field([], examples=[["child_id"]])


class DeclarationParts(StrictModel):
    """Everything in a declaration file, whether its parts fit each other or not."""

    name: Identifier = Field(examples=["my_star"])
    source_schema: SourceName | None = Field(
        None, description="the schema name in the change records, of tables that name none"
    )
    stream: DmsRecords = DmsRecords()
    tables: dict[Identifier, Table] = Field(
        examples=[{"parent": {"key": ["parent_id"], "columns": {"parent_id": "integer"}}}]
    )
    targets: dict[Identifier, Target] = Field(
        min_length=1,
        examples=[{"children": {"fact": "child", "columns": {"child_id": "child_id"}}}],
    )

    def schema_of(self, table: str) -> str:
        """The schema name in the change records of `table`."""
        return self.tables[table].source_schema or self.source_schema or ""

    def source_of(self, table: str) -> tuple[str, str]:
        """The schema and the name of `table` in the change records."""
        return self.schema_of(table), self.tables[table].source or table

    def is_partition(self, table: str, schema: str, name: str) -> bool:
        """Whether change records of `schema` and `name` are of a partition of `table`."""
        return any(
            schema == (partitions.source_schema or self.schema_of(table))
            and partitions.matches(name)
            for partitions in self.tables[table].partitions
        )

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
