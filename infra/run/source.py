"""What `--source` names, and what every source gives: addresses, tables, a capture of changes."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from flink_app.declaration import Star
from infra.catalogue.model import Catalogue, TableName
from infra.catalogue.postgresql import read_database
from infra.local.lifetimes import Lifetime
from infra.run.capture import Capture
from infra.run.errors import RunError

_URL: Final = re.compile(r"^\w+://")
_WORDS: Final = re.compile(r"^\s*(host|hostaddr|port|dbname|user|service)\s*=")


class Source(Lifetime):
    """A source from which changes are captured while it is entered.

    Attributes:
        name: what it is, for people.
        psql: the command that opens a session of it.
        look_seconds: how often it is asked for changes.
        made: the name of the publication and the slot that are made there.
    """

    name: str
    psql: str
    look_seconds: float
    made: str

    @property
    @abstractmethod
    def address(self) -> str:
        """For sessions of this process: as libpq takes it."""

    def capture(self, tables: Sequence[TableName], star: Star) -> Capture:
        """What captures changes of these tables, once it is entered."""
        return Capture(self.address, tables, star, self.made)

    def suggest_change(self, star: Star) -> str:  # noqa: ARG002 - others do use it
        """SQL to try first; empty for a source that is not ours to change."""
        return ""

    def remarks(self) -> Iterator[str]:
        """What somebody should know of it, a sentence each."""
        yield from ()

    def read_catalogue(self, report: Callable[[int, int], None] = lambda *_: None) -> Catalogue:
        """Its tables. Raises CatalogueError."""
        return read_database(self.address, (), with_samples=False, report=report)


def is_address(text: str) -> bool:
    """Whether a `--source` is the address of a database, and not the name of a file."""
    return bool(_URL.match(text) or (_WORDS.match(text) and not Path(text).exists()))


def check_script(path: Path) -> None:
    """Raises RunError unless this is a file of text that can be read."""
    if path.is_dir():
        _refuse(f"{path} is a folder; name a file of SQL in it")
    if not path.exists():
        remedy = "an address of a database begins with postgresql://"
        _refuse(f"there is no file {path}; {remedy}")
    if not os.access(path, os.R_OK):
        _refuse(f"{path} cannot be read: it is closed to this user")
    with path.open("rb") as file:
        if file.read(5) == b"PGDMP":
            remedy = f"write it as SQL: pg_restore --no-owner --file=tables.sql {path}"
            _refuse(f"{path} is an archive of pg_dump and no SQL; {remedy}")


def _refuse(problem: str) -> NoReturn:
    message = f"--source: {problem}"
    raise RunError(message, is_of_arguments=True)
