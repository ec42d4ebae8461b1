"""The check after each commit: the warehouse is the join at the cut that its own accounts name.

`reached` is how far each shard has ever been loaded, `own` how far the attempt that commits has
loaded it. As long as nobody restores from an older checkpoint both are the same, and the table is
the join there. After such a restore the table is the join at `reached` while `own` is behind it in
every shard, anything in between, and the join at `own` once that is not behind in any. A dimension
that is kept in the warehouse is at all times what `reached` says.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.accounts import DIMENSION
from connectors.failures import StarjoinError
from connectors.floors import NO_FLOORS, Floors
from connectors.redshift.balance import balance_query, balances
from connectors.redshift.cuts import Evidence, as_time
from connectors.redshift.names import Names
from connectors.redshift.pruning import SUMMED
from connectors.redshift.spec import TargetSpec, WarehouseSpec
from connectors.redshift.sweep import floors_in
from connectors.staging.part import Part
from connectors.staging.shape import position_columns
from flink_app.declaration import POSITION, Star
from infra.simulation.counting import Counts, expected_counts
from infra.simulation.database import BOOKKEEPING, list_shown
from infra.simulation.faults import Warehouse
from infra.simulation.gaps import wrong_gaps
from infra.simulation.oracle import Expected, Lines, Oracle, Tables, find_newest, sort_rows
from infra.simulation.pruning import Pruning
from infra.simulation.source import FIRST_SEQUENCE, Record, Source

_MOST_SHOWN: Final = 5  # rows of a message
_FLOORS: Final = f"SELECT table_name, generation FROM {BOOKKEEPING}.floor"
SECRET: Final = b"a secret of the simulation, of 41 bytes ."

# From an account's shard and last sequence number: which shard, and how many of its records those
# are.
Locate = Callable[[str, str], tuple[int, int]]


def locate_simulated(shard: str, last: str) -> tuple[int, int]:
    """Where the simulation's own source is."""
    return int(shard), int(last) - FIRST_SEQUENCE + 1


# Of parts, by name: the shards of their records, and how many records come before them.
_Waiting = dict[str, list[tuple[int, int]]]


class WrongError(StarjoinError, AssertionError):
    """The warehouse does not hold what it must; `what` names the check."""

    def __init__(self, message: str, check: str) -> None:
        super().__init__(f"{check}: {message}")
        self.check = check


@dataclass
class _Seen:
    """What the warehouse's bookkeeping tables have shown so far."""

    floors: Floors = NO_FLOORS  # that the warehouse is swept to
    batches: set[str] = field(default_factory=set)  # whose accounts have been read
    parts: set[str] = field(default_factory=set)  # that the ledger has had
    read_twice: bool = False  # whether some record was read again, so counts say nothing
    # Changes that were newer, of a dimension by table, and of a fact by target.
    applied: Counter[str] = field(default_factory=Counter)
    applied_facts: Counter[str] = field(default_factory=Counter)
    torn: bool = False  # whether the table is between two cuts
    complete_until: dt.datetime | None = None  # what the newest cut says


