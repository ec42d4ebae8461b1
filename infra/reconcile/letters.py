"""Which keys that differ are those of dead letters, by what these show of their records."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.redshift.replay_marks import LetterPart, RecordId
from flink_app.declaration import Star
from flink_app.positions.generations import Generations
from flink_app.records.envelope import NOT_JSON, Members, load
from flink_app.records.plan import DATA, RecordPlan, TablePlan
from flink_app.records.values import ValueFaultError, read_value
from infra.reconcile.comparison import read_key_text
from infra.reconcile.protocol import Result

_COORDINATES: Final = ("stream", "shard", "sequence_number")
Key = tuple[str, ...]


@dataclass(frozen=True)
class LetterSource:
    """Where dead letters are.

    Attributes:
        bookkeeping: gives their parts, and which of their records were replayed.
        read: gives the bytes of a part by its address.
        star: of the declaration.
    """

    bookkeeping: Callable[[], tuple[Sequence[LetterPart], set[RecordId]]]
    read: Callable[[str], bytes]
    star: Star


def name_letters(result: Result, letters: LetterSource) -> None:
    """Marks the differences of a result whose key a dead letter has that was not replayed."""
    wanted: dict[str, set[Key]] = defaultdict(set)
    for outcome in result.outcomes:
        for difference in outcome.differences:
            key = tuple(read_key_text(outcome.comparison.key, difference.key))
            wanted[outcome.comparison.groups[0].table].add(key)
    if not wanted:
        return
    parts, replayed = letters.bookkeeping()
    known = find_keys(_read_records(parts, replayed, letters.read, wanted), letters.star, wanted)
    for outcome in result.outcomes:
        table, columns = outcome.comparison.groups[0].table, outcome.comparison.key
        outcome.differences = [
            replace(d, is_dead_letter=(table, tuple(read_key_text(columns, d.key))) in known)
            for d in outcome.differences
        ]


def _read_records(
    parts: Iterable[LetterPart],
    replayed: set[RecordId],
    read: Callable[[str], bytes],
    tables: Mapping[str, object],
) -> Iterator[tuple[str, str]]:
    """Of these tables' dead letters that were not replayed: the table, and what is shown."""
    for part in parts:
        file = pq.ParquetFile(io.BytesIO(read(part.url)))
        # Threads of Arrow that are under way when a process ends may abort it.
        letters = file.read(columns=[*_COORDINATES, "table", "treated"], use_threads=False)
        is_wanted = pc.is_in(letters["table"], pa.array(list(tables), pa.string()))
        for letter in letters.filter(pc.and_(is_wanted, letters["treated"].is_valid())).to_pylist():
            stream, shard, number = (letter[name] for name in _COORDINATES)
            if (stream, shard, number) not in replayed:
                yield letter["table"], letter["treated"]


def find_keys(
    records: Iterable[tuple[str, str]], star: Star, wanted: Mapping[str, set[Key]]
) -> set[tuple[str, Key]]:
    """Those of the wanted keys that records of dead letters show, by table."""
    plan = RecordPlan(star, Generations())
    known = set()
    for table, shown in records:
        if table in plan.tables and table in wanted:
            key = _read_key(shown, plan.tables[table], star)
            if key in wanted[table]:
                known.add((table, key))
    return known


def _read_key(shown: str, table: TablePlan, star: Star) -> Key | None:
    """The key as it is stored; None where the record does not show all of it."""
    try:
        data = load(shown.encode())[DATA]
    except (*NOT_JSON, KeyError):
        return None
    if not isinstance(data, Members):
        return None
    columns = {column.name: column for column in table.columns}
    key = []
    for name in star.tables[table.name].key:
        value = data.get(columns[name].source)
        if columns[name].is_kept:
            try:
                value = read_value(value, columns[name])
            except ValueFaultError:
                return None
        if value is None:
            return None
        key.append(_write(value))
    return tuple(key)


def _write(value: Any) -> str:  # noqa: PLR0911 - one for each type
    """A stored value as the text of a key has it."""
    match value:
        case bool():
            return "t" if value else "f"
        case bytes():
            return value.hex()
        case dt.datetime():
            return value.isoformat(" ", "microseconds")
        case dt.date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case float():
            return repr(value)
    return str(value)
