"""Changes that were read by themselves, beside those of columns."""

from __future__ import annotations

from typing import Any

import pytest

from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics.log_reads import Changes, LogReads
from flink_app.positions.generations import Generations
from flink_app.positions.position import make_position
from flink_app.records.parsed import ParsedRow
from tests.unit.stars import ticket_seller

COUNT = 1_000


def test_records_that_are_read_alone_are_put_together_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A block may have thousands of them; each with a copy of those before would be quadratic."""
    plan = DecodePlan(ticket_seller(), Generations())
    combine, combined = Changes.combine, list[int]()

    def count(changes: Changes, other: Changes) -> Changes:
        combined.append(len(other.rows))
        return combine(changes, other)

    monkeypatch.setattr(Changes, "combine", count)
    reads = LogReads()
    for row in range(COUNT):
        values: dict[str, Any] = {"_pos": make_position(1, row + 1, 0)}
        parsed = ParsedRow(plan.tables["ticket"], values)
        metadata = {"commit-timestamp": "2026-03-11T09:45:02.517000Z"}
        reads.note_row(row, parsed, metadata, plan)
    (changes,) = reads.by_table().values()
    assert [changes.point(n).position for n in (0, COUNT - 1)] == [
        make_position(1, 1, 0),
        make_position(1, COUNT, 0),
    ]
    assert combined == []
