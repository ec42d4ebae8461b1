"""One load: pending parts into the warehouse in one transaction, or a typed error.

Plain values in, plain values out: it runs under Flink, in a test and in a simulation alike. The
transaction's steps are numbered in `plan`. After a lost reply nothing is guessed: the next
attempt takes the load's lock, which waits until the old transaction has ended, and leaves out what
it finds in the ledger.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.accounts import UNKNOWN_TABLE, Outcome, sum_by_group
from connectors.blocks import Kind
from connectors.log_points import LogRule, Points
from connectors.redshift import ledger
from connectors.redshift.access import DEFAULT_LIMITS, Limits
from connectors.redshift.balance import Balance, batch_balances
from connectors.redshift.batch import (
    check_shapes,
    check_tables,
    count_outcomes,
    write_manifests,
)
from connectors.redshift.bookkeeping import CUT
from connectors.redshift.cuts import CutRule, Cuts, rows_of
from connectors.redshift.key_ranges import read_key_ranges
from connectors.redshift.left_behind import end_left_behind
from connectors.redshift.locks import awaited_locks
from connectors.redshift.log_gate import LogGate, read_log_points
from connectors.redshift.names import Names, warehouse_names
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.pruning import Cutoffs, Pruning, prune
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.start import Start
from connectors.redshift.statements import StagedBatch, Statement
from connectors.redshift.sweep import NO_FLOOR, Floor, floors_in, sweep
from connectors.redshift.transactions import Transactions
from connectors.redshift.undeclared import undeclared_columns
from connectors.redshift.value_key import check_part_keys
from connectors.staging.part import Part
from connectors.staging.writer import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """A transaction that was committed.

    Attributes:
        batch: its name in the bookkeeping tables.
        parts: names of the parts that it brought in.
        already: names of those that an earlier one had brought in.
        outcomes: what it did with the changes of its parts, once for each target.
        balances: what it wrote to the bookkeeping tables, by table and destination.
        older_keys: of all destinations, keys that it brought only older changes of.
        never_read: declared tables without any record in the warehouse, this batch included.
    """

    batch: str
    parts: tuple[str, ...]
    already: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = ()
    balances: tuple[Balance, ...] = ()
    never_read: tuple[str, ...] = ()
    older_keys: int = 0

    @property
    def names(self) -> frozenset[str]:
        """Every part that is in the warehouse now."""
        return frozenset((*self.parts, *self.already))


class Loader:
    """Loads for one application; one call at a time.

    Args:
        warehouse: the tables.
        application: whose fence is used.
        bookkeeping_schema: where ledger, fence and accounts live.
        copy_role: ARN of COPY's role, or `default`.
        connect: opens a connection without autocommit.
        manifests: where manifests go.
        alters: whether tables that exist are altered to what is declared, where Redshift can.
        floor: the lowest generations that count.
        key_id: of the key that the values are made under; empty where none is used.
        alter_seconds: for how long an ALTER may wait for its lock.
        statement_seconds: for how long any other statement may take, as the connection has it.
        pruning: what may leave the bookkeeping tables at a time; None if all is kept for ever.
        check_bucket: raises LoadError if COPY cannot read the staging bucket; called at a start.
        log_rule: what happens where the source's log has started again.
        cut_rule: what a cut assumes of the stream.
    """

    def __init__(  # noqa: PLR0913 - its settings and what it is given to work with
        self,
        warehouse: WarehouseSpec,
        *,
        application: str,
        bookkeeping_schema: str,
        copy_role: str,
        connect: Callable[[], Any],
        manifests: Store,
        alters: bool = False,
        floor: Floor = NO_FLOOR,
        key_id: str = "",
        alter_seconds: int = DEFAULT_LIMITS.alter,
        statement_seconds: int = DEFAULT_LIMITS.statement,
        check_bucket: Callable[[], None] = lambda: None,
        log_rule: LogRule = LogRule(),  # noqa: B008 - it is immutable
        pruning: Pruning | None = None,
        cut_rule: CutRule = CutRule(),  # noqa: B008 - it is immutable
    ) -> None:
        self._warehouse = warehouse
        self._application = application
        self._names = Names(bookkeeping_schema)
        self._copy_role = copy_role
        self._connect = connect
        self._manifests = manifests
        self._floor = floor
        self._key_id = key_id
        self._pruning = pruning
        schemas = {target.schema for target in warehouse.targets}
        self._schemas = sorted(schemas | {bookkeeping_schema})
        self._known = warehouse_names(warehouse, self._names)
        self._transactions = Transactions(
            lambda: self._connect(),  # noqa: PLW0108 - what connects can be replaced
            self._known,
        )
        self._start = Start(
            warehouse,
            self._names,
            self._transactions,
            application=application,
            alters=alters,
            floor=floor,
            key_id=key_id,
            limits=Limits(alter=alter_seconds, statement=statement_seconds),
            check_bucket=check_bucket,
        )
        # Whether a load has begun and its end is not known: its session may still be there.
        self._unfinished = False
        self._log_gate = LogGate(self._names, log_rule)
        self._cuts = Cuts(self._names, cut_rule)
        # None until the first load has queried the bookkeeping tables.
        self._never_read: tuple[str, ...] | None = None

    def start(self, number: int) -> bool:
        """Creates and migrates tables, takes the fence, and checks or alters tables that exist.

        Returns whether a sweep is due, with the parts that are complete or with none. Raises
        LoadError: FenceLostError when the target is not, or no longer, ours; KeyChangedError when
        it was filled under another key; NeedsRepairError when a later release has migrated it, or
        when database or staging bucket cannot be loaded from.
        """
        return self._start.run(number)

    def load(self, parts: Sequence[Part], number: int) -> Loaded:
        """Applies `parts` in one transaction as start `number`. Raises LoadError.

        The numbers are those of the steps in `plan`.
        """
        if self._unfinished:
            end_left_behind(self._transactions, self._names, self._application, number)
        batch = uuid.uuid4().hex
        self._unfinished = True
        with self._transactions.open(f"loading batch {batch}") as cursor:
            self._transactions.lock_load(cursor, self._names)  # 1
            swept = floors_in(ledger.verify_fence(cursor, self._names, self._application, number))
            known = ledger.known_parts(cursor, self._names, parts)
            new = [part for part in parts if part.name not in known]
            never_read = self._read_by_no_batch(cursor)
            if known:
                self._log_gate.forget()
                self._cuts.forget()
            accounts = [account for part in new for account in part.accounts]
            self._log_gate.check(cursor, accounts)
            tips = [tip for part in new for tip in part.tips]
            cut = self._cuts.advance(cursor, number, accounts, tips)
            counted = self._apply(cursor, batch, new) if new else []  # 2 to 8
            sweep(cursor, self._warehouse, self._names, self._floor, new, swept)  # 8
            outcomes = sum_by_group([*counted, *(o for part in new for o in part.outcomes)])
            loaded_at = ledger.record(  # 9
                cursor, self._names, self._application, batch, new, outcomes
            )
            if cut is not None:
                cut_rows = rows_of(cut, batch, number, loaded_at)
                ledger.insert(cursor, self._names, CUT, cut_rows)
        self._unfinished = False
        self._log_gate.confirm()
        self._cuts.confirm()
        # The accounts of parts that an earlier transaction loaded are in the warehouse as well.
        read = {account.table for part in parts for account in part.accounts}
        self._never_read = tuple(table for table in never_read if table not in read)
        return Loaded(
            batch,
            tuple(part.name for part in new),
            tuple(known),
            tuple(counted),
            tuple(batch_balances(self._warehouse, accounts, outcomes)),
            self._never_read,
            sum(outcome.older_keys for outcome in outcomes),
        )

    def log_points(self) -> Points:
        """How far the source's log has been loaded, by table. Raises LoadError."""
        with self._transactions.open("reading the accounts", autocommit=True) as cursor:
            return read_log_points(cursor, self._names)

    @property
    def prunes(self) -> bool:
        """Whether the bookkeeping tables are pruned at all."""
        return self._pruning is not None

    def prune(self, number: int) -> Cutoffs | None:
        """Takes out of the bookkeeping tables what nothing can need any more, as start `number`.

        In a transaction of its own, so a load never fails with it. Returns the times that it went
        by; None if nothing is ever pruned. Raises LoadError.
        """
        if self._pruning is None:
            return None
        if self._unfinished:
            end_left_behind(self._transactions, self._names, self._application, number)
        cutoffs = self._pruning(ledger.now())
        self._unfinished = True
        with self._transactions.open("pruning the bookkeeping tables") as cursor:
            self._transactions.lock_load(cursor, self._names)
            ledger.verify_fence(cursor, self._names, self._application, number)
            prune(cursor, self._warehouse, self._names, cutoffs)
        self._unfinished = False
        logger.info(
            "Pruned the bookkeeping tables: batches before %s are summed up, deletes before %s are "
            "no longer known",
            cutoffs.batches,
            cutoffs.tombstones,
        )
        return cutoffs

    def awaited_locks(self) -> list[str]:
        """A sentence for each lock that a session of this user waits for, and who holds it.

        May be called from another thread while `start` or `load` runs. Raises LoadError.
        """
        beside = Transactions(self._connect, self._known)
        with beside.open("looking for locks", autocommit=True) as cursor:
            return awaited_locks(cursor, self._schemas)

    def _read_by_no_batch(self, cursor: ledger.Cursor) -> tuple[str, ...]:
        """Declared tables that no earlier batch has records of.

        None where an earlier version wrote accounts that do not name tables.
        """
        if self._never_read is not None:
            return self._never_read
        accounted = ledger.accounted_tables(cursor, self._names)
        if UNKNOWN_TABLE in accounted:
            return ()
        return tuple(table for table, _ in self._warehouse.sources if table not in accounted)

    def _apply(self, cursor: ledger.Cursor, batch: str, parts: Sequence[Part]) -> list[Outcome]:
        check_tables(self._warehouse, parts)
        check_part_keys(self._key_id, parts)
        check_shapes(self._warehouse, parts)
        staged = StagedBatch(
            rows=write_manifests(self._manifests, batch, parts, Kind.ROWS),
            patches=write_manifests(self._manifests, batch, parts, Kind.PATCHES),
            dimensions=write_manifests(self._manifests, batch, parts, Kind.DIMENSION),
        )
        warehouse, names = self._warehouse, self._names
        undeclared = undeclared_columns(cursor, warehouse, names)
        staging = plan_staging(warehouse, names, staged, self._copy_role)
        self._run(cursor, staging, parts)
        self._transactions.progress = ", step 2, the range of staged keys"
        ranges = read_key_ranges(cursor, warehouse, names, staged)
        planned = plan_load(warehouse, names, staged, ranges=ranges, undeclared=undeclared)
        self._run(cursor, planned, parts)
        self._transactions.progress = ""
        return count_outcomes(cursor, warehouse, names, parts)

    def _run(
        self, cursor: ledger.Cursor, statements: Sequence[Statement], parts: Sequence[Part]
    ) -> None:
        """One statement after the other, of a load that brings in `parts`."""
        for statement in statements:
            self._transactions.progress = f", step {statement.step}, {statement.about}"
            self._transactions.copied = parts if statement.sql.startswith("COPY ") else ()
            cursor.execute(statement.sql)
        self._transactions.copied = ()
