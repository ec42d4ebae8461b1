"""One seed's history: what the simulated business does, put on a stream in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flink_app.warehouse import warehouse_spec
from infra.local.stack import BUCKET, STREAM, TOKEN_KEY, LocalStack
from infra.simulation.choices import Choices
from infra.simulation.database import BOOKKEEPING
from infra.simulation.source import Source
from infra.simulation.warehouse_check import Check, WrongError
from infra.simulation.workload import Workload
from tests.histories import declaration
from tests.histories.commits import Commits
from tests.histories.declaration import ALL_STARS
from tests.histories.stream import Stream
from tests.simulation.emulator import EmulatedWarehouse

SHARDS: Final = 3
# Acts of the business in a piece, and how long the job has after each. With a checkpoint every
# half second a cut lies after every second piece, somewhere in it.
_ACTS: Final = 10
_PIECE_SECONDS: Final = 0.25
_OWNER: Final = 1  # nobody restores from an older checkpoint: all starts are one to the check


class History:
    """A history on a running stack.

    Attributes:
        check: the simulation's, with the oracle.
        commits: every one of them, compared.
        put: how many records are on the stream.
        largest: the most rows that each target had at a commit.
    """

    def __init__(self, seed: int, stack: LocalStack, warehouse: EmulatedWarehouse) -> None:
        choices = Choices(seed)
        star = ALL_STARS
        by_table = choices.chance(30)
        self._seed = seed
        self._warehouse = warehouse
        self._choices = choices
        self._source = Source(star.declaration, SHARDS, by_table=by_table)
        self._workload = Workload(self._source, choices)
        self._stream = Stream(stack.client("kinesis"), STREAM, self._source)
        self.check = Check(
            star,
            warehouse_spec(star),
            self._source,
            warehouse,
            secret=TOKEN_KEY.encode(),
            locate=self._stream.locate,
        )
        self.check.note_start(_OWNER, self.check.reached)
        self.commits = Commits(stack.redshift.faults, self._compare)
        self.put = 0
        self.largest = dict.fromkeys(star.targets, 0)
        self._workload.begin()

    def pieces(self, count: int) -> None:
        """The business goes on, and the job with it; the first is loaded before the others come."""
        before = self.commits.seen
        self._piece()
        self.commits.look_until(lambda: self.commits.seen > before, lambda: "a first commit")
        for _ in range(count - 1):
            self._piece()
            self.commits.look_for(_PIECE_SECONDS)

    def _piece(self) -> None:
        for _ in range(_ACTS):
            self._workload.act()
            self._workload.arrive()
        self.put += self._stream.put()

    def end(self) -> None:
        """All is put and loaded, and no commit was missed."""
        self._workload.end()
        self.put += self._stream.put()
        ends = [len(records) for records in self._source.shards]
        self.commits.look_until(
            lambda: self.check.reached == ends,
            lambda: f"records up to {ends} to be loaded; {self.check.reached} are",
        )
        self.check.end()
        ((batches,),) = self._warehouse.query(
            f"SELECT count(DISTINCT batch) FROM {BOOKKEEPING}.ledger"
        )
        assert self.commits.seen == self.check.commits == int(batches)

    def _compare(self) -> None:
        try:
            with self._warehouse.snapshot():
                self.check.check_commit(_OWNER)
                for target in self.largest:
                    ((rows,),) = self._warehouse.query(f'SELECT count(*) FROM public."{target}"')
                    self.largest[target] = max(self.largest[target], int(rows))
        except WrongError as error:
            error.add_note(f"seed {self._seed}, cut {self.check.reached}: see tests/histories")
            raise


@contextmanager
def history_on_stack(seed: int, folder: Path) -> Iterator[tuple[LocalStack, History]]:
    """A seed's history on a stack of its own."""
    application = str(declaration.write(folder))
    with LocalStack(application, folder=folder, shards=SHARDS) as stack:
        warehouse = EmulatedWarehouse(stack.redshift.connection, stack.client("s3"), BUCKET)
        try:
            yield stack, History(seed, stack, warehouse)
        finally:
            warehouse.shut()
