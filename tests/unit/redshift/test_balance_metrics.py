"""The balance as metrics: they add up over batches, and stay within what is declared."""

from __future__ import annotations

from typing import Any, Final

import pytest

from connectors.accounts import CONTROL, DIMENSION
from connectors.metrics import GROUP, BalanceMetric, LoadMetric
from connectors.redshift.balance import Balance, BalanceMetrics, balance_query
from connectors.redshift.names import Names
from connectors.redshift.operator import Load
from tests.unit.redshift.warehouse import FakeWarehouse, loader
from tests.unit.test_metrics import Context

LINE: Final = Balance("sale", "sales", 7, 2, 4, 3, 1, 1, 0)


def counted(context: Context, table: str, destination: str) -> list[int]:
    group = (GROUP, f"table={table}", f"destination={destination}")
    return [context.counts[*group, metric.label] for metric in BalanceMetric]


def test_each_column_of_the_balance_is_summed_over_batches() -> None:
    context = Context()
    metrics = BalanceMetrics(context)
    metrics.add([LINE, Balance("item", DIMENSION, 1, 0, 1, 0, 0, 0, 0)])
    metrics.add([LINE])
    assert counted(context, "sale", "sales") == [14, 4, 8, 6, 2, 2]
    assert counted(context, "item", "_dimension_") == [1, 0, 1, 0, 0, 0]


def test_names_of_no_table_are_in_letters_that_metric_systems_take() -> None:
    context = Context()
    BalanceMetrics(context).add([Balance(CONTROL, "", 2, 0, 0, 0, 0, 2, 0)])
    assert counted(context, "_control_", "_none_") == [2, 0, 0, 0, 0, 2]


@pytest.mark.parametrize("metric", BalanceMetric)
def test_each_metric_is_a_column_of_the_documented_query(metric: BalanceMetric) -> None:
    assert f" AS {metric.column}," in balance_query(Names("starjoin"))


def test_nothing_is_counted_before_a_load() -> None:
    context = Context()
    BalanceMetrics(context)
    assert context.counts == {}


class Runtime(Context):
    def get_map_state(self, descriptor: Any) -> None:
        """No part is pending."""


@pytest.mark.parametrize("by_table", [True, False])
def test_they_can_be_left_out(*, by_table: bool) -> None:
    runtime: Any = Runtime()
    load = Load(lambda: loader(FakeWarehouse()), (), metrics_by_table=by_table)
    load.open(runtime)
    load._coordinator._count_balances([LINE])
    found = {path[-1] for path in runtime.counts}
    assert {metric.label for metric in BalanceMetric} & found == (
        {metric.label for metric in BalanceMetric} if by_table else set()
    )
    assert LoadMetric.RECORDS_UNACCOUNTED.label in found
