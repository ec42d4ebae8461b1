"""A table that was reloaded alone keeps its name, or another generation of everything begins."""

from __future__ import annotations

import pytest

from flink_app.declaration.file import DeclarationError
from flink_app.positions.generations import Generations
from flink_app.reloaded_tables import refuse_lost_tables
from tests.unit.stars import ticket_seller

OF_TABLE = Generations().extend(2, 1_000, "customers")


def test_a_table_that_is_declared_no_more_is_refused_by_name() -> None:
    with pytest.raises(
        DeclarationError,
        match=r"table customers was reloaded alone, as generation 2, .* perhaps to customer, .*"
        r"declare it as customers, .*deploy --begin-generation TIME, or build\.py reload",
    ):
        refuse_lost_tables(ticket_seller(), OF_TABLE)


@pytest.mark.parametrize(
    "generations",
    [Generations(), Generations().extend(2, 1_000, "customer"), OF_TABLE.extend(3, 2_000)],
)
def test_declared_tables_and_later_generations_of_everything_are_not(
    generations: Generations,
) -> None:
    refuse_lost_tables(ticket_seller(), generations)
