"""What can happen in the ticket seller's database: each operation as one change of one row.

Owns which keys are free, bought, given back or known, so that an operation always finds a row that
it fits; where there is none, another takes its place.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Final

from tests.load.keys import Keys
from tests.load.model import Change, Operation, Row, Tables

_SPORTS: Final = ("Handball", "Hockey", "Tennis", "Rugby", "Pelota")
_PLACES: Final = ("Zürich", "Łódź", "Montréal", "Córdoba", "Århus", "Seattle")


class TicketSeller:
    """The business behind the changes.

    Args:
        tables: the true tables; read here, changed by the caller.
        chance: decides everything.
        first_key: smallest key of every table.
        later: takes what makes a change that is to come some time later.
    """

    def __init__(
        self,
        tables: Tables,
        chance: random.Random,
        first_key: int,
        later: Callable[[Callable[[], Change]], None],
    ) -> None:
        self.now = dt.datetime.min  # noqa: DTZ901 - timestamps of the source have no zone
        self._rows = tables.rows
        self._chance = chance
        self._later = later
        self._events, self._customers = Keys(), Keys()
        self._tickets, self._free = Keys(), Keys()
        self._bought, self._returned = Keys(), Keys()
        self._next = dict.fromkeys(("sport_event", "ticket", "customer"), first_key)

    @property
    def next_key(self) -> int:
        """A key above all that any table has had."""
        return max(self._next.values())

    def full_load(
        self, *, events: int, tickets: int, customers: int, purchases: int
    ) -> Iterator[Change]:
        """The rows that are there from the start; apply each before taking the next."""
        for count, make in (
            (events, self.new_event),
            (tickets, self.new_ticket),
            (customers, self.new_customer),
            (min(purchases, tickets), self.purchase),
        ):
            for _ in range(count):
                change = make()
                yield Change(change.table, "load", change.key, change.row)

    def _fresh(self, table: str) -> int:
        key = self._next[table]
        self._next[table] += 1
        return key

    # Purchases.

    def purchase(self) -> Change:
        """A free ticket is bought."""
        if not self._free:
            return self.buy_early()
        return self._insert_purchase(self._free.even(self._chance))

    def buy_again(self) -> Change:
        """A ticket that was given back is bought again: its key is inserted a second time."""
        if not self._returned:
            return self.purchase()
        return self._insert_purchase(self._returned.newest())

    def buy_early(self) -> Change:
        """A purchase whose ticket, and perhaps buyer, comes later."""
        ticket = self._fresh("ticket")
        self._later(lambda: self._make_ticket(ticket, "insert"))
        buyer: int | None = None
        if self._chance.random() < 0.5:
            new_buyer = buyer = self._fresh("customer")
            self._later(lambda: self._make_customer(new_buyer, "insert"))
        return self._insert_purchase(ticket, buyer)

    def _insert_purchase(self, ticket: int, buyer: int | None = None) -> Change:
        self._free.discard(ticket)
        self._returned.discard(ticket)
        self._bought.add(ticket)
        row = (ticket, buyer if buyer is not None else self._buyer(), self.now, self.now)
        return Change("ticket_activity", "insert", ticket, row)

    def _buyer(self) -> int | None:
        anonymous = self._chance.random() < 0.02 or not self._customers
        return None if anonymous else self._customers.skewed(self._chance)

    def change(self) -> Change:
        """A purchase changes hands, or only its time."""
        if not self._bought:
            return self.purchase()
        ticket = self._bought.even(self._chance)
        _, buyer, created, _ = self._rows["ticket_activity"][ticket]
        if self._chance.random() < 0.5:
            buyer = self._buyer()
        return Change("ticket_activity", "update", ticket, (ticket, buyer, created, self.now))

    def cancel(self) -> Change:
        """A purchase is deleted."""
        if not self._bought:
            return self.purchase()
        ticket = self._bought.even(self._chance)
        self._release(ticket)
        self._returned.add(ticket)
        return Change("ticket_activity", "delete", ticket, None)

    def swap_seats(self) -> Change:
        """A purchase's key changes."""
        if not self._bought or not self._free:
            return self.purchase()
        old, new = self._bought.even(self._chance), self._free.even(self._chance)
        _, buyer, created, _ = self._rows["ticket_activity"][old]
        self._release(old)
        self._free.discard(new)
        self._returned.discard(new)
        self._bought.add(new)
        return Change("ticket_activity", "update", old, (new, buyer, created, self.now))

    def _release(self, ticket: int) -> None:
        self._bought.discard(ticket)
        if ticket in self._tickets:
            self._free.add(ticket)

    # Dimensions.

    def new_ticket(self) -> Change:
        """A ticket of an event, more likely of a favourite one."""
        return self._make_ticket(self._fresh("ticket"), "insert")

    def _make_ticket(
        self, ticket: int, operation: Operation, event: int | None = None, seat: str | None = None
    ) -> Change:
        self._tickets.add(ticket)
        if ticket not in self._bought:
            self._free.add(ticket)
        if event is None:
            # Some events are still unknown when their first tickets are sold.
            early = self._chance.random() < 0.01 or not self._events
            event = self._next["sport_event"] if early else self._events.skewed(self._chance)
        level = "Premium" if self._chance.random() < 0.1 else "Standard"
        price = self._chance.randrange(20, 400) if self._chance.random() < 0.98 else None
        row = (ticket, event, level, seat or f"{level[0]}-{ticket}", price)
        return Change("ticket", operation, ticket, row)

    def reprice_ticket(self) -> Change:
        """A ticket gets another price and level."""
        return self._again("ticket", self._tickets, self.new_ticket, moves=False)

    def move_ticket(self) -> Change:
        """A ticket moves to another event."""
        return self._again("ticket", self._tickets, self.new_ticket, moves=True)

    def _again(
        self, table: str, keys: Keys, otherwise: Callable[[], Change], *, moves: bool
    ) -> Change:
        if not keys:
            return otherwise()
        ticket = keys.even(self._chance)
        _, event, _, seat, _ = self._rows[table][ticket]
        return self._make_ticket(ticket, "update", None if moves else event, seat)

    def withdraw_ticket(self) -> Change:
        """A ticket is deleted, bought or not."""
        if not self._tickets:
            return self.new_ticket()
        ticket = self._tickets.even(self._chance)
        self._tickets.discard(ticket)
        self._free.discard(ticket)
        return Change("ticket", "delete", ticket, None)

    def new_customer(self) -> Change:
        """A customer registers."""
        return self._make_customer(self._fresh("customer"), "insert")

    def _make_customer(self, customer: int, operation: Operation) -> Change:
        self._customers.add(customer)
        digits = f"{self._chance.randrange(10**10):010}"
        email = f"c{customer}.{digits[:4]}@example.org" if self._chance.random() < 0.98 else None
        phone = f"+1-{digits[:3]}-{digits[3:6]}-{digits[6:]}"
        if self._chance.random() < 0.3:
            phone = f"{phone[3:]}x{digits[:4]}"
        row: Row = (customer, f"Buyer {customer} of {self._choice(_PLACES)}", email, phone)
        return Change("customer", operation, customer, row)

    def change_customer(self) -> Change:
        """A customer, more likely a favourite one, gets other data."""
        if not self._customers:
            return self.new_customer()
        return self._make_customer(self._customers.skewed(self._chance), "update")

    def forget_customer(self) -> Change:
        """A customer is deleted, with or without purchases."""
        if not self._customers:
            return self.new_customer()
        customer = self._customers.even(self._chance)
        self._customers.discard(customer)
        return Change("customer", "delete", customer, None)

    def new_event(self) -> Change:
        """An event is announced."""
        return self._make_event(self._fresh("sport_event"), "insert")

    def _make_event(self, event: int, operation: Operation) -> Change:
        self._events.add(event)
        start = dt.date(2026, 4, 1) + dt.timedelta(days=self._chance.randrange(200))
        place = f"Arena {self._chance.randrange(50)}, {self._choice(_PLACES)}"
        return Change("sport_event", operation, event, (event, self._choice(_SPORTS), start, place))

    def change_event(self) -> Change:
        """An event, more likely a favourite one, changes: so do all its tickets' purchases."""
        if not self._events:
            return self.new_event()
        return self._make_event(self._events.skewed(self._chance), "update")

    def withdraw_event(self) -> Change:
        """An event is deleted."""
        if not self._events:
            return self.new_event()
        event = self._events.even(self._chance)
        self._events.discard(event)
        return Change("sport_event", "delete", event, None)

    def _choice(self, texts: tuple[str, ...]) -> str:
        return texts[int(self._chance.random() * len(texts))]
