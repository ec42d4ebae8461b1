"""Tables of a source with their columns, keys and references, whatever database they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.failures import StarjoinError
from flink_app.declaration.types import ColumnType
from infra.catalogue.looks import Look, find_look, round_up


class CatalogueError(StarjoinError, RuntimeError):
    """The source cannot be read; the message says what to do, and holds neither value nor secret.

    Attributes:
        is_of_arguments: whether what was asked for is wrong, and not the source.
    """

    def __init__(self, message: str, *, is_of_arguments: bool = False) -> None:
        super().__init__(message)
        self.is_of_arguments = is_of_arguments


@dataclass(frozen=True)
class Sample:
    """What some values of a column looked like; none of them is kept.

    Attributes:
        values: how many were looked at, nulls not counted.
        longest: bytes of the longest as text, rounded up to a power of two; 0 without values.
        look: what most of them look like, if that is anything personal.
    """

    values: int
    longest: int
    look: Look | None = None

    @classmethod
    def from_counts(cls, values: int, longest: int, alike: Mapping[Look, int]) -> Sample:
        """What may be kept of so many values, given how many of them look like what."""
        return cls(values, round_up(longest), find_look(values, alike))


@dataclass(frozen=True)
class TypeProposal:
    """What to declare for a type of the source.

    Attributes:
        type: the declared type; None where it cannot be declared.
        lengths: of text and bytes, lengths that would do, from the safest to the shortest; the
            first is that of `type`. A single one is known to be right.
        is_endless: whether the source's type has no length, so that any is a guess.
        remark: what somebody should know who reads the declaration; empty if there is nothing.
        reason: why it cannot be declared.
    """

    type: ColumnType | None
    lengths: tuple[int, ...] = ()
    is_endless: bool = False
    remark: str = ""
    reason: str = ""


@dataclass(frozen=True)
class SourceColumn:
    """One column of a table.

    Attributes:
        name: as the source writes it.
        source_type: its type as the source writes it.
        proposal: what to declare for it.
        is_nullable: whether it may be null.
        comment: of the source, in its own words.
        collation: what the source ignores when it compares: `case_insensitive`, ...
        may_be_left_out: whether an update that does not touch it may lack a large value of it.
        sample: None where no value was looked at.
        ignores_trailing_blanks: whether the source takes text for equal that differs in blanks at
            its end alone.
        has_zero_dates: whether dates were seen whose month or day is zero.
        collation_remark: what somebody should know if the column is compared; often empty.
    """

    name: str
    source_type: str
    proposal: TypeProposal
    is_nullable: bool = True
    comment: str = ""
    collation: tuple[str, ...] = ()
    may_be_left_out: bool = False
    sample: Sample | None = None
    ignores_trailing_blanks: bool = False
    has_zero_dates: bool = False
    collation_remark: str = ""


@dataclass(frozen=True)
class UniqueKey:
    """Columns that tell the rows of a table apart, none of which may be null.

    Attributes:
        name: of its index.
        columns: in its order.
        is_primary: whether it is the primary key.
        identifies_changes: whether the source's log names changed rows by it.
    """

    name: str
    columns: tuple[str, ...]
    is_primary: bool
    identifies_changes: bool


@dataclass(frozen=True)
class ForeignKey:
    """Columns that hold a key of another table.

    Attributes:
        columns: of the referring table, in the order of `referenced_columns`.
        is_guessed: whether names alone say so, and no constraint.
    """

    name: str
    columns: tuple[str, ...]
    schema: str
    table: str
    referenced_columns: tuple[str, ...]
    is_guessed: bool = False

    @property
    def referenced(self) -> TableName:
        """The table that it leads to."""
        return self.schema, self.table


TableName = tuple[str, str]


@dataclass(frozen=True)
class SourceTable:
    """One table.

    Attributes:
        rows: about how many; None where nobody knows.
        keys: the primary key first, then unique ones.
        partitions: schema and name of each table that holds a part of its rows.
        log_has_whole_rows: whether the source's log has every column of a changed row.
        not_sampled: why no value was looked at; empty where some were, or nobody asked.
        remarks: what somebody should know who declares it.
    """

    schema: str
    name: str
    columns: tuple[SourceColumn, ...]
    keys: tuple[UniqueKey, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: int | None = None
    comment: str = ""
    partitions: tuple[TableName, ...] = ()
    log_has_whole_rows: bool = False
    not_sampled: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def full_name(self) -> TableName:
        """Schema and name."""
        return self.schema, self.name


@dataclass(frozen=True)
class LeftOut:
    """Something of the source that is not declared: what it is called, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Catalogue:
    """What was read of a source.

    Attributes:
        name: of the database, or of the file of records.
        origin: what it is and where it was read, in words.
        positions: what orders its changes, as the declaration calls it; empty if unknown.
        names: by schema the names of everything there, also of what is no table.
        left_out: what is there and is no table that could be declared.
        remarks: what has to be otherwise for its changes to be captured, without a full stop.
    """

    name: str
    origin: str
    positions: str
    tables: tuple[SourceTable, ...]
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()
