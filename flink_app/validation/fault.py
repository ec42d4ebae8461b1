"""A fault of what people wrote: its place, what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

# Keys and indices on the way from the whole to a value.
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        key_path: the keys and indices on the way to it, below whatever found it.
        problem: what is wrong there.
        remedy: what to write instead.
        subject: what people call the place; its keys with dots between unless given.
        of_key: whether the key is wrong, and not the value that it has.
        needs: other places without which nothing could be said; a fault there may be its cause.
        meant: of an unknown key or word, the known one that was probably meant.
    """

    key_path: KeyPath
    problem: str
    remedy: str = ""
    subject: str | None = None
    of_key: bool = False
    needs: tuple[KeyPath, ...] = ()
    meant: str = ""

    def __str__(self) -> str:
        subject = ".".join(map(str, self.key_path)) if self.subject is None else self.subject
        said = f"{self.problem}; {self.remedy}" if self.remedy else self.problem
        return f"{subject}: {said}" if subject else said

    def move_below(self, key_path: KeyPath) -> Fault:
        """The same, seen from further above."""
        return replace(self, key_path=(*key_path, *self.key_path))


class FaultsError(ValueError):
    """Faults that a validator found, all at once; pydantic takes it for one of a value."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))
