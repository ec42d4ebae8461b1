"""A source and a warehouse in memory, with changes in flight between them, for the protocol.

Everything happens in events: a transaction writes, commits, becomes visible; a shard loads a
change. Events go on within a look, wherever the real sides would take time. The warehouse is the
join of what is loaded, as the loads leave it, and damage lies over it until a change repairs it."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from connectors.redshift.names import Names
from flink_app.positions.position import UNKNOWN, make_position
from infra.reconcile.comparison import Comparison, SourceTable, comparisons
from infra.reconcile.looks import (
    Checksum,
    ColumnDigests,
    Digests,
    Extent,
    Hot,
    Ranges,
    References,
    Since,
    Thresholds,
    Values,
    WarehouseRow,
)
from infra.reconcile.protocol import (
    DIFFERENT,
    EXTRA,
    MISSING,
    Reconciliation,
    Result,
    Settings,
)
from tests.unit.stars import star

SHOP: Final = star("""
name: shop
source_schema: shop
stream: {positions: postgresql}
tables:
  seller:
    key: [id]
    columns: {id: integer, title: varchar(20)}
  sale:
    key: [id]
    columns: {id: integer, seller: integer, amount: integer}
    references: {seller: {table: seller, columns: [seller]}}
targets:
  sales: {fact: sale, columns: {id: id, amount: amount, seller: seller, title: seller.title}}
