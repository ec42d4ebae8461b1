"""Frames of ticket-seller change records as the source would hand them on, deterministic."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, Final

from connectors.kinesis.frame import write_frame

EVENTS: Final = 50
TICKETS: Final = 5_000
CUSTOMERS: Final = 1_000
FRAME_RECORDS: Final = 7_500  # about 4 MiB of the records made here
_TIMESTAMP: Final = "2026-03-11T09:45:02.517000Z"


def record(
    operation: str,
    table: str,
    data: dict[str, Any],
    number: int,
    schema: str = "ticket_seller",
) -> bytes:
    """One change record with every endpoint setting on."""
    metadata: dict[str, Any] = {
        "timestamp": _TIMESTAMP,
        "record-type": "data",
        "operation": operation,
        "partition-key-type": "primary-key",
        "partition-key-value": f"{schema}.{table}.{number}",
        "schema-name": schema,
        "table-name": table,
    }
    if operation != "load":
        position = f"{number >> 32:08X}/{number & 0xFFFFFFFF:08X}"
        metadata |= {
            "transaction-id": number,
            "transaction-record-id": 1,
            "prev-transaction-id": number - 1,
            "prev-transaction-record-id": 1,
            "commit-timestamp": _TIMESTAMP,
            "stream-position": f"{position}.1.{position}",
        }
    return json.dumps({"data": data, "metadata": metadata}, separators=(",", ":")).encode()


def dimensions() -> list[bytes]:
    """The full load of the dimensions."""
    events = (
        {"event_id": n, "sport_type": "Handball", "start_date": "2021-09-01", "location": f"L {n}"}
        for n in range(EVENTS)
    )
    tickets = (
        {
            "ticket_id": n,
            "event_id": n % EVENTS,
            "seat_level": "Standard",
            "seat_location": f"S-{n}",
            "ticket_price": 100,
        }
        for n in range(TICKETS)
    )
    customers = (
        {
            "customer_id": n,
            "name": f"Customer {n}",
            "email_address": f"customer{n}@example.org",
            "phone_number": f"+41-44-{n:07}",
        }
        for n in range(CUSTOMERS)
    )
    return [
        record("load", table, row, number)
        for table, rows in (("sport_event", events), ("ticket", tickets), ("customer", customers))
        for number, row in enumerate(rows)
    ]


def facts(count: int, seed: int) -> list[bytes]:
    """Purchases of known tickets by known customers."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return [
        record(
            "insert",
            "ticket_activity",
            {
                "ticket_id": chance.randrange(TICKETS),
                "purchased_by": chance.randrange(CUSTOMERS),
                "created_at": _TIMESTAMP,
                "updated_at": _TIMESTAMP,
            },
            seed * count + n,
        )
        for n in range(count)
    ]


def frame(records: list[bytes], number: int = 0) -> bytes:
    """The source's element for these records."""
    first = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000
    first += number * 1_000_000
    return write_frame(
        stream="changes",
        shard="shardId-000000000000",
        sequence_numbers=[str(first + n) for n in range(len(records))],
        partition_keys=["key"] * len(records),
        arrival_millis=[1_773_222_302_517 + n for n in range(len(records))],
        records=records,
    )


def fact_frames(count: int) -> Iterator[bytes]:
    """Frames of facts."""
    for number in range(count):
        yield frame(facts(FRAME_RECORDS, number), number)
