"""The load's metrics by table against the bookkeeping tables, start by start; none counts twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from connectors.metrics import GROUP, BalanceMetric, LoadMetric
from connectors.redshift.balance import Balance
from infra.simulation.warehouse_check import WrongError

Metered = Counter[tuple[str, ...]]  # by group and name

_TERMS: Final = tuple(metric.label for metric in BalanceMetric)


def check_metrics(starts: Sequence[Metered], lines: Sequence[Balance]) -> None:
    """Compares what each start of the job has counted with the balance. Raises WrongError.

    Equal where nothing went wrong. A batch whose reply was lost, or whose start ended before it
    took the reply, is missing from the metrics, as a whole.
    """
    summed: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for metered in starts:
        for scope in {path[:-1] for path in metered if path[-1] in _TERMS}:
            read, split, *became = (metered[*scope, term] for term in _TERMS)
            if read + split != sum(became):
                message = f"{scope}: {read} + {split} of {became}"
                raise WrongError(message, "metrics")
            summed[scope].update({term: metered[*scope, term] for term in _TERMS})
        if metered[GROUP, LoadMetric.RECORDS_UNACCOUNTED.label]:
            message = "the load found its own accounts out of balance"
            raise WrongError(message, "metrics")
    written_by_scope: dict[tuple[str, ...], Counter[str]] = {
        (GROUP, _show(b.table), _show(b.destination)): _terms(b) for b in lines
    }
    whole = len(starts) == 1 and not starts[0][GROUP, LoadMetric.LOADS_RETRIED.label]
    for scope, counted in summed.items():
        # The query has no destination for a table that never came to an outcome.
        written = written_by_scope.get(scope) or written_by_scope[*scope[:-1], "_none_"]
        if not counted <= written or (whole and counted != written):
            message = f"{scope}: counted {counted}, written {written}"
            raise WrongError(message, "metrics")
    if whole and len(summed) != len(written_by_scope):
        message = f"counted {sorted(summed)}, written {sorted(written_by_scope)}"
        raise WrongError(message, "metrics")


def check_never_read(reported: int, tables: Sequence[str], lines: Sequence[Balance]) -> None:
    """Compares the gauge of a start that has loaded with the balance. Raises WrongError."""
    missing = {*tables} - {line.table for line in lines if line.read}
    if reported != len(missing):
        message = f"{reported} tables are reported as never read, and they are {sorted(missing)}"
        raise WrongError(message, "metrics")


def _terms(line: Balance) -> Counter[str]:
    values = (
        line.read, line.split, line.loaded, line.superseded, line.dead_lettered, line.passed_over,
    )  # fmt: skip
    return Counter(dict(zip(_TERMS, values, strict=True)))


def _show(name: str) -> str:
    return name.replace("(", "_").replace(")", "_") or "_none_"
