"""What is kept in the warehouse for its size, and lengths with which rows fit into Redshift."""

from __future__ import annotations

from typing import Final

from connectors.sql_limits import WIDEST_ROW
from flink_app.declaration.declaration import Declaration
from flink_app.declaration.model import Placement
from flink_app.declaration.redshift_rules import redshift_faults, row_widths
from flink_app.declaration.star import Star
from flink_app.declaration.types import ColumnType
from infra.check.warnings import LARGE_MIRROR, MIRROR_BYTES
from infra.init.draft import Draft, DraftColumn, DraftTable, DraftTarget

LARGE_DIMENSION: Final = LARGE_MIRROR // MIRROR_BYTES  # rows
_WIDTH: Final = 0.8  # of the widest row, from which on `check` warns
_STEP: Final = 4_096  # bytes
_SHORTENED: Final = "cut, or rows were too wide"


def place_dimensions(draft: Draft) -> None:
    """Large dimensions are kept in the warehouse, with every dimension that is read through one."""
    dimensions = {id_ for target in draft.targets for id_ in target.paths.values()}
    for table in draft.tables.values():
        rows = table.source.rows or 0
        if rows > LARGE_DIMENSION and table.id in dimensions:
            _put_into_warehouse(
                table,
                "kept in the warehouse for its size: as part of the job's memory it would take "
                f"about {rows * MIRROR_BYTES / 1e6:,.0f} MB of each subtask",
            )
    for target in draft.targets:
        for path, id_ in target.paths.items():  # parents first
            above = target.paths.get(path[:-1])
            if above and draft.tables[above].placement is Placement.WAREHOUSE:
                parent = draft.tables[above].name
                remark = f"kept in the warehouse because {parent}, which leads to it, is"
                _put_into_warehouse(draft.tables[id_], remark)


def _put_into_warehouse(table: DraftTable, remark: str) -> None:
    if table.placement is Placement.WAREHOUSE:
        return
    table.placement = Placement.WAREHOUSE
    table.remarks.append(remark)
    for column in table.columns.values():
        if column.options.pop("unchanged", None):
            column.remarks[-1] = (
                "PostgreSQL leaves a large value out of updates that do not touch it, which a "
                "dimension in the warehouse cannot follow: set REPLICA IDENTITY FULL, or such "
                "updates are dead letters"
            )


def fit(draft: Draft) -> None:
    """Shortens what is longer than it has to be until rows fit, then leaves columns out."""
    hidden: dict[str, list[str]] = {}
    while wide := _find_too_wide(draft):
        saved = [_save(draft, name, excess, hidden) for name, excess in wide.items()]
        if not any(saved):
            break  # keys alone are too wide, and the check of the file says so
    for target, names in hidden.items():
        draft.leave_out(
            f"target {target}, {', '.join(names)}",
            "with more columns its rows would be too wide for Redshift; the table has them",
        )


def _find_too_wide(draft: Draft) -> dict[str, int]:
    """Targets and tables whose rows are too wide, as `targets.x` or `tables.x`: by how many bytes.

    The rules of declarations say so themselves; what they do not say in bytes is tried by steps.
    """
    star = Star(Declaration.model_validate(draft.content()))
    most = int(_WIDTH * WIDEST_ROW)
    wide = {
        ".".join(map(str, key_path[:2])): width - most
        for _, key_path, width in row_widths(star)
        if width > most
    }
    if not wide:  # else its faults are mostly those again
        for fault in redshift_faults(star):
            if "bytes" in fault.problem:
                wide[".".join(map(str, fault.key_path[:2]))] = _STEP
    return wide


Shown = tuple[DraftTarget, str, DraftColumn]


def _save(draft: Draft, wide: str, excess: int, hidden: dict[str, list[str]]) -> int:
    """Makes one kind of row narrower by about so many bytes; gives how many were saved."""
    saved = 0
    columns = _columns_of(draft, wide)
    while saved < excess and (step := _shorten_longest(columns)):
        saved += step
    return saved + _hide_widest(draft, columns, hidden, excess - saved)


def _columns_of(draft: Draft, wide: str) -> list[Shown]:
    """What the rows of a target or a table consist of: the target, the name there, the column."""
    columns: list[Shown] = []
    tables = {table.id for table in draft.tables.values() if wide == f"tables.{table.name}"}
    for target in draft.targets:
        is_wide = wide == f"targets.{target.name}"
        for name, dotted in target.columns.items():
            *path, column = dotted.split(".")
            passed = {target.paths[tuple(path[: n + 1])] for n in range(len(path))}
            id_ = target.paths[tuple(path)] if path else target.fact
            if is_wide or passed & tables:
                columns.append((target, name, draft.tables[id_].columns[column]))
    return columns


def _shorten_longest(columns: list[Shown]) -> int:
    """The longest of what may be shorter becomes so; gives how many bytes that saves."""
    able = [c for *_, c in columns if c.shorter and c.stored_bytes == c.type.row_bytes]
    longest = max((column.stored_bytes for column in able), default=0)
    saved = 0
    for column in {id(c): c for c in able if c.stored_bytes == longest}.values():
        column.type = ColumnType(column.type.name, length=column.shorter.pop(0))
        saved += longest - column.stored_bytes
        if _SHORTENED not in column.brief:
            column.brief.append(_SHORTENED)
    return saved


def _hide_widest(
    draft: Draft, columns: list[Shown], hidden: dict[str, list[str]], excess: int
) -> int:
    """The widest columns that are no key, reference or sort key are shown no more.

    As many as have so many bytes together; gives how many bytes that saves.
    """
    compared = {id(t.columns[name]) for t in draft.tables.values() for name in t.compared}
    saved = 0
    for target, name, column in sorted(columns, key=lambda shown: -shown[2].stored_bytes):
        if saved >= excess:
            break
        if id(column) not in compared and name not in target.sort_key:
            del target.columns[name]
            hidden.setdefault(target.name, []).append(name)
            saved += column.stored_bytes
    return saved
