"""Join and load together, any history of any star: the warehouse is the LEFT JOIN, batch by batch.

Facts and dimension changes meet in any order, in several subtasks; positions come in any order and
twice; epochs are loaded one by one or several at once. The plan's SQL runs on SQLite.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.declaration import Star
from flink_app.denormalise.join import patches, wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.ownership import find_owned, select
from flink_app.denormalise.plan import JoinPlan
from flink_app.warehouse import warehouse_spec
from infra.simulation.placement import place_dimensions
from tests.unit.denormalise.histories import Change, Oracle, batch, random_change, shuffled
from tests.unit.redshift.sqlite import SqliteWarehouse, plain
from tests.unit.stars import freight, order_book, placed_freight, star, ticket_seller

pytestmark = pytest.mark.slow

# The name of a target may be that of a dimension; the dimension refers by its own key and shows it.
SAME_NAMES = star("""
name: same
source_schema: same
tables:
  detail: {key: [id], columns: {id: integer, text: varchar(5)}}
  thing:
    key: [id]
    columns: {id: integer, text: varchar(5)}
    references: {detail: {table: detail, columns: [id]}}
  event:
    key: [id]
    columns: {id: integer, thing: integer, other: integer}
    references:
      thing: {table: thing, columns: [thing]}
      other: {table: thing, columns: [other]}
targets:
  thing:
    fact: event
    columns:
      id: id
      thing: thing.id
      text: thing.text
      detail: thing.detail.text
      other: other
      other_detail_id: other.detail.id
""")
STARS = {
    "ticket_seller": ticket_seller(),
    "order_book": order_book(),
    "freight": freight(),
    "same": SAME_NAMES,
    # A dimension at the end of a path, parents and children, all; never one before the stream's.
    "ticket_seller, events placed": place_dimensions(ticket_seller(), "sport_event"),
    "freight, ports placed": placed_freight(),
    "freight, all placed": place_dimensions(freight(), *freight().dimensions),
    "same, all placed": place_dimensions(SAME_NAMES, "thing", "detail"),
    "same, details placed": place_dimensions(SAME_NAMES, "detail"),
}


@dataclass
class Staged:
    """The parts of some epochs."""

    rows: dict[str, list[pa.RecordBatch]] = field(default_factory=lambda: defaultdict(list))
    patches: dict[str, list[pa.RecordBatch]] = field(default_factory=lambda: defaultdict(list))
    dimensions: dict[str, list[pa.RecordBatch]] = field(default_factory=lambda: defaultdict(list))


class Subtasks:
    """The denormalising stage without Flink: a mirror a subtask, patches from the owner alone."""

    def __init__(self, star: Star, parallelism: int) -> None:
        self._star = star
        self._plan = JoinPlan(star)
        self._mirrors = [Mirror(star) for _ in range(parallelism)]

    def run(self, changes: list[Change], seed: int, staged: Staged) -> None:
        """One epoch: every subtask gets all dimension changes and some facts, in an own order."""
        chosen = random.Random(seed)  # noqa: S311
        homes = [chosen.randrange(len(self._mirrors)) for _ in changes]
        for subtask in range(len(self._mirrors)):
            mine = [
                change
                for change, home in zip(changes, homes, strict=True)
                if change.table in self._star.broadcast_dimensions or home == subtask
            ]
            for change in shuffled(mine, seed + subtask):
                if change.table in self._star.broadcast_dimensions:
                    self._dimension(subtask, change, staged)
                elif change.table in self._star.warehouse_dimensions:
                    passed = batch(self._star, change.table, [change])
                    staged.dimensions[change.table].append(passed)
                else:
                    self._fact(subtask, change, staged)

    def _dimension(self, subtask: int, change: Change, staged: Staged) -> None:
        mirror = self._mirrors[subtask]
        table = mirror.tables[change.table]
        accepted = table.accept(batch(self._star, change.table, [change]))
        keys = table.keys(accepted).values
        mine = find_owned(keys, change.table, subtask=subtask, parallelism=len(self._mirrors))
        if mine.any():
            own = patches(select(accepted, mine), self._plan.patches[change.table], mirror)
            staged.patches[change.table].append(own)

    def _fact(self, subtask: int, change: Change, staged: Staged) -> None:
        facts = batch(self._star, change.table, [change])
        for target, declared in self._star.targets.items():
            if declared.fact == change.table:
                rows = wide_rows(facts, self._plan.targets[target], self._mirrors[subtask])
                staged.rows[target].append(rows)


def assert_is_the_join(warehouse: SqliteWarehouse, oracle: Oracle) -> None:
    """Visible and hidden columns alike; and the dimensions that are kept in the warehouse."""
    for target in warehouse.spec.targets:
        expected = [
            tuple(plain(row[column.name]) for column in target.columns)
            for row in oracle.rows(target.table)
        ]
        assert warehouse.rows(target) == sorted(expected, key=repr)
    for dimension in warehouse.spec.dimensions:
        versions = [
            (*map(plain, c.values.values()), c.position, int(c.deleted))
            for c in oracle.newest.get(dimension.table, {}).values()
        ]
        assert warehouse.dimension(dimension) == sorted(versions, key=repr)


epochs = st.lists(st.lists(st.integers(0, 2**32), max_size=14), min_size=1, max_size=5)


@pytest.mark.parametrize("star", STARS.values(), ids=list(STARS))
@given(epochs=epochs, parallelism=st.integers(1, 3), seed=st.integers(0, 2**16), data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_warehouse_is_the_join_after_every_batch(
    star: Star, epochs: list[list[int]], parallelism: int, seed: int, data: st.DataObject
) -> None:
    oracle, staged = Oracle(star), Staged()
    subtasks = Subtasks(star, parallelism)
    # Positions neither follow the order of arrival nor are they unique to a record.
    at = random.Random(seed)  # noqa: S311
    with SqliteWarehouse(warehouse_spec(star)) as warehouse:
        for number, seeds in enumerate(epochs):
            changes = [
                random_change(star, chosen, 1 + number * 3 + at.randrange(9)) for chosen in seeds
            ]
            unique = list({(c.table, oracle.key(c), c.position): c for c in changes}.values())
            known = {(c.table, k, c.position) for t in oracle.newest.values() for k, c in t.items()}
            fresh = [c for c in unique if (c.table, oracle.key(c), c.position) not in known]
            oracle.apply(fresh)
            subtasks.run(fresh + fresh[:2], seed + number, staged)
            if data.draw(st.booleans(), label=f"load after epoch {number}"):
                warehouse.load(staged.rows, staged.patches, staged.dimensions)
                staged = Staged()
                assert_is_the_join(warehouse, oracle)
        warehouse.load(staged.rows, staged.patches, staged.dimensions)
        assert_is_the_join(warehouse, oracle)
