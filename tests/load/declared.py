"""Changes of the tables of any declaration, made up by the types of their columns.

The simulation's source writes the records and its oracle joins the true tables; neither is the code
under test. Rows come, change and go at random: half of the keys that there can be are there at the
start, and that share stays.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flink_app.declaration import Declaration, Star, load_declaration
from infra.simulation.choices import Choices
from infra.simulation.oracle import Oracle
from infra.simulation.source import Key, Record, Source, used_tables
from infra.simulation.values import Values
from tests.load.changes import TrueTable

# Of 100 changes so many are of facts: a change of a dimension moves all rows that refer to it.
_OF_FACTS: Final = 95
# Of 100 changes of a row that is there, so many delete it.
_DELETES: Final = 40


class _Chance(Choices):
    """Choices that are not written down: a load test has millions."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._drawn = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def draw(self, limit: int) -> int:
        return int(self._drawn.random() * limit)


@dataclass(frozen=True)
class DeclaredSettings:
    """What determines every byte of the changes.

    Attributes:
        declaration: its file.
        seed: of all choices.
        rows: of each table in the full load, about; twice as many keys can be. Fewer where a type
            has fewer values, or where a key of several columns shares one with another table.
    """

    declaration: Path
    seed: int = 1
    rows: int = 2_000

    def open(self) -> DeclaredChanges:
        """A source at its beginning. Raises DeclarationError."""
        return DeclaredChanges(load_declaration(self.declaration), self)


class DeclaredChanges:
    """The changes, one after the other, and the true tables that they leave."""

    def __init__(self, declaration: Declaration, settings: DeclaredSettings) -> None:
        self.counts: Counter[str] = Counter()
        self._declaration = declaration
        self._rows = settings.rows
        self._source = Source(declaration)
        self._choices = _Chance(settings.seed)
        self._values = Values(declaration, keys=2 * settings.rows)
        self._waiting: deque[tuple[str, bytes]] = deque()
        facts = {target.fact for target in declaration.targets.values()}
        used = used_tables(declaration)
        self._used = [table for table in declaration.tables if table in used]
        self._facts = [table for table in self._used if table in facts]
        self._others = [table for table in self._used if table not in facts] or self._facts

    @property
    def key_range(self) -> tuple[int, int]:
        """Nothing is shared: it runs on local servers."""
        return 0, 0

    def full_load(self) -> Iterator[tuple[str, bytes]]:
        """Every row that is there before the changes begin."""
        for table in self._used:
            for _ in range(self._rows):
                self._source.start_with(table, self._values.row(table, self._choices))
            self._source.load(table)
            yield from self._take()

    def next(self, seconds: float) -> tuple[str, bytes]:  # noqa: ARG002 - the log has no clock
        """Partition key and record of the next change."""
        while not self._waiting:
            self._change()
            self._waiting.extend(self._take())
        return self._waiting.popleft()

    def _change(self) -> None:
        tables = self._facts if self._choices.chance(_OF_FACTS) else self._others
        table = self._choices.one_of(tables)
        row = self._values.row(table, self._choices)
        key = self._source.key(table, row)
        self._source.begin()
        if key in self._source.tables[table] and self._choices.chance(_DELETES):
            self._source.delete(table, key)
        else:
            self._source.put(table, row)
        self.counts.update(f"{kind} of {table}" for kind in self._source.kinds)

    def _take(self) -> Iterator[tuple[str, bytes]]:
        """What the source has sent. It would keep all of it; here that is forgotten."""
        sent = [record for _, record in self._source.wire]
        self._source.wire.clear()
        self._source.events.clear()
        self._source.kinds.clear()
        for record in sent:
            yield f"{record.versions[0].table}.{_name_key(record)}", record.data

    def source_tables(self) -> None:
        """None: the simulation keeps rows as the stream has them, without undeclared columns."""
        return

    def compute_true_tables(self, token_key: bytes) -> list[TrueTable]:
        """The join of the source's tables, by the simulation's oracle."""
        oracle, star = Oracle(self._declaration, token_key), Star(self._declaration)
        found = []
        for name, target in self._declaration.targets.items():
            columns = [*target.columns, *target.computed, *target.constants]
            key = [columns.index(column) for column in oracle.key_columns(name)]
            rows = oracle.compute_visible(name, self._source.tables)
            found.append(TrueTable(star.targets[name].schema_name, name, columns, key, rows))
        return found


def _name_key(record: Record) -> str:
    """The key of a record's row: all changes of it go to one shard."""
    key: Key = record.versions[0].key
    return ".".join(map(str, key))
