"""The order of a repair.

It begins with confirmed differences, as a reconciliation has found them.

1. The rows of the source that they come from are found, and the greatest position that the
   warehouse has of each, wherever it has it: in a target, a tombstone, on a path, in a dimension.
2. `gap` seconds later a look is taken (see `infra.reconcile.protocol`): a snapshot of the source,
   then the warehouse is waited for until it has everything up to that, then its positions are read
   once more. A row whose position is another than in step 1 has changed meanwhile, and is left for
   the next run. Of the others the snapshot has every change that the warehouse has: it was loaded
   before the snapshot began. And every change that the snapshot lacks is later.
3. Each row becomes a record with a position of its own: the successor of the one that is there. So
   it wins over what is there, and loses to every later change, whenever that comes. Where there is
   nothing it is below every change. A row that the source lacks becomes a delete. What decode would
   refuse is left out: a run of dead letters would stop the application.
4. The records are put onto the stream.
5. The same keys are compared once more, when the records are loaded.

A second run of the same finds nothing to repair. Or it puts the same values at a position above,
which changes nothing.

It does nothing while the application reads what was loaded before, as after a restore: what the
job has of dimensions is older then than what the warehouse has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from flink_app.positions.position import COMMIT_DIGITS, GENERATION_DIGITS, TIME_DIGITS, UNKNOWN
from flink_app.records.repair_marker import lowest_position, position_above
from infra.aws.waiting import Clock
from infra.reconcile.looks import Source, Values, Warehouse, WarehouseLook
from infra.reconcile.protocol import Outcome, Reconciliation, Result
from infra.repair.errors import NotRepairableError
from infra.repair.rows import Declared, RowKey, find_positions, find_rows

# Transactions of one instant: a change that is younger may not be the last of its commit time.
_COARSE_SECONDS: Final = 60
_DAY_SECONDS: Final = 86_400
_CHANGING: Final = "it has changed meanwhile: run it again"
_YOUNG: Final = (
    "only a commit time orders its last change, which is less than a minute old: run it again"
)


@dataclass(frozen=True)
class RowRepair:
    """A record to be put onto the stream.

    Attributes:
        row: which one.
        position: of its change.
        values: the row; None if the source has none, so that it is a delete.
    """

    row: RowKey
    position: str
    values: Values | None = field(repr=False)


@dataclass
class Plan:
    """What a repair would do.

    Attributes:
        repairs: the records, in order.
        left_out: rows that are not repaired, and why.
        looks: what was looked at for it.
    """

    repairs: list[RowRepair] = field(default_factory=list)
    left_out: dict[RowKey, str] = field(default_factory=dict)
    looks: Result = field(default_factory=Result)


class Stream(Protocol):
    """Takes records."""

    def find_fault(self, repair: RowRepair) -> str:
        """Why the application would not take a record; empty if it would."""

    def put(self, repairs: Sequence[RowRepair]) -> None:
        """Puts all of them. Raises RepairStoppedError where that fails half-way."""


class Repair:
    """One repair; the numbers are those above.

    Args:
        source: PostgreSQL.
        warehouse: Redshift.
        reconciliation: of both sides.
        declared: what can be repaired.
        stream: the application's.
        clock: for the gap between looks, and for the time of day.
        gap: seconds between two looks.
        limit: of differing keys, beyond which tables are to be loaded again.
        say: where progress goes, line by line.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - both sides, the stream, and how far it goes
        self,
        source: Source,
        warehouse: Warehouse,
        reconciliation: Reconciliation,
        declared: Declared,
        stream: Stream,
        clock: Clock,
        *,
        gap: float,
        limit: int,
        say: Callable[[str], None],
    ) -> None:
        self._source = source
        self._warehouse = warehouse
        self._reconciliation = reconciliation
        self._declared = declared
        self._stream = stream
        self._clock = clock
        self._gap = gap
        self._limit = limit
        self._say = say

    def plan(self, result: Result) -> Plan:
        """1 to 3: what would be put. Raises NotRepairableError and NotComparableError."""
        self._check_extent(result)
        outcomes = [outcome for outcome in result.outcomes if outcome.differences]
        plan = Plan()
        if not outcomes:
            return plan
        before = self._read_before(outcomes)  # 1
        self._say(f"looking again in {self._gap:g} s at the positions of {len(before)} rows")
        self._clock.sleep(self._gap)
        with self._reconciliation.look(plan.looks) as (source, warehouse):  # 2
            _require_progress(warehouse)
            rows = find_rows(outcomes, source)
            positions = find_positions(self._declared, rows, warehouse)
            chosen = self._choose_rows(positions, before, plan)
            values = self._read_values(chosen, source.read_values)
        for row in chosen:  # 3
            position = choose_position(positions[row], self._declared.generations[row.table])
            repair = RowRepair(row, position, values.get(row))
            if fault := self._stream.find_fault(repair):
                plan.left_out[row] = f"it would be a dead letter: {fault}"
            else:
                plan.repairs.append(repair)
        return plan

    def apply(self, plan: Plan, result: Result) -> Result:
        """4 and 5: puts the records, and gives what a comparison of the same keys says then.

        Raises RepairStoppedError and NotComparableError.
        """
        self._stream.put(plan.repairs)
        self._say(f"put {len(plan.repairs)} records onto the stream; waiting until they are loaded")
        keys = {
            outcome.comparison.name: [difference.key for difference in outcome.differences]
            for outcome in result.outcomes
            if outcome.differences
        }
        return self._reconciliation.run_for_keys(keys, self._declared.comparisons)

    def _check_extent(self, result: Result) -> None:
        """Raises NotRepairableError where the damage is general."""
        differing = sum(len(outcome.differences) for outcome in result.outcomes)
        general = [o.comparison.name for o in result.outcomes if o.narrowed.is_general]
        if differing > self._limit or general:
            extent = f"in {', '.join(general)} is general" if general else f"is of {differing} keys"
            message = (
                f"the damage {extent}, and a repair row by row is meant for at most {self._limit} "
                "(--limit): load the tables again (reload --table NAME, docs/operations.md)"
            )
            raise NotRepairableError(message)

    def _read_before(self, outcomes: Sequence[Outcome]) -> dict[RowKey, str]:
        with self._source.look() as source:
            rows = find_rows(outcomes, source)
        with self._warehouse.look() as warehouse:
            _require_progress(warehouse)
            return find_positions(self._declared, rows, warehouse)

    def _choose_rows(
        self, positions: Mapping[RowKey, str], before: Mapping[RowKey, str], plan: Plan
    ) -> list[RowKey]:
        """Those that can be repaired now, in order; the plan takes note of the others."""
        chosen = []
        for row, position in sorted(positions.items()):
            if has_changed(position, before.get(row)):
                plan.left_out[row] = _CHANGING
            elif self._declared.may_be_coarse and is_young(position, self._clock.milliseconds()):
                plan.left_out[row] = _YOUNG
            else:
                chosen.append(row)
        return chosen

    def _read_values(
        self,
        rows: Sequence[RowKey],
        read: Callable[..., Mapping[str, Values]],
    ) -> dict[RowKey, Values]:
        values: dict[RowKey, Values] = {}
        for table in dict.fromkeys(row.table for row in rows):
            keys = [row.key for row in rows if row.table == table]
            for key, row_values in read(self._declared.tables[table], keys).items():
                values[RowKey(table, key)] = row_values
        return values


def choose_position(greatest: str, generation: int) -> str:
    """The position of a repair, by the greatest that the warehouse has of the row.

    Args:
        greatest: empty, or `UNKNOWN`, where it has none.
        generation: the newest of the table.
    """
    return position_above(greatest) if greatest > UNKNOWN else lowest_position(generation)


def has_changed(position: str, before: str | None) -> bool:
    """Whether a row is another than it was; `before` is None for one that was not looked at."""
    return position != before


def is_young(position: str, now_ms: int) -> bool:
    """Whether a position may be that of a commit time of the last minute."""
    if position <= UNKNOWN:
        return False
    digits = position[GENERATION_DIGITS : GENERATION_DIGITS + COMMIT_DIGITS][:TIME_DIGITS]
    age = now_ms / 1_000 - int(digits, 16) / 1_000_000
    return -_DAY_SECONDS < age < _COARSE_SECONDS


def _require_progress(warehouse: WarehouseLook) -> None:
    """Raises NotRepairableError while shards are read again."""
    if warehouse.is_read_again():
        message = (
            "the application has started again, and has not come past what was loaded before: run "
            "it again when `cut` says that no shard is read again"
        )
        raise NotRepairableError(message)
