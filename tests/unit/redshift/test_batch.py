"""Parts that wait while the declaration changes: COPY goes by position, so they are looked at."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest

from connectors.blocks import Block, Kind
from connectors.redshift.errors import NeedsRepairError
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.declaration import Star
from flink_app.schemas import BlockSchemas
from flink_app.warehouse import warehouse_spec
from tests.unit.redshift.warehouse import FakeWarehouse, Manifests, loader
from tests.unit.stars import star

COLUMNS = {
    "note": "note: varchar(40)",
    "price": "price: integer",
    "owner": "owner: varchar(64)",
}
SHOWN = ["id", "note", "price", "owner", "label"]


def shop(shown: list[str] | None = None, label: str = "varchar(20)", **changed: str) -> Star:
    """A star whose target shows these columns, some of them declared otherwise."""
    columns = "\n      ".join((COLUMNS | {n: f"{n}: {t}" for n, t in changed.items()}).values())
    places = {"label": "item.label"}
    target = ", ".join(f"{name}: {places.get(name, name)}" for name in shown or SHOWN)
    return star(f"""
name: shop
source_schema: shop
tables:
  item:
    key: [item]
    columns:
      item: integer
      label: {label}
  sale:
    key: [id]
    columns:
      id: integer
      item: integer
      {columns}
    references: {{item: {{table: item, columns: [item]}}}}
targets:
  sales: {{fact: sale, columns: {{{target}}}}}
""")


def staged(of: Star, kind: Kind) -> list[Part]:
    """A part as the staging stage of a job with this declaration leaves it pending."""
    schemas, writer = BlockSchemas(of), PartWriter(Manifests())
    table = "sales" if kind is Kind.ROWS else "item"
    nothing = [pa.nulls(1, field.type) for field in schemas(kind, table)]
    batch = pa.RecordBatch.from_arrays(nothing, schema=schemas(kind, table))
    writer.add(Block(kind, table, batch))
    return [Part.decode(part.encode()) for part in writer.close(7)]


def load(today: Star, parts: list[Part]) -> FakeWarehouse:
    warehouse = FakeWarehouse()
    warehouse.fence = [("app", 5)]
    warehouse.rows_of_a_part = 1
    assert loader(warehouse, spec=warehouse_spec(today)).load(parts, 5).parts
    return warehouse


@pytest.mark.parametrize("kind", [Kind.ROWS, Kind.PATCHES])
def test_parts_of_todays_declaration_are_loaded(kind: Kind) -> None:
    assert load(shop(), staged(shop(), kind)).statements("COPY")


@pytest.mark.parametrize("kind", [Kind.ROWS, Kind.PATCHES])
def test_text_may_have_become_longer(kind: Kind) -> None:
    wider = shop(label="varchar(200)", note="varchar(400)")
    assert load(wider, staged(shop(), kind)).statements("COPY")


@pytest.mark.parametrize(
    ("today", "message"),
    [
        (shop(SHOWN[::-1]), "column 1 of the files is id, and of the tables label"),
        (shop([*SHOWN[:3], *SHOWN[4:]]), "column 4 of the files is owner, and of the tables label"),
        (shop(price="bigint"), "column price was made as keep INTEGER, and is keep BIGINT today"),
        (
            shop(owner="{type: varchar(64), treatment: tokenise}"),
            r"column owner was made as keep VARCHAR\(64\), and is tokenise VARCHAR\(64\) today",
        ),
        (shop(note="varchar(30)"), r"made as keep VARCHAR\(40\), and is keep VARCHAR\(30\) today"),
    ],
)
def test_rows_of_another_declaration_are_not_copied(today: Star, message: str) -> None:
    warehouse = FakeWarehouse()
    warehouse.fence = [("app", 5)]
    parts = staged(shop(), Kind.ROWS)
    with pytest.raises(NeedsRepairError, match=message) as caught:
        loader(warehouse, spec=warehouse_spec(today)).load(parts, 5)
    assert "parts of sales (epoch 7" in str(caught.value)
    assert "Start with the former declaration" in str(caught.value)
    assert not warehouse.statements("COPY")
    assert warehouse.parts == set()


def test_patches_of_another_declaration_are_not_copied() -> None:
    today = shop(label="{type: varchar(20), treatment: mask}")
    with pytest.raises(NeedsRepairError, match="column label was made as keep"):
        load(today, staged(shop(), Kind.PATCHES))


def test_a_part_that_does_not_say_what_it_holds_is_loaded() -> None:
    (part,) = staged(shop(), Kind.ROWS)
    assert load(shop(price="bigint"), [dataclasses.replace(part, shape=())]).statements("COPY")
