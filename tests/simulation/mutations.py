"""Guards taken out one by one, to show that histories see each of them missing.

A mutation replaces functions of the code under test while histories run; no source is edited.
Those of the load's statements are in `plan_mutations`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import Account, Gap, Outcome
from connectors.blocks import Block
from connectors.kinesis.element import read_element
from connectors.redshift import batch, cuts, ledger, loader, targets
from connectors.redshift.balance import Balance, batch_balances
from connectors.redshift.coordinator import LoadCoordinator
from connectors.redshift.cuts import Cut, ShardCut
from connectors.redshift.ddl import create_view
from connectors.redshift.errors import OutcomeUnknownError
from connectors.redshift.loader import Loaded, Loader
from connectors.redshift.log_gate import LogGate
from connectors.redshift.next_versions import Touching
from connectors.redshift.spec import TargetSpec
from connectors.redshift.statements import Statement
from connectors.staging.writer import PartWriter
from flink_app.dead_letters.replay_marker import first_coordinates
from flink_app.declaration import POSITION
from flink_app.declaration.star import DELETED
from flink_app.decode import changes, rows
from flink_app.decode import operator as decode_operator
from flink_app.decode.tally import Tally
from flink_app.denormalise import join, joiner
from flink_app.denormalise.column_versions import ColumnVersions
from flink_app.denormalise.durable import DurableTable
from flink_app.denormalise.join import wide_rows
from flink_app.denormalise.joiner import Joiner
from flink_app.denormalise.mirror import TableMirror
from flink_app.denormalise.ownership import find_owned
from flink_app.diagnostics.log_restarts import LogWatch
from flink_app.positions import position
from flink_app.positions.position import UNKNOWN
from flink_app.records import values
from flink_app.records.plan import RecordPlan
from infra.simulation.profile import Profile
from infra.simulation.world import World
from tests.simulation import epoch_mutations as epochs
from tests.simulation import reload_mutations as reload
from tests.simulation import shape_mutations as shape
from tests.simulation.placed_mutations import PLACED_GUARDS, no_sweep_of_dimensions
from tests.simulation.plan_mutations import (
    Patch,
    all_at_once,
    assigned,
    carry_if_newer,
    plan,
    ranges,
    ranges_of_rows_that_are_there,
    ranges_whatever_has_changed,
    searched_by_the_first_step,
    sql,
    tip_first,
    without_below,
)
from tests.simulation.profile import (
    COARSE,
    COMBINED,
    COUNTED,
    CUTS,
    GAPS,
    OLDER,
    PARTIAL,
    PRUNING,
    RELOADS,
    RESTARTS,
    SHAPES,
    SOURCES,
    TABLE_RELOADS,
    UNCHANGED,
    UNCHANGED_RELOADS,
)
from tests.simulation.pruning_mutations import all_of, sums_without, without


@dataclass(frozen=True)
class Mutation:
    """One guard, and how it is taken out."""

    guard: str
    patches: Callable[[], Sequence[Patch]]
    provocation: Profile | None = None  # histories that show it, where all kinds seldom do
    placed: int = 0  # of 100 histories, how many with dimensions in the warehouse

    def provoked(self, profile: Profile) -> Profile:
        """The histories that show it."""
        return replace(self.provocation or profile, placed=self.placed)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The code without the guard."""
        with ExitStack() as stack:
            for owner, name, new in self.patches():
                stack.enter_context(patch.object(owner, name, new))
            yield


def _owned(found: Callable[..., Any]) -> Callable[[], list[Patch]]:
    return lambda: [(joiner, "find_owned", found)]


def _hidden_columns_shown() -> list[Patch]:
    def show(target: TargetSpec, *others: Any) -> str:
        every = tuple(column.name for column in target.columns)
        return create_view(replace(target, declared=every), *others)

    return [(targets, "create_view", show)]


def _owner_by_old_parallelism() -> list[Patch]:
    first = {"parallelism": 1}
    original = World.__init__

    def begin(
        self: World, star: Any, source: Any, parallelism: int, *rest: Any, **named: Any
    ) -> None:
        first["parallelism"] = parallelism
        original(self, star, source, parallelism, *rest, **named)

    def old(keys: Any, table: str, *, subtask: int, parallelism: int) -> Any:
        del parallelism
        return find_owned(keys, table, subtask=subtask, parallelism=first["parallelism"])

    return [(World, "__init__", begin), (joiner, "find_owned", old)]


