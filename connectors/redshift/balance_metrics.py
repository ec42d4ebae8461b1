"""The balance as metrics: counters for each table and destination that a load has written books of.

They are counted after the commit and from what it wrote, so those of one run of the job balance by
themselves at any time. There are as many as the declaration has tables and destinations, and four
for the names that `connectors.accounts` gives to records of no table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from connectors.metrics import DESTINATION_KEY, GROUP, TABLE_KEY, BalanceMetric
from connectors.redshift.balance import Balance

NO_DESTINATION: Final = "_none_"  # a dimension of CloudWatch cannot be empty


class BalanceMetrics:
    """Counters of one operator; made in its `open` from the runtime context."""

    def __init__(self, runtime_context: Any) -> None:
        self._group = runtime_context.get_metrics_group().add_group(GROUP)
        self._counters: dict[tuple[str, str, BalanceMetric], Any] = {}

    def add(self, balances: Iterable[Balance]) -> None:
        """Counts what one transaction wrote; what has not been in one has no counters."""
        for line in balances:
            counts = {
                BalanceMetric.READ: line.read,
                BalanceMetric.SPLIT: line.split,
                BalanceMetric.LOADED: line.loaded,
                BalanceMetric.SUPERSEDED: line.superseded,
                BalanceMetric.DEAD_LETTERED: line.dead_lettered,
                BalanceMetric.PASSED_OVER: line.passed_over,
            }
            for metric, count in counts.items():
                self._counter(line, metric).inc(count)  # 0 as well: a sum of them needs all

    def _counter(self, line: Balance, metric: BalanceMetric) -> Any:
        place = (line.table, line.destination, metric)
        if place not in self._counters:
            group = self._group.add_group(TABLE_KEY, _value(line.table)).add_group(
                DESTINATION_KEY, _value(line.destination)
            )
            self._counters[place] = group.counter(metric.label)
        return self._counters[place]


def _value(name: str) -> str:
    """The name in letters that metric systems take: `(control)` is `_control_`.

    No declared table or target begins with an underscore.
    """
    return name.replace("(", "_").replace(")", "_") or NO_DESTINATION
