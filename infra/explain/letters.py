"""Searches dead letters for the keys of a row: by what they show in the open, treated as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from connectors.redshift.replay_marks import LetterPart, RecordId
from flink_app.dead_letters.redaction import LEFT_OUT
from flink_app.records.plan import DATA, METADATA
from infra.explain.errors import NotExplainableError
from infra.explain.key import StoredKey, StoredValue, read_stored
from infra.explain.known import KeyLetter, LetterSearch
from infra.explain.layout import Layout
from infra.explain.parts import read_part
from infra.replay.letters import ReadFile

_COLUMNS: Final = ("stream", "shard", "sequence_number", "arrival", "table", "reason", "treated")
KeysByTable = Mapping[str, Sequence[StoredKey]]


def search_letters(  # noqa: PLR0913
    parts: Sequence[LetterPart],
    layout: Layout,
    keys: KeysByTable,
    replayed: set[RecordId],
    read: ReadFile,
    *,
    limit: int,
) -> LetterSearch:
    """The dead letters of these keys in at most `limit` of the newest of these parts.

    Letters of the fact that do not show their key are among them: they may be of this row.

    Args:
        parts: in the order of their loads.
        layout: of the target.
        keys: of the row, by table.
        replayed: the records that were put back onto the stream.
        read: gives a file.
        limit: how many files are read.
    """
    searched, expired = parts[max(len(parts) - limit, 0) :], 0
    letters: list[KeyLetter] = []
    for part in searched:
        file = read_part(part.url, part.name, read)
        if file is None:
            expired += 1
        else:
            present = [name for name in _COLUMNS if name in file.schema_arrow.names]
            letters += _find(
                file.read(columns=present, use_threads=False), part, layout, keys, replayed
            )
    return LetterSearch(
        tuple(letters), len(searched) - expired, expired, is_partial=len(parts) > len(searched)
    )


def _find(
    table: pa.Table,
    part: LetterPart,
    layout: Layout,
    keys: KeysByTable,
    replayed: set[RecordId],
) -> Iterator[KeyLetter]:
    times = table["arrival"].cast(pa.int64()).to_pylist()
    for letter, arrival in zip(table.to_pylist(), times, strict=True):
        shows = _shows_key(letter, keys)
        if shows is None and letter["table"] not in {None, layout.fact.table}:
            continue
        if shows is False:
            continue
        record: RecordId = (letter["stream"], letter["shard"], letter["sequence_number"])
        yield KeyLetter(
            letter["table"] or "",
            letter["reason"],
            *record,
            arrival,
            part.name,
            record in replayed,
            has_key=bool(shows),
        )


def _shows_key(letter: Mapping[str, Any], keys: KeysByTable) -> bool | None:
    """Whether a letter shows one of the keys; None where it shows none at all."""
    if letter["table"] is None:
        return None
    wanted = keys.get(letter["table"], ())
    if not wanted:
        return False
    shown = json.loads(letter["treated"] or "{}", parse_float=Decimal)
    is_shown = False
    for image in filter(None, (shown.get(DATA), *_others(shown))):
        for key in wanted:
            for names in ([v.column.read.source for v in key], [v.column.before for v in key]):
                values = [image.get(name) for name in names]
                if None in values:
                    continue
                is_shown = True
                if all(_equals(each, value) for each, value in zip(key, values, strict=True)):
                    return True
    return False if is_shown else None


def _others(shown: Mapping[str, Any]) -> Iterator[Any]:
    """What a record has beside its row: one may be the row before the change."""
    others = (content for name, content in shown.items() if name not in {DATA, METADATA, LEFT_OUT})
    return (content for content in others if isinstance(content, dict))


def _equals(key: StoredValue, value: object) -> bool:
    try:
        return bool(read_stored(key.column, value).value == key.value)
    except NotExplainableError:
        return False
