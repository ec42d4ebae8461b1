"""Record by record: the slow path for what the columnar reader cannot take, and its reference.

What nobody reads is not judged, as by the columnar reader (see `envelope`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from connectors.accounts import CONTROL, UNDECLARED
from flink_app.dead_letters.replay_marker import first_place
from flink_app.declaration.model import CoarsePositions, Positions
from flink_app.declaration.star import DELETED, POSITION, unchanged_position_column
from flink_app.decode.unchanged import sent_value
from flink_app.diagnostics.dms_settings import Shown, Signs, by_rows, in_sample
from flink_app.diagnostics.schema_findings import Finding, in_control, in_row
from flink_app.diagnostics.similar_tables import SourceName
from flink_app.positions.generations import NONE
from flink_app.positions.position import (
    UNKNOWN,
    PositionError,
    commit_position,
    is_coarse,
    position,
)
from flink_app.records.envelope import (
    NOT_JSON,
    Members,
    NotAChangeError,
    load,
    object_of,
    text_of,
)
from flink_app.records.plan import DATA, DOCUMENT, REPLAY, RecordPlan, TablePlan, old_key
from flink_app.records.rejected import Reason, Rejected
from flink_app.records.values import ValueFaultError, read_value, timestamp_micros

UPSERTS: Final = ("load", "insert", "update")


@dataclass(frozen=True)
class ParsedRow:
    """One change: values by the columns of `TablePlan.parsed_schema`.

    `sent` says of each column that an update may leave out whether this change has it.
    """

    table: TablePlan
    values: dict[str, Any]
    built: int | None = None  # microseconds since the epoch, where the record says it
    sent: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class PassedOver:
    """A record that becomes no change; `kind` is CONTROL or UNDECLARED.

    `sources` has the schema and table of an undeclared one.
    """

    kind: str
    sources: tuple[SourceName, ...] = ()


@dataclass(frozen=True)
class Sample:
    """What one record shows besides its values."""

    shown: Signs = field(default_factory=Signs)
    findings: tuple[Finding, ...] = ()


def parse_record(
    record: bytes, plan: RecordPlan, shown: Signs | None = None, *, arrival_ms: int | None = None
) -> ParsedRow | PassedOver | Rejected:
    """Parses one change record; never raises for anything that stands in it.

    What it shows of the settings of DMS is added to `shown`. When it arrived on the stream, before
    any replay, says to which generation it belongs; milliseconds since the epoch.
    """
    try:
        envelope = load(record)
    except NOT_JSON:
        return Rejected(Reason.NOT_JSON, "the record is not one JSON object in UTF-8")
    try:
        place = first_place(envelope)
        generation = plan.generations.of(arrival_ms if place is None else place.arrival_ms)
        return _parse_envelope(envelope, plan, generation, Signs() if shown is None else shown)
    except NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error))


def sample(record: bytes, plan: RecordPlan) -> Sample:
    """What one row shows of settings and tables that are not looked at in every record.

    A replayed record shows the tables as they were when it arrived first.
    """
    try:
        envelope = load(record)
        metadata, data = object_of(envelope, "metadata"), object_of(envelope, DATA)
        before = object_of(envelope, plan.before_image, required=False)
        table = _table_of(metadata, plan)
        is_row = text_of(metadata, "record-type") == "data"
    except NOT_JSON:
        return Sample()
    if table is None or not is_row:
        return Sample()
    known = plan.known_names[table.name]
    is_replayed = envelope.get(REPLAY) is not None
    findings = () if is_replayed else in_row(metadata.get("operation"), data, table, known)
    return Sample(Signs(in_sample(metadata, data, before, table, plan)), tuple(findings))


def read_control(record: bytes, plan: RecordPlan) -> tuple[Finding, ...]:
    """What a control record of a declared table shows; never raises for what stands in it."""
    try:
        envelope = load(record)
        metadata = object_of(envelope, "metadata")
        table = _table_of(metadata, plan)
    except NOT_JSON:
        return ()
    if table is None:
        return ()
    operation, known = metadata.get("operation"), plan.known_names[table.name]
    return tuple(in_control(operation, envelope.get("control"), table, known))


def _table_of(metadata: Members, plan: RecordPlan) -> TablePlan | None:
    return plan.table_of(text_of(metadata, "schema-name"), text_of(metadata, "table-name"))


def _parse_envelope(
    envelope: Any, plan: RecordPlan, generation: int, shown: Signs
) -> ParsedRow | PassedOver | Rejected:
    metadata = object_of(envelope, "metadata")
    kind = text_of(metadata, "record-type")
    if kind == "control":
        return PassedOver(CONTROL)
    if kind != "data":
        message = "metadata 'record-type' is neither data nor control"
        raise NotAChangeError(message)
    table = _table_of(metadata, plan)
    if table is None:
        schema, name = text_of(metadata, "schema-name"), text_of(metadata, "table-name")
        return PassedOver(UNDECLARED, ((schema or "", name or ""),))
    try:
        row = _parse_change(envelope, metadata, table, plan, shown)
        at, coarse = _position(metadata, generation, plan)
        row.values[POSITION] = at
        row.values.update(
            (unchanged_position_column(name), at) for name, sent in row.sent.items() if sent
        )
    except ValueFaultError as fault:
        return Rejected(fault.reason, str(fault), table.name)
    except NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error), table.name)
    if coarse:
        shown[Shown.COARSE] += 1
    return ParsedRow(table, row.values, _built(metadata), row.sent)


def _built(metadata: Members) -> int | None:
    """When DMS built the record; what is no time is nobody's fault but of a load."""
    try:
        return timestamp_micros(metadata.read("timestamp"))
    except (ValueFaultError, NotAChangeError):
        return None


