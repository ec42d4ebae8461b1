"""Facts, the paths of each to its dimensions, and the columns of a wide target for each fact."""

from __future__ import annotations

from collections import Counter
from typing import Final

from infra.catalogue.model import TableName
from infra.init.draft import Draft, DraftTable, DraftTarget, full_name
from infra.init.names import make_unique, shorten
from infra.init.references import describe_rows

# A table that no other refers to, and that is small beside others like it, lists something.
_FEW_ROWS: Final = 1_000
_SMALL_BESIDE: Final = 100
_DEEPEST: Final = 5  # references one after the other, which is one too many
_LONGEST_WIDE_NAME: Final = 63
# Of `_key_<path>__<column>`, also where the column has a position of its own; Redshift has 127.
_LONGEST_PATH: Final = 117
_MOST_COLUMNS: Final = 1_500  # Redshift has 1,600; what a target shows and what it hides
# Ways through the references from one fact. A plan and its SQL have a step for each that is read,
# and walking them takes time with their number.
_MOST_WAYS: Final = 1_000
_TOO_FAR: Final = f"no fact that is declared leads to it in {_DEEPEST - 1} references or fewer"
_ALONE: Final = "no reference leads from it or to it: if it is a fact, declare it and a target"
_SUFFIX: Final = "_wide"
_TIMES: Final = ("timestamp", "timestamptz", "date")


def add_targets(draft: Draft) -> None:
    """A wide target for each fact, without columns; tables that no target reads are left out."""
    facts = _choose_facts(draft)
    for table in facts:
        paths, not_followed = _choose_paths(draft, table)
        name = make_unique(f"{shorten(table.name, 58)}{_SUFFIX}", [t.name for t in draft.targets])
        target = DraftTarget(name, table.id, paths=paths, not_followed=not_followed)
        draft.targets.append(target)
    _keep_used_references(draft)
    _leave_out_unused(draft)


def _choose_facts(draft: Draft) -> list[DraftTable]:
    """Tables to which no other refers, that refer to some, and that have many rows among these."""
    referred = {
        reference.to
        for table in draft.tables.values()
        for reference in table.references.values()
        if reference.to != table.id
    }
    free = [table for id_, table in draft.tables.items() if id_ not in referred]
    leading = [table for table in free if table.references]
    if not leading and free:
        alone = max(free, key=lambda table: table.source.rows or 0)
        draft.notes.append(
            f"no table refers to another, so {alone.name}, which has the most rows, is a fact "
            "without dimensions: declare references and targets yourself"
        )
        return [alone]
    most = max((table.source.rows or 0 for table in leading), default=0)
    facts = []
    for table in leading:
        rows = table.source.rows
        if rows is not None and rows < _FEW_ROWS <= most and rows * _SMALL_BESIDE < most:
            draft.leave_out(
                full_name(table.id),
                f"{describe_rows(table.source)} and no table refers to it: if it is a fact, "
                "declare it and a target",
            )
            del draft.tables[table.id]
        else:
            facts.append(table)
    return sorted(facts, key=lambda table: -(table.source.rows or 0))


Paths = dict[tuple[str, ...], TableName]


def _choose_paths(draft: Draft, fact: DraftTable) -> tuple[Paths, list[str]]:
    """Every reference at the shortest way to its table, and those that lead there once more.

    Two references of one table are two paths, and so is what lies below them. A table that was
    reached on a shorter way is not joined a second time: it would most often be the same row. What
    leads to its own table is followed one step, and there is nothing below that.
    """
    paths: Paths = {}
    not_followed: list[str] = []
    reached: dict[TableName, tuple[str, ...]] = {fact.id: ()}
    level: Paths = {(): fact.id}
    columns = len(fact.columns) + 1
    for depth in range(1, _DEEPEST + 1):
        below: Paths = {}
        one_up: Paths = {}
        for way, id_ in level.items():
            for reference in draft.tables[id_].references.values():
                path = (*way, reference.name)
                dotted = ".".join(path)
                other = draft.tables[reference.to]
                added = len(other.columns) + len(reference.columns) + 1
                is_up = reference.to == id_
                if reference.to in reached and not is_up:
                    known = ".".join(reached[reference.to])
                    not_followed.append(f"{dotted}: {other.name} is reached as {known} already")
                elif depth == _DEEPEST or _is_too_long(path, reference.columns):
                    not_followed.append(f"{dotted}: the way to it is too long")
                elif columns + added > _MOST_COLUMNS:
                    not_followed.append(f"{dotted}: Redshift has no room for more columns")
                else:
                    columns += added
                    (one_up if is_up else below)[path] = reference.to
                    if is_up:
                        further = f"{dotted}.{reference.name}"
                        not_followed.append(f"{further}: one step is followed; write more of them")
        reached |= {id_: path for path, id_ in reversed(below.items())}
        paths |= below | one_up
        level = below
    return paths, not_followed


