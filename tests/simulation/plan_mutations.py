"""Guards that stand in the load's plan: other statements than those it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from connectors.redshift import key_ranges, loader, next_versions
from connectors.redshift.key_ranges import read_key_ranges, select_ranges
from connectors.redshift.plan import plan_load
from connectors.redshift.spec import PathSpec, WarehouseSpec
from connectors.redshift.statements import KeyRange, Statement
from flink_app.declaration import POSITION

Statements = list[Statement]
Patch = tuple[object, str, Any]


def plan(change: Callable[[Statements], Statements]) -> Callable[[], list[Patch]]:
    """Another plan: what `change` makes of the statements."""

    def planned(*args: Any, **kwargs: Any) -> Statements:
        return change(plan_load(*args, **kwargs))

    return lambda: [(loader, "plan_load", planned)]


def sql(step: int, *changes: tuple[str, str], only: str = "") -> Callable[[], list[Patch]]:
    """Another text in the statements of a step: each pattern is replaced.

    A statement that becomes empty goes.
    """

    def change(statements: Statements) -> Statements:
        changed = []
        for statement in statements:
            text = statement.sql
            if statement.step == step and only in text:
                for pattern, by in changes:
                    text = re.sub(pattern, by, text, flags=re.DOTALL)
            changed += [replace(statement, sql=text)] if text else []
        return changed

    return plan(change)


def sort(key: Callable[[Statement], float]) -> Callable[[], list[Patch]]:
    """Another order of the statements."""
    return plan(lambda statements: sorted(statements, key=key))


def levels(change: Callable[[list[list[PathSpec]]], list[list[PathSpec]]]) -> list[Patch]:
    """Other levels of paths."""
    original = next_versions.group_by_depth

    def changed(paths: Sequence[PathSpec]) -> list[list[PathSpec]]:
        return change(original(paths))

    return [(next_versions, "group_by_depth", changed)]


def tip_first() -> list[Patch]:
    """Children before their parents."""
    return levels(lambda depths: depths[::-1])


def all_at_once() -> list[Patch]:
    """Children by the key that a row had before its parents' patches; what they assign stands."""
    return levels(lambda depths: [[path for paths in depths for path in paths]] if depths else [])


def searched_by_the_first_step() -> list[Patch]:
    """Rows are looked for by the references of facts alone."""
    first = property(
        lambda self: [p for p in self.target.paths if p.dimension in self.changed and not p.above]
    )
    return [(next_versions.Touching, "searched", first)]


def ranges(change: Callable[[KeyRange], KeyRange]) -> Callable[[], list[Patch]]:
    """Other ranges of staged keys."""

    def read(*args: Any) -> dict[str, KeyRange]:
        return {table: change(found) for table, found in read_key_ranges(*args).items()}

    return lambda: [(loader, "read_key_ranges", read)]


def ranges_of_rows_that_are_there() -> list[Patch]:
    """Ranges of staged upserts alone: what they bound finds no row that is to be deleted."""

    def select(*args: Any) -> str:
        return re.sub(r'(FROM "stage_\w+")', r'\1 WHERE NOT "_deleted"', select_ranges(*args))

    return [(key_ranges, "select_ranges", select)]


def ranges_whatever_has_changed() -> list[Patch]:
    """Ranges of staged keys although patches reach rows of other keys."""
    return [(key_ranges, "Touching", lambda *_, **__: SimpleNamespace(searched=[]))]


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

    def guarded(match: re.Match[str], positions: dict[str, str]) -> str:
        alias, theirs, own = match[2], match[3], match[4]
        if not _is_below(theirs):
            return match[0]
        is_position = theirs.startswith(f"{POSITION}_")
        below = theirs.removeprefix("_pos_") if is_position else theirs.rpartition("__")[0]
        newer = f'{alias}."_pos_{below}" > r."{positions[alias]}__{below}"'
        return f'CASE WHEN {match[1]} AND {newer} THEN {alias}."{theirs}" ELSE r."{own}" END'

    changed = []
    for statement in statements:
        positions = {q: p for p, q in re.findall(r'r\."(_pos_\w+)" < (q\d+)\.', statement.sql)}
        text = re.sub(
            r'CASE WHEN ((q\d+)\."\w+" IS NOT NULL) THEN \2\."(\w+)" ELSE r\."(\w+)" END',
            lambda match, known=positions: guarded(match, known),  # type: ignore[misc]
            statement.sql,
        )
        changed.append(replace(statement, sql=text))
    return changed
