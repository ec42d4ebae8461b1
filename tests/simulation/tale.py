"""A history written out step by step: records, their order on the shards, what is loaded when.

Positions follow the order in which records are made, arrival the order in which they are taken. f
is a fact, t a ticket, e an event, c a customer; a number alone is a key.
"""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import Any, Self

from flink_app.declaration import Star
from infra.simulation.source import Record, Source
from infra.simulation.values import Row
from infra.simulation.world import World
from tests.simulation.stars import TALE

_ROUNDS = 6  # looks of the load until it has done what it can


class Tale:
    """One stream, one warehouse, and what happens, in order.

    Args:
        shards: of the stream.
        parallelism: of the first attempt.
        star: which one; `f` to `load` make rows of the usual one.
    """

    def __init__(self, shards: int = 1, parallelism: int = 1, star: Star = TALE) -> None:
        self.source = Source(star.declaration, shards)
        self.world = World(star, self.source, parallelism)
        self._texts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.world.close()

    # -- records, in the order of their positions

    def f(self, key: int, t: int | None = None, c: int | None = None) -> Record:
        return self._put("f", {"id": key, "t": t, "c": c})

    def t(self, key: int, e: int | None = None) -> Record:
        return self._put("t", {"id": key, "e": e, "text": self._text()})

    def e(self, key: int) -> Record:
        return self._put("e", {"id": key, "text": self._text()})

    def c(self, key: int, *, old: int | None = None) -> Record:
        return self._put("c", {"id": key, "text": self._text()}, old)

    def delete(self, table: str, key: int) -> Record:
        self.source.begin()
        self.source.delete(table, (key,))
        return self._make()

    def load(self, table: str, key: int) -> Record:
        """The full load of a row that is there as long as nobody remembers, or since now."""
        if (key,) not in self.source.tables[table]:
            row: Row = dict.fromkeys(TALE.tables[table].columns) | {"id": key}
            self.source.start_with(table, row | ({} if table == "f" else {"text": self._text()}))
        self.source.load(table, [(key,)])
        return self._make()

    def put(self, table: str, row: Row, *, left_out: Collection[str] = ()) -> Record:
        """An insert or update of a whole row, which does not send what is left out."""
        self.source.begin()
        self.source.put(table, row, left_out=frozenset(left_out))
        return self._make()

    def change_silently(self, table: str, key: int) -> None:
        """The row changes, and no record says so."""
        self.source.tables[table][key,] = {"id": key, "text": self._text()}

    # -- what becomes of them

    def take(self, *records: Record, shard: int = 0) -> None:
        """The records arrive and go as far as their stage, one after the other."""
        for record in records:
            self.source.shards[shard].append(record)
            self.read(shard)

    def take_spoiled(self, record: Record) -> None:
        """The record arrives so that nobody can read it, and becomes a dead letter."""
        self.source.wire.append((0, record))
        self.source.spoil(0)
        self.source.arrive(0)
        self.read()

    def replay_letter(self) -> None:
        """The dead letter's record is put back on the stream, as it should have been."""
        self.source.replay(0)
        self.source.arrive(0)
        self.read()

    def read(self, shard: int = 0) -> None:
        """The shard's next record goes as far as its stage."""
        self.world.attempt.read(shard, 1)
        self.world.run_moves()

    def checkpoint(self) -> None:
        """What was taken belongs to a completed checkpoint, and is not loaded yet."""
        self.world.run_checkpoint()

    def commit(self) -> None:
        """A checkpoint, and its load."""
        self.checkpoint()
        self.settle()

    def settle(self) -> None:
        """What is complete is loaded."""
        if not self.world.attempt.announced:
            self.world.attempt.announce()
        for _ in range(_ROUNDS):
            self.world.run_loads()

    def restore(self, number: int, *, zombie: bool = False) -> None:
        """The attempt dies, the next one starts from checkpoint `number`."""
        (checkpoint,) = [one for one in self.world.checkpoints if one.number == number]
        self.world.fail(checkpoint, 1, zombie=zombie)

    def reload(self) -> None:
        """DMS stops, and the job restarts with the boundary of a new generation."""
        self.world.reload(1)

    def reload_table(self, table: str) -> None:
        """The job restarts with the boundary of one table's generation, whose load comes now."""
        self.world.reload_table(table, 1)

    def raise_floor(self) -> None:
        """The job restarts with a floor below the generation of a reload."""
        self.world.raise_floor(1)

    def replay(self) -> None:
        """Everything is read again, up to the end, and loaded."""
        self.world.run_reads()
        self.commit()
        self.world.check_end()

    def _put(self, table: str, row: Row, old: int | None = None) -> Record:
        self.source.begin()
        self.source.put(table, row, old=None if old is None else (old,))
        return self._make()

    def _make(self) -> Record:
        return self.source.wire.pop()[1]

    def _text(self) -> Any:
        self._texts += 1
        return f"text {self._texts}"