def _is_too_long(path: tuple[str, ...], columns: tuple[str, ...]) -> bool:
    return any(len("__".join([*path, column])) > _LONGEST_PATH for column in columns)


def _keep_used_references(draft: Draft) -> None:
    """References that some target follows; the others are comments."""
    used: dict[TableName, set[str]] = {id_: set() for id_ in draft.tables}
    for target in draft.targets:
        for path in target.paths:
            used[_holder(target, path)].add(path[-1])
    for id_, table in draft.tables.items():
        table.unused |= {n: r for n, r in table.references.items() if n not in used[id_]}
        table.references = {n: r for n, r in table.references.items() if n in used[id_]}
    for target in draft.targets:
        while (ways := _count_ways(draft, target.fact)) > _MOST_WAYS:
            _drop_deepest(draft, target, ways)


def _holder(target: DraftTarget, path: tuple[str, ...]) -> TableName:
    """The table whose reference is the last step of a path."""
    return target.paths[path[:-1]] if len(path) > 1 else target.fact


def _count_ways(draft: Draft, start: TableName) -> int:
    counted: dict[TableName, int] = {}

    def count(id_: TableName) -> int:
        if id_ not in counted:
            counted[id_] = sum(
                1 if r.to == id_ else 1 + count(r.to) for r in draft.tables[id_].references.values()
            )
        return counted[id_]

    return count(start)


def _drop_deepest(draft: Draft, target: DraftTarget, ways: int) -> None:
    """One reference less: the last one of the longest path, with all that lies below it."""
    path = max(target.paths, key=len)
    holder, name = draft.tables[_holder(target, path)], path[-1]
    del holder.references[name]
    draft.leave_out(
        f"{full_name(holder.id)}, reference {name}",
        f"there would be {ways:,} ways through the references, and each takes time",
    )
    for each in draft.targets:
        each.paths = {
            path: id_
            for path, id_ in each.paths.items()
            if not any(
                step == name and _holder(each, path[: depth + 1]) == holder.id
                for depth, step in enumerate(path)
            )
        }


def _leave_out_unused(draft: Draft) -> None:
    read = {target.fact for target in draft.targets}
    read |= {id_ for target in draft.targets for id_ in target.paths.values()}
    every = [r for t in draft.tables.values() for r in [*t.references.values(), *t.unused.values()]]
    referred = {reference.to for reference in every}
    for id_, table in [*draft.tables.items()]:
        if id_ not in read:
            is_connected = id_ in referred or table.references or table.unused
            draft.leave_out(full_name(id_), _TOO_FAR if is_connected else _ALONE)
    draft.tables = {id_: table for id_, table in draft.tables.items() if id_ in read}


def add_columns(draft: Draft) -> None:
    """The columns of every target, once it is known what becomes of each."""
    for target in draft.targets:
        _name_columns(draft, target)


def _name_columns(draft: Draft, target: DraftTarget) -> None:
    """The columns of a target: the fact's, then those of each path; no two of one name.

    What a dimension's column is called begins with its reference, and where that does not tell two
    paths apart, with more of the path.
    """
    fact = draft.tables[target.fact]
    columns = {c.name: c.name for c in fact.columns.values() if not c.is_dropped}
    shown: list[tuple[tuple[str, ...], str]] = []
    for path, id_ in target.paths.items():
        table = draft.tables[id_]
        # The reference has the same values as the key.
        others = (c for c in table.columns.values() if c.name not in table.key)
        shown += [(path, column.name) for column in others if not column.is_dropped]
    depth = 1
    names = {each: _prefix_name(*each, depth) for each in shown}
    while depth < _DEEPEST:
        depth += 1
        taken = Counter(names.values())
        taken.update([*columns])
        for each, name in names.items():
            if taken[name] > 1:
                names[each] = _prefix_name(*each, depth)
    for (path, column), name in names.items():
        unique = make_unique(name, columns, _LONGEST_WIDE_NAME)
        columns[unique] = ".".join([*path, column])
    target.columns = columns
    target.sort_key = _choose_sort_key(fact)


def _prefix_name(path: tuple[str, ...], column: str, depth: int) -> str:
    """The column's name behind the last references of its path."""
    steps = path[-depth:]
    last = steps[-1]
    name = column if column == last or column.startswith(f"{last}_") else f"{last}_{column}"
    return "_".join([*steps[:-1], name])


def _choose_sort_key(fact: DraftTable) -> list[str]:
    """A time that every row of the fact has: ranges of time are what is most asked for."""
    for column in fact.columns.values():
        if column.type.name in _TIMES and not column.source.is_nullable and not column.treatment:
            return [column.name]
    return []