class Check:
    """Compares a warehouse with its source.

    Attributes:
        commits: how many brought something in.
        filled: columns, `target.column`, that a row has had a value in.
        reached: how many records of each shard have ever been loaded.
        promises: how many cuts said until when everything is there.
    """

    def __init__(
        self,
        star: Star,
        spec: WarehouseSpec,
        source: Source,
        database: Warehouse,
        *,
        secret: bytes = SECRET,
        locate: Locate = locate_simulated,
    ) -> None:
        self.commits = 0
        self.promises = 0
        self.filled: set[str] = set()
        self.reached = [0] * source.shard_count
        self._star = star
        self._spec = spec
        self._source = source
        self._database = database
        self._oracle = Oracle(star.declaration, secret)
        self._locate = locate
        self.pruning = Pruning(database, self._oracle, source)
        self._read_by: dict[int, list[int]] = {}
        self._waiting: dict[int, _Waiting] = {}
        # Floors, and where reading began under them.
        self._floors: list[tuple[Floors, list[int]]] = []
        self._seen = _Seen()

    def note_start(
        self,
        owner: int,
        offsets: Sequence[int],
        floors: Floors = NO_FLOORS,
        pending: Iterable[Part] = (),
    ) -> None:
        """An attempt starts from these offsets, with these floors, and with parts to be loaded."""
        self._read_by[owner] = list(offsets)
        self._waiting[owner] = {
            part.name: [
                (shard, count - 1)
                for account in part.accounts
                for shard, count in [self._locate(account.shard, account.first_sequence_number)]
            ]
            for part in pending
        }
        if floors != (self._floors[-1][0] if self._floors else NO_FLOORS):
            self._floors.append((floors, list(offsets)))

    def read_again(self) -> None:
        """From now on the accounts may count a record twice."""
        self._seen.read_twice = True

    def redeclare(self, star: Star, spec: WarehouseSpec) -> None:
        """Another declaration of these targets is in force; the accounts follow the former."""
        self._star, self._spec = star, spec
        self.read_again()

    def check_commit(self, owner: int) -> None:
        """The attempt `owner` has committed something. Raises WrongError."""
        rows = self._database.query(
            f"SELECT batch, shard, last_sequence_number FROM {BOOKKEEPING}.account"
        )
        floors = floors_in(self._database.query(_FLOORS))
        self.pruning.note_commit()
        self._note_loaded()
        new = [row for row in rows if row[0] not in {*self._seen.batches, SUMMED}]
        if not new and floors == self._seen.floors:
            self._check_balance()
            self._check_gaps()
            self._check_cut()
            return
        self.commits += 1
        self._seen.floors = floors
        self._seen.batches.update(row[0] for row in new)
        read_by_owner, before = self._read_by[owner], list(self.reached)
        for _, shard, last in new:
            index, count = self._locate(shard, last)
            read_by_owner[index] = max(read_by_owner[index], count)
        pairs = list(zip(self.reached_by(owner), before, strict=True))
        ahead = all(count >= reached for count, reached in pairs)
        behind = all(count <= reached for count, reached in pairs)
        self.reached = [max(pair) for pair in pairs]
        if ahead:
            self._seen.torn = False
        elif not behind:
            self._seen.torn = True
        tables = find_newest(self._source.shards, self.reached, floors)
        before_tables = find_newest(self._source.shards, before, floors)
        self._seen.applied += _count_newer(before_tables, tables)
        for target in self._spec.targets:
            facts = self._facts(target, tables, self.reached)
            newer = _count_newer(self._facts(target, before_tables, before), facts)
            self._seen.applied_facts[target.table] += newer[target.fact]
            if not self._seen.torn:
                self._check_target(target, tables, facts)
        self._check_dimensions(tables)
        self._check_balance()
        self._check_gaps()
        self._check_cut()

    def reached_by(self, owner: int) -> list[int]:
        """How far the attempt has loaded each shard: up to what still waits to be loaded.

        What it has read again counts as not loaded, though others may have loaded it before.
        """
        reached = list(self._read_by[owner])
        waiting = self._waiting[owner]
        for name in waiting.keys() - self._seen.parts:
            for shard, count in waiting[name]:
                reached[shard] = min(reached[shard], count)
        return reached

    def _note_loaded(self) -> None:
        """Takes note of what the ledger has; once it is pruned, it no longer says so."""
        ledger = self._database.query(f"SELECT part FROM {BOOKKEEPING}.ledger")
        self._seen.parts.update(part for (part,) in ledger)

    def _check_gaps(self, *, at_end: bool = False) -> None:
        message = wrong_gaps(
            self._database,
            BOOKKEEPING,
            self._source.gaps,
            self.reached,
            FIRST_SEQUENCE,
            at_end=at_end,
            read_twice=self._seen.read_twice,
        )
        if message:
            raise WrongError(message, "gaps")

    def _check_cut(self) -> None:
        """What was committed before the newest cut is loaded; the cut never goes back."""
        rows = self._database.query(
            f"SELECT complete_until, evidence FROM {BOOKKEEPING}.cut WHERE shard = '' "
            "ORDER BY cut_number DESC LIMIT 1"
        )
        ((time, evidence),) = rows or [(None, Evidence.INCOMPLETE)]
        until, before = as_time(time), self._seen.complete_until
        if before is not None and (until is None or until < before):
            message = f"from {before} back to {until}"
            raise WrongError(message, "cut")
        self._seen.complete_until = until
        if until is None or evidence in {Evidence.REPLAYING, Evidence.INCOMPLETE}:
            return
        if self._source.disorder_seconds is None:
            return  # its changes overtake each other by more than cuts assume
        self.promises += 1
        if self._seen.torn:
            message = f"complete until {until} while the table is between two cuts"
            raise WrongError(message, "cut")
        micros = round(until.replace(tzinfo=dt.UTC).timestamp() * 1_000_000)
        unloaded = [record for _, record in self._source.wire]
        for records, count in zip(self._source.shards, self.reached, strict=True):
            unloaded += records[count:]
        if missing := [r for r in unloaded if r.commit is not None and r.commit < micros]:
            message = f"complete until {until} by {evidence} without {missing[:_MOST_SHOWN]}"
            raise WrongError(message, "cut")

    def _check_balance(self) -> None:
        """The accounts balance, and have every record of the cut once, under its own table."""
        lines = balances(self._database.query(balance_query(Names(BOOKKEEPING))))
        for line in lines:
            if line.difference:
                raise WrongError(str(line), "balance")
        if self._seen.read_twice:
            return
        records = [
            (record, self._was_below(record, shard, index))
            for shard, count in enumerate(self.reached)
            for index, record in enumerate(self._source.shards[shard][:count])
        ]
        recorded = {
            (b.table, b.destination): Counts(
                b.read, b.split, b.dead_lettered, b.passed_over, b.loaded + b.superseded
            )
            for b in lines
        }
        expected = expected_counts(self._star.declaration, records)
        if recorded != expected:
            _compare("counts", sorted(expected.items()), sorted(recorded.items()))
        for line in lines:
            counted_in_load = line.table in self._star.warehouse_dimensions
            counted_in_load |= line.destination in self._star.targets
            # What is staged before a floor is raised may be loaded once more, and swept again.
            if counted_in_load and not self._floors:
                applied = self._seen.applied[line.table]
                if line.destination in self._star.targets:
                    applied = self._seen.applied_facts[line.destination]
                if line.loaded != applied:
                    message = f"{line} of {applied} changes that were newer"
                    raise WrongError(message, "loaded")
        patches = sum(
            line.loaded
            for line in lines
            if line.destination == DIMENSION and line.table in self._star.broadcast_dimensions
        )
        if (staged := self._ledger_rows("patches")) != patches:
            message = f"{staged} patches of {patches} changes that were accepted"
            raise WrongError(message, "patches")

    def _was_below(self, record: Record, shard: int, index: int) -> bool:
        """Whether decode dropped the record: whoever read it had a floor above it."""
        return any(
            record.is_below(floors) and offsets[shard] <= index for floors, offsets in self._floors
        )

    def _ledger_rows(self, kind: str) -> int:
        loaded = self._database.query(
            f"SELECT coalesce(sum(row_count), 0) FROM {BOOKKEEPING}.ledger WHERE kind = '{kind}'"
        )[0][0]
        return int(loaded) + self.pruning.rows.get(kind, 0)

    def _facts(self, target: TargetSpec, tables: Tables, cut: Sequence[int]) -> Tables:
        """What the warehouse knows of the target's own rows at a cut, whose tables these are."""
        forgotten = self.pruning.forgotten[target.table]
        if not forgotten:
            return tables
        return find_newest(self._source.shards, cut, self._seen.floors, forgotten)

    def _check_target(self, target: TargetSpec, tables: Tables, facts: Tables) -> None:
        columns = [column.name for column in target.columns]
        visible = list(self._star.targets[target.table].columns)
        expected = self._oracle.compute_expected(target.table, columns, tables, facts)
        actual = Expected(
            self._rows(
                target.schema,
                Names.base_table(target),
                columns,
                position_columns(target.staged),
            ),
            self._rows(
                BOOKKEEPING, f"tombstones_{target.table}", [*target.key, POSITION], [POSITION]
            ),
        )
        count = len(visible)
        for row in expected.rows:
            values = zip(visible, row[:count], strict=True)
            self.filled.update(f"{target.table}.{name}" for name, v in values if v is not None)
        shown = ([row[:count] for row in rows] for rows in (expected.rows, actual.rows))
        expected_rows, actual_rows = shown
        _compare("rows", expected_rows, actual_rows, visible, target.table)
        _compare("hidden columns", expected.rows, actual.rows, columns, target.table)
        named = [*target.key, POSITION]
        _compare("tombstones", expected.tombstones, actual.tombstones, named, target.table)

    def _check_dimensions(self, tables: Tables) -> None:
        """Those that are kept in the warehouse, deleted keys among their rows."""
        for dimension in self._spec.dimensions:
            columns = [column.name for column in dimension.columns]
            expected = self._oracle.dimension(dimension.table, columns, tables)
            table = f"dimension_{dimension.table}"
            actual = self._rows(BOOKKEEPING, table, columns, [POSITION])
            _compare("dimensions", expected, actual, columns, dimension.table)

    def _read_view(self, target: TargetSpec, columns: int) -> Lines:
        """The rows as people see them: as many columns as are declared."""
        rows = self._database.query(f'SELECT * FROM "{target.schema}"."{target.table}"')
        for row in rows:
            if len(row) != columns:
                message = f"{target.table} shows {len(row)} columns, and {columns} are declared"
                raise WrongError(message, "columns")
        return sort_rows(rows)

    def _rows(
        self, schema: str, table: str, columns: list[str], positions: Collection[str] = ()
    ) -> Lines:
        listed = list_shown(columns, positions)
        return sort_rows(self._database.query(f'SELECT {listed} FROM "{schema}"."{table}"'))

    def end(self) -> None:
        """Everything is loaded, and the warehouse is the join of the source's own tables."""
        ends = [len(shard) for shard in self._source.shards]
        if self.reached != ends:
            message = f"loaded up to {self.reached} of {ends}"
            raise WrongError(message, "stuck")
        if self._seen.torn:
            message = "the table is still between two cuts"
            raise WrongError(message, "stuck")
        for target in self._spec.targets:
            declared = self._star.targets[target.table]
            visible = [*declared.columns, *declared.computed, *declared.constants]
            expected = self._oracle.compute_visible(target.table, self._source.tables)
            actual = self._read_view(target, len(visible))
            _compare("end", expected, actual, visible, target.table)
        self._check_gaps(at_end=True)


