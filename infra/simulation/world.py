"""A world: one stream, one warehouse, attempts one after the other, zombies among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from connectors.floors import NO_FLOORS, Floors
from connectors.metrics import GROUP, Gauge, LoadMetric
from connectors.redshift.balance import balance_query, balances
from connectors.redshift.cuts import CutRule
from connectors.redshift.names import Names
from connectors.redshift.pruning import Cutoffs
from connectors.redshift.schedule import AT_EVERY_CHECKPOINT, Schedule
from connectors.redshift.spec import WarehouseSpec
from connectors.staging.part import Part
from flink_app.declaration import Star
from flink_app.privacy.keys import PrivacyKeys
from flink_app.schemas import BlockSchemas
from flink_app.warehouse import warehouse_spec
from infra.simulation.attempt import Attempt, Job
from infra.simulation.channels import Checkpoint
from infra.simulation.database import BOOKKEEPING, Database
from infra.simulation.faults import Planned, Warehouse
from infra.simulation.metrics_check import Metered, check_metrics, check_never_read
from infra.simulation.source import GENERATION, Source
from infra.simulation.warehouse_check import SECRET, Check, WrongError

BLOCK: Final = 4  # records of an element, at most
LONG: Final = 400.0  # seconds: longer than any pause of the load
KEYS: Final = PrivacyKeys.from_secret(SECRET)


class World:
    """Everything of one history. Close it."""

    def __init__(
        self,
        star: Star,
        source: Source,
        parallelism: int = 1,
        warehouse: Callable[[WarehouseSpec], Warehouse] = Database,
        *,
        prunes: bool = False,
        schedule: Schedule = AT_EVERY_CHECKPOINT,
        cut_rule: CutRule | None = None,
    ) -> None:
        self.star = star
        self.source = source
        self.spec = warehouse_spec(star)
        self.database = warehouse(self.spec)
        self.check = Check(star, self.spec, source, self.database)
        self.database.committed = self.check.check_commit
        self.job = Job(
            star,
            self.spec,
            BlockSchemas(star),
            KEYS,
            source,
            self.database,
            self._pruning,
            prunes,
            schedule,
            cut_rule,
        )
        self.now = 0.0
        self.checkpoints = [Checkpoint(0)]
        self.last_number = 0
        self.zombies: list[Attempt] = []
        self.starts = 0
        self.floors = NO_FLOORS
        self._metered: list[Metered] = []
        self._ends: list[int] = []
        self.attempt = self._start(self.checkpoints[0], parallelism)

    def close(self) -> None:
        self.database.close()

    # -- what can happen beside the actions of an attempt

    def fail(self, checkpoint: Checkpoint, parallelism: int, *, zombie: bool = False) -> None:
        """The attempt ends, and the next one starts from `checkpoint`.

        Restoring an older one is a new submission: the later ones are gone and their numbers come
        again. A zombie's load goes on with what it has.
        """
        if zombie:
            self.zombies.append(self.attempt)
        if checkpoint is not self.checkpoints[-1]:
            self.check.read_again()
            del self.checkpoints[self.checkpoints.index(checkpoint) + 1 :]
            self.last_number = checkpoint.number
        self.attempt = self._start(checkpoint, parallelism)

    def reload(self, parallelism: int, *, zombie: bool = False) -> None:
        """DMS has stopped: the job restarts with the boundary, and only then the load begins."""
        self.source.begin_generation()
        self.fail(self.checkpoints[-1], parallelism, zombie=zombie)

    def reload_table(self, table: str, parallelism: int, *, zombie: bool = False) -> None:
        """DMS loads one table again; the job was stopped and starts once the load has begun."""
        self.source.begin_generation_of(table)
        self.fail(self.checkpoints[-1], parallelism, zombie=zombie)

    def restart_log(self) -> None:
        """The source's log starts again; all of the former one has arrived."""
        self.source.restart_log()
        self._ends = [len(shard) for shard in self.source.shards]

    @property
    def has_stopped(self) -> bool:
        """Whether the load has refused what is of a log that has started again."""
        refused = self.attempt.load_metrics[GROUP, LoadMetric.LOADS_NEED_REPAIR.label]
        return self.source.is_undecided and refused > 0

    def decide(self, parallelism: int) -> None:
        """Somebody gives the new log its generation, and starts from before it."""
        before = self._list_restorable()[0]
        self.source.decide()
        self.fail(before, parallelism)

    def can_raise_floor(self) -> bool:
        """Whether all of some reload's load is in the last checkpoint, and a floor may follow."""
        return bool(self.list_raised_floors())

    def list_raised_floors(self) -> list[Floors]:
        """The floors that can follow: that of everything, then those of single tables."""
        offsets = self.checkpoints[-1].offsets
        unread = [
            record
            for shard, records in enumerate(self.source.shards)
            for record in records[offsets.get(shard, 0) :]
        ]
        unread += [record for _, record in self.source.wire]
        waits = {record.generation for record in unread if record.of_reload}
        reloads = {"": self.source.reload_generation, **self.source.reloaded}
        return [
            self.floors.raise_to(generation, table)
            for table, generation in reloads.items()
            if self._floor_of(table) < generation > GENERATION and generation not in waits
        ]

    def _floor_of(self, table: str) -> int:
        return self.floors.of(table) if table else self.floors.everywhere

    def raise_floor(
        self, parallelism: int, floors: Floors | None = None, *, zombie: bool = False
    ) -> None:
        """The job restarts with these floors, or the first that can follow."""
        self.floors = self.list_raised_floors()[0] if floors is None else floors
        self.fail(self.checkpoints[-1], parallelism, zombie=zombie)

    def redeclare(self, star: Star) -> None:
        """From the next start on another declaration is in force, of the same targets."""
        self.star, self.spec = star, warehouse_spec(star)
        self.job = replace(self.job, star=star, spec=self.spec, schemas=BlockSchemas(star))
        self.check.redeclare(star, self.spec)

    def rotate(self, keys: PrivacyKeys) -> None:
        """From the next start on the secret is another one."""
        self.job = replace(self.job, keys=keys)

    def _start(self, checkpoint: Checkpoint, parallelism: int) -> Attempt:
        self.starts += 1
        shards = range(self.source.shard_count)
        offsets = [checkpoint.offsets.get(shard, 0) for shard in shards]
        pending = [Part.decode(value) for value in (checkpoint.pending or {}).values()]
        self.check.note_start(self.starts, offsets, self.floors, pending)
        number, clock = self.starts, lambda: self.now
        attempt = Attempt(self.job, number, parallelism, checkpoint, clock, self.floors)
        self._metered.append(attempt.load_metrics)
        return attempt

    def trigger(self) -> None:
        self.last_number += 1
        self.attempt.trigger(self.last_number)

    def complete(self) -> None:
        """The job manager has all acknowledgements."""
        assert self.attempt.checkpoint is not None
        self.checkpoints.append(self.attempt.checkpoint)
        self.attempt.checkpoint = None

    def run_load(self, attempt: Attempt, planned: Planned | None = None) -> None:
        """The load's thread does what it was given."""
        self.database.planned = planned
        attempt.work.run()
        self.database.planned = None

    def prune(self) -> None:
        """The bookkeeping tables lose what the last checkpoint does not need, as far as that goes.

        Raises FenceLostError unless the attempt may load.
        """
        self.attempt.prune()

    @contextmanager
    def _pruning(self, attempt: Attempt) -> Iterator[Cutoffs]:
        needed = {*attempt.list_pending(), *self.attempt.list_pending()}
        if self.attempt.checkpoint is not None:
            needed |= {*(self.attempt.checkpoint.pending or {})}
        check, pruning = self.check, self.check.pruning
        owners = (attempt.number, self.attempt.number)
        loaded = [min(counts) for counts in zip(*map(check.reached_by, owners), strict=True)]
        try:
            yield pruning.begin(needed, self._list_restorable(), loaded, check.reached)
        finally:
            pruning.end()

    def _list_restorable(self) -> list[Checkpoint]:
        """What the next attempt may start from, the oldest first, if no older restore is asked for.

        The last checkpoint; and as long as nobody has decided about a log that has started again,
        those since the last one before it.
        """
        if not self.source.is_undecided:
            return self.checkpoints[-1:]
        before = [
            number
            for number, checkpoint in enumerate(self.checkpoints)
            if all(checkpoint.offsets.get(n, 0) <= end for n, end in enumerate(self._ends))
        ]
        return self.checkpoints[before[-1] :]

    # -- sequences of steps, for scripts and for the end of a history

    def run_reads(self) -> None:
        """All that is there is read."""
        for shard in self.attempt.offsets:
            while self.attempt.count_unread(shard):
                self.attempt.read(shard, BLOCK)

    def run_checkpoint(self) -> None:
        """What was read is staged, and a checkpoint of it completes."""
        attempt = self.attempt
        if attempt.checkpoint is None:
            self.trigger()
        for subtask in attempt.list_uninjected():
            attempt.inject(subtask)
        self.run_moves()
        assert attempt.is_acknowledged()
        self.complete()
        attempt.notify(self.checkpoints[-1].number)

    def run_moves(self) -> None:
        """Everything under way arrives."""
        gates = self.attempt.gates()
        while ready := [(gate, name) for gate in gates for name in gate.list_ready()]:
            self.attempt.move(*ready[0])

    def run_loads(self) -> None:
        """The load does what it can now, and looks once more after that."""
        self.run_moves()
        while self.attempt.work.waits:
            self.run_load(self.attempt)
        self.now += LONG
        self.attempt.look()

    def check_end(self) -> None:
        """Everything is loaded, and the warehouse is the join of the source's own tables."""
        if not self.attempt.is_idle():
            message = f"{len(self.attempt.list_pending())} parts still wait"
            raise WrongError(message, "stuck")
        self.check.end()
        lines = balances(self.database.query(balance_query(Names(BOOKKEEPING))))
        check_metrics(self._metered, lines)
        if self._metered[-1][GROUP, LoadMetric.BATCHES_LOADED.label]:
            reported = self.attempt.load_gauge(Gauge.TABLES_NEVER_READ)
            check_never_read(reported, [table for table, _ in self.spec.sources], lines)
