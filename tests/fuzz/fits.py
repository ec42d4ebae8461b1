"""What every change must be, whatever record it came from; and how it is said that it is not.

What fits a column type is said here once more, not asked of decode.
"""

from __future__ import annotations

import io
import unicodedata
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from flink_app.declaration.collation import Collation
from flink_app.declaration.model import Treatment
from flink_app.declaration.star import DELETED, POSITION
from flink_app.declaration.types import ColumnType
from flink_app.decode.plan import DecodePlan
from flink_app.positions.position import UNKNOWN
from flink_app.records.plan import ReadColumn, TablePlan

# Arrow holds no boolean, day or time that Python could read and Redshift not.
_PYTHON_FITS: Final = frozenset({"boolean", "date", "timestamp", "timestamptz"})
ACUTE: Final = "\u0301"
_BITS: Final = {"smallint": 15, "integer": 31, "bigint": 63}


class WrongError(Exception):
    """Something that must hold does not; `kind` says which, the message what was seen."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


def must(holds: object, kind: str, message: str) -> None:
    """Raises WrongError unless it holds."""
    if not holds:
        raise WrongError(kind, message)


def check_changes(batch: pa.RecordBatch, table: TablePlan, plan: DecodePlan) -> None:
    """Changes of one table fit their schema and their types, and come back from Parquet."""
    schema = plan.star.changes_schema(table.name)
    must(batch.schema == schema, "schema", f"{table.name}: {batch.schema} is not {schema}")
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        kind = "schema"
        raise WrongError(kind, f"{table.name}: {error}") from error
    deleted = batch.column(DELETED).to_pylist()
    must(None not in deleted, "deleted", f"{table.name}: NULL")
    for column in table.columns:
        _check_values(batch.column(column.name).to_pylist(), deleted, column, table)
    for position in batch.column(POSITION).to_pylist():
        formed = len(position) == len(UNKNOWN) and not position.strip("0123456789abcdef")
        must(formed and position > UNKNOWN, "position", f"{table.name}: {position}")
    sink = io.BytesIO()
    written = pa.Table.from_batches([batch])
    pq.write_table(written, sink)
    found = pq.read_table(io.BytesIO(sink.getvalue()), schema=schema, use_threads=False)
    must(found.equals(written), "parquet", f"{table.name} comes back otherwise")


def _check_values(
    values: list[Any], deleted: list[bool], column: ReadColumn, table: TablePlan
) -> None:
    name = f"{table.name}.{column.name}"
    if column.name in table.key:
        must(None not in values, "key", f"{name} is NULL")
    else:
        of_deleted = {value for value, gone in zip(values, deleted, strict=True) if gone}
        must(of_deleted <= {None}, "delete", f"{name} of a deleted row has a value")
    stored, treatment = column.declared.stored_type, column.declared.treatment
    for value in values:
        must(value is None or _is_hidden(value, treatment), "treatment", f"{name} is not hidden")
        must(value is None or _is_canonical(value, column), "collation", f"{name}: {value!r}")
        must(value is None or _fits(value, stored), "fit", f"{name}: {value!r} is no {stored}")


def _is_canonical(value: Any, column: ReadColumn) -> bool:
    """Whether no letter is left that the column's collation takes for another."""
    if not column.is_kept or not column.ignored:
        return True
    form = unicodedata.normalize("NFC", value)
    if Collation.CASE_INSENSITIVE in column.ignored:
        form = unicodedata.normalize("NFC", form.casefold())
    decomposed = unicodedata.normalize("NFD", value)
    is_accented = any(
        mark == ACUTE and unicodedata.name(letter, "").startswith(("LATIN", "GREEK"))
        for letter, mark in pairwise(decomposed)
    )
    return form == value and not (is_accented and Collation.ACCENT_INSENSITIVE in column.ignored)


def _is_hidden(value: Any, treatment: Treatment) -> bool:
    """Whether nothing is left of a value that its treatment takes out, in Unicode's own terms."""
    if treatment is Treatment.MASK:
        return not any(character.isdecimal() for character in value)
    if treatment is Treatment.MASK_TEXT:
        return not any(character.isalnum() for character in value)
    return treatment is not Treatment.REDACT or value == "redacted"


def _fits(value: Any, kind: ColumnType) -> bool:
    fits: bool
    if kind.name in _BITS:
        fits = -(1 << _BITS[kind.name]) <= value < 1 << _BITS[kind.name]
    elif kind.name == "decimal":
        # The absolute value as it is: abs() rounds.
        fits = value.copy_abs() < Decimal(10) ** ((kind.precision or 0) - (kind.scale or 0))
    elif kind.name in {"real", "double precision"}:
        fits = abs(value) < float("inf")
    elif kind.is_text:
        fits = len(value.encode()) <= (kind.length or 0) and "\0" not in value
    elif kind.is_binary:
        fits = len(value) <= (kind.length or 0)
    elif kind.name in _PYTHON_FITS:
        fits = True
    else:
        message = f"say what fits {kind}"
        raise NotImplementedError(message)
    return fits
