"""Versions of the bookkeeping tables' layout, and the migrations that bring earlier ones here.

Owns the numbered list. The table `schema_version` says which version the tables have; a start reads
it under the load's lock and runs what is missing in the same transaction, so that a migration is
there as a whole or not at all, and two starts cannot run it at once.

    version 1  `account` counts by part
    version 2  `account.below_floor`
    version 3  `account` counts by batch and table, `outcome` is new
    version 4  `schema_version`
    version 5  `gap`
    version 6  `load_lock`, which loads lock instead of `ledger`
    version 7  `account.log_generation` and the other columns of a point in the source's log
    version 8  `ledger` is sorted by `part`; tombstones have their time (`ddl.replace_tombstones`)
    version 9  `floor` says of which table, if of one alone
    version 10  targets are views of base tables (`targets`), which earlier releases cannot load
    version 11  positions are bytes in targets, tombstones and dimensions (`position_columns`)
    version 12  `account` has commit times; `cut` and its view are new

Versions 1 to 3 left no row in `schema_version`: the columns of `account` determine which it was.
Tables that a version adds are created like all that are missing, and need no statement here.

Statements are kept as they were when they were written, whatever `bookkeeping` says today. They
must be able to run inside a transaction block: Redshift takes ADD COLUMN there (one a statement),
DROP and RENAME, but no ALTER COLUMN TYPE, and no VACUUM or TRUNCATE. A column that must change its
type is replaced with its table, as in version 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.redshift.bookkeeping import SCHEMA_VERSION
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor, columns_of, insert, now
from connectors.redshift.names import Names


@dataclass(frozen=True)
class Version:
    """A version of the layout, and the first release of Starjoin that has it, or will have it."""

    number: int
    release: str


@dataclass(frozen=True)
class Migration:
    """What makes the tables of the version before those of `version`.

    Attributes:
        version: that it leads to.
        statements: in order, all in one transaction.
    """

    version: Version
    statements: Callable[[Names], Sequence[str]]


def _add_below_floor(names: Names) -> Sequence[str]:
    return [f"ALTER TABLE {names.account} ADD COLUMN below_floor BIGINT DEFAULT 0 NOT NULL"]


def _count_by_batch_and_table(names: Names) -> Sequence[str]:
    """A new table instead of columns with a default, which Redshift can neither drop nor lengthen.

    Earlier versions did not count by table, nor what was superseded: their changes stand as loaded
    under the table and destination `(untold)`, so that the balance holds for them too.
    """
    replacement = names.bookkeeping_table("account_by_batch")
    return [
        f"""CREATE TABLE {replacement} (
  batch VARCHAR(64) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  shard VARCHAR(128) NOT NULL,
  table_name VARCHAR(128) NOT NULL,
  first_sequence_number VARCHAR(129) NOT NULL,
  last_sequence_number VARCHAR(129) NOT NULL,
  records_read BIGINT NOT NULL,
  split BIGINT NOT NULL,
  dead_lettered BIGINT NOT NULL,
  passed_over BIGINT NOT NULL,
  below_floor BIGINT NOT NULL,
  last_arrival_ms BIGINT,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (loaded_at)""",
        # A part whose ledger row was deleted by hand is its own batch: no account is lost.
        f"""INSERT INTO {replacement} (batch, stream, shard, table_name, first_sequence_number,
  last_sequence_number, records_read, split, dead_lettered, passed_over, below_floor,
  last_arrival_ms, loaded_at)
SELECT COALESCE(l.batch, a.part), a.stream, a.shard, '(untold)', a.first_sequence_number,
  a.last_sequence_number, a.records_read, 0, a.dead_lettered, a.passed_over, a.below_floor,
  a.last_arrival_ms, a.loaded_at
FROM {names.account} AS a LEFT JOIN {names.ledger} AS l ON l.part = a.part""",
        f"DROP TABLE {names.account}",
        f"ALTER TABLE {replacement} RENAME TO account",
        f"""CREATE TABLE IF NOT EXISTS {names.outcome} (
  batch VARCHAR(64) NOT NULL,
  table_name VARCHAR(128) NOT NULL,
  destination VARCHAR(128) NOT NULL,
  loaded BIGINT NOT NULL,
  superseded BIGINT NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (loaded_at)""",
        f"""INSERT INTO {names.outcome} (batch, table_name, destination, loaded, superseded,
  loaded_at)
SELECT batch, table_name, '(untold)',
  SUM(records_read - dead_lettered - passed_over - below_floor), 0, MAX(loaded_at)
FROM {names.account} GROUP BY batch, table_name""",
    ]


def _sort_ledger_by_part(names: Names) -> Sequence[str]:
    """A new table, since a sort key is not known to be altered within a transaction."""
    replacement = names.bookkeeping_table("ledger_by_part")
    columns = "part, batch, kind, stream, epoch, row_count, byte_count, url, loaded_at"
    return [
        f"""CREATE TABLE {replacement} (
  part VARCHAR(64) NOT NULL,
  batch VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  epoch BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  byte_count BIGINT NOT NULL,
  url VARCHAR(1024) NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (part)""",
        f"INSERT INTO {replacement} ({columns})\nSELECT {columns} FROM {names.ledger}",
        f"DROP TABLE {names.ledger}",
        f"ALTER TABLE {replacement} RENAME TO ledger",
    ]


def _give_floors_a_table(names: Names) -> Sequence[str]:
    """A new table instead of a column with a default, which Redshift cannot drop.

    Versions before 3 have no table to take over.
    """
    replacement = names.bookkeeping_table("floor_by_table")
    return [
        f"""CREATE TABLE IF NOT EXISTS {names.floor} (
  generation INTEGER NOT NULL,
  raised_at TIMESTAMP NOT NULL
) DISTSTYLE ALL""",
        f"""CREATE TABLE {replacement} (
  table_name VARCHAR(128) NOT NULL,
  generation INTEGER NOT NULL,
  raised_at TIMESTAMP NOT NULL
) DISTSTYLE ALL""",
        f"""INSERT INTO {replacement} (table_name, generation, raised_at)
SELECT '', generation, raised_at FROM {names.floor}""",
        f"DROP TABLE {names.floor}",
        f"ALTER TABLE {replacement} RENAME TO floor",
    ]


def _change_nothing(_names: Names) -> Sequence[str]:
    return []


def _add_log_points(names: Names) -> Sequence[str]:
    columns = (
        "log_generation INTEGER",
        "log_position VARCHAR(64)",
        "log_committed BIGINT",
        "log_name VARCHAR(512)",
    )
    return [f"ALTER TABLE {names.account} ADD COLUMN {column}" for column in columns]


# What `account` has since version 12.
COMMIT_TIMES: Final = ("first_committed", "last_committed", "commit_lag_ms")


def _add_commit_times(names: Names) -> Sequence[str]:
    return [f"ALTER TABLE {names.account} ADD COLUMN {column} BIGINT" for column in COMMIT_TIMES]


MIGRATIONS: Final = (
    Migration(Version(2, "0.1.0"), _add_below_floor),
    Migration(Version(3, "0.1.0"), _count_by_batch_and_table),
    Migration(Version(4, "0.1.0"), _change_nothing),
    Migration(Version(5, "0.2.0"), _change_nothing),
    Migration(Version(6, "0.2.0"), _change_nothing),
    Migration(Version(7, "0.2.0"), _add_log_points),
    Migration(Version(8, "0.2.0"), _sort_ledger_by_part),
    Migration(Version(9, "0.2.0"), _give_floors_a_table),
    Migration(Version(10, "0.2.0"), _change_nothing),
    Migration(Version(11, "0.2.0"), _change_nothing),
    Migration(Version(12, "0.2.0"), _add_commit_times),
)
LATEST: Final = MIGRATIONS[-1].version
# What `account` has since when; the newest first.
_SINCE: Final = (("batch", Version(3, "0.1.0")), ("below_floor", Version(2, "0.1.0")),
                 ("part", Version(1, "0.1.0")))  # fmt: skip


def find_version(cursor: Cursor, names: Names) -> Version | None:
    """The version that the tables have; None where there are none yet.

    Raises NeedsRepairError when it is later than this release knows, or no version at all.
    """
    if columns_of(cursor, names, SCHEMA_VERSION.name):
        cursor.execute(f"SELECT version, release FROM {names.schema_version}")
        recorded = [Version(int(number), str(release)) for number, release in cursor.fetchall()]
        if recorded:
            latest_recorded = max(recorded, key=lambda version: version.number)
            _refuse_later(latest_recorded, names)
            return latest_recorded
    columns = columns_of(cursor, names, names.ACCOUNT)
    if not columns:
        return None
    for column, version in _SINCE:
        if column in columns:
            return version
    message = (
        f"the bookkeeping table {names.account} has the columns {', '.join(sorted(columns))}, "
        "which match no Starjoin release: it was created or altered by something else. Set "
        "bookkeeping.schema of starjoin.redshift to a schema of the application's own, or restore "
        "the table"
    )
    raise NeedsRepairError(message)


def _refuse_later(recorded: Version, names: Names) -> None:
    if recorded.number > LATEST.number:
        message = (
            f"the bookkeeping tables in schema {names.bookkeeping_schema} have version "
            f"{recorded.number}, which came with Starjoin {recorded.release}; this application "
            f"knows versions up to {LATEST.number} (Starjoin {LATEST.release}). Nothing was "
            f"changed or loaded. Run Starjoin {recorded.release} or later"
        )
        raise NeedsRepairError(message)


def require_latest(cursor: Cursor, names: Names) -> None:
    """For whoever reads or writes the tables and does not migrate them.

    Raises NeedsRepairError unless they have the version that this release writes.
    """
    version = find_version(cursor, names)
    if version != LATEST:
        has = "do not exist" if version is None else f"have version {version.number}"
        message = (
            f"the bookkeeping tables in schema {names.bookkeeping_schema} {has}, and this release "
            f"(Starjoin {LATEST.release}) needs version {LATEST.number}. Start the application "
            "with this release first: its start creates and migrates them"
        )
        raise NeedsRepairError(message)


def pending_migrations(version: Version | None) -> tuple[Migration, ...]:
    """What is missing, in order; nothing for tables that are made new."""
    return tuple(m for m in MIGRATIONS if version is not None and m.version.number > version.number)


def statements(names: Names, migrations: Sequence[Migration]) -> Iterator[tuple[str, str]]:
    """What a start is doing, and the statement that does it, for each statement in order."""
    for migration in migrations:
        for sql in migration.statements(names):
            yield f", migrating the bookkeeping tables to version {migration.version.number}", sql


def record_version(cursor: Cursor, names: Names) -> None:
    """Writes down that the tables have the latest version."""
    cursor.execute(f"DELETE FROM {names.schema_version}")
    row = {"version": LATEST.number, "release": LATEST.release, "migrated_at": now()}
    insert(cursor, names, SCHEMA_VERSION, [row])
