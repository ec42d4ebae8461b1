"""The explanation for people, in lines of at most 80 columns, and for scripts.

Keys are shown as they are stored; of other columns only names.
"""

from __future__ import annotations

import datetime as dt
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from connectors.accounts import Gap
from flink_app.positions.generations import time_text
from infra.explain.explanation import ExplainedChange, ExplainedGroup, Explanation, Verdict
from infra.explain.key import StoredKey, show_key
from infra.explain.known import Batch, KeyLetter, ReadRange, StagedChange, StreamRecord
from infra.explain.positions import DecodedPosition

_WIDTH: Final = 80
_INDENT: Final = 15  # where what is said of a group begins
_SHOWN: Final = 5  # of a kind in the text; `--json` has all
_SEQUENCE: Final = "sequence numbers"
_SENTENCES: Final = {
    Verdict.PRESENT: "there is a row",
    Verdict.DELETED: "there is no row: deleted",
    Verdict.SWEPT: "there is no row: below the floor",
    Verdict.DEAD_LETTER: "there is no row: dead letters",
    Verdict.LOST: "there is no row, and there should be one",
    Verdict.NEVER_SEEN: "there is no row: never seen",
}


def write_lines(explanation: Explanation) -> Iterator[str]:
    """The explanation for people."""
    head = f"{explanation.target}, {show_key(explanation.key)}: {_SENTENCES[explanation.verdict]}"
    yield from _wrap(head)
    for reason in explanation.reasons:
        yield from _wrap(reason, "  ")
    for group in explanation.groups:
        yield ""
        yield from _lines_of_group(group, explanation)
    yield from _list("dead letters", [*map(_say_letter, explanation.letters)])
    yield from _list("gaps in the stream", [*map(_say_gap, explanation.gaps)])
    yield from _list("not known", explanation.unknown, shown=len(explanation.unknown))


def write_json(explanation: Explanation) -> str:
    """The explanation for scripts, one object."""
    described = {
        "target": explanation.target,
        "key": _describe_key(explanation.key),
        "verdict": explanation.verdict,
        "reasons": explanation.reasons,
        "groups": [*map(_describe_group, explanation.groups)],
        "dead_letters": [*map(_describe_letter, explanation.letters)],
        "gaps": [*map(_describe_gap, explanation.gaps)],
        "not_known": explanation.unknown,
    }
    return json.dumps(described, indent=2, ensure_ascii=False)


def _lines_of_group(group: ExplainedGroup, explanation: Explanation) -> Iterator[str]:
    name = group.group.name or "own columns"
    if explanation.verdict is not Verdict.PRESENT:
        name = "its last change"
    elif group.group.columns:
        name += f": {', '.join(group.group.columns)}"
    yield from _wrap(name)
    table = group.group.table
    if group.key is None:
        yield from _entry("no row", f"the reference to {table} is NULL, or not known")
        return
    yield from _entry("row", f"{table}, {show_key(group.key)}")
    if group.change is None:
        yield from _entry("no change", "no change of this row is loaded, so its columns are NULL")
    else:
        yield from _lines_of_change(group.change, is_delete=explanation.verdict is Verdict.DELETED)
        if group.is_empty:
            yield from _entry("NULL", "all its columns: it was deleted, or it has no values")
    for title, changes in (
        ("touched", group.touched),
        ("superseded", group.superseded),
        ("missed", group.missed),
    ):
        for change in changes[:_SHOWN]:
            yield from _entry(title, _say_staged(change))
        if len(changes) > _SHOWN:
            yield from _entry("", f"and {len(changes) - _SHOWN:,} more (--json has all)")
    if group.missed:
        yield from _entry(
            "", "newer, loaded, and not in the row: compare with the source (starjoin reconcile)"
        )


