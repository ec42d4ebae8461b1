"""Somebody's own PostgreSQL as the source.

Its log is read and nothing else: there is no trigger, no table, no setting of this run in it. What
has to be made there, a publication and a slot, is named, and removed when the source is left.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator

from psycopg.conninfo import make_conninfo

from infra.catalogue.connection import connect, read_address
from infra.run.source import Source


class Database(Source):
    """A database that this run follows and does not own.

    Args:
        address: of libpq, as a URL or as `host=... dbname=...`.

    Raises CatalogueError where the address cannot be read.
    """

    look_seconds = 0.5

    def __init__(self, address: str) -> None:
        self._address = address
        self._parameters = read_address(address, option="--source")
        self.name = "a database"
        self.psql = "psql"
        # Two runs on one database do not meet.
        self.made = f"starjoin_run_{secrets.token_hex(3)}"

    @property
    def address(self) -> str:
        """As it was given."""
        return self._address

    def _start(self) -> None:
        """Finds out where it is. Raises CatalogueError where no session can be had."""
        with connect(self._parameters, "starjoin run") as session:
            info = session.info
            address = make_conninfo(
                host=info.host, port=info.port, dbname=info.dbname, user=info.user
            )
            self.psql = f"psql {shlex.quote(address)}"
            self.name = f"database {info.dbname} on {info.host}, port {info.port}"

    def remarks(self) -> Iterator[str]:
        """That something is made there."""
        yield f"publication and slot {self.made} are made there, and removed at the end"

    def stop(self) -> None:
        """Nothing of it was started here."""
