"""Guards of dimensions that are kept in the warehouse: other statements than the plan's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from connectors.redshift import sweep
from tests.simulation.plan_mutations import Patch, Statements, assigned, plan, sort, sql


def _fills_reversed(statements: Statements) -> Statements:
    fills = [one for one in statements if one.step == 7]
    return [one for one in statements if one not in fills] + fills[::-1]


def no_sweep_of_dimensions() -> list[Patch]:
    """Their tables keep what is below the floor."""
    original = sweep.plan_sweep

    def planned(*args: Any) -> Statements:
        return [one for one in original(*args) if '"dimension_' not in one.sql]

    return [(sweep, "plan_sweep", planned)]


# What is taken out, by the guard's name.
PLACED_GUARDS: Final[dict[str, Callable[[], list[Patch]]]] = {
    "dimension's position guard": sql(4, ".*", "", only=" AS d\n"),
    "newest change of a dimension": sql(3, "_rank = 1", "_rank >= 1", only="newest_dimension_"),
    "dimension's tombstones": sql(
        5, "$", ' WHERE NOT "_deleted"', only='INSERT INTO "starjoin"."dimension_'
    ),
    "changes of a dimension reach old rows": sql(7, ".*", "", only='FROM "newest_dimension_'),
    "what is unknown is looked up": sql(7, ".*", "", only='FROM "starjoin"."dimension_'),
    "below a change all is unknown": assigned(lambda p: replace(p, cleared=(), unknown=())),
    "warehouse's parents before children": plan(_fills_reversed),
    "facts before the warehouse's dimensions": sort(lambda o: 4.5 if o.step == 7 else o.step),
    "patches before the warehouse's dimensions": sort(lambda o: 5.5 if o.step == 7 else o.step),
}
