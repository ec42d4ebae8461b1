"""Why a record cannot become a change: the reasons, and what to do about each."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Reason(enum.StrEnum):
    """Why a record is a dead letter."""

    NOT_JSON = "not_json"
    KPL_AGGREGATE = "kpl_aggregate"
    NOT_A_CHANGE = "not_a_change"
    UNKNOWN_OPERATION = "unknown_operation"
    MISSING_KEY = "missing_key"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    TRAILING_BLANK = "trailing_blank"
    ZERO_DATE = "zero_date"
    TOO_PRECISE = "too_precise"
    ROUNDED_NUMBER = "rounded_number"
    NO_POSITION = "no_position"
    UNCHANGED_LOST = "unchanged_lost"
    MISSING_COLUMN = "missing_column"

    @property
    def remedy(self) -> str:
        """What to do about it, where many records have it."""
        return _REMEDIES[self]


_REMEDIES: Final = {
    Reason.NOT_JSON: "Find out what else writes to the stream",
    Reason.KPL_AGGREGATE: (
        "Switch aggregation off (AggregationEnabled=false) at the producer that writes to the "
        "stream with the Kinesis Producer Library"
    ),
    Reason.NOT_A_CHANGE: "Look at the table mapping of DMS, and at what else writes to the stream",
    Reason.UNKNOWN_OPERATION: "Look at what the DMS task writes, and at what else does",
    Reason.MISSING_KEY: (
        "Declare the key that the table has, by its name in the records; if updates lack it, set "
        "EnableBeforeImage in the task's BeforeImageSettings"
    ),
    Reason.WRONG_TYPE: "Declare the type that the source has",
    Reason.OUT_OF_RANGE: "Declare a wider type, or fix the value in the source",
    Reason.TOO_LONG: "Declare a longer column, or fix the value in the source",
    Reason.TRAILING_BLANK: "Declare trailing_blanks: trim, or fix the source",
    Reason.ZERO_DATE: (
        "Declare zero_dates: as_null, which makes them NULL; in a key, fix the value in the source"
    ),
    Reason.ROUNDED_NUMBER: (
        "Set UseLargeIntegerValue on the Kinesis endpoint, or have the source send the column as "
        "text; where the digits do not matter, declare rounded_numbers: as_sent"
    ),
    Reason.TOO_PRECISE: "Declare the column as varchar(n), which keeps every digit",
    Reason.UNCHANGED_LOST: (
        "Set REPLICA IDENTITY FULL in the source and ColumnFilter all in DMS, or reload the table"
    ),
    Reason.MISSING_COLUMN: (
        "Have the source log whole rows (Oracle: supplemental logging of all columns, MySQL: "
        "binlog_row_image=FULL), or declare unchanged: missing on the columns"
    ),
    Reason.NO_POSITION: (
        "Set IncludeTransactionDetails on the DMS endpoint, or declare the positions that the "
        "stream has"
    ),
}


@dataclass(frozen=True)
class Rejected:
    """A record's fault. `detail` names table and column, never a value."""

    reason: Reason
    detail: str
    table: str | None = None
