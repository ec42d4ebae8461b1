"""What a batch may be made of. Standard library only: the command line shows these words."""

from __future__ import annotations

import enum


class Shape(enum.StrEnum):
    """A kind of batch; one of N rows adds, changes or removes about N rows of the target."""

    NEW = "new"
    ONE_PATH = "one-path"
    EVERY_PATH = "every-path"
    PATCHES = "patches"
    UPDATES = "updates"
    RECENT = "recent"
    DELETES = "deletes"

    @property
    def meaning(self) -> str:
        """What is in it, for whoever reads the figures."""
        return _MEANINGS[self]


_MEANINGS = {
    Shape.NEW: "new facts only",
    Shape.ONE_PATH: "half new facts, half rows that customers' patches reach: one path of three",
    Shape.EVERY_PATH: "half new facts, half rows that patches of all three paths reach",
    Shape.PATCHES: "customers' patches alone, ten rows each",
    Shape.UPDATES: "new versions of facts that are there, all over the target",
    Shape.RECENT: "new versions of the facts with the highest keys",
    Shape.DELETES: "deletes of facts that are there, all over the target",
}
