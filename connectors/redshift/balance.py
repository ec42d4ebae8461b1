"""The balance: per table and destination, whether every record read is accounted for.

    read + split = loaded + superseded + dead_lettered + passed_over

Records below the floor of a reload count as superseded at each destination. The equation holds in
every committed batch, and so in any sum of them. `docs/operations.md` says how to read it, and what
a difference means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.redshift.names import Names


@dataclass(frozen=True)
class Balance:
    """The sums of one table at one destination.

    Attributes:
        table: as `connectors.accounts` names it.
        destination: as `connectors.outcomes` names it; empty for a table without changes.
        difference: 0 when every record is accounted for.
    """

    table: str
    destination: str
    read: int
    split: int
    loaded: int
    superseded: int
    dead_lettered: int
    passed_over: int
    difference: int


def balance_query(names: Names) -> str:
    """The query, whose columns are those of `Balance`."""
    return f"""\
SELECT t.table_name,
  COALESCE(o.destination, '') AS destination,
  COALESCE(a.records_read, 0) AS records_read,
  COALESCE(a.split, 0) AS split,
  COALESCE(o.loaded, 0) AS loaded,
  COALESCE(o.superseded, 0) + COALESCE(a.below_floor, 0) AS superseded,
  COALESCE(a.dead_lettered, 0) AS dead_lettered,
  COALESCE(a.passed_over, 0) AS passed_over,
  COALESCE(a.records_read + a.split - a.dead_lettered - a.passed_over - a.below_floor, 0)
    - COALESCE(o.loaded + o.superseded, 0) AS difference
FROM (
  SELECT table_name FROM {names.account} UNION SELECT table_name FROM {names.outcome}
) AS t
LEFT JOIN (
  SELECT table_name, SUM(records_read) AS records_read, SUM(split) AS split,
    SUM(dead_lettered) AS dead_lettered, SUM(passed_over) AS passed_over,
    SUM(below_floor) AS below_floor
  FROM {names.account} GROUP BY table_name
) AS a ON a.table_name = t.table_name
LEFT JOIN (
  SELECT table_name, destination, SUM(loaded) AS loaded, SUM(superseded) AS superseded
  FROM {names.outcome} GROUP BY table_name, destination
) AS o ON o.table_name = t.table_name
ORDER BY 1, 2"""


def balances(rows: Iterable[Sequence[Any]]) -> list[Balance]:
    """The answer to `balance_query`, typed."""
    return [
        Balance(str(table), str(destination), *map(int, counts))
        for table, destination, *counts in rows
    ]
