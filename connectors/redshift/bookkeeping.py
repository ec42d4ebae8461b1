"""The bookkeeping tables as they are today: names, columns, and the statements that follow.

Owns their layout. `migrations` numbers it and brings earlier layouts here; a change of a table
begins there (CONTRIBUTING.md, "A bookkeeping table"). Rows are given by column name, so
that no INSERT depends on the order in which a table happens to have its columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.failures import StarjoinError
from connectors.redshift.names import Names, quote

Row = Mapping[str, Any]


class BookkeepingRowError(StarjoinError, ValueError):
    """A row does not have the columns of its bookkeeping table."""


@dataclass(frozen=True)
class Table:
    """One bookkeeping table.

    Attributes:
        name: unquoted, without its schema.
        columns: name and definition of each.
        sort_key: what it is read by, for a table that grows.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    sort_key: str = ""

    def create_statement(self, names: Names) -> str:
        """Creates it where it is missing."""
        columns = ",\n".join(f"  {name} {definition}" for name, definition in self.columns)
        sort = f" SORTKEY ({self.sort_key})" if self.sort_key else ""
        return (
            f"CREATE TABLE IF NOT EXISTS {names.bookkeeping_table(self.name)} (\n{columns}\n"
            f") DISTSTYLE ALL{sort}"
        )

    def insert_statement(self, names: Names, rows: Sequence[Row]) -> tuple[str, list[Any]]:
        """The INSERT of `rows`, and its parameters.

        Raises BookkeepingRowError for a row that lacks one of the table's columns, or has another:
        every column is written, NULL included.
        """
        columns = [name for name, _ in self.columns]
        for row in rows:
            if row.keys() != set(columns):
                message = f"a row of {self.name} has columns {sorted(row)}, not {sorted(columns)}"
                raise BookkeepingRowError(message)
        marks = ", ".join(["(" + ", ".join(["%s"] * len(columns)) + ")"] * len(rows))
        table = names.bookkeeping_table(self.name)
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}"
        return sql, [row[column] for row in rows for column in columns]


