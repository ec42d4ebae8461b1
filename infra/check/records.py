"""What each record of a sample becomes, through the application's own decode.

Only treated values are shown. Tokens are made under a secret of this run alone, so they are not
those of any environment, and nobody can find values by them afterwards.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from connectors.accounts import CONTROL
from connectors.failures import StarjoinError
from connectors.kinesis.frame import read_frame, write_frame
from flink_app.declaration import Star
from flink_app.declaration.star import DELETED
from flink_app.decode.block import Decoded, decode_block
from flink_app.decode.plan import DecodePlan
from flink_app.denormalise.conditions import conditions_of, delete_uncounted
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys

_SECRET_BYTES: Final = 32


class SampleError(StarjoinError, ValueError):
    """The file of records cannot be read; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What one record became.

    Attributes:
        line: where it stands in the file, from 1.
        became: `change`, `dead letter` or `passed over`.
        table: as declared; empty where none is known.
        changes: of a change, one for each key: whether it deletes, the treated values, and the
            targets in which its row does not count, if there are any.
        reason: of a dead letter, its reason; else why it was passed over.
        detail: what is wrong, with table and column.
        remedy: what to do.
    """

    line: int
    became: str
    table: str = ""
    changes: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    detail: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        if self.became == "change":
            return f"{self.table}: {', then '.join(map(_write_change, self.changes))}"
        if self.became == "passed over":
            return f"passed over: {self.detail}"
        table = f"table {self.table}, " if self.table else ""
        return f"dead letter, {self.reason}: {table}{self.detail}. {self.remedy}"


def _write_change(change: Mapping[str, Any]) -> str:
    written = json.dumps(change["values"], ensure_ascii=False)
    uncounted = change.get("does_not_count_in")
    remark = f" (does not count in {', '.join(uncounted)})" if uncounted else ""
    return f"{'delete' if change['deleted'] else 'upsert'} {written}{remark}"


def decode_sample(star: Star, path: Path) -> Iterator[Outcome]:
    """What each line of a file of records becomes. Raises SampleError."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise SampleError(message) from error
    plan = DecodePlan(star, Generations())
    keys = PrivacyKeys.from_secret(secrets.token_bytes(_SECRET_BYTES))
    arrived = int(time.time() * 1000)
    for number, line in enumerate(lines, 1):
        if line.strip():
            # Alone, so that what it becomes is known to be of it.
            frame = write_frame(
                stream="sample",
                shard="sample",
                sequence_numbers=[str(number)],
                partition_keys=[None],
                arrival_millis=[arrived],
                records=[line],
            )
            yield _outcome(number, decode_block(read_frame(frame), plan, keys), star)


def _outcome(line: int, decoded: Decoded, star: Star) -> Outcome:
    for _, rejected in decoded.rejected:
        return Outcome(
            line,
            "dead letter",
            rejected.table or "",
            reason=rejected.reason,
            detail=rejected.detail,
            remedy=rejected.reason.remedy,
        )
    for table, batch in decoded.changes.items():
        rows = batch.to_pylist()
        if rows:
            uncounted = _find_uncounted(star, table, batch)
            changes = tuple(_change(*each) for each in zip(rows, uncounted, strict=True))
            return Outcome(line, "change", table, changes)
    kind = next((account.table for account in decoded.accounts), "")
    if kind == CONTROL:
        return Outcome(line, "passed over", reason="control", detail="a control record")
    return Outcome(
        line,
        "passed over",
        reason="undeclared",
        detail="its schema and table are not declared, or no target needs the table",
    )


def _find_uncounted(star: Star, table: str, changes: pa.RecordBatch) -> list[list[str]]:
    """For each change, the targets of its table in which its row does not count."""
    uncounted: list[list[str]] = [[] for _ in range(len(changes))]
    deletes = changes.column(DELETED).to_pylist()
    for target, declared in star.targets.items():
        if declared.fact == table:
            conditions = conditions_of(star, target)
            deleted = delete_uncounted(changes, conditions).column(DELETED).to_pylist()
            for names, before, after in zip(uncounted, deletes, deleted, strict=True):
                if after and not before:
                    names.append(target)
    return uncounted


def _change(row: Mapping[str, Any], uncounted: Sequence[str]) -> Mapping[str, Any]:
    deleted = bool(row[DELETED])
    shown = {
        name: _as_json(value)
        for name, value in row.items()
        if not name.startswith("_") and not (deleted and value is None)  # hidden columns do
    }
    change: dict[str, Any] = {"deleted": deleted, "values": shown}
    return change | {"does_not_count_in": [*uncounted]} if uncounted else change


def _as_json(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