def _count_newer(before: Tables, after: Tables) -> Counter[str]:
    """How many keys of each table have another version at the second cut."""
    return Counter(
        table
        for table, versions in after.items()
        for key, version in versions.items()
        if (known := before.get(table, {}).get(key)) is None or known.position != version.position
    )


def _compare(
    check: str,
    expected: Sequence[Any],
    actual: Sequence[Any],
    columns: Sequence[str] = (),
    of: str = "",
) -> None:
    """Raises WrongError of this check when rows differ; those of `columns` are shown by name."""
    if actual != expected:
        missing, surplus = Counter(expected) - Counter(actual), Counter(actual) - Counter(expected)
        message = (
            f"{of}{': ' if of else ''}missing {_list_read_view(missing, columns)}; "
            f"unexpected {_list_read_view(surplus, columns)}; there are {len(actual)} in all"
        )
        raise WrongError(message, check)


def _list_read_view(rows: Counter[Any], columns: Sequence[str]) -> str:
    listed = [dict(zip(columns, r, strict=True)) if columns else r for r in rows.elements()]
    more = f" and {len(listed) - _MOST_SHOWN} more" if len(listed) > _MOST_SHOWN else ""
    return ", ".join(map(str, listed[:_MOST_SHOWN])) + more if listed else "nothing"
