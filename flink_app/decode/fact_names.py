"""The names by which the splitter tells that a record is surely a fact."""

from __future__ import annotations

from connectors.kinesis.sure_facts import is_plain
from flink_app.declaration import Star


def find_fact_names(star: Star) -> tuple[str, ...]:
    """The source's names of tables that are facts and, in whatever schema, no dimension.

    Partitions of a fact have names that are not known before they come. Whatever has none of these
    names is decoded as well, only not without another crossing.
    """
    declaration = star.declaration
    dimensions = {declaration.source_of(table)[1] for table in star.dimensions}
    patterns = [part for table in star.dimensions for part in star.tables[table].partitions]
    names = {declaration.source_of(table)[1] for table in star.facts}
    return tuple(
        name
        for name in sorted(names - dimensions)
        if is_plain(name) and not any(pattern.matches(name) for pattern in patterns)
    )