def _parse_change(
    envelope: Any, metadata: Members, table: TablePlan, plan: RecordPlan, shown: Signs
) -> ParsedRow:
    operation = text_of(metadata, "operation")
    if operation not in {*UPSERTS, "delete"}:
        raise ValueFaultError(
            Reason.UNKNOWN_OPERATION, "metadata 'operation' is not one of a row's"
        )
    deleted = operation == "delete"
    data = object_of(envelope, DATA)
    if not plan.reads_documents and data.read(DOCUMENT) is not None:
        message = (
            f"the row is nested under {DOCUMENT!r}: use map-record-to-record, "
            "not map-record-to-document, in the DMS table mapping"
        )
        raise NotAChangeError(message)
    before = (
        object_of(envelope, plan.before_image, required=False)
        if operation == "update"
        else Members()
    )
    for sign in by_rows(envelope, metadata, data, table, plan):
        shown[sign] += 1
    values: dict[str, Any] = {}
    sent = {column.name: True for column in table.unchanged_columns}
    for column in table.columns:
        is_key = column.name in table.key
        values[column.name] = None
        if deleted and not is_key:
            continue
        try:
            kind, blanks = column.declared.type, column.trailing_blanks
            value = data.read(column.source)
            if column.declared.unchanged and operation == "update":
                value, sent[column.name] = sent_value(data, before, column, plan)
            values[column.name] = read_value(value, kind, blanks)
            if is_key:
                values[old_key(column.name)] = read_value(
                    before.read(plan.before_name(column.source)), kind, blanks
                )
        except ValueFaultError as fault:
            raise ValueFaultError(fault.reason, f"column {column.name}: {fault}") from None
        if is_key and values[column.name] is None:
            message = f"column {column.name}: the key is missing"
            raise ValueFaultError(Reason.MISSING_KEY, message)
    values[DELETED] = deleted
    _check_moved(values, sent, table)
    values |= {unchanged_position_column(name): UNKNOWN for name in sent}
    return ParsedRow(table, values, sent=sent)


def _check_moved(values: dict[str, Any], sent: dict[str, bool], table: TablePlan) -> None:
    """Raises ValueFaultError when a key changed and what did not change lies under the old one."""
    lost = [name for name, is_sent in sent.items() if not is_sent]
    if lost and any(values[old_key(key)] not in {None, values[key]} for key in table.key):
        message = (
            f"column {lost[0]}: the key changed, and the value, which did not, was left out: it "
            "stands under the old key only. Set REPLICA IDENTITY FULL in the source and "
            "ColumnFilter all in DMS, so that the before-image has it"
        )
        raise ValueFaultError(Reason.UNCHANGED_LOST, message)


def _position(metadata: Members, generation: int, plan: RecordPlan) -> tuple[str, bool]:
    """The position, and whether only a commit timestamp gave it."""
    if generation == NONE:
        message = "the record has no time of arrival, and generations differ by it"
        raise ValueFaultError(Reason.NO_POSITION, message)
    if text_of(metadata, "operation") == "load":
        built = timestamp_micros(metadata.read("timestamp"))
        if built is None or built < 0:
            message = "a load record needs metadata 'timestamp'"
            raise ValueFaultError(Reason.NO_POSITION, message)
        return position(generation, 0, built), False
    record = metadata.read("transaction-record-id")
    stream = text_of(metadata, "stream-position")
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
        return position(generation, commit, number), coarse
    except PositionError as error:
        raise ValueFaultError(Reason.NO_POSITION, str(error)) from None