def _rebuilt_at_first_fact() -> list[Patch]:
    join_block, take_changes = Joiner.join, Joiner.take_changes

    def rebuilt(self: Any, block: Block, ctx: Any) -> Any:
        if getattr(self._mirror, "late", False):
            self._mirror.late = False
            for table in self._durable.values():
                table.rebuild(ctx.state)
        return join_block(self, block, ctx)

    def empty(self: Any, block: Block, ctx: Any) -> Any:
        if self._mirror is None:
            with patch.object(DurableTable, "rebuild", lambda *_: None):
                mirror: Any = self._current_mirror(ctx)
            mirror.late = True
        return take_changes(self, block, ctx)

    return [(Joiner, "join", rebuilt), (Joiner, "take_changes", empty)]


def _no_mirror_tombstones() -> list[Patch]:
    accept = TableMirror.accept

    def forgetful(self: TableMirror, batch: pa.RecordBatch) -> pa.RecordBatch:
        accepted = accept(self, batch)
        if pc.any(accepted.column(DELETED)).as_py():
            there = self.without_rows()
            there.load(self.rows().filter(pc.invert(self.rows().column(DELETED))))
            self._rows, self._index = there._rows, there._index
        return accepted

    return [(TableMirror, "accept", forgetful)]


def _no_mirror_positions() -> list[Patch]:
    return [
        (TableMirror, "_positions", lambda *_: None),
        (TableMirror, "_position_columns", lambda _, keys: [pa.nulls(len(keys), pa.string())]),
    ]


