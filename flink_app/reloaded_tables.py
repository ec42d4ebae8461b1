"""Whether the tables that were reloaded alone are still declared under their names.

A table's own generation is found by its name. Under another one its changes would be of an older
generation again, and lose against all that is loaded.
"""

from __future__ import annotations

from flink_app.declaration.file import DeclarationError
from flink_app.declaration.star import Star
from flink_app.positions.generations import Generations
from flink_app.validation.words import find_meant


def refuse_lost_tables(star: Star, generations: Generations) -> None:
    """Raises DeclarationError for a table with a generation of its own that is not declared."""
    for name in sorted(generations.tables - star.tables.keys()):
        alike = find_meant(name, star.tables)
        renamed = f", perhaps to {alike}" if alike else ""
        message = (
            f"table {name} was reloaded alone, as generation {generations.newest_of(name)}, and is "
            f"not declared. If it was renamed{renamed}, its changes would be of an older "
            f"generation and be discarded: declare it as {name}, with the source's name under "
            "source. If it is no longer wanted, or is to have another name, begin a generation of "
            "everything: build.py deploy --begin-generation TIME, or build.py reload"
        )
        raise DeclarationError(message)
