"""What Redshift refuses in any table: names that it keeps for itself, and too much of anything."""

from __future__ import annotations

from typing import Final

# Every table has these columns already. The first seven are PostgreSQL 8.0's, quoted or not.
SYSTEM_COLUMNS: Final = frozenset(
    {"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "insertxid", "deletexid"}
)
MOST_COLUMNS: Final = 1_600
MOST_SORT_KEY_COLUMNS: Final = 400  # of a compound sort key
LONGEST_NAME: Final = 127  # bytes


def is_system_schema(name: str) -> bool:
    """Whether a schema is Redshift's own, so that nobody can make it or tables in it."""
    return name.startswith("pg_") or name in {"information_schema", "catalog_history"}
