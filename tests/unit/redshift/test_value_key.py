"""The key of the values: remembered by the first start, and no other key gets into the tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.blocks import Kind
from connectors.redshift.errors import KeyChangedError, NeedsRepairError
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from tests.unit.redshift.warehouse import FakeWarehouse, Manifests, loader, part


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def test_the_first_start_records_its_key(warehouse: FakeWarehouse) -> None:
    loader(warehouse, key_id="aa").start(5)
    assert warehouse.key_id == "aa"
    loader(warehouse, key_id="aa").start(6)
    inserts = [sql for sql in warehouse.statements("INSERT") if ".value_key" in sql]
    assert inserts == ['INSERT INTO "bookkeeping".value_key (key_id, since) VALUES (%s, %s)']


def test_a_start_under_another_key_changes_nothing(warehouse: FakeWarehouse) -> None:
    loader(warehouse, key_id="aa").start(5)
    with pytest.raises(KeyChangedError) as caught:
        loader(warehouse, key_id="bb").start(6)
    assert str(caught.value) == (
        "the warehouse was filled under key aa, and this start has key bb: rows of both would not "
        "match. Nothing was loaded. Make key aa the current one again and start; or empty the "
        'tables, delete the row from "bookkeeping".value_key, and load everything again. '
        "operations.md, Rotating the privacy secret, has the steps"
    )
    assert (warehouse.key_id, warehouse.fence) == ("aa", [("app", 5)])
    loader(warehouse, key_id="aa").start(7)


def test_a_declaration_without_tokens_has_no_key_to_compare(warehouse: FakeWarehouse) -> None:
    loader(warehouse).start(5)
    assert not warehouse.key_id
    warehouse.key_id = "aa"
    loader(warehouse).start(6)
    assert warehouse.key_id == "aa"


def test_parts_of_another_key_stay_pending(warehouse: FakeWarehouse) -> None:
    warehouse.fence = [("app", 5)]
    parts = [part("own", epoch=3), replace(part("other", epoch=4), key_id="aa")]
    with pytest.raises(
        NeedsRepairError, match=r"parts of epoch 4 .* under key aa, .* has key bb"
    ) as no:
        loader(warehouse, key_id="bb").load(parts, 5)
    assert "start from a snapshot that is older than these parts" in str(no.value)
    assert warehouse.parts == set()
    assert not warehouse.statements("COPY")


@pytest.mark.parametrize(("staged", "today"), [("aa", "aa"), ("", "aa"), ("aa", "")])
def test_parts_of_the_same_key_or_of_none_are_loaded(
    warehouse: FakeWarehouse, staged: str, today: str
) -> None:
    warehouse.fence = [("app", 5)]
    found = replace(part("a", kind=Kind.DEAD_LETTERS), key_id=staged)
    assert loader(warehouse, key_id=today).load([found], 5).parts == ("a",)


def test_a_part_names_its_key() -> None:
    writer = PartWriter(Manifests(), key_id="aa")
    assert [each.key_id for each in writer.close(1)] == []
    labelled = part("a").label(1, key_id="aa")
    assert Part.decode(labelled.encode()).key_id == "aa"