""")
(SALES,) = comparisons(SHOP, Names("starjoin"))
GENERATION: Final = 2
_SELLERS: Final = 4
_SALES: Final = 12

# Of a sale: seller and amount; of a seller: title.
Row = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """A change of a sale or a seller; its value is None for a delete."""

    table: str
    key: int
    value: Row | int | None
    position: int
    commit: int
    repaired: str = ""  # the position, where a repair says it

    @property
    def orders(self) -> str:
        """Its position as the warehouse has it."""
        return self.repaired or make_position(GENERATION, self.position << 32, 1)


@dataclass
class Warehouse:
    """What is loaded."""

    sales: dict[int, tuple[str, Row | None]] = field(default_factory=dict)
    sellers: dict[int, tuple[str, int | None]] = field(default_factory=dict)

    def load(self, change: Change) -> None:
        position = change.orders
        rows: dict[int, tuple[str, object]] = getattr(self, f"{change.table}s")
        if position > rows.get(change.key, (UNKNOWN, None))[0]:
            rows[change.key] = position, change.value


# What stands in the wide table: amount, seller and title with the positions of row and path.
Wide = tuple[Row, int | None, str, str]


class World:
    """One history.

    Args:
        seed: of what happens.
        damaged: whether the warehouse is damaged before the reconciliation.
        goes_on: whether everything is loaded at one point, from which more happens.
        of_commits: whether positions are those of commits, or else of changes.
        disorder: how far a shard's changes may be from the order of their commits.
    """

    def __init__(
        self,
        seed: int,
        *,
        damaged: bool = False,
        of_commits: bool = False,
        disorder: int = 0,
        goes_on: bool = False,
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.of_commits = of_commits
        self.disorder = disorder
        self.log = 100
        self.shards: list[list[Change]] = [[] for _ in range(self.random.randint(1, 3))]
        self.open: list[list[Change]] = []
        self.committed: list[tuple[int, list[Change]]] = []  # with the events until it is visible
        self.visible: dict[str, dict[int, Row | int]] = {"sale": {}, "seller": {}}
        self.values: dict[str, dict[int, Row | int]] = {"sale": {}, "seller": {}}
        self.warehouse = Warehouse()
        self.damage: dict[int, tuple[str, str, Wide | None]] = {}
        self.was_damaged: set[int] = set()
        self.waits = True
        self.was_complete_to = 0  # up to here everything was loaded before the last events
        self.looked = (0, 0)  # where the log was before and after the last snapshot
        for _ in range(self.random.randint(20, 60)):
            self.happen()
        if goes_on:
            self.drain()
            self.was_complete_to = self.log
            for _ in range(self.random.randint(10, 40)):
                self.happen()
        if damaged:
            self.drain()
            self._damage()
            self.was_damaged = set(self.damage)

    def happen(self) -> None:
        """One event."""
        match self.random.choice(["write", "write", "commit", "load", "load", "load"]):
            case "write":
                self._write()
            case "commit":
                self._commit()
            case _:
                self._load_one()
        for number, (left, changes) in enumerate(self.committed):
            self.committed[number] = (left - 1, changes)
        while self.committed and self.committed[0][0] <= 0:
            self._show(self.committed.pop(0)[1])

    def go_on(self) -> None:
        """What happens while something takes time."""
        for _ in range(self.random.randint(0, 6)):
            self.happen()

    def _write(self) -> None:
        self.log += 1
        if not self.open or (len(self.open) < 3 and self.random.random() < 0.5):
            self.open.append([])
        changes = self.random.choice(self.open)
        table = self.random.choice(["sale", "sale", "seller"])
        key = self.random.randint(1, _SALES if table == "sale" else _SELLERS)
        # Writers of one row wait for each other.
        if any((c.table, c.key) == (table, key) for o in self.open if o is not changes for c in o):
            return
        value: Row | int | None = self.random.randint(0, 9)
        if table == "sale":
            value = (self.random.randint(1, _SELLERS), self.random.randint(0, 9))
        if self.random.random() < 0.2:
            value = None
        changes.append(Change(table, key, value, self.log, 0))

    def _commit(self) -> None:
        if not self.open:
            return
        self.log += 1
        changes = self.open.pop(self.random.randrange(len(self.open)))
        changes = [
            Change(c.table, c.key, c.value, self.log if self.of_commits else c.position, self.log)
            for c in changes
        ]
        newest = {(c.table, c.key): c for c in changes}  # under one position only one counts
        for change in newest.values():
            shard = self.shards[(change.key + len(change.table)) % len(self.shards)]
            shard.insert(max(0, len(shard) - self.random.randint(0, self.disorder)), change)
        # Until here another writer of these rows waits; then the commit becomes visible.
        delay = self.random.choice([0, 0, 1, 5])
        self.committed.append((delay, list(newest.values())))
        if delay == 0:
            while self.committed:  # in the order of commits
                self._show(self.committed.pop(0)[1])

    def _show(self, changes: list[Change]) -> None:
        for change in changes:
            rows = self.visible[change.table]
            if change.value is None:
                rows.pop(change.key, None)
            else:
                rows[change.key] = change.value

    def _load_one(self) -> None:
        shard = self.random.choice(self.shards)
        if shard:
            self._load(shard.pop(0))

    def _load(self, change: Change) -> None:
        kind, position, _ = self.damage.get(change.key, ("", "", None))
        if (
            change.table == "sale"
            and kind == "missing"
            and self._position_of(change.key) == position
        ):
            self.warehouse.sales.pop(change.key, None)  # nothing is there to be older or newer
        self.warehouse.load(change)

    def put(self, change: Change) -> None:
        """Puts a record of a repair behind what is on its shard."""
        self.shards[(change.key + len(change.table)) % len(self.shards)].append(change)

    def drain(self) -> None:
        """Commits and loads everything."""
        while self.open:
            self._commit()
        while self.committed:
            self._show(self.committed.pop(0)[1])
        self.load_up_to(self.log)

    def load_up_to(self, position: int) -> None:
        """Loads each shard until nothing that was committed below a position is left."""
        for shard in self.shards:
            while any(change.commit <= position for change in shard):
                self._load(shard.pop(0))

    def _damage(self) -> None:
        wide = self._join()
        kind = self.random.choice(["changed", "missing", "extra", "stale", "moved"])
        if kind == "extra":
            absent = [key for key in range(1, _SALES + 1) if key not in wide]
            if absent:
                key = self.random.choice(absent)
                row: Wide = ((1, 77), None, UNKNOWN, UNKNOWN)
                self.damage[key] = (kind, self._position_of(key), row)
            return
        if not wide:
            return
        key = self.random.choice(sorted(wide))
        (seller, amount), title, position, path = wide[key]
        damaged: dict[str, Wide | None] = {
            "changed": ((seller, amount + 100), title, position, path),
            "missing": None,
            "stale": ((seller, amount), 77, position, path),
            "moved": ((seller + 50, amount), title, position, path),
        }
        self.damage[key] = (kind, self._position_of(key), damaged[kind])

    def has_changed(self, key: int) -> bool:
        """Whether what is damaged of a row has changed since everything was loaded."""
        complete = make_position(GENERATION, self.was_complete_to << 32, 0)
        wide = self._join().get(key)
        if wide is None:
            return False
        _, _, position, path = wide
        return position > complete or (self.damage[key][0] == "stale" and path > complete)

    def _position_of(self, key: int) -> str:
        return self.warehouse.sales.get(key, (UNKNOWN, None))[0]

    def _join(self) -> dict[int, Wide]:
        wide: dict[int, Wide] = {}
        for key, (position, row) in self.warehouse.sales.items():
            if row is not None:
                path, title = self.warehouse.sellers.get(row[0], (UNKNOWN, None))
                wide[key] = row, title, position, path
        return wide

    def stands(self) -> dict[int, Wide]:
        """The wide table, damage included where no change has repaired it."""
        wide = self._join()
        for key in list(self.damage):
            kind, position, row = self.damage[key]
            path = wide[key][3] if key in wide else UNKNOWN
            is_repaired = self._position_of(key) != position or (
                kind == "stale" and row is not None and path != row[3]
            )
            if is_repaired:
                del self.damage[key]
            elif row is None:
                wide.pop(key, None)
            elif kind in {"changed", "moved"} and key in wide:
                # Patches go on reaching the row, but for the seller that it does not hold.
                title, position_of_path = wide[key][1], wide[key][3]
                if kind == "moved":
                    title, position_of_path = row[1], row[3]
                wide[key] = row[0], title, row[2], position_of_path
            else:
                wide[key] = row
        return wide

    @contextmanager
    def look_at_source(self) -> Iterator[SourceLook]:
        start = self.log
        self.go_on()
        rows = dict(self.visible["sale"])
        titles = dict(self.visible["seller"])
        self.go_on()
        expected: dict[int, tuple[Row, int | None]] = {}
        for key, row in rows.items():
            assert isinstance(row, tuple)
            title = titles.get(row[0])
            assert not isinstance(title, tuple)
            expected[key] = row, title
        self.looked = (start, self.log)
        yield SourceLook(start, self.log, self, expected, (rows, titles))

    @contextmanager
    def look_at_warehouse(self) -> Iterator[WarehouseLook]:
        yield WarehouseLook(self, self.stands(), dict(self.warehouse.sales))

    def wait(self, log_position: int) -> str:
        self.go_on()
        if self.waits:
            self.load_up_to(log_position)
        self.go_on()
        return "loaded"

    def now(self) -> float:
        return 0.0

    def milliseconds(self) -> int:
        return 0

    def sleep(self, seconds: float) -> None:
        del seconds
        self.go_on()
        self.go_on()


def _digest(value: object) -> str:
    return hashlib.md5(repr(value).encode(), usedforsecurity=False).hexdigest()


class _Rows:
    """Both sides answer alike."""

    received = 0

    def __init__(self, world: World, rows: Mapping[int, tuple[Row, int | None]]) -> None:
        self._world = world
        self._rows = rows

    def sum_ranges(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[int, Checksum]]:
        sums: dict[int, list[int]] = {}
        for key, digests in self._digests(ranges, hot):
            checksum = sums.setdefault(
                int(Fraction(key, ranges.width)), [0] * (3 * len(comparison.groups))
            )
            for group, digest in enumerate(digests):
                if digest is not None:
                    checksum[3 * group] += 1
                    checksum[3 * group + 1] += int(digest[:8], 16)
                    checksum[3 * group + 2] += int(digest[8:16], 16)
        self._world.go_on()
        yield from ((number, tuple(checksum)) for number, checksum in sums.items())

    def read_digests(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[str, Digests]]:
        del comparison
        self._world.go_on()
        yield from ((f"{key},", digests) for key, digests in self._digests(ranges, hot))

    def _digests(self, ranges: Ranges, hot: Hot) -> Iterator[tuple[int, Digests]]:
        for key, (row, title) in self._rows.items():
            if ranges.intervals and not any(a <= key <= b for a, b in ranges.intervals):
                continue
            own_hot, path_hot = self._is_hot(key, row, hot)
            path_hot = path_hot or own_hot
            if ranges.only is not None:
                own_only, path_only = self._is_hot(key, row, ranges.only)
                own_hot = own_hot or not own_only
                path_hot = path_hot or not (own_only or path_only)
            yield (
                key,
                (
                    None if own_hot else _digest((key, row)),
                    None if path_hot else _digest((key, row[0], title)),
                ),
            )

    def _is_hot(self, key: int, row: Row, hot: Hot) -> tuple[bool, bool]:
        path_keys = hot.path_keys.get(1, frozenset())
        return f"{key}," in hot.keys, f"{row[0]}," in path_keys

    def _columns(self, key: int) -> ColumnDigests:
        (seller, amount), title = self._rows[key]
        return (_digest(amount), _digest(seller)), (_digest(seller), _digest(title))


class SourceLook(_Rows):
    def __init__(
        self,
        start: int,
        end: int,
        world: World,
        rows: Mapping[int, tuple[Row, int | None]],
        tables: tuple[Mapping[int, Row | int], Mapping[int, Row | int]],
    ) -> None:
        super().__init__(world, rows)
        self.start = start
        self.end = end
        self._tables = dict(zip(("sale", "seller"), tables, strict=True))

    def read_columns(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, ColumnDigests]:
        del comparison
        self._world.go_on()
        return {key: self._columns(_number(key)) for key in keys if _number(key) in self._rows}

    def find_references(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, References]:
        del comparison
        self._world.go_on()
        there = [key for key in keys if _number(key) in self._rows]
        return {key: (f"{self._rows[_number(key)][0][0]},",) for key in there}

    def read_values(self, table: SourceTable, keys: Sequence[str]) -> Mapping[str, Values]:
        self._world.go_on()
        rows = self._tables[table.name]
        values: dict[str, Values] = {}
        for key in keys:
            row = rows.get(_number(key))
            if isinstance(row, tuple):
                values[key] = {"id": key[:-1], "seller": str(row[0]), "amount": str(row[1])}
            elif row is not None:
                values[key] = {"id": key[:-1], "title": str(row)}
        return values


class WarehouseLook(_Rows):
    def __init__(
        self, world: World, wide: Mapping[int, Wide], sales: Mapping[int, tuple[str, Row | None]]
    ) -> None:
        super().__init__(world, {key: (row, title) for key, (row, title, _, _) in wide.items()})
        self._wide = wide
        self._sales = sales

    def _is_hot(self, key: int, row: Row, hot: Hot) -> tuple[bool, bool]:
        """By positions, as the warehouse's SQL has it."""
        del row
        _, _, position, path = self._wide[key]
        own, of_path = hot.thresholds or ("", "")
        return bool(own and position > own), bool(of_path and path > of_path)

    def find_extent(self, comparison: Comparison) -> Extent:
        del comparison
        keys = self._wide.keys() or {0}
        rows = max((row[2] for row in self._wide.values()), default="")
        path = max((row[3] for row in self._wide.values()), default="")
        return Extent(len(self._wide), min(keys), max(keys), (rows, path))

    def find_hot(self, comparison: Comparison, thresholds: Thresholds, limit: int) -> Hot | None:
        del comparison, limit
        rows, path = thresholds
        deleted = [(key, p) for key, (p, row) in self._sales.items() if row is None]
        positions = [*((key, row[2]) for key, row in self._wide.items()), *deleted]
        keys = frozenset(f"{key}," for key, position in positions if rows and position > rows)
        path_keys = frozenset(
            f"{row[0][0]}," for row in self._wide.values() if path and row[3] > path
        )
        return Hot(thresholds, keys, {1: path_keys})

    def read_rows(self, comparison: Comparison, keys: Sequence[str]) -> Mapping[str, WarehouseRow]:
        del comparison
        self._world.go_on()
        rows: dict[str, WarehouseRow] = {}
        for key in keys:
            number = _number(key)
            if number in self._wide:
                _, _, position, path = self._wide[number]
                rows[key] = WarehouseRow(self._columns(number), (position, path))
            elif number in self._sales and self._sales[number][1] is None:
                rows[key] = WarehouseRow(None, (self._sales[number][0],))
        return rows

    def find_positions(
        self, comparison: Comparison, index: int, keys: Sequence[str]
    ) -> Mapping[str, str]:
        del comparison
        self._world.go_on()
        positions: dict[str, str] = {}
        for key, ((seller, _), _, own, path) in self._wide.items():
            group = (f"{key},", own) if index == 0 else (f"{seller},", path)
            positions[group[0]] = max(group[1], positions.get(group[0], ""))
        if index == 0:
            for key, (position, row) in self._sales.items():
                if row is None:
                    positions[f"{key},"] = max(position, positions.get(f"{key},", ""))
        return {key: positions[key] for key in keys if key in positions}

    def is_read_again(self) -> bool:
        return False

    def find_since(self, instant: dt.datetime) -> Since | None:
        position = self._world.was_complete_to
        return Since(instant, make_position(GENERATION, position << 32, 0)) if position else None

    def read_newest_arrival(self) -> int | None:
        return None


