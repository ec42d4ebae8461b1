"""The rules of targets: each column is one of the fact or of what it reaches, the key among them.

Also where the dimensions on a path may be kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flink_app.declaration.computed_rules import computed_faults
from flink_app.declaration.condition_rules import condition_faults
from flink_app.declaration.model import DeclarationParts, Placement, Table, Target
from flink_app.validation.fault import Fault, KeyPath
from flink_app.validation.words import find_meant, list_words

# Redshift's limit is 127 bytes; the rest is what a hidden column's name begins with.
_LONGEST_PATH: Final = 127 - len("_key_")
_LONGEST_UNCHANGED_PATH: Final = _LONGEST_PATH - len("_set_")


def target_faults(declaration: DeclarationParts) -> Iterator[Fault]:
    """Every fault of every target."""
    for name, target in declaration.targets.items():
        if target.fact not in declaration.tables:
            yield _undeclared_fact(declaration, name, target)
            continue
        yield from _column_faults(declaration, name, target)
        yield from _key_faults(declaration, name, target)
        yield from _constant_faults(name, target)
        yield from computed_faults(declaration, name, target)
        yield from condition_faults(declaration, name, target)
        yield from _setting_faults(name, target)
        yield from _placement_faults(declaration, name, target)


def _undeclared_fact(declaration: DeclarationParts, name: str, target: Target) -> Fault:
    meant = find_meant(target.fact, declaration.tables)
    remedy = f"did you mean {meant}? Otherwise declare it" if meant else "declare it"
    return Fault(
        ("targets", name, "fact"),
        f"fact table {target.fact!r} is not declared",
        f"{remedy} under tables, where there are {list_words([*declaration.tables])}",
        f"target {name}",
        needs=(("tables", target.fact),),
        meant=meant,
    )


@dataclass(frozen=True)
class _Way:
    """Where a dotted name leads from a table.

    Attributes:
        path: the references that it follows.
        table: the last one; the column is of it.
        column: the last step.
        problem: what does not exist on the way, with what to do; empty where all does.
        needs: where that would be declared.
    """

    path: tuple[str, ...]
    table: str
    column: str
    problem: str = ""
    remedy: str = ""
    needs: tuple[KeyPath, ...] = ()


def _follow(declaration: DeclarationParts, start: str, dotted: str) -> _Way | None:
    """Follows a dotted name as far as it leads; None where a reference leads nowhere.

    `DeclarationParts.follow` does the same for a declaration that keeps the rules.
    """
    *path, column = dotted.split(".")
    table = start
    for step in path:
        declared = declaration.tables[table]
        if step not in declared.references:
            return _lose_way(declaration, table, dotted, step, (*path, column).index(step) + 1)
        table = declared.references[step].table
        if table not in declaration.tables:  # said where the reference is
            return None
    if column not in declaration.tables[table].columns:
        return _missing_column(declaration, table, dotted, column)
    return _Way(tuple(path), table, column)


def _lose_way(declaration: DeclarationParts, table: str, dotted: str, step: str, rest: int) -> _Way:
    """A reference that its table does not have."""
    references = declaration.tables[table].references
    known = f"it has {list_words([*references])}" if references else "it has none"
    problem = f"{dotted!r}: table {table} has no reference {step!r}, {known}"
    needs: tuple[KeyPath, ...] = (("tables", table, "references", step),)
    meant = find_meant(step, references)
    by_table = [name for name, each in references.items() if each.table == step]
    if by_table:
        remedy = f"use the name of the reference, {by_table[0]}, not of the table"
    elif step == table:
        remedy = f"a column of the fact itself has no prefix: {'.'.join(dotted.split('.')[rest:])}"
    elif meant:
        remedy = f"did you mean {meant}?"
    else:
        remedy = f"declare it under references of {table}"
    return _Way((), table, step, problem, remedy, needs)


def _missing_column(declaration: DeclarationParts, table: str, dotted: str, column: str) -> _Way:
    declared = declaration.tables[table]
    problem = f"{dotted!r}: table {table} has no column {column!r}"
    needs: tuple[KeyPath, ...] = (("tables", table, "columns", column),)
    if column in declared.references:
        return _Way((), table, column, problem, f"it is a reference: write {dotted}.COLUMN", needs)
    meant = find_meant(column, declared.columns)
    holders = [
        f"{step}.{column}"
        for step, reference in declared.references.items()
        if column in declaration.tables.get(reference.table, declared).columns
    ]
    if meant:
        remedy = f"did you mean {meant}?"
    elif holders:
        remedy = f"did you mean {dotted.removesuffix(column)}{holders[0]}?"
    else:
        remedy = f"it has {list_words([*declared.columns])}"
    return _Way((), table, column, problem, remedy, needs)


def _column_faults(declaration: DeclarationParts, name: str, target: Target) -> Iterator[Fault]:
    for column, dotted in target.columns.items():
        subject = f"target {name}, column {column}"
        key_path: KeyPath = ("targets", name, "columns", column)
        way = _follow(declaration, target.fact, dotted)
        if way is None:
            continue
        if way.problem:
            yield Fault(key_path, way.problem, way.remedy, subject, needs=way.needs)
            continue
        if declaration.tables[way.table].columns[way.column].treatment.drops:
            yield Fault(
                key_path,
                f"{dotted} has treatment drop, so it cannot be stored",
                "remove the column here, or choose another treatment",
                subject,
                needs=(("tables", way.table, "columns", way.column),),
            )
        yield from _hidden_name_faults(declaration, target, (subject, key_path), way.path)


def _key_faults(declaration: DeclarationParts, name: str, target: Target) -> Iterator[Fault]:
    direct = {dotted for dotted in target.columns.values() if "." not in dotted}
    fact = declaration.tables[target.fact]
    for key in dict.fromkeys(fact.key):
        if key in fact.columns and key not in direct:
            yield Fault(
                ("targets", name, "columns"),
                f"the fact's key column {key!r} is missing",
                f"add it to the target's columns, as `{key}: {key}`",
                f"target {name}",
                needs=(
                    ("tables", target.fact, "key"),
                    ("tables", target.fact, "columns", key),
                    ("targets", name, "columns", key),
                ),
            )


def _constant_faults(name: str, target: Target) -> Iterator[Fault]:
    for column in target.constants:
        if column in target.columns:
            yield Fault(
                ("targets", name, "constants", column),
                f"{column!r} is one of the target's columns already",
                "give it another name",
                f"target {name}, constants",
                of_key=True,
                needs=(("targets", name, "columns", column),),
            )


def _setting_faults(name: str, target: Target) -> Iterator[Fault]:
    named: list[tuple[KeyPath, str]] = [
        (("sort_key", index), column) for index, column in enumerate(target.sort_key)
    ]
    if target.dist_key is not None:
        named.append((("dist_key",), target.dist_key))
    for key_path, column in named:
        if column in target.columns:
            continue
        section = "constants" if column in target.constants else "computed"
        if column in target.constants or column in target.computed:
            kind = "a constant" if section == "constants" else "computed"
            yield Fault(
                ("targets", name, *key_path),
                f"{column!r} is {kind}, which is in the view alone",
                f"choose one of its columns: {list_words([*target.columns])}",
                f"target {name}, {key_path[0]}",
                needs=(("targets", name, section, column),),
            )
            continue
        shown = [shown_as for shown_as, dotted in target.columns.items() if dotted == column]
        meant = shown[0] if shown else find_meant(column, target.columns)
        listed = f"it has {list_words([*target.columns])}"
        yield Fault(
            ("targets", name, *key_path),
            f"{column!r} is not among the target's columns",
            f"did you mean {meant}?" if meant else listed,
            f"target {name}, {key_path[0]}",
            needs=(("targets", name, "columns", column),),
        )


def _placement_faults(declaration: DeclarationParts, name: str, target: Target) -> Iterator[Fault]:
    """On every path the part that is joined in the warehouse comes last."""
    placement = declaration.tables[target.fact].placement
    if placement is Placement.WAREHOUSE and target.fact not in _dimensions(declaration):
        yield Fault(
            ("tables", target.fact, "placement"),
            f"only dimensions have one, and this is the fact of target {name} and no more",
            "remove it",
            f"table {target.fact}, placement",
            of_key=True,
        )
    reported: set[str] = set()
    for dotted in target.columns.values():
        placed = ""
        for table in _tables_on(declaration, target.fact, dotted):
            declared = declaration.tables[table]
            if declared.placement is Placement.WAREHOUSE:
                if table not in reported:
                    yield from _left_out_faults(table, declared)
                reported.add(table)
                placed = table
            elif placed and table not in reported:
                reported.add(table)
                has = ("placement",) if "placement" in declared.model_fields_set else ()
                yield Fault(
                    ("tables", table, *has),
                    f"must be warehouse, because {placed}, which refers to it, is there "
                    f"(target {name} reads {dotted!r})",
                    f"write `placement: warehouse` here too, or remove it from {placed}",
                    f"table {table}, placement",
                    of_key=not has,
                    needs=(("tables", table, "placement"),),
                )


def _dimensions(declaration: DeclarationParts) -> set[str]:
    """The tables that some target reaches, as far as its columns lead."""
    return {
        table
        for target in declaration.targets.values()
        if target.fact in declaration.tables
        for dotted in target.columns.values()
        for table in _tables_on(declaration, target.fact, dotted)
    }


def _tables_on(declaration: DeclarationParts, start: str, dotted: str) -> Iterator[str]:
    """The tables that a dotted name passes, as far as it leads."""
    table = start
    for step in dotted.split(".")[:-1]:
        reference = declaration.tables[table].references.get(step)
        if reference is None or reference.table not in declaration.tables:
            return
        table = reference.table
        yield table


def _left_out_faults(name: str, table: Table) -> Iterator[Fault]:
    """Which columns a change left out only the mirror of a dimension in the stream knows."""
    for column, declared in table.columns.items():
        if declared.unchanged:
            yield Fault(
                ("tables", name, "placement"),
                f"must be stream, because column {column} has `unchanged`",
                "change one of the two",
                f"table {name}, placement",
            )


def _hidden_name_faults(
    declaration: DeclarationParts,
    target: Target,
    column: tuple[str, KeyPath],
    path: tuple[str, ...],
) -> Iterator[Fault]:
    """A path may be so deep that Redshift has no room for the name of its key."""
    (subject, key_path), table = column, target.fact
    for depth, step in enumerate(path, 1):
        reference = declaration.tables[table].references[step]
        for key_column in reference.columns:
            name = "__".join([*path[:depth], key_column])
            declared = declaration.tables[table].columns.get(key_column)
            is_left_out = depth == 1 and declared is not None and declared.unchanged
            longest = _LONGEST_UNCHANGED_PATH if is_left_out else _LONGEST_PATH
            if len(name) > longest:
                yield Fault(
                    key_path,
                    f"{name} has more than {longest} characters, too many for Redshift",
                    "shorten the names of the references",
                    subject,
                )
        table = reference.table
