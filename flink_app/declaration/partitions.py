"""Which tables of the source are partitions of a declared one, by patterns of their names.

The pattern is that of DMS's table mappings with one difference: an underscore is an underscore.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from pydantic import Field, field_validator

from flink_app.declaration.names import SourceName
from flink_app.validation.strict_model import StrictModel

# Any text, also none: as DMS writes it, and as shells do.
WILDCARDS: Final = "%*"


class Partitions(StrictModel):
    """Partitions of a table; a bare pattern in the file means `{source: ...}`."""

    source: SourceName = Field(
        description="their names in the source; % or * stands for any text, also none"
    )
    source_schema: SourceName | None = Field(
        None, description="their schema, if another than the table's"
    )

    @field_validator("source")
    @classmethod
    def _names_something(cls, pattern: str) -> str:
        if not pattern.strip(WILDCARDS):
            message = (
                f"{pattern!r} is the name of every table; write what the names of the partitions "
                "have in common, such as orders_p%"
            )
            raise ValueError(message)
        return pattern

    @cached_property
    def _parts(self) -> list[str]:
        """What stands before, between and behind the wildcards."""
        return re.split(f"[{WILDCARDS}]", self.source)

    def matches(self, name: str) -> bool:
        """Whether a table of their schema is one of them; case counts, as in all names."""
        return _fits(self._parts, name)

    def matches_without_case(self, name: str) -> bool:
        """Whether a name would be one of theirs, if case did not count."""
        return _fits([part.casefold() for part in self._parts], name.casefold())

    def covers(self, other: Partitions) -> bool:
        """Whether every name that matches the other pattern matches this one."""
        return self.matches(other.source)  # whose wildcards only wildcards can match

    def overlaps(self, other: Partitions) -> bool:
        """Whether a name could match both patterns."""
        reached, todo = set[tuple[int, int]](), [(0, 0)]
        while todo:
            read, other_read = todo.pop()
            if (read, other_read) in reached:
                continue
            reached.add((read, other_read))
            rest, other_rest = self.source[read:], other.source[other_read:]
            if not rest and not other_rest:
                return True
            if rest and rest[0] in WILDCARDS:
                todo += [(read + 1, other_read), *([(read, other_read + 1)] if other_rest else [])]
            if other_rest and other_rest[0] in WILDCARDS:
                todo += [(read, other_read + 1), *([(read + 1, other_read)] if rest else [])]
            if rest and other_rest and rest[0] == other_rest[0]:
                todo.append((read + 1, other_read + 1))
        return False


def _fits(parts: list[str], name: str) -> bool:
    """Whether the parts stand in the name in their order, the first and the last at its ends.

    A regular expression would try every way to spread them, in a record's name of any length.
    """
    first, *rest = parts
    if not rest:
        return name == first
    *between, last = rest
    if not name.startswith(first):
        return False
    read = len(first)
    for part in between:
        start = name.find(part, read)
        if start < 0:
            return False
        read = start + len(part)
    return name.endswith(last) and read <= len(name) - len(last)
