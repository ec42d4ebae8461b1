"""How many statements a batch costs at most: each is a round trip, and a plan that is compiled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.blocks import Kind
from connectors.redshift.spec import WarehouseSpec
from connectors.staging.part import Part
from flink_app.declaration import Star
from flink_app.warehouse import warehouse_spec
from tests.unit.redshift.warehouse import ROWS, FakeWarehouse, existing, loader, shape_in
from tests.unit.stars import freight, order_book, placed_freight, ticket_seller


def facts(spec: WarehouseSpec, batch: str) -> list[Part]:
    """A part of every target."""
    return parts(spec, batch, [(Kind.ROWS, target.table) for target in spec.targets])


def everything(spec: WarehouseSpec, batch: str) -> list[Part]:
    """A part of every table that can be staged."""
    tables = [(Kind.ROWS, target.table) for target in spec.targets]
    tables += [(Kind.PATCHES, patch.table) for patch in spec.patches]
    tables += [(Kind.DIMENSION, dimension.table) for dimension in spec.dimensions]
    return parts(spec, batch, tables)


def parts(spec: WarehouseSpec, batch: str, tables: list[tuple[Kind, str]]) -> list[Part]:
    return [
        Part(
            name := f"{batch}-{kind.name}-{table}", kind, table,
            rows=ROWS, url=f"s3://b/{name}", size=10, epoch=1, shape=shape_in(spec, kind, table),
        )
        for kind, table in tables
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("star", "most"),
    [
        pytest.param(ticket_seller(), 22, id="ticket_seller"),
        pytest.param(order_book(), 48, id="order_book"),
        pytest.param(freight(), 31, id="freight"),
        pytest.param(placed_freight(), 40, id="freight_placed"),
    ],
)
def test_a_batch_with_every_table_staged(star: Star, most: int) -> None:
    assert len(statements_of_a_load(star, everything)) <= most


@pytest.mark.parametrize(
    ("star", "most"),
    [
        pytest.param(ticket_seller(), 17, id="ticket_seller"),
        pytest.param(order_book(), 31, id="order_book"),
        pytest.param(freight(), 24, id="freight"),
    ],
)
def test_a_batch_of_facts_alone_asks_once_for_their_range(star: Star, most: int) -> None:
    statements = statements_of_a_load(star, facts)
    assert len(statements) <= most
    assert sum(" AS target_number" in sql for sql in statements) == 1


def statements_of_a_load(
    star: Star, stage: Callable[[WarehouseSpec, str], list[Part]]
) -> list[str]:
    """COMMIT included."""
    warehouse, spec = FakeWarehouse(), warehouse_spec(star)
    warehouse.tables = existing(spec)
    loading = loader(warehouse, spec=spec)
    loading.start(5)
    loading.load(stage(spec, "first"), 5)  # which asks once what was ever read
    warehouse.said.clear()
    loading.load(stage(spec, "second"), 5)
    first, *statements, last = warehouse.said
    assert (first, last) == ("connect", "close")
    assert statements[-1] == "commit"
    return statements
