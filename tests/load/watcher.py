"""When what became visible: asks the warehouse, again and again, up to where each shard is loaded.

A batch is one transaction, and the account rows in it say which sequence numbers it covers. Epochs
end at one place in each shard, so all records up to a shard's highest covered number are visible
as soon as that number is.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Final

from redshift_connector.core import Connection
from redshift_connector.error import ProgrammingError

from infra.local.progress import is_undefined
from tests.load.pace import Clock
from tests.load.repeating import Repeating

# A query takes the emulator a few milliseconds; more often would show in its figures.
LOOK_SECONDS: Final = 0.1


@dataclass
class Seen:
    """What the looks have shown; only the watcher's thread changes it.

    Attributes:
        covered: by shard, when a higher sequence number was first seen, and which.
        loaded: when more records were accounted for, and how many in all.
        looks: when each look had its answer.
    """

    covered: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    loaded: list[tuple[float, int]] = field(default_factory=list)
    looks: array[float] = field(default_factory=lambda: array("d"))
    dead_lettered: int = 0

    @property
    def records(self) -> int:
        """How many records the warehouse accounts for."""
        return self.loaded[-1][1] if self.loaded else 0

    def covers(self, last_numbers: dict[str, int]) -> bool:
        """Whether every shard is loaded up to the number given for it."""
        return all(
            shard in self.covered and self.covered[shard][-1][1] >= number
            for shard, number in last_numbers.items()
        )

    def add(self, at: float, found: list[tuple[str, int, int, int]]) -> None:
        """Notes one answer: shard, highest number, records read, dead letters."""
        self.looks.append(at)
        for shard, number, _, _ in found:
            history = self.covered.setdefault(shard, [])
            if not history or history[-1][1] < number:
                history.append((at, number))
        read = sum(row[2] for row in found)
        self.dead_lettered = sum(row[3] for row in found)
        if not self.loaded or self.loaded[-1][1] < read:
            self.loaded.append((at, read))


class Watcher(Repeating):
    """A thread that looks until it is stopped; a context manager.

    Args:
        connection: to the warehouse, with autocommit; the watcher's own.
        clock: the run's.
        stream: whose accounts count, as the account names it.
        schema: of the bookkeeping tables.
    """

    def __init__(
        self, connection: Connection, clock: Clock, stream: str, schema: str = "starjoin"
    ) -> None:
        self.seen = Seen()
        self._connection = connection
        self._clock = clock
        self._stream = stream
        self._query = (
            "SELECT shard, MAX(LPAD(last_sequence_number, 129, '0')), SUM(records_read), "
            f'SUM(dead_lettered) FROM "{schema}".account WHERE stream = %s GROUP BY shard'
        )
        super().__init__("watcher", LOOK_SECONDS)

    def look(self) -> None:
        """Looks once. The answer may be a little older than its time, never newer.

        Sees nothing as long as the job has not made its tables.
        """
        cursor = self._connection.cursor()
        try:
            cursor.execute(self._query, (self._stream,))
        except ProgrammingError as error:
            if not is_undefined(error):
                raise
            return
        found = [(str(s), int(n), int(r), int(d)) for s, n, r, d in cursor.fetchall()]
        self.seen.add(self._clock.now(), found)
