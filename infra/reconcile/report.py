"""What is printed of a reconciliation, and its exit code.

Keys are shown as the warehouse stores them; of other columns only names are shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final

from infra.reconcile.log_positions import show_log_position
from infra.reconcile.protocol import DIFFERENT, MISSING, Difference, Outcome, Result

SHOWN: Final = 20  # keys of a kind in the text; `--json` has all


class Verdict(IntEnum):
    """How a reconciliation ended: its exit code."""

    EQUAL = 0
    DIFFERENT = 1
    NOT_COMPARABLE = 2
    OPEN = 3  # nothing differs but keys that changed in every look


def find_verdict(result: Result) -> Verdict:
    """The gravest of all comparisons: what differs, then what could not be compared."""
    if any(outcome.differences for outcome in result.outcomes):
        return Verdict.DIFFERENT
    if not result.outcomes or any(outcome.refusal for outcome in result.outcomes):
        return Verdict.NOT_COMPARABLE
    is_open = any(o.open_keys or o.unjudged.count or o.narrowed.is_general for o in result.outcomes)
    return Verdict.OPEN if is_open else Verdict.EQUAL


def write_lines(result: Result, repair: str = "") -> Iterator[str]:
    """The report for people; `repair` is the command that repairs row by row."""
    for number, look in enumerate(result.looks, 1):
        yield (
            f"look {number}: source from log position {show_log_position(look.start)} to "
            f"{show_log_position(look.end)}; warehouse up to records that arrived "
            f"{_show_time(look.newest_arrival_ms)}; snapshot held for {look.held:.1f} s"
        )
    for outcome in result.outcomes:
        yield from _lines_of(outcome)
    source, warehouse = _sum_received(result)
    yield f"coverage: {_show_coverage(result)}"
    if result.looks:
        yield f"complete because: {result.looks[-1].evidence}"
    yield f"bytes moved: {source:,} from the source, {warehouse:,} from the warehouse"
    yield _conclude(result)
    letters = sum(d.is_dead_letter for o in result.outcomes for d in o.differences)
    if letters:
        yield (
            f"{letters:,} of these keys have dead letters: once their cause is fixed, replay "
            "repairs them"
        )
    if advice := advise(result, repair):
        yield advice


def advise(result: Result, repair: str) -> str:
    """How to repair what differs; empty where nothing does, or no command was given."""
    if find_verdict(result) is not Verdict.DIFFERENT or not repair:
        return ""
    if any(outcome.narrowed.is_general for outcome in result.outcomes):
        return "Load the tables concerned again: reload --table NAME (docs/operations.md)"
    tables = [o.comparison.name for o in result.outcomes if o.differences]
    return " ".join([f"To repair it: {repair}", *(f"--table {name}" for name in tables)])


def write_json(result: Result, repair: str = "") -> str:
    """The report for scripts, in one line."""
    return json.dumps({**as_object(result), "advice": advise(result, repair) or None})


def as_object(result: Result) -> dict[str, Any]:
    """The report as what JSON has."""
    source, warehouse = _sum_received(result)
    return {
        "verdict": find_verdict(result).name.lower(),
        "looks": [
            {
                "log_from": show_log_position(look.start),
                "log_to": show_log_position(look.end),
                "newest_arrival_ms": look.newest_arrival_ms,
                "held_seconds": round(look.held, 3),
                "complete_because": look.evidence,
            }
            for look in result.looks
        ],
        "coverage": _show_coverage(result),
        "bytes_from_source": source,
        "bytes_from_warehouse": warehouse,
        "tables": [_as_json(outcome) for outcome in result.outcomes],
    }


_SENTENCES: Final = {
    Verdict.EQUAL: "The warehouse equals the source.",
    Verdict.DIFFERENT: "The warehouse differs from the source.",
    Verdict.NOT_COMPARABLE: "Not everything could be compared; what was compared is equal.",
    Verdict.OPEN: (
        "Nothing differs for certain, but some keys changed in every look: run it again when they "
        "change less."
    ),
}


def _conclude(result: Result) -> str:
    """The verdict in a sentence, which claims no more than was compared."""
    verdict = find_verdict(result)
    if verdict is Verdict.NOT_COMPARABLE and all(outcome.refusal for outcome in result.outcomes):
        return "Nothing could be compared."
    is_part = result.sample is not None or result.since is not None
    if verdict is not Verdict.EQUAL or not is_part:
        return _SENTENCES[verdict]
    has_ranges = any(outcome.narrowed.ranges for outcome in result.outcomes)
    if result.since is None and not has_ranges:
        return (
            "Nothing was compared: no range has its turn today. Give a larger --sample, or leave "
            "it out where the tables are small."
        )
    return "Nothing differs in what was compared."


def _lines_of(outcome: Outcome) -> Iterator[str]:
    name = outcome.comparison.name
    if outcome.refusal:
        # Those of the source's queries begin with the table.
        yield f"{name}: not compared: {outcome.refusal.removeprefix(f'{name}: ')}"
        return
    narrowed = outcome.narrowed
    hot = "too many to leave out" if outcome.hot is None else f"{outcome.hot:,} left out at first"
    yield (
        f"{name}: {narrowed.rows:,} rows of the source in {narrowed.ranges:,} ranges, of which "
        f"{narrowed.different:,} differed; changing keys: {hot}; {len(outcome.differences):,} "
        f"differences, {len(outcome.open_keys) + outcome.unjudged.count:,} open keys"
    )
    if outcome.changed is not None:
        yield f"  of them only what {outcome.changed:,} changed keys lead to"
    for column in outcome.comparison.omissions:
        yield f"  column {column.name}: only NULL is compared, since {column.omission}"
    for difference in outcome.differences[:SHOWN]:
        yield f"  {_describe(outcome, difference)}"
    if (more := len(outcome.differences) - SHOWN) and more > 0:
        yield f"  and {more:,} more (--json has all of them)"
    for line in list(_open_lines(outcome))[:SHOWN]:
        yield f"  open: {line} changed in every look"
    if narrowed.is_general:
        yield "  damage is general: not every range that differs was narrowed down (--limit)"


def _open_lines(outcome: Outcome) -> Iterator[str]:
    """Keys that no look could judge, and the keys of paths."""
    for key in sorted({*outcome.open_keys, *outcome.unjudged.keys}):
        yield _show_key(outcome, key)
    for index, keys in outcome.unjudged.path_keys.items():
        path = outcome.comparison.groups[index].name
        for key in sorted(keys):
            shown = outcome.comparison.show_key(key, index)
            yield f"path {path}: {', '.join(f'{name} {value}' for name, value in shown.items())}"


def _describe(outcome: Outcome, difference: Difference) -> str:
    letter = "; a dead letter has this key" if difference.is_dead_letter else ""
    return _describe_kind(outcome, difference) + letter


def _describe_kind(outcome: Outcome, difference: Difference) -> str:
    key = _show_key(outcome, difference.key)
    if difference.kind == DIFFERENT:
        columns = "; ".join(
            f"{f'path {path}: ' if path else ''}{', '.join(_describe_columns(outcome, names))}"
            for path, names in difference.groups.items()
        )
        return f"different: {key}: {columns}"
    if difference.kind == MISSING:
        deleted = ", which has deleted it" if difference.deleted else ""
        return f"missing: {key} has a row at the source and none in the warehouse{deleted}"
    return f"extra: {key} has a row in the warehouse and none at the source"


def _describe_columns(outcome: Outcome, names: tuple[str, ...]) -> Iterator[str]:
    treatments = {
        column.name: column.column.treatment
        for group in outcome.comparison.groups
        for column in group.compared
    }
    for name in names:
        treatment = treatments[name]
        yield name if treatment == "keep" else f"{name} ({treatment})"


def _show_key(outcome: Outcome, key: str) -> str:
    shown = outcome.comparison.show_key(key)
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def _as_json(outcome: Outcome) -> dict[str, Any]:
    narrowed = outcome.narrowed
    return {
        "name": outcome.comparison.name,
        "not_compared": outcome.refusal or None,
        "rows": narrowed.rows,
        "ranges": narrowed.ranges,
        "ranges_that_differed": narrowed.different,
        "damage_is_general": narrowed.is_general,
        "hot_keys": outcome.hot,
        "changed_keys": outcome.changed,
        "omitted_columns": {c.name: c.omission for c in outcome.comparison.omissions},
        "differences": [
            {
                "kind": difference.kind,
                "key": outcome.comparison.show_key(difference.key),
                "columns": {path: list(names) for path, names in difference.groups.items()},
                "deleted_in_warehouse": difference.deleted,
                "dead_letter": difference.is_dead_letter,
            }
            for difference in outcome.differences
        ],
        "open": [
            outcome.comparison.show_key(key)
            for key in sorted({*outcome.open_keys, *outcome.unjudged.keys})
        ],
        "open_paths": {
            outcome.comparison.groups[index].name: [
                outcome.comparison.show_key(key, index) for key in sorted(keys)
            ]
            for index, keys in outcome.unjudged.path_keys.items()
            if keys
        },
    }


def _show_coverage(result: Result) -> str:
    ranges = f"1 of {result.sample.every} ranges" if result.sample else "all ranges"
    if result.since is not None:
        ranges += f", of them what has changed since the cut of {result.since.loaded_at}Z"
    columns = [
        f"{outcome.comparison.name}.{column.name}"
        for outcome in result.outcomes
        for column in outcome.comparison.omissions
    ]
    return f"{ranges}; all columns" + (f" but {', '.join(columns)}" if columns else "")


def _sum_received(result: Result) -> tuple[int, int]:
    received = [look.received for look in result.looks]
    return sum(source for source, _ in received), sum(warehouse for _, warehouse in received)


def _show_time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "never"
    time = dt.datetime.fromtimestamp(milliseconds / 1_000, dt.UTC)
    return f"at {time.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"
