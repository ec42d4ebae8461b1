"""Subqueries that refer to the query around them, in patterns that Redshift cannot decorrelate.

Owns the patterns of "Correlated subqueries". Only qualified columns are looked at: without the
catalogue nobody knows whose column an unqualified one is.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from infra.redshift_emulator.errors import RedshiftError

_BLOCKS = (exp.Select, exp.Update, exp.Delete)
_ORDERED = (exp.Min, exp.Max)  # aggregates that an IN takes from a grouped subquery


def check_subqueries(tree: exp.Expr) -> None:
    """Raises RedshiftError for a pattern that is not supported."""
    correlated = {id(block) for block in tree.find_all(exp.Select) if _levels(block)}
    for block in tree.find_all(exp.Select):
        if id(block) in correlated and (max(_levels(block)) > 1 or _is_unsupported(block)):
            raise _correlation_error()
        for grouped in _grouped_projections(block):
            if any(id(inner) in correlated for inner in grouped.find_all(exp.Select)):
                raise _correlation_error()


def _correlation_error() -> RedshiftError:
    text = "This type of correlated subquery pattern is not supported due to internal error"
    return RedshiftError(text)


def _is_unsupported(block: exp.Expr) -> bool:
    """Whether a correlated subquery has a window, a LIMIT, or is where none may be."""
    holder = block.parent.parent if isinstance(block.parent, exp.Subquery) else block.parent
    if any(_block_of(window) is block for window in block.find_all(exp.Window)):
        return True
    if block.args.get("limit") is not None and not isinstance(holder, exp.Exists):
        return True
    if isinstance(holder, exp.In) and block.args.get("group") is not None:
        aggregates = block.find_all(exp.AggFunc)
        if any(not isinstance(aggregate, _ORDERED) for aggregate in aggregates):
            return True
    return _is_in_outer_on(block)


def _is_in_outer_on(block: exp.Expr) -> bool:
    node: exp.Expr | None = block.parent
    while node is not None and not isinstance(node, _BLOCKS):
        if isinstance(node, exp.Join):
            return bool(node.side)
        node = node.parent
    return False


def _grouped_projections(block: exp.Expr) -> Iterator[exp.Expr]:
    """The projections that GROUP BY names, by alias or by number."""
    group = block.args.get("group")
    for key in group.expressions if group else ():
        for number, projection in enumerate(block.expressions, 1):
            by_number = isinstance(key, exp.Literal) and key.this == str(number)
            by_name = isinstance(key, exp.Column) and not key.table and key.name == projection.alias
            if by_number or by_name:
                yield projection


def _levels(block: exp.Expr) -> list[int]:
    """How many query blocks outwards the columns of this block refer, for those that do."""
    levels: list[int] = []
    for column in block.find_all(exp.Column):
        if not column.table or _block_of(column) is not block:
            continue
        level, outer = 0, block
        while column.table not in _sources(outer):
            level += 1
            above = _block_of(outer)
            if above is None:
                break
            outer = above
        else:
            if level:
                levels.append(level)
    return levels


def _block_of(node: exp.Expr) -> exp.Expr | None:
    """The query block around a node."""
    return node.find_ancestor(*_BLOCKS)


def _sources(block: exp.Expr) -> set[str]:
    """The names by which a block's own tables can be referred to."""
    clauses = [
        block.args.get("from_"),
        *block.args.get("joins", ()),
        *(block.args.get("using") or ()),
    ]
    sources = [source for clause in clauses if clause for source in _joined_sources(clause)]
    if not isinstance(block, exp.Select):
        sources.append(block.this)
    return {source.alias_or_name for source in sources}


def _joined_sources(clause: exp.Expr) -> Iterator[exp.Expr]:
    source = clause.this if isinstance(clause, exp.From | exp.Join) else clause
    yield source
    for join in source.args.get("joins") or ():
        yield join.this
