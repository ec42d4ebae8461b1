"""What happens in the ticket seller's database: changes chosen by weights, repeatable by seed.

Owns the choice. The same settings give the same bytes, whatever the machine's speed: times in
the records are those of the schedule. Every change is made in the true tables as it is chosen.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.load.business import TicketSeller
from tests.load.changes import SourceTables, TrueTable
from tests.load.model import COLUMNS, TARGET, WIDE_COLUMNS, Change, Tables
from tests.load.records import Stamp, announcement, render

# Out of 100 changes; `TicketSeller` says what each is. Hot events and customers change under
# thousands of facts, so few of these move many rows.
WEIGHTS: Final = {
    "purchase": 28.0,
    "change": 22.0,
    "cancel": 9.0,
    "buy_again": 4.0,
    "swap_seats": 4.0,
    "buy_early": 3.0,
    "new_ticket": 19.0,
    "reprice_ticket": 3.5,
    "move_ticket": 0.7,
    "withdraw_ticket": 0.3,
    "new_customer": 3.0,
    "change_customer": 2.5,
    "forget_customer": 0.3,
    "new_event": 0.3,
    "change_event": 0.3,
    "withdraw_event": 0.1,
}
_ORIGIN: Final = dt.datetime(2026, 3, 11, 6)  # noqa: DTZ001 - timestamps of the source have no zone
_FIRST_TRANSACTION: Final = 884_210
_SAME_TRANSACTION: Final = 0.2
_LATEST_AFTER: Final = 2_000  # changes until a late dimension has come


@dataclass(frozen=True)
class TrafficSettings:
    """What determines every byte of the traffic.

    Attributes:
        seed: of all choices.
        weights: of the operations; missing ones never happen.
        events, tickets, customers, purchases: rows of the full load.
        first_key: smallest key of every table.
        origin: the source's time at which the changes begin; log positions follow it, so a
            later run on the same stream is newer than an earlier one.
    """

    seed: int = 1
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    events: int = 100
    tickets: int = 8_000
    customers: int = 2_000
    purchases: int = 2_000
    first_key: int = 1
    origin: dt.datetime = _ORIGIN

    def open(self) -> Traffic:
        """The business at its beginning."""
        return Traffic(self)

    def __post_init__(self) -> None:
        unknown = set(self.weights) - set(WEIGHTS)
        if unknown or not any(weight > 0 for weight in self.weights.values()):
            message = f"weights are of {', '.join(WEIGHTS)}, and one of them above 0"
            raise ValueError(message)


class Traffic:
    """The changes, one after the other, and the true tables that they leave."""

    def __init__(self, settings: TrafficSettings) -> None:
        self.tables = Tables()
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._chance = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
        self._seller = TicketSeller(self.tables, self._chance, settings.first_key, self._later)
        self._late: list[tuple[int, int, Callable[[], Change]]] = []
        self._late_numbers = itertools.count()
        self._made = 0
        self._stamp: Stamp | None = None
        self._names, weights = zip(*settings.weights.items(), strict=True)
        self._cumulative = list(itertools.accumulate(weights))

    @property
    def key_range(self) -> tuple[int, int]:
        """The smallest and the largest key that any table may have had."""
        return self._settings.first_key, self._seller.next_key - 1

    def full_load(self) -> Iterator[tuple[str, bytes]]:
        """Announcements, then every row that is there before the changes begin."""
        settings = self._settings
        self._seller.now = settings.origin - dt.timedelta(hours=1)
        for table in COLUMNS:
            yield announcement(table, self._seller.now)
        for change in self._seller.full_load(
            events=settings.events,
            tickets=settings.tickets,
            customers=settings.customers,
            purchases=settings.purchases,
        ):
            self.tables.apply(change)
            yield render(change, None, self._seller.now)

    def next(self, seconds: float) -> tuple[str, bytes]:
        """Partition key and record of the next change, so many seconds after the origin."""
        now = self._settings.origin + dt.timedelta(microseconds=round(seconds * 1e6))
        self._seller.now = now
        self._made += 1
        if self._late and self._late[0][0] <= self._made:
            name, change = "late_dimension", heapq.heappop(self._late)[2]()
        else:
            (name,) = self._chance.choices(self._names, cum_weights=self._cumulative)
            change = getattr(self._seller, name)()
        self.counts[name] += 1
        self.tables.apply(change)
        self._stamp = self._next_stamp(self._stamp, now)
        return render(change, self._stamp, now)

    def source_tables(self) -> SourceTables:
        """Every row that is left."""
        return {table: [*rows.values()] for table, rows in self.tables.rows.items()}

    def compute_true_tables(self, token_key: bytes) -> list[TrueTable]:
        """The one wide table."""
        rows = list(self.tables.expected(token_key))
        return [TrueTable("public", TARGET, WIDE_COLUMNS, key=(0,), rows=rows)]

    def _later(self, make: Callable[[], Change]) -> None:
        after = self._made + self._chance.randrange(1, _LATEST_AFTER)
        heapq.heappush(self._late, (after, next(self._late_numbers), make))

    def _next_stamp(self, last: Stamp | None, now: dt.datetime) -> Stamp:
        if last is None:
            return Stamp(_FIRST_TRANSACTION, 1, self._first_log_position(), now, None)
        previous = last.transaction, last.number
        if self._chance.random() < _SAME_TRANSACTION:
            return Stamp(last.transaction, last.number + 1, last.log_position, last.at, previous)
        position = last.log_position + self._chance.randrange(8, 256, 8)
        return Stamp(last.transaction + 1, 1, position, now, previous)

    def _first_log_position(self) -> int:
        """Above every position of a run with an earlier origin.

        Four bytes a microsecond since a fixed time; 30,000 changes a second use less than that.
        """
        since = self._settings.origin - dt.datetime(2020, 1, 1)  # noqa: DTZ001
        return 4 * (since // dt.timedelta(microseconds=1))