def _arrived_now(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """As if a replayed record stood behind all others."""

    def behind(envelope: Any) -> Any:
        first = read(envelope)
        return first and replace(first, sequence_number="9" * 20)

    return behind


def _own_labels() -> list[Patch]:
    close = PartWriter.close

    def count(self: Any, epoch: int) -> Any:
        del epoch
        self.closed = getattr(self, "closed", 0) + 1
        return close(self, self.closed)

    return [(PartWriter, "close", count)]


def _reply_assumed() -> list[Patch]:
    load = Loader.load

    def hopeful(self: Loader, parts: Any, number: int) -> Loaded:
        try:
            return load(self, parts, number)
        except OutcomeUnknownError:
            return Loaded("", tuple(part.name for part in parts), ())

    return [(Loader, "load", hopeful)]


def _by_epoch(cursor: Any, names: Any, parts: Any) -> set[str]:
    cursor.execute(f"SELECT epoch FROM {names.ledger}")
    epochs = {row[0] for row in cursor.fetchall()}
    return {part.name for part in parts if part.epoch in epochs}


def _null_positions() -> list[Patch]:

    def nulls(*args: Any) -> pa.RecordBatch:
        rows = wide_rows(*args)
        columns = [
            pc.if_else(pc.equal(column, UNKNOWN), None, column)
            if name.startswith(POSITION)
            else column
            for name, column in zip(rows.schema.names, rows.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=rows.schema)

    return [(joiner, "wide_rows", nulls)]


def _tombstones_without_position() -> list[Patch]:
    gather = TableMirror.gather

    def gathered(self: TableMirror, slots: Any, columns: list[str]) -> list[pa.Array]:
        found = gather(self, slots, columns)
        if columns[-2:] == [POSITION, DELETED]:
            gone = pc.fill_null(found[-1], fill_value=False)
            found[-2] = pc.if_else(gone, pa.scalar(None, pa.string()), found[-2])
        return found

    return [(TableMirror, "gather", gathered)]


_outcome: Final = Joiner._outcome


def _counted_too_early() -> list[Patch]:
    statement = batch.count_statement

    def early(*args: Any) -> str:
        staged = statement(*args).replace(' WHERE "_staged" = 1', "")
        return staged.replace('"next_', '"stage_').replace('"newest_', '"stage_')

    return [(batch, "count_statement", early)]


def _ranked(pattern: str, by: str, *, by_rank: bool = False) -> Callable[[], list[Patch]]:
    """Another window over the versions of a key."""
    function = ("RANK()" if by_rank else "ROW_NUMBER()") + r" OVER (PARTITION BY"

    def change(match: re.Match[str]) -> str:
        return function + re.sub(pattern, by, match[1]) + " AS _rank\n"

    def planned(statements: list[Statement]) -> list[Statement]:
        window = r"ROW_NUMBER\(\) OVER \(PARTITION BY( pool\.[^\n]*) AS _rank\n"
        return [replace(one, sql=re.sub(window, change, one.sql)) for one in statements]

    return plan(planned)


def _no_fence() -> list[Patch]:
    def verify_nothing(cursor: Any, names: Any, *_: Any) -> Any:
        cursor.execute(f"SELECT table_name, generation FROM {names.floor}")
        return cursor.fetchall()

    return [
        (ledger, "verify_fence", verify_nothing),
        (ledger, "take_fence", lambda *_: None),
    ]


def _columns_of_newer_rows_only() -> list[Patch]:
    newer = ColumnVersions.take_newer

    def rows(self: ColumnVersions, *given: Any) -> Any:
        keys, sources = newer(self, *given)
        moved = sources[:, 0] >= 0
        return keys[moved], sources[moved]

    return [(ColumnVersions, "take_newer", rows)]


def _superseded_forgotten(count: Callable[..., Sequence[Outcome]]) -> Callable[..., Any]:
    return lambda *args: [replace(outcome, superseded=0) for outcome in count(*args)]


def _split_forgotten() -> list[Patch]:
    accounts = Tally.accounts

    def unsplit(self: Tally, block: Any) -> Any:
        return tuple(replace(account, split=0) for account in accounts(self, block))

    return [(Tally, "accounts", unsplit)]


def _floor_forgotten_in_metrics() -> list[Patch]:

    def without(warehouse: Any, accounts: Sequence[Account], outcomes: Any) -> list[Balance]:
        above = [replace(account, below_floor=0) for account in accounts]
        return batch_balances(warehouse, above, outcomes)

    return [(loader, "batch_balances", without)]


def _metered_twice() -> list[Patch]:
    committed = LoadCoordinator._count_commit

    def twice(self: LoadCoordinator, loaded: Loaded) -> None:
        committed(self, loaded)
        self._count_balances(loaded.balances)

    return [(LoadCoordinator, "_count_commit", twice)]


def _outcomes_of_the_epoch_before() -> list[Patch]:
    close = PartWriter.close

    def late(self: Any, epoch: int) -> Any:
        kept = self._outcomes
        self._outcomes = getattr(self, "late", [])
        self.late = kept
        return close(self, epoch)

    return [(PartWriter, "close", late)]


def _gaps_of_the_epoch_before() -> list[Patch]:
    close = PartWriter.close

    def late(self: Any, epoch: int) -> Any:
        kept, self._gaps = self._gaps, getattr(self, "late_gaps", [])
        self.late_gaps = kept
        return close(self, epoch)

    return [(PartWriter, "close", late)]


def _gaps_kept() -> list[Patch]:
    close = PartWriter.close

    def again(self: Any, epoch: int) -> Any:
        kept = self._gaps
        parts = close(self, epoch)
        self._gaps = kept
        return parts

    return [(PartWriter, "close", again)]


def _until(shard: ShardCut) -> int:
    return shard.complete_until or 0


def _gap_to_the_end() -> list[Patch]:
    def read(value: bytes) -> Any:
        element = read_element(value)
        return replace(element, first_sequence_number=None) if isinstance(element, Gap) else element

    return [(decode_operator, "read_element", read)]


def _log_restarts_unseen_in_decode() -> Sequence[Patch]:
    """The load alone compares."""
    add = LogWatch.add
    return [(LogWatch, "add", lambda self, block, reads: ([], add(self, block, reads)[1]))]


def _log_restarts_unseen() -> Sequence[Patch]:
    """Nobody compares."""
    return [*_log_restarts_unseen_in_decode(), (LogGate, "check", _check_nothing)]


def _check_nothing(gate: LogGate, *_: Any) -> None:
    gate._next = {}


MUTATIONS: Final = (
    Mutation(
        "stage position guard",
        _ranked(r'pool\."_pos" DESC, (\S+)\)', r'\1 DESC, pool."_pos" DESC)'),
    ),
    Mutation("fact tombstones", sql(5, (r"\n *UNION ALL\n *SELECT b\..*? AS s ON [^\n]*", ""))),
    Mutation("newest per key", sql(5, ("AS ranked WHERE _rank = 1", "AS ranked WHERE _rank >= 1"))),
    Mutation("row_number, not rank", _ranked(r'"_pos" DESC, \S+\)', '"_pos" DESC)', by_rank=True)),
    Mutation("upserts and deletes together", _ranked(" ORDER", f', pool."{DELETED}" ORDER')),
    Mutation(
        "at one position what is there", _ranked(r'pool\."_staged"\)', r'pool."_staged" DESC)')
    ),
    Mutation("parents before children", tip_first),
    Mutation("a child is joined by the new key", all_at_once),
    Mutation("staged facts are patched", sql(5, (r"(\n *ON )r\.", r'\1r."_staged" = 0 AND r.'))),
    Mutation("rows that are patched are written", sql(5, (r' OR "_changed" = 1$', ""))),
    Mutation("rows are looked for by every path", searched_by_the_first_step),
    Mutation(
        "a range holds the greatest staged key", ranges(lambda r: replace(r, greatest=r.least))
    ),
    Mutation("a range holds the least staged key", ranges(lambda r: replace(r, least=r.greatest))),
    Mutation("a range holds keys of deletes", ranges_of_rows_that_are_there),
    Mutation("no range where patches reach rows", ranges_whatever_has_changed),
    Mutation("patches carry what is below", assigned(without_below)),
    Mutation("carried whatever its position", plan(carry_if_newer)),
    Mutation("newest patch of a key", sql(5, (r'(ORDER BY "_pos") DESC', r"\1 ASC"))),
    Mutation("patch guard", sql(5, (r' AND [rt]\.\S+ < ([qc]\d+)\."_pos"', "")), OLDER),
    Mutation("patch guard, of joined rows", sql(5, (r' AND r\.\S+ < (q\d+)\."_pos"', "")), OLDER),
    Mutation("patch guard <, not <=", sql(5, (r' < ([qc]\d+)\."_pos"', r' <= \1."_pos"')), OLDER),
    Mutation(
        "a deleted dimension shows no key",
        sql(5, (r'CASE WHEN NOT q\d+\."_deleted" THEN (\S+) END', r"\1")),
    ),
    Mutation("positions never NULL", _null_positions),
    Mutation("position of a deleted dimension", _tombstones_without_position),
    Mutation(
        "an owner emits patches", _owned(lambda keys, *_, **__: np.zeros(len(keys), np.bool_))
    ),
    Mutation(
        "only the owner emits them", _owned(lambda keys, *_, **__: np.ones(len(keys), np.bool_))
    ),
    Mutation("owner by present parallelism", _owner_by_old_parallelism),
    Mutation("mirror rebuilt", lambda: [(DurableTable, "rebuild", lambda *_: None)]),
    Mutation("rebuilt at the first of either input", _rebuilt_at_first_fact),
    Mutation(
        "every key of merged blocks",
        lambda: [(DurableTable, "_keep_newest", lambda _, batches: batches[-1])],
    ),
    Mutation("mirror's tombstones", _no_mirror_tombstones),
    Mutation("mirror's positions", _no_mirror_positions),
    Mutation("labels from the marker", _own_labels),
    Mutation("nothing is held over a barrier", epochs.frames_held_over_a_barrier),
    Mutation("an epoch ends on every edge", epochs.ended_by_facts_alone),
    Mutation("an epoch ends for every sender", epochs.ended_by_one_sender_of_each_edge),
    Mutation("markers of a checkpoint that was given up", epochs.counted_whatever_their_epoch),
    Mutation("what follows a first marker is staged", epochs.patches_behind_a_marker_lost),
    Mutation("no dimension passes as a fact", epochs.dimensions_pass_as_facts),
    Mutation(
        "both halves of a key update",
        lambda: [(changes, "find_moved", lambda parsed, _: pa.array([False] * len(parsed)))],
    ),
    Mutation(
        "load after completion",
        lambda: [(LoadCoordinator, "_select_due", lambda self: [*self._pending.values()])],
    ),
    Mutation("the view shows declared columns alone", _hidden_columns_shown),
    Mutation("a lost reply is looked up", _reply_assumed),
    Mutation("ledger", lambda: [(ledger, "known_parts", lambda *_: set[str]())]),
    Mutation("ledger by part, not by epoch", lambda: [(ledger, "known_parts", _by_epoch)], OLDER),
    Mutation(
        "ledger, once pruned",
        lambda: [(ledger, "known_parts", lambda *_: set[str]())],
        PRUNING,
    ),
    Mutation("generation by arrival", reload.generation_by_setting, RELOADS),
    Mutation("generation of a replayed record", reload.generation_by_replay, COMBINED, placed=85),
    Mutation(
        "arrival orders commits of one instant",
        lambda: [(position, "arrival_digits", lambda _: "0" * position.ARRIVAL_DIGITS)],
        COARSE,
    ),
    Mutation(
        "a replayed record keeps its place",
        lambda: [(rows, "first_coordinates", _arrived_now(first_coordinates))],
        COARSE,
    ),
    Mutation(
        "partitions are their table's",
        lambda: [(RecordPlan, "_find_parent", lambda *_: None)],
        SOURCES,
    ),
    Mutation(
        "equal keys have one form",
        lambda: [(values, "canonical_form", lambda text, _: text)],
        SOURCES,
    ),
    Mutation("a log that starts again", _log_restarts_unseen, RESTARTS),
    Mutation("a log that starts again, in decode", _log_restarts_unseen_in_decode, RESTARTS),
    Mutation(
        "generation of its table alone", reload.generation_of_every_table, TABLE_RELOADS, placed=50
    ),
    Mutation(
        "changes of before a table's load",
        reload.generation_of_changes_before_the_load,
        TABLE_RELOADS,
        placed=50,
    ),
    Mutation(
        "a table's load from a little earlier",
        reload.no_margin_of_a_tables_load,
        TABLE_RELOADS,
        placed=50,
    ),
    Mutation(
        "floor of a table in decode",
        reload.no_floor_of_a_table_in_decode,
        TABLE_RELOADS,
        placed=50,
    ),
    Mutation(
        "floor of a table in the mirror", reload.no_floor_of_a_table_in_the_mirror, TABLE_RELOADS
    ),
    Mutation(
        "parts say the floors of tables",
        reload.no_floors_of_tables_in_parts,
        TABLE_RELOADS,
        placed=50,
    ),
    Mutation("sweep of its table alone", reload.sweep_of_every_table, TABLE_RELOADS, placed=50),
    Mutation("sweep", reload.no_sweep, RELOADS),
    Mutation("swept also if nothing is staged", reload.swept_only_when_staged, RELOADS),
    Mutation("swept last", reload.swept_before_rows_and_patches, RELOADS),
    Mutation("swept again for parts from before", reload.swept_only_once, RELOADS),
    Mutation("sweep of columns", reload.no_sweep_of_columns, UNCHANGED_RELOADS),
    Mutation(
        "sweep of a dimension's columns", reload.no_sweep_of_a_dimensions_columns, UNCHANGED_RELOADS
    ),
    Mutation(
        "floor of columns in the mirror",
        reload.no_floor_of_columns_in_the_mirror,
        UNCHANGED_RELOADS,
    ),
    Mutation("floor in decode", reload.no_floor_in_decode, RELOADS),
    Mutation("floor in the mirror", reload.no_floor_in_the_mirror, RELOADS),
    Mutation(
        "superseded rows are counted",
        lambda: [(loader, "count_outcomes", _superseded_forgotten(batch.count_outcomes))],
    ),
    Mutation(
        "superseded dimension changes are counted",
        lambda: [
            (
                Joiner,
                "_outcome",
                lambda self, of, mine, *_: _outcome(self, of, mine, mine, mine),
            )
        ],
    ),
    Mutation("counted after older ones are dropped", _counted_too_early),
    Mutation("both halves of a key update are counted", _split_forgotten),
    Mutation("outcomes belong to the epoch", _outcomes_of_the_epoch_before),
    Mutation("gaps belong to the epoch", _gaps_of_the_epoch_before, GAPS),
    Mutation("a gap is recorded once", _gaps_kept, GAPS),
    Mutation("a gap has both its positions", _gap_to_the_end, GAPS),
    Mutation(
        "a cut is that of the shard furthest behind",
        lambda: [(cuts, "_find_least", lambda shards: max(shards, key=_until))],
        CUTS,
    ),
    Mutation("a start awaits every shard", lambda: [(Cut, "begin_start", replace)], CUTS),
    Mutation("what is below the floor is metered", _floor_forgotten_in_metrics, RELOADS),
    Mutation("a batch is metered once", _metered_twice),
    Mutation("fence", _no_fence),
    Mutation("fence, once pruned", _no_fence, PRUNING),
    Mutation("ledger rows are kept", all_of("batches"), PRUNING),
    Mutation("tombstones are kept", all_of("tombstones"), PRUNING),
    Mutation("accounts are summed up", without(r"INSERT INTO \S+account "), PRUNING),
    Mutation("outcomes are summed up", without(r"INSERT INTO \S+outcome "), PRUNING),
    Mutation("what is summed up goes", without(r"DELETE FROM \S+account "), PRUNING),
    Mutation(
        "sums are by table", sums_without(r", table_name$|table_name, (?=destination$)"), PRUNING
    ),
    Mutation("sweep of dimensions", no_sweep_of_dimensions, RELOADS, placed=100),
    *(Mutation(guard, taken, placed=100) for guard, taken in PLACED_GUARDS.items()),
    Mutation(
        "columns of staged changes",
        sql(
            5,
            (
                r"(FIRST_VALUE\(pool\.\S+)\) OVER \((PARTITION BY .*? ORDER BY )",
                r'\1) OVER (\2pool."_staged", ',
            ),
        ),
        UNCHANGED,
    ),
    Mutation(
        "columns of the target's row",
        sql(
            5,
            (
                r"(FIRST_VALUE\(pool\.\S+)\) OVER \((PARTITION BY .*? ORDER BY )",
                r'\1) OVER (\2pool."_staged" DESC, ',
            ),
        ),
        UNCHANGED,
    ),
    Mutation(
        "columns of a change that is late", sql(5, (r"CASE WHEN NOT pool\..*? END", "0")), UNCHANGED
    ),
    Mutation("columns of a dimension's late change", _columns_of_newer_rows_only, UNCHANGED),
    Mutation(
        "what a reference leads to comes along with it",
        lambda: [(Touching, "followed", property(lambda _: {}))],
        PARTIAL,
    ),
    Mutation(
        "an update that lacks a column is a dead letter",
        lambda: [(rows, "_check_whole", lambda *_: None)],
        PARTIAL,
    ),
    Mutation("a fact that is a dimension stays a fact", shape.dimensions_alone, SHAPES),
    Mutation("a fact can be a dimension", shape.facts_alone, SHAPES),
    Mutation(
        "rows are looked for by every path to a table",
        shape.searched_by_the_first_path_of_a_table,
        SHAPES,
        placed=40,
    ),
    Mutation(
        "rows are joined along every path to a table",
        shape.applied_along_the_first_path_of_a_table,
        SHAPES,
        placed=40,
    ),
    Mutation("a row that stops counting goes", shape.every_row_counts, COUNTED),
    Mutation("what does not count is a delete", shape.uncounted_rows_are_left_out, COUNTED),
    Mutation(
        "a delete of what does not count has its position",
        shape.uncounted_rows_have_no_position,
        COUNTED,
    ),
    Mutation("the view computes columns", shape.computed_columns_are_not_shown, COUNTED),
    Mutation("the view shows constants", shape.constants_are_not_shown, COUNTED),
    Mutation(
        "versions by all positions",
        lambda: [(join, "_version", lambda positions: positions[0])],
        UNCHANGED,
    ),
)


def mutation(guard: str) -> Mutation:
    """The mutation that takes out `guard`."""
    (found,) = [one for one in MUTATIONS if one.guard == guard]
    return found
