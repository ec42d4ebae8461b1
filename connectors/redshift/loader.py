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
from connectors.redshift import bookkeeping, ledger, migrations
from connectors.redshift.access import DEFAULT_LIMITS
from connectors.redshift.alter import Difference, columns_of, differences
from connectors.redshift.balance import Balance, batch_balances
from connectors.redshift.batch import (
    check_shapes,
    check_tables,
    count_outcomes,
    write_manifests,
)
from connectors.redshift.connection import limit_statements
from connectors.redshift.ddl import create_beside_targets, replace_tombstones
from connectors.redshift.dimensions import refuse_moved
from connectors.redshift.errors import LoadError, NeedsRepairError
from connectors.redshift.key_ranges import read_key_ranges
from connectors.redshift.left_behind import end_sessions, say_endless_sessions
from connectors.redshift.locks import awaited_locks
from connectors.redshift.log_gate import LogGate, read_log_points
from connectors.redshift.names import Names, warehouse_names
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.position_columns import (
    fill_positions,
    turn_dimensions_into_bytes,
    turn_targets_into_bytes,
)
from connectors.redshift.preconditions import check_collation, check_may_create
from connectors.redshift.pruning import Cutoffs, Pruning, prune
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.statements import StagedBatch, Statement
from connectors.redshift.sweep import NO_FLOOR, Floor, check_floor, floors_in, sweep
from connectors.redshift.targets import find_change
from connectors.redshift.transactions import Transactions
from connectors.redshift.undeclared import undeclared_columns
from connectors.redshift.unfillable import unfillable_columns
from connectors.redshift.value_key import check_key, check_part_keys
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
    ) -> None:
        self._check_bucket = check_bucket
        self._warehouse = warehouse
        self._application = application
        self._names = Names(bookkeeping_schema)
        self._copy_role = copy_role
        self._connect = connect
        self._manifests = manifests
        self._alters = alters
        self._floor = floor
        self._key_id = key_id
        self._alter_seconds = alter_seconds
        self._statement_seconds = statement_seconds
        self._pruning = pruning
        schemas = {target.schema for target in warehouse.targets}
        self._schemas = sorted(schemas | {bookkeeping_schema})
        self._known = warehouse_names(warehouse, self._names)
        self._transactions = Transactions(
            lambda: self._connect(),  # noqa: PLW0108 - what connects can be replaced
            self._known,
        )
        # Whether a load has begun and its end is not known: its session may still be there.
        self._unfinished = False
        self._log_gate = LogGate(self._names, log_rule)
        # None until the first load has queried the bookkeeping tables.
        self._never_read: tuple[str, ...] | None = None

    def start(self, number: int) -> bool:
        """Creates and migrates tables, takes the fence, and checks or alters tables that exist.

        Returns whether a sweep is due, with the parts that are complete or with none. Raises
        LoadError: FenceLostError when the target is not, or no longer, ours; KeyChangedError when
        it was filled under another key; NeedsRepairError when a later release has migrated it, or
        when database or staging bucket cannot be loaded from.
        """
        self._check_bucket()
        looking = "looking for the bookkeeping tables"
        with self._transactions.open(looking, autocommit=True) as cursor:
            check_collation(cursor)
            check_may_create(cursor, self._schemas)
            present = ledger.present_tables(cursor, self._names)
            migrations.find_version(cursor, self._names)
        can_look = {Names.LEDGER, Names.FENCE} <= present
        if can_look:
            self._end_left_behind(number)
        with self._transactions.open("creating missing tables") as cursor:
            if Names.LOAD_LOCK not in present and Names.LEDGER in present:
                with self._transactions.await_lock(self._names.ledger):
                    ledger.lock_out_earlier_releases(cursor, self._names)
            if len(present) < len(bookkeeping.FIRST_TABLES):
                for statement in bookkeeping.create_statements(
                    self._names, bookkeeping.FIRST_TABLES
                ):
                    cursor.execute(statement)
            # By this lock the next start finds the session if it is left behind here.
            self._lock(cursor)
            migrated = self._migrate(cursor, number)
        if not can_look:
            self._end_left_behind(number)
        if migrated:
            logger.info("Migrated the bookkeeping tables from version %s to %s", *migrated)
        self._bring_targets_up_to_date(number)
        with self._transactions.open("taking the fence") as cursor:
            self._lock(cursor)
            ledger.take_fence(cursor, self._names, self._application, number)
            check_key(cursor, self._names, self._key_id)
            refuse_moved(cursor, self._warehouse, self._names)
            differing = [
                *differences(cursor, self._warehouse, self._names),
                *unfillable_columns(cursor, self._warehouse, self._names),
            ]
            self._refuse(differing)
            sweep_due = check_floor(cursor, self._names, self._floor)
        for difference in differing:
            self._alter(difference)
        if differing:
            self._bring_targets_up_to_date(number)
        self._warn_of_endless_sessions()
        return sweep_due

    def load(self, parts: Sequence[Part], number: int) -> Loaded:
        """Applies `parts` in one transaction as start `number`. Raises LoadError.

        The numbers are those of the steps in `plan`.
        """
        if self._unfinished:
            self._end_left_behind(number)
        batch = uuid.uuid4().hex
        self._unfinished = True
        with self._transactions.open(f"loading batch {batch}") as cursor:
            self._lock(cursor)  # 1
            swept = floors_in(ledger.verify_fence(cursor, self._names, self._application, number))
            known = ledger.known_parts(cursor, self._names, parts)
            new = [part for part in parts if part.name not in known]
            never_read = self._read_by_no_batch(cursor)
            if known:
                self._log_gate.forget()
            accounts = [account for part in new for account in part.accounts]
            self._log_gate.check(cursor, accounts)
            counted = self._apply(cursor, batch, new) if new else []  # 2 to 8
            sweep(cursor, self._warehouse, self._names, self._floor, new, swept)  # 8
            outcomes = sum_by_group([*counted, *(o for part in new for o in part.outcomes)])
            ledger.record(cursor, self._names, self._application, batch, new, outcomes)  # 9
        self._unfinished = False
        self._log_gate.confirm()
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
            self._end_left_behind(number)
        cutoffs = self._pruning(ledger.now())
        self._unfinished = True
        with self._transactions.open("pruning the bookkeeping tables") as cursor:
            self._lock(cursor)
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

    def _migrate(self, cursor: ledger.Cursor, number: int) -> tuple[int, int] | None:
        """Brings the tables to the latest version, and creates those that are missing.

        Returns the versions of the bookkeeping tables before and after, if it migrated them.
        """
        before = migrations.find_version(cursor, self._names)
        due = migrations.pending_migrations(before)
        if due:
            # In the same transaction: no earlier release loads into tables that it does not know.
            ledger.take_fence(cursor, self._names, self._application, number)
        for about, statement in migrations.statements(self._names, due):
            self._transactions.progress = about
            cursor.execute(statement)
        self._transactions.progress = ""
        for target in self._warehouse.targets:
            present = columns_of(
                cursor, self._names.bookkeeping_schema, self._names.tombstone_table(target)
            )
            for statement in replace_tombstones(target, self._warehouse, self._names, present):
                cursor.execute(statement)
        for statement in create_beside_targets(self._warehouse, self._names):
            cursor.execute(statement)
        turn_dimensions_into_bytes(cursor, self._warehouse, self._names, self._transactions)
        if before != migrations.LATEST:
            migrations.record_version(cursor, self._names)
        return (before.number, migrations.LATEST.number) if before and due else None

    def _bring_targets_up_to_date(self, number: int) -> None:
        """Makes base tables and views as far as they are not as declared; raises LoadError.

        A view shows what its base table has of the declaration. So it comes once before tables are
        altered, and once more after it. Locks are taken within a limit, as for an ALTER.
        """
        messages, former = [], []
        with self._transactions.open("making the targets' tables and views") as cursor:
            self._lock(cursor)
            ledger.refuse_superseded(cursor, self._names, self._application, number)
            limit_statements(cursor, self._alter_seconds)
            for target in self._warehouse.targets:
                change = find_change(cursor, target, self._warehouse, self._names)
                if change is None:
                    continue
                first, *others = change.statements
                with self._transactions.await_lock(change.locked or self._names.view(target)):
                    cursor.execute(first)
                for statement in others:
                    cursor.execute(statement)
                messages.append(change.message)
                if change.may_lack_positions:
                    former.append(target)
            limits = (self._alter_seconds, self._statement_seconds)
            turn_targets_into_bytes(
                cursor, self._warehouse, self._names, self._transactions, *limits
            )
            limit_statements(cursor, self._statement_seconds)
            for target in former:
                fill_positions(cursor, target, self._warehouse, self._names)
        for message in filter(None, messages):
            logger.warning("Target: %s", message)

    def _lock(self, cursor: ledger.Cursor) -> None:
        with self._transactions.await_lock(self._names.load_lock):
            ledger.lock(cursor, self._names)

    def _end_left_behind(self, number: int) -> None:
        """Ends what an earlier attempt or start has left on the warehouse; raises LoadError."""
        doing = "ending sessions that were left behind"
        with self._transactions.open(doing, autocommit=True) as cursor:
            ended = end_sessions(cursor, self._names, self._application, number)
        if ended:
            logger.warning(
                "Ended sessions of this application that an earlier attempt left on the warehouse: "
                "processes %s. The ledger says what they committed",
                ", ".join(map(str, ended)),
            )

    def _warn_of_endless_sessions(self) -> None:
        """Loads go on without a timeout of sessions, so they do without its being known, too."""
        looking = "looking up the session timeout"
        try:
            with self._transactions.open(looking, autocommit=True) as cursor:
                endless = say_endless_sessions(cursor)
        except LoadError as error:
            logger.warning("Could not look up the session timeout; loads go on: %s", error)
            return
        if endless:
            logger.warning("Sessions: %s", endless)

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

    def _refuse(self, differing: Sequence[Difference]) -> None:
        """Raises NeedsRepairError unless all that differs can be altered, and may be."""
        by_hand = [d for d in differing if d.by_hand or not self._alters]
        if by_hand:
            listed = "\n".join(f"  {difference};" for difference in by_hand)
            message = f"tables do not match the declaration. Fix each of these:\n{listed}"
            if not self._alters:
                message += (
                    "\nor set schema_changes: evolve, and the loader alters what Redshift can alter"
                )
            raise NeedsRepairError(message)

    def _alter(self, difference: Difference) -> None:
        """Runs the statements each on its own: Redshift takes a VARCHAR's only outside a block.

        A start that finds it half done finds fewer differences, and does the rest. An ALTER takes
        its lock within a limit, since all who query the table queue behind one that waits; it is
        tried again with the start.
        """
        for sql in difference.statements:
            doing = f"altering a table ({sql})"
            with (
                self._transactions.open(
                    doing, autocommit=True, limit=self._alter_seconds
                ) as cursor,
                self._transactions.await_lock(difference.table),
            ):
                cursor.execute(sql)
            logger.warning(
                "Schema: %s; done: %s%s",
                difference.problem,
                sql,
                f". {difference.consequence.capitalize()}" if difference.consequence else "",
            )