def _lines_of_change(change: ExplainedChange, *, is_delete: bool) -> Iterator[str]:
    position = change.position
    yield from _entry("delete" if is_delete else "change", _say_position(position))
    yield from _entry("", position.digits)
    if position.committed is not None:
        yield from _entry("committed", _write_micros(position.committed))
    yield from _entry("loaded", _say_load(change))
    if change.record is not None:
        yield from _lines_of_record(change.record)
        return
    for read in change.ranges:
        yield from _entry("read from", f"{read.stream}/{read.shard}")
        if change.is_exact:
            yield from _entry("", f"record {read.first_sequence_number}")
        else:
            yield from _entry("", f"from {read.first_sequence_number}")
            yield from _entry("", f"to   {read.last_sequence_number}")
        if read.last_arrival_ms is not None:
            yield from _entry("", f"arrived by {time_text(read.last_arrival_ms)}")
        is_asked = position.committed is None and not position.is_load
        if is_asked and read.first_committed is not None and read.last_committed is not None:
            first, last = map(_write_micros, (read.first_committed, read.last_committed))
            same = first == last
            yield from _entry("", f"committed {first}" if same else f"committed {first} to {last}")


def _lines_of_record(record: StreamRecord) -> Iterator[str]:
    yield from _entry("record", f"{record.stream}/{record.shard}")
    yield from _entry("", record.sequence_number)
    yield from _entry("", f"arrived {time_text(record.arrival_ms)}")
    if record.committed is not None:
        yield from _entry("", f"committed {_write_micros(record.committed)}")
    said = [record.operation] if record.operation else []
    if record.transaction is not None:
        said.append(f"transaction {record.transaction}")
    if said:
        yield from _entry("", ", ".join(said))


def _say_position(position: DecodedPosition) -> str:
    said = [f"generation {position.generation}"]
    if position.built is not None:
        return f"{said[0]}, full load, record built {_write_micros(position.built)}"
    if position.is_lowest_repair:
        above = "where the warehouse had nothing newer than the full load"
        return f"{said[0]}, put by a repair, which read the row at the source, {above}"
    readings = []
    if position.is_repair:
        said.append("put by a repair, which read the row at the source; right above")
    for reading in position.readings:
        record = "" if reading.record is None else f", record {reading.record} of its transaction"
        readings.append(f"{reading.kind} {reading.text}{record}")
    return ", ".join([*said, " or ".join(readings)])


def _say_load(change: ExplainedChange) -> str:
    if change.loaded is not None:
        return _say_part(change.loaded)
    if change.earliest is None:
        return (
            "by a load that the accounts no longer have"
            if change.is_summed
            else ("no account reaches this position")
        )
    time = _write_time(change.earliest.loaded_at)
    before = " or before, in loads that are summed up" if change.is_summed else ""
    return f"not before {time}, batch {change.earliest.name}{before}"


def _say_staged(change: StagedChange) -> str:
    verb = "delete" if change.deletes else "upsert"
    return f"{verb} {change.position}, {_say_part(change)}"


def _say_part(change: StagedChange) -> str:
    part = change.part
    return (
        f"{_write_time(part.batch.loaded_at)}, batch {part.batch.name}, epoch {part.epoch}, part "
        f"{part.name}"
    )


def _say_letter(letter: KeyLetter) -> str:
    replayed = ", replayed since" if letter.is_replayed else ""
    arrival = "" if letter.arrival_ms is None else f", arrived {time_text(letter.arrival_ms)}"
    of = letter.table or "an unknown table"
    key = "" if letter.has_key else " (does not show its key: may be of another row)"
    return (
        f"{of}: {letter.reason}{key}, {letter.stream}/{letter.shard} "
        f"{letter.sequence_number}{arrival}{replayed}"
    )


def _say_gap(gap: Gap) -> str:
    until = "unknown" if gap.read_until_ms is None else time_text(gap.read_until_ms)
    first = "unknown" if gap.first_arrival_ms is None else time_text(gap.first_arrival_ms)
    return f"{gap}: what arrived between {until} and {first} may be lost"


def _list(title: str, items: Sequence[str], shown: int = _SHOWN) -> Iterator[str]:
    if not items:
        return
    yield ""
    yield title
    for item in items[-shown:]:
        yield from _wrap(item, "  - ", "    ")
    if len(items) > shown:
        yield f"  - and {len(items) - shown:,} before (--json has all)"


def _entry(title: str, text: str) -> Iterator[str]:
    yield from _wrap(text, f"  {title:<{_INDENT - 2}}", " " * _INDENT)


