"""Section `stream` of a declaration file: how DMS writes its records, and what orders them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from flink_app.declaration.names import SourceName
from flink_app.validation.fault import Fault, FaultsError
from flink_app.validation.strict_model import StrictModel

ENVELOPE: Final = ("data", "metadata", "control", "starjoin-replay", "starjoin-repair")


class Positions(enum.StrEnum):
    """What orders the changes of a stream."""

    AUTO = "auto"  # what each record has; stream-position before commit-timestamp
    POSTGRESQL = "postgresql"  # stream-position is a log position
    MYSQL = "mysql"  # stream-position is a file of the binary log and an offset in it
    ORACLE = "oracle"  # stream-position is a system change number
    COMMIT_TIMESTAMP = "commit-timestamp"  # stream-position is not looked at


class CoarsePositions(enum.StrEnum):
    """What happens to changes that only a commit timestamp orders."""

    WARN = "warn"  # they are taken, counted, and a warning is logged
    REFUSE = "refuse"  # they are dead letters


class ZeroDates(enum.StrEnum):
    """What becomes of MySQL's dates whose month or day is zero, which no calendar has."""

    AS_NULL = "as_null"  # they are NULL
    DEAD_LETTER = "dead_letter"  # the record is a dead letter


class RoundedNumbers(enum.StrEnum):
    """What becomes of a long number in scientific notation, which may have lost its last digits."""

    DEAD_LETTER = "dead_letter"  # the record is a dead letter
    AS_SENT = "as_sent"  # it is taken for what it says, zeros in the place of lost digits


class MissingColumns(enum.StrEnum):
    """What becomes of an update that lacks a column which is declared without `unchanged`."""

    DEAD_LETTER = "dead_letter"  # nulls are sent as null, so the source has not logged the column
    AS_NULL = "as_null"  # nulls are left out, and the source logs whole rows


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


def _readable_positions(kind: Any) -> Any:
    """Refuses SQL Server by its name, rather than as an unknown word."""
    if isinstance(kind, str) and kind.lower().translate(_JOINED) in _SQL_SERVER:
        message = (
            "the log sequence numbers of SQL Server are not supported; declare positions: "
            "commit-timestamp, under which the time of the commit orders changes, and arrival in "
            "the shard those of one instant"
        )
        raise ValueError(message)
    return kind


_SQL_SERVER: Final = ("sqlserver", "mssql")
_JOINED: Final = str.maketrans("", "", "-_ ")


class DmsRecords(StrictModel):
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
    positions: Annotated[Positions, BeforeValidator(_readable_positions)] = Field(
        Positions.AUTO, description="what orders changes; another kind is then refused"
    )
    coarse_positions: CoarsePositions = Field(
        CoarsePositions.WARN,
        description="changes that only a commit timestamp orders, and arrival within one instant",
    )
    zero_dates: ZeroDates = Field(
        ZeroDates.DEAD_LETTER,
        description="what becomes of MySQL's dates with a zero month or day, as 0000-00-00: NULL, "
        "or the record a dead letter",
    )
    rounded_numbers: RoundedNumbers = Field(
        RoundedNumbers.DEAD_LETTER,
        description="what becomes of whole and decimal numbers of more than 15 digits in "
        "scientific notation, as DMS writes long ones without UseLargeIntegerValue; those of keys "
        "and references are always dead letters",
    )
    missing_columns: MissingColumns = Field(
        MissingColumns.DEAD_LETTER,
        description="what becomes of an update that lacks a column which has no `unchanged`: the "
        "source has logged only a part of the row, so it is a dead letter; or NULL, where the "
        "endpoint is without IncludeNullAndEmpty and the source logs whole rows",
    )
    schema_changes: SchemaChanges = Field(
        SchemaChanges.LENIENT,
        description="tables of the source, or of the warehouse, that are not what is declared",
    )

    @model_validator(mode="after")
    def _settings_fit_each_other(self) -> Self:
        if faults := [*self._misfits()]:
            raise FaultsError(faults)
        return self

    def _misfits(self) -> Iterator[Fault]:
        if (self.positions, self.coarse_positions) == (
            Positions.COMMIT_TIMESTAMP,
            CoarsePositions.REFUSE,
        ):
            yield Fault(
                ("coarse_positions",),
                "positions: commit-timestamp with coarse_positions: refuse would make every change "
                "a dead letter",
                "use coarse_positions: warn, or another kind of positions",
            )
        if self.before_image in ENVELOPE:
            yield Fault(
                ("before_image",),
                f"before_image: {self.before_image!r} is the name of another part of the record",
                "use the FieldName of the task's BeforeImageSettings",
            )
        if self.before_image_among_columns and "before_image" in self.model_fields_set:
            affix = "prefix" if self.before_image_prefix else "suffix"
            yield Fault(
                (f"before_image_{affix}",),
                f"before_image and before_image_{affix} cannot both be set, because DMS writes "
                "before-images either into an object or among the columns",
                "remove one of them",
                of_key=True,
            )

    @property
    def before_image_among_columns(self) -> bool:
        """Whether values before a change stand among the row's own columns."""
        return bool(self.before_image_prefix or self.before_image_suffix)

    def before_name(self, source: str) -> str:
        """The name under which the before-image has a source column."""
        return f"{self.before_image_prefix or ''}{source}{self.before_image_suffix or ''}"
