"""What Redshift accepts in no table: reserved names, and more columns or bytes than its limits."""

from __future__ import annotations

from typing import Final

# Every table has these columns already. The first seven are PostgreSQL 8.0's, quoted or not.
SYSTEM_COLUMNS: Final = frozenset(
    {"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "insertxid", "deletexid"}
)
MOST_COLUMNS: Final = 1_600
MOST_SORT_KEY_COLUMNS: Final = 400  # of a compound sort key
LONGEST_NAME: Final = 127  # bytes
# Bytes of a row in a sort. VARCHAR counts up to its declared length, VARBYTE in a way that is not
# documented.
WIDEST_ROW: Final = 65_535


# What the name of a target's base table ends in.
BASE_SUFFIX: Final = "_base"


def is_system_schema(name: str) -> bool:
    """Whether a schema is Redshift's own, in which nobody can create tables."""
    return name.startswith("pg_") or name in {"information_schema", "catalog_history"}
