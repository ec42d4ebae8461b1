"""A world: one stream, one warehouse, attempts one after the other, and the check at each commit.

What the warehouse must hold follows from its own accounts. `reached` is how far each shard has
ever been loaded, `own` how far the attempt that commits has loaded it. As long as nobody restores
from an older checkpoint both are the same, and the table is the join there. After such a restore
the table is the join at `reached` while `own` is behind it in every shard, anything in between, and
the join at `own` once that is not behind in any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.redshift.spec import WarehouseSpec
from flink_app.declaration import Star
from flink_app.privacy.keys import PrivacyKeys
from flink_app.schemas import BlockSchemas
from flink_app.warehouse import warehouse_spec
from tests.simulation.attempt import Attempt, Checkpoint, Job
from tests.simulation.breaking import Planned, Warehouse
from tests.simulation.database import BOOKS, Database
from tests.simulation.oracle import Expected, Lines, Oracle, Tables, newest, ordered
from tests.simulation.pruning import Pruning
from tests.simulation.source import FIRST_SEQUENCE, Source

BLOCK: Final = 4  # records of an element, at most
LONG: Final = 400.0  # seconds: longer than any pause of the load
SECRET: Final = b"a secret of the simulation, of 41 bytes ."
KEYS: Final = PrivacyKeys.from_secret(SECRET)


class WrongError(AssertionError):
    """The warehouse does not hold what it must; `what` names the check."""

    def __init__(self, message: str, what: str) -> None:
        super().__init__(f"{what}: {message}")
        self.what = what


@dataclass
class Loads:
    """What the warehouse's own books have said so far."""

    accounts: int = 0  # rows of the account table
    parts: set[str] = field(default_factory=set)  # whose accounts have been read
    read_twice: bool = False  # whether some record was read again, so counts say nothing
    torn: bool = False  # whether the table is between two cuts


