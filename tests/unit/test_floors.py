"""Floors of everything and of single tables, and their text form."""

from __future__ import annotations

import re

import pytest

from connectors.floors import NO_FLOORS, Floors, TableFloors


def test_the_text_form() -> None:
    floors = TableFloors.parse(" ticket 4,customer  3 ")
    assert floors == TableFloors((("customer", 3), ("ticket", 4)))
    assert str(floors) == "customer 3, ticket 4"
    assert TableFloors.parse(str(floors)) == floors
    assert TableFloors.parse("") == TableFloors()
    assert bool(floors)
    assert not TableFloors()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("customer", "'customer' is not a table's floor: write invoice 3"),
        ("customer three", "'customer three' is not a table's floor"),
        ("customer 3, customer 4", "name each table once"),
    ],
)
def test_a_fault_is_named(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        TableFloors.parse(text)


def test_the_floor_of_a_table_is_the_greater_of_its_own_and_that_of_all() -> None:
    floors = Floors(2, TableFloors.parse("customer 3, ticket 1"))
    assert [floors.of(table) for table in ("customer", "ticket", "event")] == [3, 2, 2]
    assert floors.raise_to(4).of("customer") == 4
    assert floors.raise_to(5, "event").of("event") == 5
    assert NO_FLOORS.raise_to(5, "event").of("customer") == 0


def test_what_is_lower_is_found_by_table() -> None:
    floors = Floors(2).raise_to(3, "customer")
    assert Floors(2).find_lower(floors, ["customer", "event"]) == ["customer"]
    assert NO_FLOORS.find_lower(floors, ["customer", "event"]) == ["customer", "event"]
    assert floors.find_lower(floors, ["customer", "event"]) == []
