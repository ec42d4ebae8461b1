"""Record by record: the slow path for what the columnar reader cannot take, and its reference.

JSON by the standard library: numbers keep every digit. What nobody reads is not judged, as by the
columnar reader: a name that occurs twice, or NaN, is a fault only where a value is read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from flink_app.declaration.model import CoarsePositions, Positions
from flink_app.declaration.star import DELETED, POSITION
from flink_app.decode.dead_letters import Reason, Rejected
from flink_app.decode.plan import DATA, DOCUMENT, DecodePlan, TablePlan, old_key
from flink_app.decode.position import commit_position, is_coarse, position
from flink_app.decode.shown import Shown, Signs, by_rows, in_sample
from flink_app.decode.values import ValueFaultError, read_value, timestamp_micros

UPSERTS: Final = ("load", "insert", "update")
# 128-bit integers are beyond every column type; longer ones only cost time to convert.
_MAX_INTEGER_DIGITS: Final = 40


@dataclass(frozen=True)
class ParsedRow:
    """One change: values by the columns of `TablePlan.parsed_schema`."""

    table: TablePlan
    values: dict[str, Any]


@dataclass(frozen=True)
class PassedOver:
    """A record that is well formed and of no concern: control records, undeclared tables."""


class _NotAChangeError(ValueError):
    """The record is JSON, but its envelope is not that of a change."""


def parse_record(
    record: bytes, plan: DecodePlan, shown: Signs | None = None
) -> ParsedRow | PassedOver | Rejected:
    """Parses one change record; never raises for anything that stands in it.

    What it shows of the settings of DMS is added to `shown`.
    """
    try:
        envelope = _load(record)
    except (ValueError, RecursionError, ArithmeticError):
        # The parser's message quotes the text around the fault: it may hold personal data.
        return Rejected(Reason.NOT_JSON, "the record is not one JSON object in UTF-8")
    try:
        return _parse_envelope(envelope, plan, Signs() if shown is None else shown)
    except _NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error))


def sample(record: bytes, plan: DecodePlan) -> Signs:
    """What one record shows of settings that are not looked at in every record."""
    try:
        envelope = _load(record)
        metadata, data = _object(envelope, "metadata"), _object(envelope, DATA)
        table = plan.table_of(_text(metadata, "schema-name"), _text(metadata, "table-name"))
    except (ValueError, RecursionError, ArithmeticError):
        return Signs()
    return Signs() if table is None else Signs(in_sample(metadata, data, table))


def _load(record: bytes) -> Any:
    return json.loads(
        record.decode(),
        object_pairs_hook=_Members,
        parse_float=_fraction,
        parse_int=_integer,
        parse_constant=float,
    )


class _Members(dict[str, Any]):
    """A JSON object that knows which names occur in it twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]] = ()) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(self) != len(pairs) else {}
        self._repeated = {name for name, count in counts.items() if count > 1}

    def read(self, name: str) -> Any:
        """The value, None where there is none."""
        if name in self._repeated:
            message = f"{name!r} occurs twice in one object"
            raise _NotAChangeError(message)
        return self.get(name)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else Decimal(digits)


def _fraction(digits: str) -> Decimal | float:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        return float(digits)


def _object(envelope: Any, name: str, *, required: bool = True) -> _Members:
    value = envelope.read(name) if isinstance(envelope, _Members) else None
    if value is None and not required:
        return _Members()
    if not isinstance(value, _Members):
        message = f"the record has no object under {name!r}"
        raise _NotAChangeError(message)
    return value


def _text(metadata: _Members, name: str) -> str | None:
    value = metadata.read(name)
    if value is not None and not isinstance(value, str):
        message = f"metadata {name!r} is not text"
        raise _NotAChangeError(message)
    return value