# Locked by every load and never read: a person who reads the others in an open transaction holds up
# no load, as an ACCESS EXCLUSIVE lock on a table that is read would.
LOAD_LOCK: Final = Table(Names.LOAD_LOCK, (("always_empty", "SMALLINT"),))
LEDGER: Final = Table(
    Names.LEDGER,
    (
        ("part", "VARCHAR(64) NOT NULL"),
        ("batch", "VARCHAR(64) NOT NULL"),
        ("kind", "VARCHAR(32) NOT NULL"),
        ("stream", "VARCHAR(128) NOT NULL"),
        ("epoch", "BIGINT NOT NULL"),
        ("row_count", "BIGINT NOT NULL"),
        ("byte_count", "BIGINT NOT NULL"),
        ("url", "VARCHAR(1024) NOT NULL"),
        ("loaded_at", "TIMESTAMP NOT NULL"),
    ),
    sort_key="part",
)
FENCE: Final = Table(
    Names.FENCE,
    (
        ("application", "VARCHAR(128) NOT NULL"),
        ("start_number", "BIGINT NOT NULL"),
        ("taken_at", "TIMESTAMP NOT NULL"),
    ),
)
FLOOR: Final = Table(
    Names.FLOOR,
    (
        ("table_name", "VARCHAR(128) NOT NULL"),  # empty: of every table
        ("generation", "INTEGER NOT NULL"),
        ("raised_at", "TIMESTAMP NOT NULL"),
    ),
)
VALUE_KEY: Final = Table(
    Names.VALUE_KEY,
    (("key_id", "VARCHAR(64) NOT NULL"), ("since", "TIMESTAMP NOT NULL")),
)
ACCOUNT: Final = Table(
    Names.ACCOUNT,
    (
        ("batch", "VARCHAR(64) NOT NULL"),
        ("stream", "VARCHAR(128) NOT NULL"),
        ("shard", "VARCHAR(128) NOT NULL"),
        ("table_name", "VARCHAR(128) NOT NULL"),
        ("first_sequence_number", "VARCHAR(129) NOT NULL"),
        ("last_sequence_number", "VARCHAR(129) NOT NULL"),
        ("records_read", "BIGINT NOT NULL"),
        ("split", "BIGINT NOT NULL"),
        ("dead_lettered", "BIGINT NOT NULL"),
        ("passed_over", "BIGINT NOT NULL"),
        ("below_floor", "BIGINT NOT NULL"),
        ("last_arrival_ms", "BIGINT"),
        ("loaded_at", "TIMESTAMP NOT NULL"),
        ("log_generation", "INTEGER"),
        ("log_position", "VARCHAR(64)"),
        ("log_committed", "BIGINT"),
        ("log_name", "VARCHAR(512)"),
        ("first_committed", "BIGINT"),
        ("last_committed", "BIGINT"),
        ("commit_lag_ms", "BIGINT"),
    ),
    sort_key="loaded_at",
)
OUTCOME: Final = Table(
    Names.OUTCOME,
    (
        ("batch", "VARCHAR(64) NOT NULL"),
        ("table_name", "VARCHAR(128) NOT NULL"),
        ("destination", "VARCHAR(128) NOT NULL"),
        ("loaded", "BIGINT NOT NULL"),
        ("superseded", "BIGINT NOT NULL"),
        ("loaded_at", "TIMESTAMP NOT NULL"),
    ),
    sort_key="loaded_at",
)
GAP: Final = Table(
    Names.GAP,
    (
        ("batch", "VARCHAR(64) NOT NULL"),
        ("application", "VARCHAR(128) NOT NULL"),
        ("stream", "VARCHAR(128) NOT NULL"),
        ("shard", "VARCHAR(128) NOT NULL"),
        ("last_sequence_number", "VARCHAR(129)"),
        ("first_sequence_number", "VARCHAR(129)"),
        ("read_until", "TIMESTAMP"),
        ("first_arrival", "TIMESTAMP"),
        ("cause", "VARCHAR(1024) NOT NULL"),
        ("loaded_at", "TIMESTAMP NOT NULL"),
    ),
    sort_key="loaded_at",
)
CUT: Final = Table(
    Names.CUT,
    (
        ("cut_number", "BIGINT NOT NULL"),
        ("batch", "VARCHAR(64) NOT NULL"),
        ("start_number", "BIGINT NOT NULL"),
        ("stream", "VARCHAR(128) NOT NULL"),
        ("shard", "VARCHAR(128) NOT NULL"),  # empty: all shards
        ("first_sequence_number", "VARCHAR(129)"),
        ("last_sequence_number", "VARCHAR(129)"),
        ("last_position", "VARCHAR(64)"),
        ("last_committed", "TIMESTAMP"),
        ("last_arrival", "TIMESTAMP"),
        ("commit_lag_ms", "BIGINT"),
        ("read_until", "TIMESTAMP"),
        ("ended", "BOOLEAN NOT NULL"),
        ("replaying", "BOOLEAN NOT NULL"),
        ("first_hash_key", "VARCHAR(39)"),
        ("last_hash_key", "VARCHAR(39)"),
        ("complete_until", "TIMESTAMP"),
        ("evidence", "VARCHAR(32) NOT NULL"),
        ("loaded_at", "TIMESTAMP NOT NULL"),
    ),
    sort_key="cut_number",
)
REPLAYED: Final = Table(
    Names.REPLAYED,
    (
        ("stream", "VARCHAR(128) NOT NULL"),
        ("shard", "VARCHAR(128) NOT NULL"),
        ("sequence_number", "VARCHAR(129) NOT NULL"),
        ("new_shard", "VARCHAR(128) NOT NULL"),
        ("new_sequence_number", "VARCHAR(129) NOT NULL"),
        ("replayed_at", "TIMESTAMP NOT NULL"),
    ),
    sort_key="replayed_at",
)
SCHEMA_VERSION: Final = Table(
    Names.SCHEMA_VERSION,
    (
        ("version", "INTEGER NOT NULL"),
        ("release", "VARCHAR(32) NOT NULL"),
        ("migrated_at", "TIMESTAMP NOT NULL"),
    ),
)
TABLES: Final = (
    LOAD_LOCK, LEDGER, FENCE, FLOOR, VALUE_KEY, ACCOUNT, OUTCOME, GAP, CUT, REPLAYED,
    SCHEMA_VERSION,
)  # fmt: skip
# Whoever starts looks for these, and queues at the load's lock before it touches any other.
FIRST_TABLES: Final = (LOAD_LOCK, LEDGER, FENCE)


def create_statements(names: Names, tables: Sequence[Table] = TABLES) -> list[str]:
    """Creates the schema and `tables` where they are missing, one statement each, in order."""
    schema = f"CREATE SCHEMA IF NOT EXISTS {quote(names.bookkeeping_schema)}"
    return [schema, *(table.create_statement(names) for table in tables)]
