"""Repairs of histories that go on meanwhile: what the warehouse has when all is loaded.

The histories are those of the reconciliation, with one more damage: a change of a seller is lost,
so that what the job has of it is wrong for every sale to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.reconcile.comparison import source_table
from infra.reconcile.protocol import Reconciliation, Settings
from infra.repair.protocol import Plan, Repair, RowRepair
from infra.repair.rows import Declared, RowKey
from tests.unit.reconcile.histories import (
    GENERATION,
    SALES,
    SHOP,
    Change,
    RunningWarehouse,
    Source,
    World,
)

DECLARED: Final = Declared(
    tables={name: source_table(SHOP, name) for name in ("sale", "seller")},
    generations=dict.fromkeys(("sale", "seller"), GENERATION),
    comparisons=[SALES],
)
_WRONG_TITLE: Final = 78


class DamagedWorld(World):
    """A history with both kinds of damage, and a stream that takes repairs."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, damaged=True, of_commits=seed % 2 < 1, disorder=3 * (seed % 4 < 2))
        titled = [key for key, (_, title) in self.warehouse.sellers.items() if title is not None]
        if titled and self.random.random() < 0.5:
            key = self.random.choice(titled)
            self.warehouse.sellers[key] = self.warehouse.sellers[key][0], _WRONG_TITLE

    def put_repairs(self, repairs: Sequence[RowRepair]) -> None:
        """Each as a record of its shard, while the history goes on."""
        for repair in repairs:
            self.go_on()
            values, key = repair.values, int(repair.row.key.rstrip(","))
            value: tuple[int, int] | int | None = None
            if values is not None and repair.row.table == "sale":
                value = int(values["seller"] or 0), int(values["amount"] or 0)
            elif values is not None:
                value = int(values["title"] or 0)
            self.put(Change(repair.row.table, key, value, 0, self.log, repair.position))

    def is_right(self) -> bool:
        """Whether the warehouse equals the source once everything is loaded."""
        self.drain()
        expected = {}
        for key, row in self.visible["sale"].items():
            assert isinstance(row, tuple)
            expected[key] = row, self.visible["seller"].get(row[0])
        wide = {key: (row, title) for key, (row, title, _, _) in self.stands().items()}
        return wide == expected

    def find_wrong(self, repairs: Sequence[RowRepair]) -> list[RowKey]:
        """The repaired rows that are not what the source has once everything is loaded."""
        self.drain()
        self.stands()
        wrong = []
        for row in (repair.row for repair in repairs):
            key = int(row.key.rstrip(","))
            is_sale = row.table == "sale"
            rows = self.warehouse.sales if is_sale else self.warehouse.sellers
            _, value = rows.get(key, ("", None))
            is_damaged = is_sale and key in self.damage
            if is_damaged or value != self.visible[row.table].get(key):
                wrong.append(row)
        return wrong


class _Stream:
    def __init__(self, world: DamagedWorld) -> None:
        self.put = world.put_repairs

    def find_fault(self, repair: RowRepair) -> str:
        del repair
        return ""


def repair(world: DamagedWorld, *, waits: bool = True) -> Plan:
    """Reconciles and repairs; `waits` is whether the look of the repair does."""
    sides = Source(world), RunningWarehouse(world)
    said: list[str] = []
    reconciliation = Reconciliation(*sides, world, world, Settings(), said.append)
    running = Repair(
        *sides, reconciliation, DECLARED, _Stream(world), world, gap=1, limit=1_000, say=said.append
    )
    before = reconciliation.run([SALES])
    world.waits = waits
    plan = running.plan(before)
    world.waits = True
    running.apply(plan, before)
    return plan


@dataclass
class Tally:
    """What came of many histories: the seeds."""

    repaired: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)


def run_once(seeds: Sequence[int], *, waits: bool = True) -> Tally:
    """Repairs each history once, then loads all: are the rows that were repaired right?"""
    tally = Tally()
    for seed in seeds:
        world = DamagedWorld(seed)
        plan = repair(world, waits=waits)
        if plan.repairs:
            tally.repaired.append(seed)
        if plan.left_out:
            tally.left_out.append(seed)
        if world.find_wrong(plan.repairs):
            tally.wrong.append(seed)
    return tally


def run_until_repaired(seeds: Sequence[int], *, waits: bool = True, runs: int = 4) -> Tally:
    """Repairs each history several times, then loads all: is the whole warehouse right?"""
    tally = Tally()
    for seed in seeds:
        world = DamagedWorld(seed)
        for _ in range(runs):
            plan = repair(world, waits=waits)
            if plan.repairs and seed not in tally.repaired:
                tally.repaired.append(seed)
            if plan.left_out and seed not in tally.left_out:
                tally.left_out.append(seed)
        if not world.is_right():
            tally.wrong.append(seed)
    return tally
