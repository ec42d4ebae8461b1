"""Guards that stand in the load's plan: other statements than those it makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connectors.redshift import loader
from connectors.redshift.plan import plan_load
from connectors.redshift.spec import PathSpec, WarehouseSpec
from connectors.redshift.statements import Statement
from flink_app.declaration import POSITION

Statements = list[Statement]
Patch = tuple[object, str, Any]


def plan(change: Callable[[Statements], Statements]) -> Callable[[], list[Patch]]:
    """Another plan: what `change` makes of the statements."""

    def planned(*args: Any, **kwargs: Any) -> Statements:
        return change(plan_load(*args, **kwargs))

    return lambda: [(loader, "plan_load", planned)]


def sql(step: int, pattern: str, by: str, *, only: str = "") -> Callable[[], list[Patch]]:
    """Another text in the statements of a step; a statement that becomes empty goes."""

    def change(statements: Statements) -> Statements:
        found = []
        for one in statements:
            if one.step == step and only in one.sql:
                sql = re.sub(pattern, by, one.sql, flags=re.DOTALL)
                found += [replace(one, sql=sql)] if sql else []
            else:
                found.append(one)
        return found

    return plan(change)


def sort(key: Callable[[Statement], float]) -> Callable[[], list[Patch]]:
    """Another order of the statements."""
    return plan(lambda statements: sorted(statements, key=key))


def tip_first(statements: Statements) -> Statements:
    """Children before their parents."""
    updates = [one for one in statements if one.sql.startswith("UPDATE")]
    return [one for one in statements if one not in updates] + updates[::-1]


def assigned(change: Callable[[PathSpec], PathSpec]) -> Callable[[], list[Patch]]:
    """Other assignments of the patches."""

    def planned(warehouse: WarehouseSpec, *args: Any, **kwargs: Any) -> Statements:
        targets = tuple(
            replace(target, paths=tuple(change(path) for path in target.paths))
            for target in warehouse.targets
        )
        return plan_load(replace(warehouse, targets=targets), *args, **kwargs)

    return lambda: [(loader, "plan_load", planned)]


def _is_below(column: str) -> bool:
    return "__" in column or column.startswith(f"{POSITION}_")


def without_below(path: PathSpec) -> PathSpec:
    """Only the dimension's own columns, and the keys in them."""
    return replace(path, assigned=tuple(p for p in path.assigned if not _is_below(p[1])))


def carry_if_newer(statements: Statements) -> Statements:
    """What lies below a path only where its own position is newer."""

    def guarded(match: re.Match[str], table: str, position: str) -> str:
        own, theirs = match[1], match[2]
        if not _is_below(theirs):
            return match[0]
        is_position = theirs.startswith(f"{POSITION}_")
        below = theirs.removeprefix("_pos_") if is_position else theirs.rpartition("__")[0]
        newer = f'q."_pos_{below}" > {table}."{position}__{below}"'
        return f'"{own}" = CASE WHEN {newer} THEN q."{theirs}" ELSE {table}."{own}" END'

    found = []
    for one in statements:
        if not one.sql.startswith("UPDATE"):
            found.append(one)
            continue
        table = one.sql.split()[1]
        position = re.search(r'\."(_pos_\w+)" < q\.', one.sql)
        assert position is not None
        assigned, _, rest = one.sql.partition("\nFROM ")
        sql = re.sub(
            r'"(\w+)" = q\."(\w+)"',
            lambda match, t=table, p=position[1]: guarded(match, t, p),  # type: ignore[misc]
            assigned,
        )
        found.append(replace(one, sql=f"{sql}\nFROM {rest}"))
    return found
