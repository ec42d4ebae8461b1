"""The database of a local run: real PostgreSQL with a schema, which a task follows.

Owns loading the example's SQL and asking the database; what its changes look like on the stream is
the task's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.local.source.refusals import SourceRefusedError
from infra.local.source.row_records import Entry
from infra.local.source.settings import PROFILE, TaskSettings
from infra.local.source.tables import SourceCatalogue
from infra.local.source.task import ReplicationTask

_TREATMENTS: Final = Path(__file__).with_name("treatments.sql")


class SourceDatabase:
    """One schema of the source database, and the task that follows it once it is created.

    Args:
        dsn: of a PostgreSQL that this may fill.
        schema: the schema that holds the tables, and that change records name.
        settings: of the task.
    """

    def __init__(self, dsn: str, schema: str, settings: TaskSettings = PROFILE) -> None:
        self.schema = schema
        self._dsn = dsn
        self._settings = settings
        self._connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self._task: ReplicationTask | None = None

    def create(self, script: Path) -> None:
        """Runs the SQL that makes and fills the tables; every change is captured from then on."""
        self.run(script.read_text())
        self._connection.execute(_TREATMENTS.read_text().encode())
        tables = SourceCatalogue(self._connection).list_tables([self.schema])
        self._task = ReplicationTask(self._dsn, tables, settings=self._settings)
        self._task.start()

    def run(self, script: str) -> None:
        """Runs statements in the schema, in one transaction unless the script says otherwise."""
        self._connection.execute(
            sql.SQL("SET search_path = {}").format(sql.Identifier(self.schema))
        )
        self._connection.execute(script.encode())

    def query(self, script: str) -> list[dict[str, Any]]:
        """The rows of one query."""
        return self._connection.execute(script.encode()).fetchall()

    @property
    def task(self) -> ReplicationTask:
        """What follows the database."""
        if self._task is None:
            message = "the source is empty: create it first"
            raise SourceRefusedError(message)
        return self._task

    def full_load(self) -> Iterator[Entry]:
        """What a task sends first: its tables, and every row that was there when it began."""
        yield from self.task.full_load()
        self.task.finish_load()

    def changes(self) -> list[Entry]:
        """The records of what was committed since the last call, in order."""
        entries: list[Entry] = []
        while True:
            changes = self.task.read_changes()
            entries += changes.entries
            self.task.confirm(changes)
            if not changes.has_more:
                return entries

    def close(self) -> None:
        """Ends the sessions; the database is its server's to remove."""
        if self._task is not None:
            self._task.stop()
        self._connection.close()
