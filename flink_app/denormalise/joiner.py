"""The join of one subtask: facts with its mirror, and the mirror with its copy in state.

Facts never wait. A fact joins what the mirror knows; what changes later reaches it as a patch,
which the key's owner among the subtasks emits. The broadcast state is the durable copy and is read
only once after a start, at the first element of either input, since `open` cannot read it.

A dimension that the declaration has moved into the warehouse since the state was written is emitted
from that state. Every subtask emits all of it with its first element, so that an epoch with rows of
any subtask has the dimension too. The next broadcast element removes it from the state, since only
the processing of a broadcast element may write broadcast state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyflink.common import Types
from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from connectors.accounts import DIMENSION, Outcome
from connectors.blocks import Block, Kind, SchemaOf
from connectors.floors import NO_FLOORS, Floors
from connectors.metrics import Metrics
from flink_app.declaration import POSITION, Star
from flink_app.denormalise import durable
from flink_app.denormalise.durable import DurableTable
from flink_app.denormalise.join import patches, wide_rows
from flink_app.denormalise.metrics import JoinMetric
from flink_app.denormalise.mirror import Mirror, TableMirror
from flink_app.denormalise.ownership import find_owned, select
from flink_app.denormalise.plan import JoinPlan
from flink_app.positions.position import floor_position
from flink_app.records.arrays import Mask

DIMENSION_STATE: Final = "dimensions"


def dimension_state() -> MapStateDescriptor:
    """Descriptor of the broadcast state."""
    return MapStateDescriptor(DIMENSION_STATE, Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE()))


class Joiner:
    """Facts to wide rows, dimension changes to patches; other blocks pass.

    Made where the graph is built, opened in the worker. The contexts that it is given are those of
    elements: they have the broadcast state.
    """

    def __init__(
        self, star: Star, schemas: SchemaOf, *, floors: Floors = NO_FLOORS, key_id: str = ""
    ) -> None:
        self._star = star
        self._schemas = schemas
        self._floors = floors
        self._key_id = key_id

    def open(self, runtime_context: RuntimeContext) -> None:
        """Takes note of this subtask's number; the mirror is built with the first element."""
        self._plan = JoinPlan(self._star)
        self._descriptor = dimension_state()
        self._subtask = runtime_context.get_index_of_this_subtask()
        self._parallelism = runtime_context.get_number_of_parallel_subtasks()
        self._mirror: Mirror | None = None
        self._to_hand_on = self._to_forget = self._star.warehouse_dimensions
        self._metrics = Metrics(
            runtime_context,
            JoinMetric.FACTS_JOINED,
            JoinMetric.DIMENSION_CHANGES,
            JoinMetric.DIMENSION_CHANGES_SUPERSEDED,
        )

    def join(self, block: Block, ctx: Any) -> Iterator[Block]:
        """Joins a block of facts; hands on any other."""
        mirror = self._current_mirror(ctx)
        yield from self._hand_on(ctx)
        if block.kind is not Kind.FACTS:
            yield block
            return
        self._metrics.add(JoinMetric.FACTS_JOINED, len(block.batch))
        for target in self._plan.targets_of[block.table]:
            rows = wide_rows(block.batch, self._plan.targets[target], mirror)
            yield Block(Kind.ROWS, target, rows)

    def take_changes(self, block: Block, ctx: Any) -> Iterator[Block]:
        """Takes in dimension changes; emits patches and outcome of the keys that it owns."""
        mirror = self._current_mirror(ctx)
        yield from self._hand_on(ctx)
        self._forget(ctx)
        table = mirror.tables[block.table]
        accepted = table.accept(block.batch)
        owned_accepted = self._find_owned(accepted, table, block.table)
        owned_changes = (
            owned_accepted
            if len(accepted) == len(block.batch)
            else self._find_owned(block.batch, table, block.table)
        )
        if len(accepted):
            state = ctx.get_broadcast_state(self._descriptor)
            self._durable[block.table].append(state, accepted)
        if owned_accepted.any():
            patch = patches(
                select(accepted, owned_accepted), self._plan.patches[block.table], mirror
            )
            yield Block(Kind.PATCHES, block.table, patch)
        if owned_changes.any():
            loaded = changed_keys = int(owned_accepted.sum())
            if len(accepted) != len(block.batch):
                changes = select(block.batch, owned_changes)
                changed_keys = len(set(table.keys(changes).values))
            yield self._outcome(block.table, loaded, int(owned_changes.sum()), changed_keys)

    def _find_owned(self, changes: pa.RecordBatch, table: TableMirror, name: str) -> Mask:
        """Where a change is of a key that this subtask owns."""
        keys = table.keys(changes).values
        return find_owned(keys, name, subtask=self._subtask, parallelism=self._parallelism)

    def _outcome(self, table: str, accepted: int, changes: int, keys: int) -> Block:
        """The block that says what became of so many changes of owned keys."""
        outcome = Outcome(table, DIMENSION, accepted, changes - accepted, keys - accepted)
        self._metrics.add(JoinMetric.DIMENSION_CHANGES, outcome.loaded)
        self._metrics.add(JoinMetric.DIMENSION_CHANGES_SUPERSEDED, outcome.superseded)
        return Block(Kind.OUTCOME, "", Outcome.to_batch([outcome]))

    def _current_mirror(self, ctx: Any) -> Mirror:
        if self._mirror is None:
            self._mirror = Mirror(self._star, self._floors)
            self._durable = {
                name: DurableTable(name, table, self._key_id)
                for name, table in self._mirror.tables.items()
            }
            state = ctx.get_broadcast_state(self._descriptor)
            for table in self._durable.values():
                table.rebuild(state)
        return self._mirror

    def _hand_on(self, ctx: Any) -> Iterator[Block]:
        """What the state has of dimensions that are kept in the warehouse now; once.

        These changes were counted when they came. The load counts them again, so undo that.
        """
        names, self._to_hand_on = self._to_hand_on, ()
        for name in names:
            state = ctx.get_broadcast_state(self._descriptor)
            schema = self._schemas(Kind.DIMENSION, name)
            for batch in durable.blocks(state, name, schema, self._key_id):
                floor = floor_position(self._floors.of(name))
                counts = pc.greater_equal(batch.column(POSITION), floor)
                rows = batch.filter(counts)
                yield Block(Kind.DIMENSION, name, rows)
                again = Outcome(name, DIMENSION, loaded=-len(rows), superseded=0)
                yield Block(Kind.OUTCOME, "", Outcome.to_batch([again]))

    def _forget(self, ctx: Any) -> None:
        names, self._to_forget = self._to_forget, ()
        for name in names:
            durable.forget(ctx.get_broadcast_state(self._descriptor), name)
