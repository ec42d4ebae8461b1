"""A shipped example, run and checked locally: its database, its changes, its expected table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flink_app.declaration import Star, load_declaration
from infra.local.source import dms
from infra.local.source.database import SourceDatabase
from infra.local.stack import STREAM, TOKEN_KEY, LocalStack
from infra.local.toolchain import ROOT

_EXAMPLES = Path(__file__).with_name("examples")


@dataclass(frozen=True)
class Difference:
    """Rows of one side that the other does not have."""

    only_in_warehouse: list[tuple[Any, ...]]
    only_in_source: list[tuple[Any, ...]]

    @property
    def is_none(self) -> bool:
        """Whether both sides are equal."""
        return not self.only_in_warehouse and not self.only_in_source


class Example:
    """One example on a running stack.

    Args:
        name: folder below `examples`, and the declaration of that name.
        stack: where it runs.
    """

    def __init__(self, name: str, stack: LocalStack) -> None:
        self._folder = _EXAMPLES / name
        self._stack = stack
        self._kinesis = stack.client("kinesis")
        self.star = Star(load_declaration(ROOT / stack.settings.application.declaration))
        self.database = SourceDatabase(stack.source.dsn(), self.star.declaration.source_schema)
        (self.target,) = self.star.targets
        self.columns = [column.name for column in self.star.wide_columns(self.target)]

    def put_full_load(self) -> int:
        """Fills the source and puts its tables on the stream; the number of records."""
        self.database.create(self._folder / "source.sql")
        entries = [
            *dms.announcements(self.database),
            *dms.records(self.database, self.database.full_load()),
        ]
        return self.put(entries)

    def put_changes(self, script: str | None = None) -> int:
        """Runs SQL in the source, by default the example's, and puts what changed on the stream."""
        if script is None:
            script = (self._folder / "changes.sql").read_text()
        self.database.run(script)
        return self.put(list(dms.records(self.database, self.database.changes())))

    def put(self, entries: list[tuple[str, bytes]]) -> int:
        """Puts raw entries (partition key, record) on the stream."""
        return dms.put(self._kinesis, STREAM, entries)

    def expected(self) -> list[tuple[Any, ...]]:
        """The target's rows, computed by the source's own SQL."""
        query = (self._folder / "expected.sql").read_text()
        query = query.replace("{token_key}", TOKEN_KEY)
        query = query.replace("{token_key_bytes}", str(len(TOKEN_KEY.encode())))
        return [tuple(row.values()) for row in self.database.query(query)]

    def loaded(self) -> list[tuple[Any, ...]]:
        """The target's visible columns as the warehouse has them, by key."""
        target = self.star.targets[self.target]
        listed = ", ".join(f'"{name}"' for name in self.columns)
        keys = ", ".join(f'"{name}"' for name in self.star.key_columns(self.target))
        connection = self._stack.warehouse()
        try:
            cursor = connection.cursor()
            cursor.execute(
                f'SELECT {listed} FROM "{target.schema_name}"."{self.target}" ORDER BY {keys}'  # noqa: S608
            )
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    def difference(self) -> Difference:
        """How warehouse and source differ, as multisets of rows."""
        loaded, expected = self.loaded(), self.expected()
        return Difference(_minus(loaded, expected), _minus(expected, loaded))

    def close(self) -> None:
        """Leaves the source database."""
        self.database.close()


def _minus(left: list[tuple[Any, ...]], right: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    from collections import Counter

    return list((Counter(left) - Counter(right)).elements())
