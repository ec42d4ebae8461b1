"""Loads for the fault tests: staged parts, a loader of the example's star, what is loaded then."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from connectors.accounts import Account
from connectors.blocks import Block, Kind
from connectors.redshift.loader import Loader
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.clients import Clients
from flink_app.positions.position import UNKNOWN, make_position
from tests.support.running import Running

START = 1_000
TARGET = "sport_event_activity"
BASE = f"{TARGET}_base"
FACT = "ticket_activity"
# COMMITs of loads, not of the loader's start.
IN_A_LOAD = r"^\s*copy\b"


def make_loader(run: Running, application: str | None = None) -> Loader:
    settings = run.stack.settings
    if application is not None:
        own = settings.application.model_copy(update={"name": application})
        settings = settings.model_copy(update={"application": own})
    return Clients(settings).loader(run.example.star)


def parts_of(run: Running, *tickets: int, number: int = 1) -> list[Part]:
    """Staged parts of an epoch: one fact a ticket, and the account of what was read."""
    schema = run.example.star.wide_schema(TARGET)
    facts = [wide_row(schema, ticket, number) for ticket in tickets]
    writer = PartWriter(Clients(run.stack.settings).staging_store())
    batch = pa.RecordBatch.from_pylist(facts, schema=schema)
    writer.add(Block(Kind.ROWS, TARGET, batch))
    parts = writer.close(epoch=1)
    account = Account("changes", "shard", FACT, "1", str(number), len(tickets), 0, 0, 0, None)
    return [*parts, Part(Part.new_name(), Kind.ACCOUNT, "", 1, epoch=1, accounts=(account,))]


def wide_row(schema: pa.Schema, ticket: int, number: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(schema.names)
    row.update((name, UNKNOWN) for name in schema.names if name.startswith("_pos_"))
    return row | {"ticket_id": ticket, "_pos": make_position(1, number, 0), "_deleted": False}


def tickets_in(run: Running) -> list[int]:
    return [int(row[0]) for row in run.example.read_loaded(TARGET)]
