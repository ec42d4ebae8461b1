"""CREATE VIEW, bound to its tables or late-binding.

Owns the grammar and what can be refused by the text alone; `views.sql` makes the view.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from infra.redshift_emulator.errors import NOT_SUPPORTED, RedshiftError
from infra.redshift_emulator.lexer import Cursor
from infra.redshift_emulator.queries import check_query

_LATE_BINDING = ("WITH", "NO", "SCHEMA", "BINDING")


@dataclass(frozen=True)
class ViewCommand:
    """One CREATE VIEW; name, column list and query as written."""

    name: str
    columns: str
    query: str
    is_late_binding: bool
    replaces: bool


def read_view(cursor: Cursor) -> ViewCommand:
    """Reads the statement; the cursor is behind CREATE. Raises RedshiftError."""
    replaces = cursor.accept("OR", "REPLACE")
    cursor.expect("VIEW")
    name = cursor.name()
    columns = cursor.group() if cursor.peek().text == "(" else ""
    cursor.expect("AS")
    start = cursor.index
    is_late_binding = False
    while not (cursor.done or is_late_binding):
        end = cursor.index
        is_late_binding = cursor.accept(*_LATE_BINDING)
        if not is_late_binding:
            cursor.take()
    query = cursor.text(start, end) if is_late_binding else cursor.text(start)
    if not cursor.done:
        raise cursor.fail()
    check_query(query)
    if is_late_binding:
        _check_qualified(query)
    return ViewCommand(name, columns, query, is_late_binding, replaces)


def _check_qualified(query: str) -> None:
    """A late-binding view finds its tables by name, whatever the search path is then."""
    try:
        tree = sqlglot.parse_one(query, dialect="redshift")
    except (ParseError, TokenError):
        return  # PostgreSQL reports the error better, or there is none
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not table.db and table.name not in named:
            text = (
                "All the relation names inside should be qualified when creating VIEW WITH NO "
                "SCHEMA BINDING."
            )
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
