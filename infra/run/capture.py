"""Changes of a PostgreSQL as a DMS task writes them, by a task that this run alone has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flink_app.declaration import Star
from infra.catalogue.model import TableName
from infra.local.lifetimes import Lifetime
from infra.local.source.refusals import SourceRefusedError
from infra.local.source.row_records import Entry
from infra.local.source.settings import PROFILE
from infra.local.source.task import Changes, ReplicationTask
from infra.run.errors import RunError


class Capture(Lifetime):
    """Follows tables of a database, and leaves nothing in it.

    Its slot is temporary: it ends with its session, however that ends.

    Args:
        address: of the database, as libpq takes it.
        tables: by schema and name.
        star: whose declaration says what the stream's records look like.
        name: of slot and publication.

    Entering it raises SourceRefusedError where the database cannot be followed.
    """

    def __init__(self, address: str, tables: Sequence[TableName], star: Star, name: str) -> None:
        settings = PROFILE.for_star(star)
        self._task = ReplicationTask(
            address, tables, name=name, settings=settings, is_temporary=True
        )
        self._name = name
        self._has_made = False

    def _start(self) -> None:
        """Makes publication and slot."""
        self._task.start()
        self._has_made = True

    def full_load(self) -> Iterator[Entry]:
        """The tables' announcements, and every row as it was when the slot was made."""
        yield from self._task.full_load()
        self._task.finish_load()

    def read(self) -> Changes:
        """What has been committed and not been confirmed. Raises SourceRefusedError."""
        return self._task.read_changes()

    def confirm(self, changes: Changes) -> None:
        """These are on the stream, and need not be read again."""
        self._task.confirm(changes)

    def stop(self) -> None:
        """Removes publication and slot. May be repeated."""
        try:
            if self._has_made:
                self._has_made = False
                self._task.remove()
        except SourceRefusedError as error:
            message = (
                f"{error}; the publication may still be there: "
                f"DROP PUBLICATION IF EXISTS {self._name} takes it away"
            )
            raise RunError(message) from error
        finally:
            self._task.stop()
