"""The true tables of the ticket seller, and what the warehouse must hold for them.

An oracle must not share the mistakes of what it judges: the join, the mask and the token are
written here a second time, and nothing of `flink_app` is imported.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

SCHEMA: Final = "ticket_seller"
TARGET: Final = "sport_event_activity"
# A table's columns in order; the first is its key.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "sport_event": ("event_id", "sport_type", "start_date", "location"),
    "ticket": ("ticket_id", "event_id", "seat_level", "seat_location", "ticket_price"),
    "customer": ("customer_id", "name", "email_address", "phone_number"),
    "ticket_activity": ("ticket_id", "purchased_by", "created_at", "updated_at"),
}
WIDE_COLUMNS: Final = (
    "ticket_id",
    "event_id",
    "sport_type",
    "start_date",
    "location",
    "seat_level",
    "seat_location",
    "ticket_price",
    "purchased_by",
    "name",
    "email_address",
    "phone_number",
    "created_at",
    "updated_at",
)
Operation = Literal["load", "insert", "update", "delete"]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row.

    Attributes:
        key: of the row before the change; of an insert, the new row's own.
        row: the row after the change; None when it was deleted.
    """

    table: str
    operation: Operation
    key: int
    row: Row | None


class Tables:
    """The rows that the source database would have, by key."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, Row]] = {table: {} for table in COLUMNS}

    def apply(self, change: Change) -> None:
        """Makes one change."""
        rows = self.rows[change.table]
        if change.row is None:
            del rows[change.key]
            return
        if change.row[0] != change.key:
            del rows[change.key]
        rows[change.row[0]] = change.row

    def expected(self, token_key: bytes) -> Iterator[Row]:
        """The wide table: every purchase LEFT JOIN ticket, event and buyer, treated."""
        events, tickets = self.rows["sport_event"], self.rows["ticket"]
        buyers = {key: _treated(row, token_key) for key, row in self.rows["customer"].items()}
        for ticket_id, purchased_by, created_at, updated_at in self.rows[
            "ticket_activity"
        ].values():
            _, event_id, level, seat, price = tickets.get(ticket_id, (None,) * 5)
            _, sport, start, location = events.get(event_id, (None,) * 4)
            name, email, phone = buyers.get(purchased_by, (None,) * 3)
            yield (
                *(ticket_id, event_id, sport, start, location, level, seat, price),
                *(purchased_by, name, email, phone, created_at, updated_at),
            )


def _treated(customer: Row, token_key: bytes) -> Row:
    _, name, email, phone = customer
    token = None if email is None else hmac.new(token_key, email.encode(), hashlib.sha256)
    hidden = None if phone is None else "".join("*" if c.isdecimal() else c for c in phone)
    return name, None if token is None else token.hexdigest(), hidden


def json_value(value: Any) -> Any:
    """A column's value as DMS writes it: days as they are, timestamps with a trailing Z."""
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    return value.isoformat() if isinstance(value, dt.date) else value
