"""Record by record: the slow path for what the columnar reader cannot take, and its reference.

Members that are not read are not checked, as in the columnar reader (see `envelope`).
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from connectors.accounts import CONTROL, UNDECLARED
from flink_app.dead_letters.replay_marker import first_coordinates
from flink_app.declaration.dms_records import CoarsePositions, Positions
from flink_app.declaration.star import DELETED, POSITION, unchanged_position_column
from flink_app.decode.unchanged import sent_value
from flink_app.positions.generations import UNKNOWN_GENERATION, Generations
from flink_app.positions.position import (
    UNKNOWN,
    PositionError,
    commit_position,
    generation_of,
    is_coarse,
    is_of_sql_server,
    make_coarse_position,
    make_position,
)
from flink_app.records.aggregate import is_aggregate
from flink_app.records.envelope import (
    NOT_JSON,
    Members,
    NotAChangeError,
    load,
    object_of,
    text_of,
)
from flink_app.records.parsed import OPERATIONS, Outcome, ParsedRow, Skipped, SlowRecord
from flink_app.records.plan import (
    DATA,
    DOCUMENT,
    METADATA,
    REPAIR,
    ReadColumn,
    RecordPlan,
    TablePlan,
    old_key,
)
from flink_app.records.rejected import Reason, Rejected
from flink_app.records.repair_marker import (
    OPERATIONS as REPAIR_OPERATIONS,
)
from flink_app.records.repair_marker import RepairMarker, read_repair_marker
from flink_app.records.values import ValueFaultError, read_value, timestamp_micros

_NESTED_BY_MAPPING: Final = (
    f"the row is nested under {DOCUMENT!r}: use map-record-to-record, "
    "not map-record-to-document, in the DMS table mapping"
)
_NESTED_BY_SOURCE: Final = (
    f"the row is a document under {DOCUMENT!r}, as MongoDB in document mode is read: set table "
    "mode on the source endpoint (NestingLevel: one), which makes columns of its fields"
)
_KEY_NOT_LOGGED: Final = (
    " in the update and in its before-image: set EnableBeforeImage in the task's "
    "BeforeImageSettings, and have the source log the key with each change (Oracle: supplemental "
    "logging of the primary key)"
)
# What a treatment that keeps identity makes of a value.
_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_DOCUMENT_IDS: Final = ("_id", "oid__id")
_BY_COMMIT_TIMESTAMP: Final = (Positions.AUTO, Positions.COMMIT_TIMESTAMP)


def parse_alone(
    row: int,
    record: bytes,
    plan: RecordPlan,
    *,
    arrival_ms: int | None = None,
    sequence_number: str = "0",
) -> SlowRecord:
    """Parses the record with the number `row`; never raises for anything that stands in it.

    A replayed record says itself when and where it first arrived, whatever is given here; a record
    of a repair says its position.

    Args:
        row: its number in the block.
        record: its bytes.
        plan: of the declaration.
        arrival_ms: when it arrived on the stream, in milliseconds since the epoch; it determines
            the record's generation.
        sequence_number: as Kinesis gave it; it orders changes that nothing better does.
    """
    try:
        envelope = load(record)
    except NOT_JSON:
        return SlowRecord(row, None, _not_json(record))
    arrival = _Arrival(arrival_ms, sequence_number)
    return SlowRecord(row, envelope, _parse_envelope(envelope, plan, arrival))


class _Arrival(NamedTuple):
    """When a record first arrived on the stream, and where in its shard."""

    milliseconds: int | None
    sequence_number: str


def _not_json(record: bytes) -> Rejected:
    if is_aggregate(record):
        message = (
            "the record is an aggregate of the Kinesis Producer Library, which holds several "
            "records: switch aggregation off (AggregationEnabled=false) at its producer"
        )
        return Rejected(Reason.KPL_AGGREGATE, message)
    return Rejected(Reason.NOT_JSON, "the record is not one JSON object in UTF-8")


def parse_record(
    record: bytes, plan: RecordPlan, *, arrival_ms: int | None = None, sequence_number: str = "0"
) -> Outcome:
    """What one record becomes; see `parse_alone`."""
    parsed = parse_alone(0, record, plan, arrival_ms=arrival_ms, sequence_number=sequence_number)
    return parsed.outcome


def _parse_envelope(envelope: Any, plan: RecordPlan, arrival: _Arrival) -> Outcome:
    try:
        first = first_coordinates(envelope)
        repair = read_repair_marker(envelope)
        metadata = object_of(envelope, METADATA)
        kind = text_of(metadata, "record-type")
        if kind == "control":
            return Skipped(CONTROL)
        if kind != "data":
            message = "metadata 'record-type' is neither data nor control"
            return Rejected(Reason.NOT_A_CHANGE, message)
        table = plan.table_of(text_of(metadata, "schema-name"), text_of(metadata, "table-name"))
    except NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error))
    if table is None:
        return Skipped(UNDECLARED)
    if first is not None:
        arrival = _Arrival(first.arrival_ms, first.sequence_number)
    if repair is not None:
        return _parse_repair(envelope, metadata, table, plan, repair)
    return _parse_row(envelope, metadata, table, plan, arrival)


def _parse_row(
    envelope: Any, metadata: Members, table: TablePlan, plan: RecordPlan, arrival: _Arrival
) -> ParsedRow | Rejected:
    try:
        values, sent = _parse_change(envelope, metadata, table, plan)
        position, coarse = _position(metadata, table.name, arrival, plan)
    except ValueFaultError as fault:
        return Rejected(fault.reason, str(fault), table.name)
    except NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error), table.name)
    _put_positions(values, sent, position)
    return ParsedRow(table, values, sent, coarse)


def _put_positions(values: dict[str, Any], sent: dict[str, bool], position: str) -> None:
    values[POSITION] = position
    for name, is_sent in sent.items():
        values[unchanged_position_column(name)] = position if is_sent else UNKNOWN


def _parse_repair(
    envelope: Any, metadata: Members, table: TablePlan, plan: RecordPlan, repair: RepairMarker
) -> ParsedRow | Rejected:
    """A record of a repair: it has every column, and stands where its marker says."""
    try:
        _check_repair(repair, text_of(metadata, "operation"), table, plan)
        if repair.treated:
            values, sent = _read_stored_key(envelope, table)
        else:
            values, sent = _parse_change(envelope, metadata, table, plan)
    except ValueFaultError as fault:
        return Rejected(fault.reason, str(fault), table.name)
    except NotAChangeError as error:
        return Rejected(Reason.NOT_A_CHANGE, str(error), table.name)
    _put_positions(values, sent, repair.position)
    return ParsedRow(table, values, sent, treated=repair.treated)


def _check_repair(
    repair: RepairMarker, operation: str | None, table: TablePlan, plan: RecordPlan
) -> None:
    """Raises NotAChangeError, ValueFaultError where the marker does not fit its record."""
    if operation not in REPAIR_OPERATIONS or (repair.treated and operation != "delete"):
        message = f"a record with {REPAIR!r} is an insert or a delete, a treated one a delete"
        raise NotAChangeError(message)
    if generation_of(repair.position) > plan.generations.newest_of(table.name):
        message = (
            f"the position under {REPAIR!r} is of a generation that the application does not "
            "know: it was reloaded since, or its settings are older than those of the repair"
        )
        raise ValueFaultError(Reason.NO_POSITION, message)


def _read_stored_key(envelope: Any, table: TablePlan) -> tuple[dict[str, Any], dict[str, bool]]:
    """The key of a delete as it is stored: tokens as they are, the rest as in any record."""
    data = object_of(envelope, DATA)
    values: dict[str, Any] = {DELETED: True}
    for column in table.columns:
        if column.name not in table.key:
            continue
        try:
            value = data.read(column.source)
            values[column.name] = (
                read_value(value, column) if column.is_kept else _read_token(value)
            )
        except ValueFaultError as fault:
            raise ValueFaultError(fault.reason, f"column {column.name}: {fault}") from None
        if values[column.name] is None:
            message = f"column {column.name}: the key is missing"
            raise ValueFaultError(Reason.MISSING_KEY, message)
    return values, {column.name: True for column in table.unchanged_columns}


def _read_token(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _TOKEN.fullmatch(value)):
        return value
    raise ValueFaultError(Reason.WRONG_TYPE, "the key is no token, although the record says it is")


def _parse_change(
    envelope: Any, metadata: Members, table: TablePlan, plan: RecordPlan
) -> tuple[dict[str, Any], dict[str, bool]]:
    """The values of a row without its positions, and which unchanged columns it sends."""
    operation, data, before = _parts_of_change(envelope, metadata, table, plan)
    deleted = operation == "delete"
    values: dict[str, Any] = {}
    sent = {column.name: True for column in table.unchanged_columns}
    for column in table.columns:
        is_key = column.name in table.key
        values[column.name] = None
        if deleted and not is_key:
            continue
        try:
            if is_key:
                value = _key_value(data, before, column, plan)
            elif column.declared.unchanged and operation == "update":
                value, sent[column.name] = sent_value(data, before, column, plan)
            else:
                value = data.read(column.source)
            values[column.name] = read_value(value, column)
            if is_key:
                earlier = before.read(plan.before_name(column.source))
                values[old_key(column.name)] = read_value(earlier, column)
        except ValueFaultError as fault:
            raise ValueFaultError(fault.reason, f"column {column.name}: {fault}") from None
        if is_key and values[column.name] is None:
            message = f"column {column.name}: the key is missing"
            if operation == "update" and column.source not in data:
                message += _KEY_NOT_LOGGED
            raise ValueFaultError(Reason.MISSING_KEY, message)
    values[DELETED] = deleted
    _check_moved(values, sent, table)
    _check_references(sent, table)
    return values, sent


def _parts_of_change(
    envelope: Any, metadata: Members, table: TablePlan, plan: RecordPlan
) -> tuple[str, Members, Members]:
    """The operation, the row, and the row before an update; empty for anything else."""
    operation = text_of(metadata, "operation")
    if operation is None or operation not in OPERATIONS:
        raise ValueFaultError(
            Reason.UNKNOWN_OPERATION, "metadata 'operation' is not one of a row's"
        )
    data = object_of(envelope, DATA)
    if not plan.reads_documents and data.read(DOCUMENT) is not None:
        raise NotAChangeError(_NESTED_BY_SOURCE if _is_of_mongodb(data) else _NESTED_BY_MAPPING)
    before = Members()
    if operation == "update":
        before = object_of(envelope, plan.before_image, required=False)
        if plan.refuses_missing:
            _check_whole(data, table)
    return operation, data, before


def _key_value(data: Members, before: Members, column: ReadColumn, plan: RecordPlan) -> Any:
    """A part of the key as JSON; from before the update, if that has logged only what changed."""
    if column.source in data:
        return data.read(column.source)
    return before.read(plan.before_name(column.source))


def _check_whole(data: Members, table: TablePlan) -> None:
    """Raises ValueFaultError for an update that lacks columns, which are no nulls then."""
    missing = [
        column.name
        for column in table.columns
        if column.name not in table.key
        and not column.declared.unchanged
        and column.source not in data
    ]
    if missing:
        names = f"column {missing[0]}" if len(missing) == 1 else f"columns {', '.join(missing)}"
        message = (
            f"{names}: the update does not have what is declared. If the source logs only a part "
            "of the row, have it log all of it (Oracle: supplemental logging of all columns, "
            "MySQL: binlog_row_image=FULL; PostgreSQL leaves out large values), or declare "
            "unchanged: missing, which keeps the loaded value. If the source has dropped or "
            "renamed the column, take it out of the declaration, or declare its new name with "
            "source"
        )
        raise ValueFaultError(Reason.MISSING_COLUMN, message)


def _check_references(sent: dict[str, bool], table: TablePlan) -> None:
    """Raises ValueFaultError if a reference is sent in part: what it refers to is not known."""
    for columns in table.references:
        if len({sent[name] for name in columns}) > 1:
            message = (
                f"columns {', '.join(columns)}: the update has only a part of the reference, so "
                "what it refers to is not known. Have the source log these columns together "
                "(Oracle: a supplemental log group ALWAYS, MySQL: binlog_row_image=FULL, "
                "PostgreSQL: REPLICA IDENTITY FULL and ColumnFilter all in DMS)"
            )
            raise ValueFaultError(Reason.UNCHANGED_LOST, message)


def _is_of_mongodb(data: Members) -> bool:
    """Whether the id of a document stands beside it, as a source in document mode writes it."""
    return any(name in data for name in _DOCUMENT_IDS)


def _check_moved(values: dict[str, Any], sent: dict[str, bool], table: TablePlan) -> None:
    """Raises ValueFaultError if a key changed and an omitted value is stored under the old."""
    lost = [name for name, is_sent in sent.items() if not is_sent]
    if lost and any(values[old_key(key)] not in {None, values[key]} for key in table.key):
        message = (
            f"column {lost[0]}: the key changed and the unchanged value was left out, so it "
            "is stored under the old key only. Set REPLICA IDENTITY FULL in the source and "
            "ColumnFilter all in DMS, so that the before-image has it, or have the source log "
            "whole rows (Oracle: supplemental logging of all columns, MySQL: binlog_row_image=FULL)"
        )
        raise ValueFaultError(Reason.UNCHANGED_LOST, message)


def _why_unplaced(metadata: Members, kind: Positions) -> str:
    """Why neither the stream-position nor the commit timestamp of a change says where it stands."""
    stream = text_of(metadata, "stream-position")
    if stream is not None and kind is not Positions.COMMIT_TIMESTAMP:
        if kind is not Positions.AUTO:
            return f"the stream-position is not of the declared kind, {kind}"
        if is_of_sql_server(stream):
            return (
                "the stream-position is a log sequence number of SQL Server, which is not "
                "supported: declare positions: commit-timestamp, under which the time of the "
                "commit orders changes, and arrival in the shard those of one instant"
            )
        return (
            "the stream-position is of no known kind (PostgreSQL, MySQL, Oracle), and there is no "
            "commit-timestamp that could be read"
        )
    if metadata.read("commit-timestamp") is not None and kind in _BY_COMMIT_TIMESTAMP:
        return "metadata 'commit-timestamp' is no time after 1970"
    return "the change has no usable position: set IncludeTransactionDetails on the DMS endpoint"


def _generation(
    metadata: Members, table: str, arrival: _Arrival, generations: Generations
) -> tuple[int, int | None]:
    """The generation, and when a load record was built; None for any other."""
    is_load = text_of(metadata, "operation") == "load"
    built = None
    if is_load or generations.are_of(table):
        built = timestamp_micros(metadata.read("timestamp"))
    if built is not None and built < 0:
        built = None
    if is_load and built is None:
        message = "a load record needs metadata 'timestamp'"
        raise ValueFaultError(Reason.NO_POSITION, message)
    generation = generations.generation_at(arrival.milliseconds, table, built, is_load=is_load)
    if generation == UNKNOWN_GENERATION:
        message = "the record has no arrival time, so its generation cannot be determined"
        if built is None and arrival.milliseconds is not None:
            message = (
                "metadata 'timestamp' is no time after 1970, and the table was reloaded alone, so "
                "the record's generation cannot be determined"
            )
        raise ValueFaultError(Reason.NO_POSITION, message)
    return generation, built if is_load else None


def _position(
    metadata: Members, table: str, arrival: _Arrival, plan: RecordPlan
) -> tuple[str, bool]:
    """The position, and whether only a commit timestamp gave it."""
    generation, loaded = _generation(metadata, table, arrival, plan.generations)
    if loaded is not None:
        return make_position(generation, 0, loaded), False
    record = metadata.read("transaction-record-id")
    stream = text_of(metadata, "stream-position")
    committed = timestamp_micros(metadata.read("commit-timestamp"))
    commit = commit_position(stream, committed, plan.positions)
    number = 0 if record is None else record
    if not isinstance(number, int) or isinstance(number, bool):
        message = (
            "metadata 'transaction-record-id' is not a whole number, as DMS writes it: find out "
            "what rewrites the records on their way to the stream"
        )
        raise NotAChangeError(message)
    if commit is None:
        raise ValueFaultError(Reason.NO_POSITION, _why_unplaced(metadata, plan.positions))
    # The comparison spares most records the question.
    coarse = committed is not None and commit == committed << 32
    coarse = coarse and is_coarse(stream, plan.positions)
    if plan.coarse_positions is CoarsePositions.REFUSE and coarse:
        message = "only a commit timestamp orders the change, which the declaration refuses"
        raise ValueFaultError(Reason.NO_POSITION, message)
    try:
        if coarse:
            micros = commit >> 32
            return make_coarse_position(generation, micros, arrival.sequence_number), coarse
        return make_position(generation, commit, number), coarse
    except PositionError as error:
        raise ValueFaultError(Reason.NO_POSITION, str(error)) from None
