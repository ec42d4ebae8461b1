"""What each statement of a load costs on a warehouse: time, plan, and what its scans read.

Owns a connection that takes notes, the question to the warehouse's own records, and the tables of
the report.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from redshift_connector.core import Connection
from redshift_connector.error import ProgrammingError

from tests.contract.warehouse import PREFIX, rows

# The statements that read a table; the others have no plan, or one of a row.
_PLANNED: Final = re.compile(r"(CREATE TEMP TABLE .* AS\b|DELETE|INSERT INTO .*SELECT)", re.DOTALL)
_UNDEFINED_TABLE: Final = "42P01"
# The views are filled some seconds after a statement has ended.
_PATIENCE_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 2.0
# One row for each scan of a statement; rows of whole queries and segments have no step.
_SCANS: Final = """
SELECT h.query_id, h.query_text, d.table_name, d.is_rrscan, SUM(d.input_rows),
    SUM(d.input_bytes), SUM(d.output_rows), SUM(d.output_bytes), SUM(d.blocks_read)
FROM sys_query_history h JOIN sys_query_detail d ON d.query_id = h.query_id
WHERE h.session_id = %s AND d.step_name = 'scan' AND d.table_name <> ''
GROUP BY h.query_id, h.query_text, d.table_name, d.is_rrscan, d.segment_id, d.step_id
ORDER BY h.query_id, d.segment_id, d.step_id
"""
_LABEL: Final = 70
_SCHEMA: Final = re.compile(rf'"{PREFIX}_[0-9a-f]+"\.')


@dataclass(frozen=True)
class Statement:
    """One statement, as it was sent.

    Attributes:
        plan: lines of EXPLAIN; none where the statement has no plan.
    """

    sql: str
    seconds: float
    plan: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its beginning, on one line."""
        return label_of(self.sql)


@dataclass
class NotedConnection:
    """A connection of the driver's that notes what is executed, and explains it before."""

    connection: Connection
    statements: list[Statement] = field(default_factory=list)
    session: int = 0

    def __post_init__(self) -> None:
        ((self.session,),) = rows(self.connection, "SELECT pg_backend_pid()")

    @property
    def autocommit(self) -> bool:
        """Whether each statement is a transaction of its own."""
        return bool(self.connection.autocommit)

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self.connection.autocommit = value

    def cursor(self) -> NotedCursor:
        """A cursor of it."""
        return NotedCursor(self, self.connection.cursor())

    def commit(self) -> None:
        """Commits, which has its own cost."""
        self.note("COMMIT", (), self.connection.commit)

    def note(self, sql: str, plan: Sequence[str], execute: Callable[[], Any]) -> None:
        """Executes one statement and measures it."""
        began = time.perf_counter()
        execute()
        self.statements.append(Statement(sql, time.perf_counter() - began, tuple(plan)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@dataclass
class NotedCursor:
    """A cursor that notes what it executes."""

    owner: NotedConnection
    cursor: Any

    def execute(self, operation: str, args: Any = None) -> Any:
        """Executes a statement; one that reads tables is explained first."""
        plan: list[str] = []
        if args is None and _PLANNED.match(operation):
            self.cursor.execute(f"EXPLAIN {operation}")
            plan = [str(line) for (line,) in self.cursor.fetchall()]
        self.owner.note(operation, plan, lambda: self.cursor.execute(operation, args))
        return self.cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


@dataclass(frozen=True)
class Scan:
    """What one scan of a statement read, as the warehouse counted it."""

    label: str
    table: str
    restricted: bool
    rows_read: int
    bytes_read: int
    rows_kept: int
    bytes_kept: int
    blocks_read: int


def read_scans(connect: Callable[[], Connection], session: int) -> list[Scan] | None:
    """The scans of a session's statements; None where the server keeps no records of them.

    Waits until there are some; TimeoutError if none come.
    """
    limit = time.monotonic() + _PATIENCE_SECONDS
    with closing(connect()) as connection:
        connection.autocommit = True
        while True:
            try:
                recorded = rows(connection, _SCANS, (session,))
            except ProgrammingError as error:
                if error.args[0].get("C") == _UNDEFINED_TABLE:
                    return None
                raise
            if recorded:
                return [_scan(*row) for row in recorded]
            if time.monotonic() > limit:
                text = f"SYS_QUERY_DETAIL has nothing of session {session}"
                raise TimeoutError(text)
            time.sleep(_LOOK_SECONDS)


def _scan(_query: int, sql: str, table: str, restricted: str, *counts: Any) -> Scan:
    return Scan(
        label_of(sql), table.strip(), restricted == "t", *(int(count or 0) for count in counts)
    )


def label_of(sql: str) -> str:
    """The beginning of a statement, on one line, without the test's schema."""
    return " ".join(_SCHEMA.sub("", sql).split())[:_LABEL]


def describe_load(title: str, statements: Sequence[Statement], scans: list[Scan] | None) -> str:
    """A load's part of the report, in Markdown."""
    total = sum(statement.seconds for statement in statements)
    lines = [
        f"## {title}",
        "",
        f"{len(statements)} statements, {total:.2f} s.",
        "",
        "| statement | seconds |",
        "|---|---|",
        *(f"| `{entry.label}` | {entry.seconds:.3f} |" for entry in statements),
        "",
    ]
    if scans is None:
        lines += ["This server has no SYS_QUERY_DETAIL: what scans read is not known.", ""]
    else:
        lines += [
            "| scan of | by | rows | bytes | blocks | kept rows | kept bytes | zone maps |",
            "|---|---|---|---|---|---|---|---|",
            *(
                f"| {scan.table} | `{scan.label}` | {scan.rows_read:,} | {scan.bytes_read:,} "
                f"| {scan.blocks_read:,} | {scan.rows_kept:,} | {scan.bytes_kept:,} "
                f"| {'used' if scan.restricted else 'not used'} |"
                for scan in scans
            ),
            "",
        ]
    for entry in statements:
        if entry.plan:
            lines += [f"`{entry.label}`", "", "```", *entry.plan, "```", ""]
    return "\n".join(lines).rstrip()
