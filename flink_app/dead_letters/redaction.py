"""What a dead letter shows of its record in the open: structure, and values as if they were stored.

Shown are metadata that cannot be personal, and the columns that the declaration stores, under their
treatments. Everything else is left out and named: columns that are not declared or not stored, the
partition key's value, metadata of no known form, and a value that is not of its column's type,
which might be another column's. A value that is only too large for a column that is kept is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from flink_app.declaration.model import Treatment
from flink_app.privacy.keys import PrivacyKeys
from flink_app.privacy.treatments import treat
from flink_app.records.envelope import Members
from flink_app.records.plan import DATA, METADATA, REPLAY, ReadColumn, RecordPlan, TablePlan
from flink_app.records.rejected import Reason
from flink_app.records.values import ValueFaultError, read_value, timestamp_micros

LEFT_OUT: Final = "left_out"
_TABLE_NAMES: Final = ("schema-name", "table-name")

# What a column's name may look like; anything else might be a value in a name's place.
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$#-]{0,126}")
_OTHER_NAME: Final = "(another name)"
# Metadata by the form in which they cannot be personal. Log positions of PostgreSQL, MySQL, Oracle.
_POSITION: Final = re.compile(
    r"[0-9A-F]{8}/[0-9A-F]{8}\.[0-9A-F./]{1,40}"
    r"|(mysql-bin(-changelog)?\.[0-9]{6}:[0-9:-]{1,60}){1,2}"
    r"|[0-9]{1,18}"
)
_WORDS: Final = {
    "record-type": {"data", "control"},
    "operation": {"load", "insert", "update", "delete"},
    "partition-key-type": {"primary-key", "schema-table", "task-id"},
}
_TIMES: Final = {"timestamp", "commit-timestamp"}
_NUMBERS: Final = {
    "transaction-id",
    "transaction-record-id",
    "prev-transaction-id",
    "prev-transaction-record-id",
}
# Faults of a value that is what the column means, and does not fit it.
_OF_SIZE: Final = {
    Reason.OUT_OF_RANGE,
    Reason.TOO_LONG,
    Reason.TRAILING_BLANK,
    Reason.ZERO_DATE,
    Reason.TOO_PRECISE,
    Reason.ROUNDED_NUMBER,
}
# A number or timestamp written as text; a fault of size lets other texts pass.
_WRITTEN: Final = re.compile(r"[-+0-9.:eETZ ]{1,80}", re.ASCII)


def treated_record(
    envelope: Any, table: TablePlan | None, plan: RecordPlan, keys: PrivacyKeys
) -> str | None:
    """The record as JSON text without personal data; None when it is no JSON object.

    Args:
        envelope: the record as `envelope.load` reads it.
        table: whose row it is, None where that is not known.
        plan: the declaration.
        keys: for tokens.
    """
    if not isinstance(envelope, Members):
        return None
    shown: dict[str, Any] = {}
    left_out: dict[str, list[str]] = {}
    for part, content in envelope.items():
        if part == REPLAY:
            continue  # the dead letter has a column for it
        if part == METADATA and isinstance(content, Members):
            members = dict(_metadata(content, table, plan))
        elif part in {DATA, plan.before_image} and isinstance(content, Members):
            members = dict(_row(content, table, plan, keys))
        else:
            left_out.setdefault("", []).append(_name(part))
            continue
        shown[part] = members
        if hidden := {_name(name) for name in content if name not in members}:
            left_out[part] = sorted(hidden)
    return json.dumps(
        {**shown, LEFT_OUT: left_out}, ensure_ascii=False, separators=(",", ":"), default=str
    )


def _name(name: str) -> str:
    return name if _NAME.fullmatch(name) else _OTHER_NAME


def _metadata(
    content: Members, table: TablePlan | None, plan: RecordPlan
) -> Iterator[tuple[str, Any]]:
    """The members whose values have a form in which they cannot be personal."""
    words = _WORDS | ({} if table is None else _table_names(content, table, plan))
    for name, value in content.items():
        if name in content.repeated:
            continue
        if isinstance(value, str):
            is_shown = (
                value in words.get(name, ())
                or (name in _TIMES and timestamp_micros(value) is not None)
                or (name == "stream-position" and _POSITION.fullmatch(value) is not None)
            )
        else:
            is_shown = value is None or (name in _NUMBERS and type(value) is int)
        if is_shown and _NAME.fullmatch(name):
            yield name, value


def _table_names(content: Members, table: TablePlan, plan: RecordPlan) -> dict[str, set[str]]:
    """The declared names, or those of the partition that the record names."""
    names = dict(zip(_TABLE_NAMES, (table.schema, table.source), strict=True))
    if table.has_partitions:
        partition = {name: content.get(name) for name in _TABLE_NAMES}
        texts = {name: text for name, text in partition.items() if isinstance(text, str)}
        if plan.table_of(*map(texts.get, _TABLE_NAMES)) is table and _NAME.fullmatch(
            texts["table-name"]
        ):
            names = texts
    return {name: {text} for name, text in names.items()}


def _row(
    content: Members, table: TablePlan | None, plan: RecordPlan, keys: PrivacyKeys
) -> Iterator[tuple[str, Any]]:
    """The stored columns under their treatments, those of the before-image alike."""
    for column in () if table is None else table.columns:
        for name in dict.fromkeys((column.source, plan.before_name(column.source))):
            if name in content and name not in content.repeated:
                try:
                    yield name, _treat(content[name], column, keys)
                except ValueFaultError:
                    continue  # left out, and named with the others


def _treat(value: Any, column: ReadColumn, keys: PrivacyKeys) -> Any:
    """The value as it may be shown. Raises ValueFaultError when it may not."""
    declared = column.declared
    is_kept = declared.treatment is Treatment.KEEP
    try:
        column_value = read_value(value, column)
    except ValueFaultError as fault:
        is_of_size = fault.reason in _OF_SIZE and (
            declared.type.is_text or not isinstance(value, str) or _WRITTEN.fullmatch(value)
        )
        if is_kept and is_of_size:
            return value
        raise
    if is_kept or column_value is None:
        return value
    (treated,) = treat(
        pa.array([column_value], declared.type.arrow), declared.treatment, keys.tokens
    ).to_pylist()
    return treated
