"""What a deployment and a reload read of the bookkeeping tables, and of which layouts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from connectors.floors import Floors
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor
from connectors.redshift.migrations import find_version, require_latest
from connectors.redshift.names import Names
from connectors.redshift.sweep import floors_in
from infra.aws.data_api import DataApi
from infra.aws.environment import Redshift
from infra.aws.errors import DeployError
from infra.aws.waiting import Clock

# A sequence number has at most 129 digits; padded, the greatest text is the greatest number.
_DIGITS: Final = 129

Shard = tuple[str, str]  # stream and shard


class Bookkeeping:
    """The bookkeeping schema of one application.

    Args:
        redshift: where the warehouse is.
        client: boto3's client for redshift-data.
        clock: for waiting.
    """

    def __init__(self, redshift: Redshift, client: Any, clock: Clock) -> None:
        self._schema = redshift.bookkeeping_schema
        self._names = Names(redshift.bookkeeping_schema)
        self._warehouse = DataApi(redshift, client, clock)

    def are_empty(self) -> bool:
        """Whether nothing has ever been loaded: the tables are missing or empty.

        Raises DeployError.
        """
        # Redshift's catalogue is readable by every user.
        rows = self._query(f"SELECT tablename FROM pg_tables WHERE schemaname = '{self._schema}'")  # noqa: S608
        tables = {str(name) for (name,) in rows}
        return not any(
            self._query(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
            for name, table in (("ledger", self._names.ledger), ("account", self._names.account))
            if name in tables
        )

    def require_latest_layout(self) -> None:
        """Raises DeployError unless the tables have the layout that this release writes."""
        with _layout_is_known():
            require_latest(self._warehouse, self._names)

    def read_floors(self) -> Floors:
        """What the warehouse is swept to. Raises DeployError."""
        return floors_in(
            self._query(f"SELECT table_name, generation FROM {self._names.floor}")  # noqa: S608
        )

    def read_loaded(self) -> dict[Shard, str]:
        """The last sequence number of each shard that is loaded.

        Every layout up to that of this release has these columns: an upgrade may have to wait for
        the earlier release's load before it migrates. Raises DeployError, also for a later layout.
        """
        with _layout_is_known():
            return read_loaded(self._warehouse, self._names)

    def _query(self, sql: str) -> list[list[Any]]:
        self._warehouse.execute(sql)
        return self._warehouse.fetchall()


def read_loaded(cursor: Cursor, names: Names) -> dict[Shard, str]:
    """The last sequence number of each shard that is loaded.

    Raises NeedsRepairError for tables of a later layout.
    """
    find_version(cursor, names)
    last = f"MAX(LPAD(last_sequence_number, {_DIGITS}, '0'))"
    cursor.execute(
        f"SELECT stream, shard, {last} FROM {names.account} GROUP BY stream, shard"  # noqa: S608
    )
    rows = cursor.fetchall()
    return {(str(stream), str(shard)): str(last).lstrip("0") for stream, shard, last in rows}


@contextmanager
def _layout_is_known() -> Iterator[None]:
    """Turns the refusal of a layout into a DeployError."""
    try:
        yield
    except NeedsRepairError as error:
        raise DeployError(str(error)) from error
