"""A declaration with some of its dimensions in the warehouse instead of the stream's state."""

from __future__ import annotations

from functools import cache
from itertools import chain, combinations

from flink_app.declaration import Declaration, Star


def place_dimensions(star: Star, *dimensions: str) -> Star:
    """The same star with `placement: warehouse` on these dimensions."""
    content = star.declaration.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for name in dimensions:
        content["tables"][name]["placement"] = "warehouse"
    return Star(Declaration.model_validate(content))


@cache
def placements(star: Star) -> tuple[Star, ...]:
    """The star with dimensions in the warehouse, in every way that is allowed, the fewest first.

    What such a dimension refers to is in the warehouse as well, and none has unchanged columns.
    """
    tables = star.declaration.tables
    names = [
        name
        for name in star.dimensions
        if not any(column.unchanged for column in tables[name].columns.values())
    ]
    subsets = chain.from_iterable(combinations(names, n) for n in range(1, len(names) + 1))
    return tuple(
        place_dimensions(star, *subset)
        for subset in subsets
        if all(
            reference.table in subset
            for name in subset
            for reference in star.tables[name].references.values()
        )
    )
