"""What a pruning could do wrong, for `mutations`: too much at once, or sums that lack something."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connectors.redshift import loader, pruning
from connectors.redshift.ledger import now
from connectors.redshift.pruning import Cutoffs
from tests.simulation.plan_mutations import Patch

_prune, _plan = pruning.prune, pruning.plan_pruning


def all_of(*kinds: str) -> Callable[[], list[Patch]]:
    """All that there is goes, however young."""

    def prune(cursor: Any, warehouse: Any, names: Any, cutoffs: Cutoffs) -> None:
        _prune(cursor, warehouse, names, replace(cutoffs, **dict.fromkeys(kinds, now())))

    return lambda: [(loader, "prune", prune)]


def without(pattern: str) -> Callable[[], list[Patch]]:
    """Statements that match are not run."""

    def plan(*given: Any) -> Any:
        return [(sql, values) for sql, values in _plan(*given) if not re.search(pattern, sql)]

    return lambda: [(pruning, "plan_pruning", plan)]


def sums_without(pattern: str) -> Callable[[], list[Patch]]:
    """The statements lack what matches."""

    def plan(*given: Any) -> Any:
        return [(re.sub(pattern, "", sql), values) for sql, values in _plan(*given)]

    return lambda: [(pruning, "plan_pruning", plan)]