def _parse_envelope(
    envelope: Any, plan: DecodePlan, shown: Signs
) -> ParsedRow | PassedOver | Rejected:
    metadata = _object(envelope, "metadata")
    kind = _text(metadata, "record-type")
    if kind == "control":
        return PassedOver()
    if kind != "data":
        message = "metadata 'record-type' is neither data nor control"
        raise _NotAChangeError(message)
    table = plan.table_of(_text(metadata, "schema-name"), _text(metadata, "table-name"))
    if table is None:
        return PassedOver()
    try:
        return _parse_change(envelope, metadata, table, plan, shown)
    except ValueFaultError as fault:
        return Rejected(fault.reason, str(fault), table.name)
    except _NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error), table.name)


def _parse_change(
    envelope: Any, metadata: _Members, table: TablePlan, plan: DecodePlan, shown: Signs
) -> ParsedRow:
    operation = _text(metadata, "operation")
    if operation not in {*UPSERTS, "delete"}:
        raise ValueFaultError(
            Reason.UNKNOWN_OPERATION, "metadata 'operation' is not one of a row's"
        )
    deleted = operation == "delete"
    data = _object(envelope, DATA)
    if not plan.reads_documents and data.read(DOCUMENT) is not None:
        message = (
            f"the row is nested under {DOCUMENT!r}: use map-record-to-record, "
            "not map-record-to-document, in the DMS table mapping"
        )
        raise _NotAChangeError(message)
    before = (
        _object(envelope, plan.before_image, required=False)
        if operation == "update"
        else _Members()
    )
    for sign in by_rows(envelope, metadata, data, table, plan):
        shown[sign] += 1
    values: dict[str, Any] = {}
    for column in table.columns:
        is_key = column.name in table.key
        values[column.name] = None
        if deleted and not is_key:
            continue
        try:
            kind, blanks = column.declared.type, column.trailing_blanks
            values[column.name] = read_value(data.read(column.source), kind, blanks)
            if is_key:
                values[old_key(column.name)] = read_value(
                    before.read(plan.before_prefix + column.source), kind, blanks
                )
        except ValueFaultError as fault:
            raise ValueFaultError(fault.reason, f"column {column.name}: {fault}") from None
        if is_key and values[column.name] is None:
            message = f"column {column.name}: the key is missing"
            raise ValueFaultError(Reason.MISSING_KEY, message)
    values[POSITION], coarse = _position(metadata, operation or "", plan)
    values[DELETED] = deleted
    if coarse:
        shown[Shown.COARSE] += 1
    return ParsedRow(table, values)


def _position(metadata: _Members, operation: str, plan: DecodePlan) -> tuple[str, bool]:
    """The position, and whether only a commit timestamp gave it."""
    if operation == "load":
        built = timestamp_micros(metadata.read("timestamp"))
        if built is None or built < 0:
            message = "a load record needs metadata 'timestamp'"
            raise ValueFaultError(Reason.NO_POSITION, message)
        return position(plan.generation, 0, built), False
    record = metadata.read("transaction-record-id")
    stream = _text(metadata, "stream-position")
    committed = timestamp_micros(metadata.read("commit-timestamp"))
    commit = commit_position(stream, committed, plan.positions)
    number = 0 if record is None else record
    if commit is None or not isinstance(number, int) or isinstance(number, bool):
        message = "nothing orders the change: set IncludeTransactionDetails on the DMS endpoint"
        if commit is None and stream is not None and plan.positions is not Positions.AUTO:
            message = f"the stream-position is not of the declared kind, {plan.positions}"
        raise ValueFaultError(Reason.NO_POSITION, message)
    # The comparison spares most records the question.
    coarse = committed is not None and commit == committed << 32
    coarse = coarse and is_coarse(stream, plan.positions)
    if plan.coarse_positions is CoarsePositions.REFUSE and coarse:
        message = "only a commit timestamp orders the change, which the declaration refuses"
        raise ValueFaultError(Reason.NO_POSITION, message)
    try:
        return position(plan.generation, commit, number), coarse
    except ValueError as error:
        raise ValueFaultError(Reason.NO_POSITION, str(error)) from error
