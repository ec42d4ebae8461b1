"""Rejected records to the rows of dead letters, and of originals where these are kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from connectors.kinesis.frame import RecordBlock
from connectors.version import VERSION
from flink_app.dead_letters.redaction import treated_record
from flink_app.dead_letters.replay_marker import first_coordinates
from flink_app.dead_letters.schema import DEAD_LETTER_SCHEMA, RESTRICTED_SCHEMA, Originals
from flink_app.dead_letters.sealing import Origin, Original
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.envelope import NOT_JSON, NotAChangeError, load
from flink_app.records.plan import RecordPlan
from flink_app.records.rejected import Rejected

_NONE: Final = pa.RecordBatch.from_pylist([], schema=DEAD_LETTER_SCHEMA)
Rejections = Sequence[tuple[int, Rejected]]  # with the record's number in the block


def make_dead_letters(  # noqa: PLR0913, PLR0917 - a block, and all that says how it is kept
    block: RecordBlock,
    rejected: Rejections,
    plan: RecordPlan,
    keys: PrivacyKeys,
    originals: Originals,
    application: str,
) -> pa.RecordBatch:
    """Rows by DEAD_LETTER_SCHEMA; with their sealed originals, unless these are kept apart."""
    if not rejected:
        return _NONE
    rows = []
    for row, fault in rejected:
        origin = Origin(
            application, **_coordinate_columns(block, row), arrival_ms=block.arrival[row].value
        )
        sealed = _original(block, row).seal(keys.dead_letters, origin)
        rows.append(
            {
                **_coordinate_columns(block, row),
                "arrival": block.arrival[row].as_py(),
                "table": fault.table,
                "reason": fault.reason.value,
                "detail": fault.detail,
                "version": VERSION,
                "declaration": plan.fingerprint,
                **_readable_columns(block.record(row), fault, plan, keys),
                "key_id": keys.key_id,
                "sealed_original": sealed if originals is Originals.SEALED else None,
            }
        )
    return pa.RecordBatch.from_pylist(rows, schema=DEAD_LETTER_SCHEMA)


def restricted_originals(
    block: RecordBlock, rejected: Rejections, originals: Originals
) -> pa.RecordBatch | None:
    """Rows by RESTRICTED_SCHEMA, in the clear; None unless originals are kept apart."""
    if originals is not Originals.RESTRICTED or not rejected:
        return None
    rows = [
        {
            **_coordinate_columns(block, row),
            "partition_key": _original(block, row).partition_key,
            "payload": _original(block, row).payload,
        }
        for row, _ in rejected
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RESTRICTED_SCHEMA)


def _coordinate_columns(block: RecordBlock, row: int) -> dict[str, Any]:
    return {
        "stream": block.stream,
        "shard": block.shard,
        "sequence_number": block.sequence_numbers[row].as_py(),
    }


def _original(block: RecordBlock, row: int) -> Original:
    return Original(block.partition_keys[row].as_py(), block.record(row))


def _readable_columns(
    record: bytes, fault: Rejected, plan: RecordPlan, keys: PrivacyKeys
) -> dict[str, Any]:
    """The columns that are read from the record itself, as far as it can be read."""
    try:
        envelope = load(record)
    except NOT_JSON:
        return {"treated": None, "replay_of": None}
    table = None if fault.table is None else plan.tables[fault.table]
    try:
        first = first_coordinates(envelope)
    except NotAChangeError:
        first = None  # the fault itself, in most cases; its detail says so
    return {
        "treated": treated_record(envelope, table, plan, keys),
        "replay_of": None
        if first is None
        else {
            "stream": first.stream,
            "shard": first.shard,
            "sequence_number": first.sequence_number,
            "arrival": first.arrival_ms,
        },
    }