class World:
    """Everything of one history. Close it."""

    def __init__(
        self,
        star: Star,
        source: Source,
        parallelism: int = 1,
        warehouse: Callable[[WarehouseSpec], Warehouse] = Database,
    ) -> None:
        self.star = star
        self.source = source
        self.spec = warehouse_spec(star)
        self.database = warehouse(self.spec)
        self.database.committed = self._committed
        self.job = Job(star, BlockSchemas(star), KEYS, source, self.database)
        self.oracle = Oracle(star.declaration, SECRET)
        self.now = 0.0
        self.checkpoints = [Checkpoint(0)]
        self.last_number = 0
        self.commits = 0
        self.reached = [0] * source.shard_count
        self.own: dict[int, list[int]] = {}
        self.zombies: list[Attempt] = []
        self.starts = 0
        self.pruning = Pruning(self.database, self.oracle, source)
        self._loads = Loads()
        self.attempt = self._start(self.checkpoints[0], parallelism)

    def close(self) -> None:
        self.database.close()

    # -- what can happen beside an attempt's own doings

    def fail(self, checkpoint: Checkpoint, parallelism: int, *, zombie: bool = False) -> None:
        """The attempt ends, and the next one starts from `checkpoint`.

        Restoring an older one is a new submission: the later ones are gone and their numbers come
        again. A zombie's load goes on with what it has.
        """
        if zombie:
            self.zombies.append(self.attempt)
        if checkpoint is not self.checkpoints[-1]:
            del self.checkpoints[self.checkpoints.index(checkpoint) + 1 :]
            self.last_number = checkpoint.number
        self.attempt = self._start(checkpoint, parallelism)

    def _start(self, checkpoint: Checkpoint, parallelism: int) -> Attempt:
        self.starts += 1
        self.own[self.starts] = [
            checkpoint.offsets.get(shard, 0) for shard in range(self.source.shard_count)
        ]
        return Attempt(self.job, self.starts, parallelism, checkpoint, lambda: self.now)

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
        """The books forget what the last checkpoint does not need."""
        self.pruning.prune(self.attempt, self.checkpoints[-1], self.reached)

    # -- plain stretches, for scripts and for the end of a history

    def run_reads(self) -> None:
        """All that is there is read."""
        for shard in self.attempt.offsets:
            while self.attempt.unread(shard):
                self.attempt.read(shard, BLOCK)

    def run_checkpoint(self) -> None:
        """What was read is staged, and a checkpoint of it completes."""
        attempt = self.attempt
        if attempt.checkpoint is None:
            self.trigger()
        for subtask in attempt.uninjected():
            attempt.inject(subtask)
        self.run_moves()
        assert attempt.acknowledged()
        self.complete()
        attempt.notify(self.checkpoints[-1].number)

    def run_moves(self) -> None:
        """Everything under way arrives."""
        gates = self.attempt.gates()
        while ready := [(gate, name) for gate in gates for name in gate.ready()]:
            self.attempt.move(*ready[0])

    def run_loads(self) -> None:
        """The load does what it can now, and one more look after that."""
        self.run_moves()
        if self.attempt.work.waits:
            self.run_load(self.attempt)
        self.now += LONG
        self.attempt.look()

    # -- the check

    def _committed(self, owner: int) -> None:
        rows = self.database.query(f"SELECT part, shard, last_sequence_number FROM {BOOKS}.account")
        if len(rows) == self._loads.accounts:
            return
        self.commits += 1
        self._loads.accounts = len(rows)
        new = [row for row in rows if row[0] not in self._loads.parts]
        self._loads.parts.update(row[0] for row in new)
        own, before = self.own[owner], list(self.reached)
        for _, shard, last in new:
            place = int(shard)
            own[place] = max(own[place], int(last) - FIRST_SEQUENCE + 1)
        ahead = all(mine >= theirs for mine, theirs in zip(own, before, strict=True))
        behind = all(mine <= theirs for mine, theirs in zip(own, before, strict=True))
        self.reached = [max(pair) for pair in zip(own, before, strict=True)]
        if ahead:
            self._loads.torn = False
        elif not behind:
            self._loads.torn = True
        self._check_accounts()
        if not self._loads.torn:
            self._check_tables(newest(self.source.shards, self.reached))

    def _check_accounts(self) -> None:
        """Every record of the cut is in the books, once; more once older ones are read again."""
        read, dead, passed = self.database.query(
            f"SELECT sum(records_read), sum(dead_lettered), sum(passed_over) FROM {BOOKS}.account"
        )[0]
        records = [
            record
            for shard, count in zip(self.source.shards, self.reached, strict=True)
            for record in shard[:count]
        ]
        versions = [version for record in records for version in record.versions]
        facts = sum(version.table in self.star.facts for version in versions)
        wanted = (
            len(records),
            sum(record.dead for record in records),
            sum(not record.dead and not record.versions for record in records),
            facts * len(self.star.targets),
        )
        found = (int(read), int(dead), int(passed), self._ledger_rows("rows"))
        if self._loads.read_twice:
            return
        if found != wanted:
            message = f"read, dead, passed over, fact rows: {found}, not {wanted}"
            raise WrongError(message, "counts")
        dimensions = sum(version.table in self.star.dimensions for version in versions)
        if (patches := self._ledger_rows("patches")) > dimensions:
            message = f"{patches} patches of {dimensions} changes"
            raise WrongError(message, "patches")

    def _ledger_rows(self, kind: str) -> int:
        loaded = self.database.query(
            f"SELECT coalesce(sum(row_count), 0) FROM {BOOKS}.ledger WHERE kind = '{kind}'"
        )[0][0]
        return int(loaded) + self.pruning.rows.get(kind, 0)

    def read_again(self) -> None:
        """From now on records may be in the books twice."""
        self._loads.read_twice = True

    def _check_tables(self, tables: Tables) -> None:
        for target in self.spec.targets:
            columns = [column.name for column in target.columns]
            visible = list(self.star.targets[target.stream].columns)
            expected = self.oracle.expected(target.stream, columns, tables)
            found = Expected(
                self._rows(target.schema, target.stream, columns),
                self._rows(BOOKS, f"tombstones_{target.stream}", [*target.key, "_pos"]),
            )
            count = len(visible)
            _compare("rows", [r[:count] for r in expected.rows], [r[:count] for r in found.rows])
            _compare("hidden columns", expected.rows, found.rows)
            tombstones = self.pruning.without(target.stream, expected.tombstones)
            _compare("tombstones", tombstones, found.tombstones)

    def _rows(self, schema: str, table: str, columns: list[str]) -> Lines:
        listed = ", ".join(f'"{name}"' for name in columns)
        return ordered(self.database.query(f'SELECT {listed} FROM "{schema}"."{table}"'))

    def check_end(self) -> None:
        """Everything is loaded, and the warehouse is the join of the source's own tables."""
        ends = [len(shard) for shard in self.source.shards]
        if self.reached != ends or not self.attempt.idle():
            message = f"loaded up to {self.reached} of {ends}"
            raise WrongError(message, "stuck")
        if self._loads.torn:
            message = "the table is still between two cuts"
            raise WrongError(message, "stuck")
        for target in self.spec.targets:
            visible = list(self.star.targets[target.stream].columns)
            expected = self.oracle.visible(target.stream, self.source.tables)
            _compare("end", expected, self._rows(target.schema, target.stream, visible))


def _compare(what: str, expected: Any, found: Any) -> None:
    if found != expected:
        missing = [row for row in expected if row not in found]
        surplus = [row for row in found if row not in expected]
        message = f"missing {missing}, surplus {surplus} of {len(found)}"
        raise WrongError(message, what)
