"""A start of the application on the warehouse: what has to be true before the first load.

In order, each in a transaction of its own, whose first statement is the load's lock wherever there
is one:

1. Look: can this database be loaded from, and does an earlier attempt still hold the lock? Its
   sessions are ended.
2. Bookkeeping tables and dimensions are made, and migrated with the tombstones that there are.
3. Each target's base table and view are made what is declared, one target after the other: whoever
   queries one waits for that one alone. A new target's tombstones are made with them.
   Whatever is changed takes the fence with it.
4. The fence is taken in any case, and base tables are compared with the declaration.
5. What differs is altered; then the third step comes once more, since views show what the base
   tables have.

A start that ends anywhere is completed by the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from connectors.redshift import bookkeeping, ledger, migrations
from connectors.redshift.access import Limits
from connectors.redshift.alter import Difference, Present, columns_of, differences
from connectors.redshift.connection import limit_statements
from connectors.redshift.cuts import create_view
from connectors.redshift.ddl import (
    create_beside_targets,
    create_tombstones,
    replace_tombstones,
)
from connectors.redshift.dimensions import refuse_moved
from connectors.redshift.errors import LoadError, NeedsRepairError
from connectors.redshift.left_behind import end_left_behind, say_endless_sessions
from connectors.redshift.names import Names
from connectors.redshift.position_columns import (
    fill_positions,
    turn_dimensions_into_bytes,
    turn_target_into_bytes,
)
from connectors.redshift.preconditions import check_collation, check_may_create
from connectors.redshift.spec import TargetSpec, WarehouseSpec
from connectors.redshift.sweep import Floor, check_floor
from connectors.redshift.targets import Change, find_change, refuse_table_of_another
from connectors.redshift.transactions import Transactions
from connectors.redshift.unfillable import unfillable_columns
from connectors.redshift.value_key import check_key

logger = logging.getLogger(__name__)

Columns = Mapping[str, Present]


class Start:
    """What a start does, for one application.

    Args:
        warehouse: the tables.
        names: what they are called.
        transactions: opens each.
        application: whose fence is taken.
        alters: whether tables that exist are altered to what is declared, where Redshift can.
        floor: the lowest generations that count.
        key_id: of the key that the values are made under; empty where none is used.
        limits: how long statements may take; that of an ALTER holds for whatever queues before
            those who query a target.
        check_bucket: raises LoadError if COPY cannot read the staging bucket.
    """

    def __init__(  # noqa: PLR0913 - its settings and what it is given to work with
        self,
        warehouse: WarehouseSpec,
        names: Names,
        transactions: Transactions,
        *,
        application: str,
        alters: bool,
        floor: Floor,
        key_id: str,
        limits: Limits,
        check_bucket: Callable[[], None],
    ) -> None:
        self._warehouse = warehouse
        self._names = names
        self._transactions = transactions
        self._application = application
        self._alters = alters
        self._floor = floor
        self._key_id = key_id
        self._limits = limits
        self._check_bucket = check_bucket

    def run(self, number: int) -> bool:
        """Start `number`; whether a sweep is due. Raises LoadError."""
        self._check_bucket()
        self._make_bookkeeping_tables(number)  # 1 and 2
        bases = self._bring_targets_up_to_date(number)  # 3
        with self._transactions.open("taking the fence") as cursor:  # 4
            self._transactions.lock_load(cursor, self._names)
            sweep_due = self._take_fence(cursor, number)
            differing = [
                *differences(cursor, self._warehouse, self._names, bases),
                *unfillable_columns(cursor, self._warehouse, self._names),
            ]
            self._refuse(differing)
        for difference in differing:  # 5
            self._alter(difference)
        if differing:
            self._bring_targets_up_to_date(number)
        self._warn_of_endless_sessions()
        return sweep_due

    def _make_bookkeeping_tables(self, number: int) -> None:
        looking = "looking for the bookkeeping tables"
        with self._transactions.open(looking, autocommit=True) as cursor:
            check_collation(cursor)
            schemas = {target.schema for target in self._warehouse.targets}
            check_may_create(cursor, sorted(schemas | {self._names.bookkeeping_schema}))
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
            self._transactions.lock_load(cursor, self._names)
            migrated = self._migrate(cursor, number)
        if not can_look:
            self._end_left_behind(number)
        if migrated:
            logger.info("Migrated the bookkeeping tables from version %s to %s", *migrated)

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
            present = self._read_tombstones(cursor, target)
            for statement in replace_tombstones(target, self._warehouse, self._names, present):
                cursor.execute(statement)
        for statement in create_beside_targets(self._warehouse, self._names):
            cursor.execute(statement)
        turn_dimensions_into_bytes(cursor, self._warehouse, self._names, self._transactions)
        if before != migrations.LATEST:
            cursor.execute(create_view(self._names))
            migrations.record_version(cursor, self._names)
        return (before.number, migrations.LATEST.number) if before and due else None

    def _read_tombstones(self, cursor: ledger.Cursor, target: TargetSpec) -> Columns:
        """The columns of a target's tombstones; none where it has never been made."""
        table = self._names.tombstone_table(target)
        return columns_of(cursor, self._names.bookkeeping_schema, table)

    def _bring_targets_up_to_date(self, number: int) -> dict[str, Columns]:
        """The columns of base tables, by target; raises LoadError."""
        return {
            target.table: self._bring_up_to_date(target, number)
            for target in self._warehouse.targets
        }

    def _bring_up_to_date(self, target: TargetSpec, number: int) -> Columns:
        """Makes a base table and its view as far as they are not as declared.

        Tombstones are there only where the base table has been made with them, in one transaction:
        they tell it from one that another application has made, whenever that was. A view shows
        what its base table has of the declaration. Locks are taken within a limit, as for an ALTER.
        Returns the columns of the base table; raises LoadError.
        """
        names, warehouse = self._names, self._warehouse
        doing = f"making the base table and the view of {names.view(target)}"
        with self._transactions.open(doing) as cursor:
            self._transactions.lock_load(cursor, names)
            ledger.refuse_superseded(cursor, names, self._application, number)
            if not self._read_tombstones(cursor, target):
                refuse_table_of_another(cursor, target, warehouse, names)
                cursor.execute(create_tombstones(target, warehouse, names))
            state = find_change(cursor, target, warehouse, names)
            change, columns = state.change, state.columns
            if change is not None:
                # An earlier start that still runs must neither load rows without the positions
                # that are filled in here, nor change the view back.
                self._take_fence(cursor, number)
                self._make(cursor, target, change)
            limits = (self._limits.alter, self._limits.statement)
            turned = turn_target_into_bytes(
                cursor, target, columns, warehouse, names, self._transactions, *limits
            )
            if change is not None and change.may_lack_positions:
                fill_positions(cursor, target, columns, warehouse, names)
            if turned or not columns:
                columns = columns_of(cursor, target.schema, names.base_table(target))
        if change is not None and change.message:
            logger.warning("Target: %s", change.message)
        return columns

    def _take_fence(self, cursor: ledger.Cursor, number: int) -> bool:
        """Unless this start is refused whatever its targets are like; whether a sweep is due."""
        ledger.take_fence(cursor, self._names, self._application, number)
        check_key(cursor, self._names, self._key_id)
        refuse_moved(cursor, self._warehouse, self._names)
        return check_floor(cursor, self._names, self._floor)

    def _make(self, cursor: ledger.Cursor, target: TargetSpec, change: Change) -> None:
        limit_statements(cursor, self._limits.alter)
        first, *others = change.statements
        with self._transactions.await_lock(change.locked or self._names.view(target)):
            cursor.execute(first)
        for statement in others:
            self._transactions.remedy = change.remedies.get(statement, "")
            cursor.execute(statement)
        self._transactions.remedy = ""
        limit_statements(cursor, self._limits.statement)

    def _end_left_behind(self, number: int) -> None:
        end_left_behind(self._transactions, self._names, self._application, number)

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
                self._transactions.open(doing, autocommit=True, limit=self._limits.alter) as cursor,
                self._transactions.await_lock(difference.table),
            ):
                cursor.execute(sql)
            logger.warning(
                "Schema: %s; done: %s%s",
                difference.problem,
                sql,
                f". {difference.consequence.capitalize()}" if difference.consequence else "",
            )
