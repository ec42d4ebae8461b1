"""Where the traffic goes and where its rows come out: a stream and, within reach, a warehouse.

Owns the small interface that the local servers and a deployed environment share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from redshift_connector.core import Connection

from infra.local.progress import rows
from tests.load.changes import SourceTables, TrueTable
from tests.load.clock import RunClock
from tests.load.figures import Ceiling, Checkpoint, Reconciled
from tests.load.model import Row
from tests.load.operators import OperatorLoad

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


class LoadTestError(RuntimeError):
    """The load test cannot go on; the message says why."""


@dataclass(frozen=True)
class Warehouse:
    """The wide table, and the bookkeeping beside it.

    Attributes:
        connect: opens a connection with autocommit.
        token_key: under which the application makes tokens.
        bookkeeping: schema of the accounts.
        shared: whether the table also holds rows that are not this run's.
    """

    connect: Callable[[], Connection]
    token_key: bytes
    bookkeeping: str = "starjoin"
    shared: bool = False

    def read(self, connection: Connection, table: TrueTable, keys: tuple[int, int]) -> list[Row]:
        """What the target shows; of a shared table the rows between `keys`."""
        columns = ", ".join(f'"{name}"' for name in table.columns)
        first = table.columns[table.key[0]]
        where = f' WHERE "{first}" BETWEEN {keys[0]} AND {keys[1]}' if self.shared else ""
        return rows(connection, f'SELECT {columns} FROM "{table.schema}"."{table.name}"{where}')


@dataclass(frozen=True)
class Destination:
    """A stream, and the warehouse that its application loads.

    Attributes:
        warehouse: None where it cannot be reached, for the reason in `why_none`.
    """

    kinesis: KinesisClient
    stream: str
    warehouse: Warehouse | None
    why_none: str = ""


class Target(Protocol):
    """What is put under load: a destination and what is known of the job behind it."""

    @property
    def destination(self) -> Destination:
        """Where the traffic goes."""

    @property
    def process_names(self) -> dict[str, str]:
        """Parts of command lines by which further processes are recognised."""

    def ceiling(self) -> Ceiling:
        """What the generator can do by itself."""

    def start_job(self) -> None:
        """Starts the job, where that is for the run to do; the full load is on the stream."""

    def check(self) -> None:
        """Raises LoadTestError when the job has failed."""

    def operator_loads(self) -> list[OperatorLoad]:
        """What the job's operators do of their time, as far as that can be known."""

    def reconcile(self, tables: SourceTables) -> Reconciled | None:
        """What reconciling with these source tables finds; None where that cannot be done."""

    def checkpoints(self, clock: RunClock) -> list[Checkpoint]:
        """The job's checkpoints, as far as they can be known."""
