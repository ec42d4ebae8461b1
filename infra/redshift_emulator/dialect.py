"""One statement of Redshift SQL: its kind, and the SQL that PostgreSQL gets for it.

Owns the choice between passing on, translating, emulating and refusing. Statements that mean the
same to both are passed on unchanged; sqlglot parses queries to find what only PostgreSQL accepts.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache

from infra.redshift_emulator import ddl, queries
from infra.redshift_emulator.copy_grammar import CopyCommand, read_copy
from infra.redshift_emulator.errors import NOT_SUPPORTED, RedshiftError, not_emulated
from infra.redshift_emulator.lexer import Cursor, Token, fold_quoted, one_statement


class Kind(enum.Enum):
    """How the session handles a statement."""

    PLAIN = "plain"
    BEGIN = "begin"
    COMMIT = "commit"
    COPY = "copy"
    TRUNCATE = "truncate"
    ALTER_TYPE = "alter type"


# Run by `emulation.py`, not by PostgreSQL: they take no parameters and return no rows.
EMULATED = frozenset({Kind.COPY, Kind.TRUNCATE, Kind.ALTER_TYPE})


@dataclass(frozen=True)
class Statement:
    """A statement as the client sent it (`text`), and as PostgreSQL gets it (`sql`)."""

    kind: Kind
    text: str
    sql: str
    copy: CopyCommand | None = None
    # A MERGE's source, which must turn out to be a table.
    source: str | None = None
    # The column whose type changes; `emulation.py` checks that it has no default.
    retyped: ddl.TableColumn | None = None


_QUERIES = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE"}
_REFUSED = {"UNLOAD", "LISTEN", "NOTIFY", "CLUSTER", "REINDEX", "DO", "LOAD"}
_ISOLATION = re.compile(
    r"\s*,?\s*ISOLATION\s+LEVEL\s+"
    r"(SERIALIZABLE|REPEATABLE\s+READ|READ\s+COMMITTED|READ\s+UNCOMMITTED|SNAPSHOT)",
    re.IGNORECASE,
)


@lru_cache(maxsize=2048)
def read_statement(sql: str) -> Statement:
    """Reads one statement. Raises RedshiftError for what Redshift does not parse."""
    text, found = one_statement(fold_quoted(sql))
    cursor = Cursor(text, found)
    first = cursor.peek().word
    if first in _QUERIES:
        result = queries.read_query(text, found)
        return Statement(Kind.PLAIN, sql, result.sql, source=result.merge_source)
    if first in _REFUSED:
        raise not_emulated(first)
    special = _READERS.get(first)
    return Statement(Kind.PLAIN, sql, text) if special is None else special(sql, cursor)


def _copy(sql: str, cursor: Cursor) -> Statement:
    return Statement(Kind.COPY, sql, "", copy=read_copy(cursor))


def _create(sql: str, cursor: Cursor) -> Statement:
    cursor.expect("CREATE")
    words = {cursor.peek(n).word for n in range(3)}
    if cursor.ahead("INDEX") or cursor.ahead("UNIQUE", "INDEX"):
        text = f'SQL command "{sql.strip()}" not supported on Redshift tables.'
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if words & {"TRIGGER", "RULE", "SEQUENCE", "DOMAIN", "EXTENSION", "TYPE"}:
        raise cursor.fail()
    if words & {"EXTERNAL", "MATERIALIZED", "PROCEDURE", "FUNCTION", "UNLOGGED"}:
        text = f"CREATE {cursor.peek().word}"
        raise not_emulated(text)
    if "TABLE" in words and "SCHEMA" not in words:
        return Statement(Kind.PLAIN, sql, queries.in_query(ddl.create_table(cursor)))
    return Statement(Kind.PLAIN, sql, queries.in_query("CREATE " + cursor.rest()))


def _alter(sql: str, cursor: Cursor) -> Statement:
    if not cursor.accept("ALTER", "TABLE"):
        return Statement(Kind.PLAIN, sql, cursor.rest())
    text, retyped = ddl.alter_table(cursor)
    return Statement(Kind.ALTER_TYPE if retyped else Kind.PLAIN, sql, text, retyped=retyped)


def _truncate(sql: str, cursor: Cursor) -> Statement:
    cursor.expect("TRUNCATE")
    cursor.accept("TABLE")
    name = cursor.name()
    if not cursor.done:
        raise cursor.fail()
    return Statement(Kind.TRUNCATE, sql, f"TRUNCATE TABLE {name}")


def _begin(sql: str, cursor: Cursor) -> Statement:
    # Every level is accepted and has no effect: the database's own level is used.
    return Statement(Kind.BEGIN, sql, _ISOLATION.sub("", cursor.rest()))


def _commit(sql: str, cursor: Cursor) -> Statement:
    return Statement(Kind.COMMIT, sql, cursor.rest())


def _rollback(sql: str, cursor: Cursor) -> Statement:
    if any(cursor.peek(n).word == "TO" for n in range(1, 3)):
        raise _no_savepoints(sql)
    return Statement(Kind.PLAIN, sql, cursor.rest())


def _savepoint(sql: str, _cursor: Cursor) -> Statement:
    raise _no_savepoints(sql)


def _no_savepoints(sql: str) -> RedshiftError:
    return RedshiftError(f'SQL command "{sql.strip()}" not supported.', sqlstate=NOT_SUPPORTED)


def _setting(sql: str, cursor: Cursor) -> Statement:
    """SET, RESET and SHOW: PostgreSQL takes an unknown setting only with a prefix."""
    verb = cursor.take()
    for scope in ("SESSION", "LOCAL"):
        cursor.accept(scope)
    name: Token = cursor.peek()
    if verb.word == "SET" and name.word == "TRANSACTION":
        text = "SET TRANSACTION"
        raise not_emulated(text)
    if name.word in _OWN_SETTINGS:
        cursor.take()
        return Statement(
            Kind.PLAIN, sql, f"{verb.word} redshift.{name.word.lower()} {cursor.rest()}"
        )
    cursor.at = 0
    return Statement(Kind.PLAIN, sql, cursor.rest())


def _vacuum(sql: str, cursor: Cursor) -> Statement:
    verb = cursor.take().word
    for word in ("FULL", "SORT", "DELETE", "REINDEX", "RECLUSTER", "VERBOSE"):
        cursor.accept(word)
    cursor.accept("ONLY")
    return Statement(Kind.PLAIN, sql, f"{verb} {'' if cursor.done else cursor.name()}")


_OWN_SETTINGS = {
    "QUERY_GROUP",
    "WLM_QUERY_SLOT_COUNT",
    "ENABLE_RESULT_CACHE_FOR_SESSION",
    "DESCRIBE_FIELD_NAME_IN_UPPERCASE",
    "ERROR_ON_NONDETERMINISTIC_UPDATE",
}
_READERS = {
    "COPY": _copy, "CREATE": _create, "ALTER": _alter, "TRUNCATE": _truncate, "BEGIN": _begin,
    "START": _begin, "COMMIT": _commit, "END": _commit, "ROLLBACK": _rollback, "ABORT": _rollback,
    "SAVEPOINT": _savepoint, "RELEASE": _savepoint, "SET": _setting, "RESET": _setting,
    "SHOW": _setting, "VACUUM": _vacuum, "ANALYZE": _vacuum,
}  # fmt: skip