def _wrap(text: str, first: str = "", others: str | None = None) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if others is None else others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _describe_group(group: ExplainedGroup) -> dict[str, Any]:
    return {
        "path": list(group.group.path),
        "table": group.group.table,
        "columns": list(group.group.columns),
        "key": None if group.key is None else _describe_key(group.key),
        "all_null": group.is_empty,
        "change": None if group.change is None else _describe_change(group.change),
        "touched": [*map(_describe_staged, group.touched)],
        "superseded": [*map(_describe_staged, group.superseded)],
        "missed": [*map(_describe_staged, group.missed)],
    }


def _describe_change(change: ExplainedChange) -> dict[str, Any]:
    return {
        "position": _describe_position(change.position),
        "loaded": None if change.loaded is None else _describe_staged(change.loaded),
        "earliest_load": None if change.earliest is None else _describe_batch(change.earliest),
        "earlier_loads_are_summed_up": change.is_summed,
        "read_from": [*map(_describe_range, change.ranges)],
        "record": None if change.record is None else _describe_record(change.record),
    }


def _describe_position(position: DecodedPosition) -> dict[str, Any]:
    return {
        "digits": position.digits,
        "generation": position.generation,
        "full_load": position.is_load,
        "repair": position.is_repair,
        "built": None if position.built is None else _write_micros(position.built),
        "committed": None if position.committed is None else _write_micros(position.committed),
        "may_be": [
            {"kind": reading.kind, "commit": reading.text, "record": reading.record}
            for reading in position.readings
        ],
    }


def _describe_staged(change: StagedChange) -> dict[str, Any]:
    return {
        "position": change.position,
        "deletes": change.deletes,
        "part": change.part.name,
        "epoch": change.part.epoch,
        "url": change.part.url,
        **_describe_batch(change.part.batch),
    }


def _describe_batch(batch: Batch) -> dict[str, Any]:
    return {"batch": batch.name, "loaded_at": _write_time(batch.loaded_at)}


def _describe_range(read: ReadRange) -> dict[str, Any]:
    return {
        "stream": read.stream,
        "shard": read.shard,
        "first_sequence_number": read.first_sequence_number,
        "last_sequence_number": read.last_sequence_number,
        "last_arrival": None if read.last_arrival_ms is None else time_text(read.last_arrival_ms),
        "first_committed": None
        if read.first_committed is None
        else _write_micros(read.first_committed),
        "last_committed": None
        if read.last_committed is None
        else _write_micros(read.last_committed),
    }


def _describe_record(record: StreamRecord) -> dict[str, Any]:
    return {
        "stream": record.stream,
        "shard": record.shard,
        "sequence_number": record.sequence_number,
        "arrival": time_text(record.arrival_ms),
        "committed": None if record.committed is None else _write_micros(record.committed),
        "operation": record.operation or None,
        "transaction": record.transaction,
    }


def _describe_letter(letter: KeyLetter) -> dict[str, Any]:
    return {
        "table": letter.table or None,
        "reason": letter.reason,
        "stream": letter.stream,
        "shard": letter.shard,
        "sequence_number": letter.sequence_number,
        "arrival": None if letter.arrival_ms is None else time_text(letter.arrival_ms),
        "part": letter.part,
        "replayed": letter.is_replayed,
        "shows_key": letter.has_key,
    }


def _describe_gap(gap: Gap) -> dict[str, Any]:
    return {
        "stream": gap.stream,
        "shard": gap.shard,
        "last_sequence_number": gap.last_sequence_number,
        "first_sequence_number": gap.first_sequence_number,
        "read_until": None if gap.read_until_ms is None else time_text(gap.read_until_ms),
        "first_arrival": None if gap.first_arrival_ms is None else time_text(gap.first_arrival_ms),
    }


def _describe_key(key: StoredKey) -> dict[str, str]:
    return {each.column.name: each.text for each in key}


def _write_micros(micros: int) -> str:
    time = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)
    return _write_time(time.replace(tzinfo=None))


def _write_time(time: dt.datetime | None) -> str:
    return "an unknown time" if time is None else f"{time.isoformat()}Z"
