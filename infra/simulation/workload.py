"""What happens to the source's tables: rows come, change, move to other keys, go, and are loaded.

Keys are few, so that changes meet. References may point to what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable

from infra.simulation.choices import Choices
from infra.simulation.source import Source, used_tables
from infra.simulation.values import Values, readers_of


class Workload:
    """Chooses what to do to the tables of a source."""

    def __init__(
        self, source: Source, choices: Choices, letters: int = 0, values: Values | None = None
    ) -> None:
        self._source = source
        self._choices = choices
        self._tables = source.declaration.tables
        self._values = values or Values(source.declaration)
        self._letters = letters
        self._acts = [
            (20, self._transaction),
            (3, self._load),
            (1, self._control),
            (1, self._put_dead),
            *([(letters, self._spoil)] if letters else []),
        ]

    def begin(self) -> None:
        """Some rows are there before the stream begins; their load comes at some time."""
        for table in self._tables:
            for _ in range(self._choices.draw(3)):
                row = self._values.row(table, self._choices)
                self._source.start_with(table, row)

    def end(self) -> None:
        """What the stream still owes: loads that have not been, records under way."""
        for table in self._tables:
            if table not in self._source.loaded:
                self._source.load(table)
        self._source.arrive_all()
        while self._source.letters:
            self.replay()
        self._source.arrive_all()

    def vanish(self, tables: Iterable[str] | None = None) -> None:
        """Rows go, and change, and nobody says so: of all tables, or of some."""
        for table in self._tables if tables is None else tables:
            rows = self._source.tables[table]
            for key in list(rows):
                if self._choices.chance(30):
                    self._source.forget(table, key)
            if self._choices.chance(50):
                self._source.start_with(table, self._values.row(table, self._choices))

    def reload(self, tables: Iterable[str] | None = None) -> None:
        """DMS loads all tables in full again, or some; some of it may become dead letters."""
        under_way = len(self._source.wire)
        for table in self._tables if tables is None else tables:
            self._source.load(table, of_reload=True)
        for index in range(under_way, len(self._source.wire)):
            if self._letters and self._choices.chance(20):
                self._source.spoil(index)

    def act(self) -> None:
        """One transaction, one load, or a record that is no change."""
        self._choices.draw_weighted(self._acts)()

    def arrive(self) -> None:
        """Some records reach their shards, out of order or twice."""
        for _ in range(1 + self._choices.draw(4)):
            if self._source.wire:
                index = self._choices.draw(self._source.near)
                self._source.arrive(index, again=self._choices.chance(8))

    def lose(self) -> None:
        """Records of some shard are lost before anyone reads them."""
        self._source.lose(self._choices.draw(self._source.shard_count))

    def replay(self) -> None:
        """One dead letter is replayed."""
        self._source.replay(self._choices.draw(len(self._source.letters)))

    def repair(self) -> None:
        """Some row of a table that is read is put once more, or that it is not there."""
        tables = sorted(used_tables(self._source.declaration))
        table = self._choices.one_of(tables)
        present = [*self._source.tables[table]]
        if present and self._choices.chance(80):
            self._source.repair(table, self._choices.one_of(present))
        else:
            row = self._values.row(table, self._choices)
            self._source.repair(table, self._source.key(table, row))

    def _load(self) -> None:
        if self._source.is_undecided:
            return  # of which generation is not known
        self._source.load(self._choices.one_of(list(self._tables)))

    def _control(self) -> None:
        self._source.put_odd(dead=False)

    def _put_dead(self) -> None:
        self._source.put_odd(dead=True)

    def _spoil(self) -> None:
        indices = range(len(self._source.wire))
        updates = [index for index in indices if self._source.spoils_partly(index)]
        if updates and self._choices.chance(70):
            self._source.spoil(self._choices.one_of(updates))
        elif indices:
            self._source.spoil(self._choices.draw(len(indices)))

    def _transaction(self) -> None:
        self._source.begin()
        tables = [table for table in self._tables if self._may_change(table)]
        for _ in range(1 + self._choices.draw(4) if tables else 0):
            self._change(self._choices.one_of(tables[::-1]))

    def _may_change(self, table: str) -> bool:
        """As long as nobody knows that the log has started again, only tables that can show it."""
        source = self._source
        if not source.is_undecided or table not in used_tables(source.declaration):
            return True
        return (source.announced_generation_of(table), table) in source.followed

    def _change(self, table: str) -> None:
        row, present = self._values.row(table, self._choices), self._source.tables[table]
        key = self._source.key(table, row)
        if key not in present:
            others = [other for other in present if other != key]
            if others and self._choices.chance(25):
                old = self._choices.one_of(others)
                self._source.put(table, row, old=old, left_out=self._left_out(table))
            else:
                self._source.put(table, row)
        elif self._choices.chance(30):
            self._source.delete(table, key)
        else:
            self._source.put(table, row, left_out=self._left_out(table))

    def _left_out(self, table: str) -> frozenset[str]:
        """Columns that an update does not touch and does not send."""
        columns, left_out = self._tables[table].columns, set[str]()
        for readers in readers_of(columns).values():
            kinds = {columns[name].unchanged for name in readers}
            if len(kinds) == 1 and None not in kinds and self._choices.chance(60):
                left_out.update(readers)
        return frozenset(left_out)
