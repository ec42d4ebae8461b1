"""After random histories the change that `explain` names is the newest of its key, and is found.

What the source has made is the judge: the position, the load and the sequence numbers that are
named must be those of the record that the newest change of the key came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

import pytest

from flink_app.positions.position import UNKNOWN
from infra.explain.explanation import ExplainedGroup, Verdict, explain
from infra.explain.gathering import gather
from infra.explain.key import treat_key
from infra.explain.known import Batch, Known
from infra.explain.layout import Layout, make_layout
from infra.explain.stream import FindRecord
from infra.simulation.choices import Choices
from infra.simulation.database import Database
from infra.simulation.history import History
from infra.simulation.oracle import find_newest, position_text
from infra.simulation.profile import Profile
from infra.simulation.source import FIRST_SEQUENCE, Record
from infra.simulation.world import KEYS, World
from tests.simulation.profile import COARSE, COUNTED, EVERYTHING, PRUNING, TABLE_RELOADS, UNCHANGED
from tests.unit.explain.shop import open_world

_ALL = 100_000  # parts


class Explained(History):
    """A history at whose end every key that a fact has ever had is explained."""

    explained = 0

    def _run(self) -> None:
        super()._run()
        for target in self.world.star.targets:
            self.explained += explain_all(self.world, target)


def refuse_stream() -> FindRecord:
    message = "the stream is not read"
    raise AssertionError(message)


def explain_all(world: World, target: str) -> int:
    """Explains each key; how many there were."""
    database = cast("Database", world.database)
    application = open_world(world, database.objects.__getitem__, refuse_stream)
    layout = make_layout(world.star, application.names, target)
    fact = layout.fact.table
    kind = world.star.declaration.stream.positions
    newest = find_newest(world.source.shards, world.check.reached, world.floors).get(fact, {})
    for key, version in newest.items():
        texts = [*map(str, key)]
        stored = treat_key(layout.fact.key, texts, lambda: KEYS.tokens, is_stored=False)
        known = gather(application, layout, stored, _ALL)
        explanation = explain(layout, known, kind)
        if world.job.prunes and explanation.verdict is Verdict.NEVER_SEEN:
            assert version.row is None or layout.is_filtered
            continue  # all that has said so is no longer kept
        if version.row is None:
            assert explanation.verdict is Verdict.DELETED
        elif not layout.is_filtered:
            assert explanation.verdict is Verdict.PRESENT
        else:
            assert explanation.verdict in {Verdict.PRESENT, Verdict.DELETED}
        own = explanation.groups[0]
        assert own.change is not None
        assert own.change.position.digits == position_text(version.position)
        for group in () if world.job.prunes else explanation.groups:
            check_group(world, layout, known, group)
    return len(newest)


def check_group(world: World, layout: Layout, known: Known, group: ExplainedGroup) -> None:
    """What is said of a change is true of a record that it came in."""
    assert not group.missed, group
    assert UNKNOWN not in {change.position for change in group.superseded}
    change = group.change
    if change is None:
        return
    assert change.loaded is not None, group
    position = change.position.digits
    if not change.position.is_load:  # which may be dated by a clock of the simulation's own
        earliest = known.origins[group.group.table, position].earliest
        assert earliest is not None
        assert is_before(earliest, change.loaded.part.batch)
    places = [
        (str(shard), number)
        for shard, records in enumerate(world.source.shards)
        for number, record in enumerate(records, FIRST_SEQUENCE)
        if has_change(record, group.group.table, position)
    ]
    assert any(
        read.shard == shard
        and int(read.first_sequence_number) <= number <= int(read.last_sequence_number)
        for read in change.ranges
        for shard, number in places
    ), (layout.target.table, group, places)


def is_before(earliest: Batch, batch: Batch) -> bool:
    """Whether no load before the first that may have the change has it."""
    assert earliest.loaded_at is not None
    assert batch.loaded_at is not None
    return earliest.loaded_at <= batch.loaded_at


def has_change(record: Record, table: str, position: str) -> bool:
    return any(
        version.table == table and position_text(version.position) == position
        for version in record.versions
    )


def run_histories(profile: Profile, seeds: Sequence[int]) -> Iterator[int]:
    for seed in seeds:
        history = Explained(Choices(seed), profile)
        history.run()
        yield history.explained


@pytest.mark.parametrize(
    "profile",
    [EVERYTHING, TABLE_RELOADS, UNCHANGED, COUNTED, COARSE, PRUNING],
    ids=["everything", "reloads", "columns-left-out", "counted", "coarse", "pruning"],
)
def test_the_newest_change_of_every_key_is_named_and_found(profile: Profile) -> None:
    assert sum(run_histories(replace(profile, steps=(30, 60)), range(6))) > 6
