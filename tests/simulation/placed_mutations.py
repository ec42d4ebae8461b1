"""Guards of dimensions that are kept in the warehouse: other statements than the plan's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from connectors.redshift import sweep
from tests.simulation.plan_mutations import Patch, Statements, assigned, sort, sql, tip_first


def no_sweep_of_dimensions() -> list[Patch]:
    """Their tables keep what is below the floor."""
    original = sweep.plan_sweep

    def planned(*args: Any) -> Statements:
        return [statement for statement in original(*args) if '"dimension_' not in statement.sql]

    return [(sweep, "plan_sweep", planned)]


_JOINED: Final = r'(LEFT JOIN "starjoin"\."dimension_\w+" AS q\d+\s+ON )'

# What is taken out, by the guard's name.
PLACED_GUARDS: Final[dict[str, Callable[[], list[Patch]]]] = {
    "dimension's position guard": sql(3, (r"\nWHERE d\..*", "")),
    "newest change of a dimension": sql(3, ("_rank = 1", "_rank >= 1")),
    "dimension's tombstones": sql(
        4, ("$", ' WHERE NOT "_deleted"'), only='INSERT INTO "starjoin"."dimension_'
    ),
    "changes of a dimension reach old rows": sql(
        5, (r'(FROM "newest_dimension_\w+")', r"\1 WHERE 1 = 0")
    ),
    "new rows look up the warehouse's dimensions": sql(5, (_JOINED, r'\1r."_staged" = 0 AND ')),
    "what is pointed elsewhere is looked up": sql(5, (_JOINED, r'\1r."_changed" = 0 AND ')),
    "below a change all is unknown": assigned(lambda p: replace(p, cleared=(), unknown=())),
    "warehouse's parents before children": tip_first,
    "a dimension's table is replaced before it is joined": sort(
        lambda statement: 6.5 if statement.step == 4 else statement.step
    ),
}
