"""The balance: per table and destination, whether every record read is accounted for.

    read + split = loaded + superseded + dead_lettered + passed_over

Records below the floor of a reload count as superseded at each destination. The equation holds in
every committed batch, and so in any sum of them. `docs/operations.md` says how to read it, and what
a difference means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.accounts import DIMENSION, Account, Outcome
from connectors.metrics import DESTINATION_KEY, GROUP, TABLE_KEY, BalanceMetric
from connectors.redshift.names import Names
from connectors.redshift.spec import WarehouseSpec

NO_DESTINATION: Final = "_none_"  # a dimension of CloudWatch cannot be empty


@dataclass(frozen=True)
class Balance:
    """The sums of one table at one destination.

    Attributes:
        table: as `connectors.accounts` names it.
        destination: as `connectors.accounts` names it; empty for a table without changes.
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


def batch_balances(
    warehouse: WarehouseSpec, accounts: Iterable[Account], outcomes: Iterable[Outcome]
) -> list[Balance]:
    """What `balance_query` returns for one batch, without a query.

    A declared table has its destinations even where none of its changes came to an outcome, so that
    these balances can be summed over batches by table and destination.
    """
    read: defaultdict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        read[account.table].append(account)
    became = {(outcome.table, outcome.destination): outcome for outcome in outcomes}
    pairs = set(became)
    for table in read:
        pairs |= {(table, destination) for destination in _destinations(warehouse, table)}
        if not any(other == table for other, _ in pairs):
            pairs.add((table, ""))
    return [
        _balance(read[table], became.get((table, destination), Outcome(table, destination, 0, 0)))
        for table, destination in sorted(pairs)
    ]


def _destinations(warehouse: WarehouseSpec, table: str) -> list[str]:
    """Where the changes of a table go; nowhere, where it is none of the declaration's."""
    destinations = [target.table for target in warehouse.targets if target.fact == table]
    dimensions = {p.table for p in warehouse.patches} | {d.table for d in warehouse.dimensions}
    if table in dimensions:
        destinations.append(DIMENSION)
    return destinations


def _balance(accounts: Sequence[Account], outcome: Outcome) -> Balance:
    read, split = sum(a.read for a in accounts), sum(a.split for a in accounts)
    superseded = outcome.superseded + sum(a.below_floor for a in accounts)
    dead_lettered = sum(a.dead_lettered for a in accounts)
    passed_over = sum(a.passed_over for a in accounts)
    return Balance(
        outcome.table,
        outcome.destination,
        read,
        split,
        outcome.loaded,
        superseded,
        dead_lettered,
        passed_over,
        read + split - outcome.loaded - superseded - dead_lettered - passed_over,
    )


class BalanceMetrics:
    """The balance as counters per table and destination that a load has committed records of.

    They are counted after the commit and from what it wrote, so those of one run of the job balance
    by themselves at any time. There are as many as the declaration has tables and destinations, and
    four for the names that `connectors.accounts` gives to records of no table. Made in an
    operator's `open` from the runtime context.
    """

    def __init__(self, runtime_context: Any) -> None:
        self._group = runtime_context.get_metrics_group().add_group(GROUP)
        self._counters: dict[tuple[str, str, BalanceMetric], Any] = {}

    def add(self, balances: Iterable[Balance]) -> None:
        """Counts what one transaction wrote; a counter is registered when it is first needed."""
        for balance in balances:
            counts = {
                BalanceMetric.READ: balance.read,
                BalanceMetric.SPLIT: balance.split,
                BalanceMetric.LOADED: balance.loaded,
                BalanceMetric.SUPERSEDED: balance.superseded,
                BalanceMetric.DEAD_LETTERED: balance.dead_lettered,
                BalanceMetric.PASSED_OVER: balance.passed_over,
            }
            for metric, count in counts.items():
                self._counter(balance, metric).inc(count)  # 0 as well: a sum of them needs all

    def _counter(self, balance: Balance, metric: BalanceMetric) -> Any:
        labels = (balance.table, balance.destination, metric)
        if labels not in self._counters:
            group = self._group.add_group(TABLE_KEY, _metric_word(balance.table)).add_group(
                DESTINATION_KEY, _metric_word(balance.destination)
            )
            self._counters[labels] = group.counter(metric.label)
        return self._counters[labels]


def _metric_word(name: str) -> str:
    """The name in letters that metric systems take: `(control)` is `_control_`.

    No declared table or target begins with an underscore.
    """
    return name.replace("(", "_").replace(")", "_") or NO_DESTINATION
