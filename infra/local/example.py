"""A shipped example, run and checked locally: its database, its changes, its expected tables.

An example is a declaration and a folder of SQL: `source.sql` creates and fills the source's tables,
`changes.sql` is what happens while the job runs, `later.sql` what happens while it is stopped, and
`expected/<target>.sql` the query by which the source computes a target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flink_app.declaration import Star, load_declaration
from infra.local.examples import FOLDER
from infra.local.progress import rows
from infra.local.source import stream
from infra.local.source.database import SourceDatabase
from infra.local.source.settings import PROFILE
from infra.local.stack import STREAM, TOKEN_KEY, LocalStack
from infra.local.toolchain import ROOT


def declaration_of(name: str) -> str:
    """The example's declaration, as the application's settings name it."""
    return f"flink_app/stars/{name}.yaml"


@dataclass(frozen=True)
class Difference:
    """Rows that only one side has."""

    only_in_warehouse: list[tuple[Any, ...]]
    only_in_source: list[tuple[Any, ...]]

    @property
    def is_none(self) -> bool:
        """Whether both sides are equal."""
        return not self.only_in_warehouse and not self.only_in_source


class Example:
    """One example on a running stack.

    Args:
        name: one of `EXAMPLES`.
        stack: where it runs; its application has the example's declaration.
        folder: of its SQL, if it is not a shipped example's.
    """

    def __init__(self, name: str, stack: LocalStack, folder: Path | None = None) -> None:
        self._folder = FOLDER / name if folder is None else folder
        self._stack = stack
        self._kinesis = stack.client("kinesis")
        self.star = Star(load_declaration(ROOT / stack.settings.application.declaration))
        schema = self.star.declaration.source_schema or ""
        settings = PROFILE.for_star(self.star)
        self.database = SourceDatabase(stack.source.dsn(), schema, settings)
        self.targets = tuple(self.star.targets)

    def put_full_load(self) -> int:
        """Fills the source and puts its tables on the stream; the number of records."""
        self.database.create(self._folder / "source.sql")
        return self.put(self.database.full_load())

    def put_changes(self, script: str | None = None) -> int:
        """Runs SQL in the source, by default `changes.sql`, and puts what changed on the stream."""
        self.database.run(self.script("changes") if script is None else script)
        return self.put(self.database.changes())

    def put(self, entries: Iterable[tuple[str, bytes]]) -> int:
        """Puts raw entries (partition key, record) on the stream."""
        return stream.put(self._kinesis, STREAM, entries)

    def script(self, name: str) -> str:
        """One of the example's SQL files."""
        return (self._folder / f"{name}.sql").read_text()

    def columns(self, target: str) -> list[str]:
        """The target's visible columns."""
        return [column.name for column in self.star.wide_columns(target)]

    def compute_expected(self, target: str) -> list[tuple[Any, ...]]:
        """The target's rows, computed by the source's own SQL."""
        query = self.script(f"expected/{target}").replace("{token_key}", TOKEN_KEY)
        columns = self.columns(target)
        return [tuple(row[name] for name in columns) for row in self.database.query(query)]

    def read_loaded(self, target: str) -> list[tuple[Any, ...]]:
        """The target as people see it, by key: declared columns alone, in their order."""
        schema = self.star.targets[target].schema_name
        keys = ", ".join(f'"{name}"' for name in self.star.key_columns(target))
        connection = self._stack.warehouse()
        try:
            return rows(connection, f'SELECT * FROM "{schema}"."{target}" ORDER BY {keys}')  # noqa: S608
        finally:
            connection.close()

    def differences(self) -> dict[str, Difference]:
        """How warehouse and source differ in each target, as multisets of rows."""
        differences = {}
        for target in self.targets:
            loaded, expected = (
                Counter(self.read_loaded(target)),
                Counter(self.compute_expected(target)),
            )
            differences[target] = Difference(
                list((loaded - expected).elements()), list((expected - loaded).elements())
            )
        return differences

    def close(self) -> None:
        """Leaves the source database."""
        self.database.close()
