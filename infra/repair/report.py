"""What is printed of a repair. Keys are shown as they are stored, and no other value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from infra.reconcile.comparison import read_key_text
from infra.reconcile.protocol import Result
from infra.reconcile.report import SHOWN, as_object, write_lines
from infra.repair.protocol import Plan, RowRepair
from infra.repair.rows import Declared, RowKey


def write_plan(plan: Plan, declared: Declared, *, is_put: bool) -> Iterator[str]:
    """What would be put or was put, for people."""
    yield f"records {'put' if is_put else 'to be put'} onto the stream: {len(plan.repairs):,}"
    counts = Counter((repair.row.table, _operation(repair)) for repair in plan.repairs)
    for (table, operation), count in sorted(counts.items()):
        yield f"  {count:>9,}  {table}  {operation}"
    for repair in plan.repairs[:SHOWN]:
        key = _show_key(repair.row, declared)
        yield f"  {_operation(repair)} {key} at position {repair.position}"
    if len(plan.repairs) > SHOWN:
        yield f"  and {len(plan.repairs) - SHOWN:,} more (--json has all of them)"
    for row, reason in sorted(plan.left_out.items())[:SHOWN]:
        yield f"  left out: {_show_key(row, declared)}: {reason}"
    if len(plan.left_out) > SHOWN:
        yield f"  and {len(plan.left_out) - SHOWN:,} more are left out (--json has all of them)"


def write_text(
    before: Result, plan: Plan, after: Result | None, declared: Declared
) -> Iterator[str]:
    """All of it, for people."""
    yield from write_lines(before)
    if not any(outcome.differences for outcome in before.outcomes):
        return
    yield from write_plan(plan, declared, is_put=after is not None)
    if after is None:
        yield "nothing was put; give --apply to do it"
        return
    yield "after the repair, of the keys that differed:"
    yield from write_lines(after)


def write_json(before: Result, plan: Plan, after: Result | None, declared: Declared) -> str:
    """All of it, for scripts, in one line."""
    return json.dumps(
        {
            "before": as_object(before),
            "records": [
                {
                    "operation": _operation(repair),
                    "position": repair.position,
                    **_describe_row(repair.row, declared),
                }
                for repair in plan.repairs
            ],
            "left_out": [
                {**_describe_row(row, declared), "reason": reason}
                for row, reason in sorted(plan.left_out.items())
            ],
            "applied": after is not None,
            "after": None if after is None else as_object(after),
        }
    )


def _operation(repair: RowRepair) -> str:
    return "delete" if repair.values is None else "upsert"


def _describe_row(row: RowKey, declared: Declared) -> Mapping[str, Any]:
    return {"table": row.table, "key": _read_key(row, declared)}


def _show_key(row: RowKey, declared: Declared) -> str:
    values = ", ".join(f"{name} {value}" for name, value in _read_key(row, declared).items())
    return f"{row.table} {values}"


def _read_key(row: RowKey, declared: Declared) -> dict[str, str]:
    columns = declared.tables[row.table].key
    names = [column.name for column in columns]
    return dict(zip(names, read_key_text(columns, row.key), strict=True))
