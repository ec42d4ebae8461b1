"""The warehouse that is loaded: the Redshift emulator, and its target.

Redshift keeps the least and greatest value of each block of a column and leaves out blocks that
hold nothing of what is looked for. PostgreSQL does so by a BRIN index, which stands on the target's
key here, with ranges of as many rows as a block of 1 MB holds of eight bytes each.

Loads go through the driver, the emulator and S3 like any other. What prepares a target for them,
and VACUUM, goes straight to PostgreSQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from connectors.redshift.access import RedshiftAddress, SslMode
from connectors.redshift.connection import Credentials, connect
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from flink_app.declaration import Star, load_declaration
from flink_app.warehouse import warehouse_spec
from infra.local.lifetimes import Lifetime
from infra.local.moto import Moto
from infra.local.processes import ServiceError
from infra.local.redshift import RedshiftEmulator
from infra.local.toolchain import ROOT
from tests.bench.loads.batches import KNOWN, TARGET_COLUMNS, Target

START: Final = 1
_BUCKET: Final = "starjoin-bench"
_SCHEMA: Final = "starjoin"
# Rows of a block of Redshift's (1 MB) that holds a BIGINT without an encoding. One that is encoded
# holds more rows, so fewer blocks would have to be read of a narrow column, and more rows.
BLOCK_ROWS: Final = 131_072
_ZONE_MAP: Final = "bench_zone_map"
_BYTES_A_ROW: Final = 700  # the row, what a batch writes beside it, and the log of both
# One process does one session's work, so that its CPU time is the work; enough memory for a hash
# table of the batch, as a warehouse has it.
_SESSION_SETTINGS: Final = {
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "work_mem": "'512MB'",
}


class BenchWarehouse(Lifetime):
    """The servers, and the ticket seller's tables on them. Use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._exit = ExitStack()
        self.star = Star(load_declaration(ROOT / "flink_app" / "stars" / "ticket_seller.yaml"))
        self.spec = warehouse_spec(self.star)
        self.names = Names(_SCHEMA)
        (self.target,) = self.spec.targets
        # What loads write: as SQL has it, and its name in its schema.
        self.table = self.names.base(self.target)
        self.table_name = self.names.base_table(self.target)
        self.tombstones = self.names.tombstones(self.target)

    def _start(self) -> None:
        moto = self._exit.enter_context(Moto(self._folder / "moto"))
        self.redshift = self._exit.enter_context(
            RedshiftEmulator(self._folder / "redshift", s3_endpoint=moto.endpoint)
        )
        s3 = moto.client("s3")
        s3.create_bucket(
            Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": moto.region}
        )
        self.store = S3Store(s3, _BUCKET, "bench")
        dsn = self.redshift.postgres.dsn(self.redshift.database)
        self._postgres = self._exit.enter_context(psycopg.connect(dsn, autocommit=True))
        for name, value in _SESSION_SETTINGS.items():
            self._run(f"ALTER DATABASE {self.redshift.database} SET {name} = {value}")
        self._watch: Callable[[Any], Any] = lambda connection: connection
        self._loader = Loader(
            self.spec,
            application="bench",
            bookkeeping_schema=_SCHEMA,
            copy_role="arn:aws:iam::123456789012:role/copy",
            connect=lambda: self._watch(self._connect()),
            manifests=self.store,
        )
        self._loader.start(START)
        self._loader.load([], START)  # the first asks once what was ever read

    def stop(self) -> None:
        """Ends the servers and removes the data. May be repeated."""
        self._exit.close()

    def load(self, parts: Sequence[Part], watch: Callable[[Any], Any]) -> None:
        """One load by the application's loader, through what `watch` makes of its connection."""
        self._watch = watch
        self._loader.load(parts, START)

    def fill(self, target: Target) -> int:
        """The target has these rows and no others; returns its size in bytes.

        Raises ServiceError where the disk has no room for them.
        """
        _check_room(self.redshift.postgres.socket_folder, target.rows)
        for name in (self.table, self.tombstones):
            self._run(f"TRUNCATE {name}")
            # Every trial is followed by a VACUUM; another one in the middle would disturb it.
            self._run(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
        counts = {"customers": target.customers, "events": target.events}
        columns = {
            column.name: TARGET_COLUMNS[column.name].format(**counts)
            if column.name in TARGET_COLUMNS
            else "decode(%(known)s, 'hex')"
            for column in self.target.columns
        }
        self._run(
            f"INSERT INTO {self.table} ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values()).replace(' % ', ' %% ')} "
            f"FROM generate_series(1, {target.rows}) AS n",
            {"known": KNOWN},
        )
        self._run(f"VACUUM (FREEZE, ANALYZE) {self.table}")
        self._map_zones(target.rows)
        return self.size()

    def _map_zones(self, rows: int) -> None:
        """Makes the target's zone map, whose zones are of `BLOCK_ROWS` rows."""
        query = "SELECT relpages FROM pg_class WHERE oid = CAST(%(table)s AS regclass)"
        ((pages,),) = self._run(query, {"table": self.table}).fetchall()
        zone = max(round(BLOCK_ROWS * int(pages) / rows), 1)
        self._run(f"DROP INDEX IF EXISTS {self.target.schema}.{_ZONE_MAP}")
        self._run(
            f'CREATE INDEX {_ZONE_MAP} ON {self.table} USING brin ("{self.target.key[0]}") '
            f"WITH (pages_per_range = {zone})"
        )

    def clean(self) -> None:
        """Takes away what a transaction that was rolled back has left in the tables."""
        for name in (self.table, self.tombstones):
            self._run(f"VACUUM {name}")

    def scan(self) -> None:
        """Reads the whole target, in which nothing is found."""
        key = self.target.key[0]
        self._run(f'SELECT COUNT(*) FROM {self.table} WHERE "{key}" < 0')

    def remove_facts_above(self, rows: int) -> None:
        """Takes facts that were committed out of the target again, and their parts' names."""
        key = self.target.key[0]
        self._run(f'DELETE FROM {self.table} WHERE "{key}" > {rows}')
        self._run(f"DELETE FROM {self.names.ledger}")
        self.clean()

    def size(self) -> int:
        """Bytes of the target."""
        query, values = "SELECT pg_table_size(%(table)s)", {"table": self.table}
        ((size,),) = self._run(query, values).fetchall()
        return int(size)

    def database_seconds(self) -> float:
        """CPU time of PostgreSQL so far, sessions that have ended included."""
        server = psutil.Process(self.redshift.postgres.pid())
        times = server.cpu_times()
        ended = times.user + times.system + times.children_user + times.children_system
        return ended + sum(_used(process) for process in server.children(recursive=True))

    def emulator_seconds(self) -> float:
        """CPU time of the emulator so far: COPY reads Parquet there."""
        return _used(psutil.Process(self.redshift.pid()))

    def _connect(self) -> Any:
        redshift = self.redshift
        address = RedshiftAddress(redshift.host, redshift.port, redshift.database, SslMode.NONE)
        return connect(address, Credentials(redshift.user, redshift.password))

    def _run(self, sql: str, values: dict[str, Any] | None = None) -> psycopg.Cursor[Any]:
        return self._postgres.execute(sql.encode(), values)


def _check_room(folder: Path, rows: int) -> None:
    free, needed = shutil.disk_usage(folder).free, rows * _BYTES_A_ROW
    if free < needed:
        message = (
            f"a target of {rows:,} rows needs about {needed / 1e9:.1f} GB below {folder}, and "
            f"{free / 1e9:.1f} GB are free: choose a smaller one (--target-rows)"
        )
        raise ServiceError(message)


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # its time is among that of the server's children from now on
    return times.user + times.system