def _number(key: str) -> int:
    return int(key.rstrip(","))


class Source:
    def __init__(self, world: World) -> None:
        self.look = world.look_at_source


class RunningWarehouse:
    def __init__(self, world: World) -> None:
        self.look = world.look_at_warehouse


def reconcile(
    world: World,
    *,
    orders_by_log: bool = True,
    looks: int = 4,
    since: dt.datetime | None = None,
) -> Result:
    """Runs the protocol on a history, which goes on meanwhile."""
    settings = Settings(orders_by_log=orders_by_log, looks=looks, since=since)
    sides = Source(world), RunningWarehouse(world)
    return Reconciliation(*sides, world, world, settings, lambda _: None).run([SALES])


KINDS: Final = {
    "changed": (DIFFERENT, {""}),
    "missing": (MISSING, set()),
    "extra": (EXTRA, set()),
    "stale": (DIFFERENT, {"seller"}),
    "moved": (DIFFERENT, {"", "seller"}),
}


@dataclass
class Tally:
    """What came of many histories: the seeds."""

    false_alarms: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    left_open: list[int] = field(default_factory=list)
    misnamed: list[int] = field(default_factory=list)
    damaged: int = 0


def run_histories(
    seeds: Sequence[int], *, orders_by_log: bool = True, looks: int = 4, waits: bool = True
) -> Tally:
    """Half of the histories are damaged; what positions are and the disorder go through all."""
    tally = Tally()
    for seed in seeds:
        world = World(
            seed, damaged=seed % 2 == 1, of_commits=seed % 4 < 2, disorder=3 * (seed % 8 < 4)
        )
        world.waits = waits
        (outcome,) = reconcile(world, orders_by_log=orders_by_log, looks=looks).outcomes
        world.stands()  # what changes have repaired meanwhile is no damage any more
        reported = {int(d.key.rstrip(",")): d for d in outcome.differences}
        open_keys = {int(key.rstrip(",")) for key in (*outcome.open_keys, *outcome.unjudged.keys)}
        open_sellers = outcome.unjudged.path_keys.get(1, frozenset())
        damage = dict(world.damage)
        was_damaged = set(damage) | world.was_damaged
        tally.damaged += bool(damage)
        if reported.keys() - was_damaged:
            tally.false_alarms.append(seed)
        for key, (kind, _, row) in damage.items():
            if key in reported:
                expected_kind, groups = KINDS[kind]
                difference = reported[key]
                if difference.kind != expected_kind or set(difference.groups) != groups:
                    tally.misnamed.append(seed)
            elif key in open_keys or (row is not None and f"{row[0][0]}," in open_sellers):
                tally.left_open.append(seed)
            else:
                tally.missed.append(seed)
    return tally
