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
from infra.redshift_emulator.errors import (
    NOT_SUPPORTED,
    SYNTAX_ERROR,
    UNDEFINED_OBJECT,
    RedshiftError,
    emulation_error,
)
from infra.redshift_emulator.lexer import Cursor, fold_quoted, one_statement
from infra.redshift_emulator.views import ViewCommand, read_view


class Kind(enum.Enum):
    """How the session handles a statement."""

    PLAIN = "plain"
    BEGIN = "begin"
    COMMIT = "commit"
    COPY = "copy"
    TRUNCATE = "truncate"
    ALTER_TYPE = "alter type"
    CREATE_VIEW = "create view"


# Run by `emulation.py`, not by PostgreSQL: they take no parameters and return no rows.
EMULATED = frozenset({Kind.COPY, Kind.TRUNCATE, Kind.ALTER_TYPE, Kind.CREATE_VIEW})


@dataclass(frozen=True)
class Statement:
    """A statement as the client sent it (`text`), and as PostgreSQL gets it (`sql`)."""

    kind: Kind
    text: str
    sql: str
    copy: CopyCommand | None = None
    # The column whose type changes; `emulation.py` checks that it has no default.
    retyped: ddl.TableColumn | None = None
    view: ViewCommand | None = None


_QUERIES = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
# Redshift has these.
_NOT_EMULATED = {"UNLOAD", "MERGE"}
# PostgreSQL has these and Redshift does not.
_UNKNOWN = {"VALUES", "LISTEN", "NOTIFY", "CLUSTER", "REINDEX", "DO", "LOAD"}
_LARGEST_STATEMENT = 16 * 2**20
_ISOLATION = re.compile(
    r"\s*,?\s*ISOLATION\s+LEVEL\s+"
    r"(SERIALIZABLE|REPEATABLE\s+READ|READ\s+COMMITTED|READ\s+UNCOMMITTED|SNAPSHOT)",
    re.IGNORECASE,
)


@lru_cache(maxsize=2048)
def read_statement(sql: str) -> Statement:
    """Reads one statement. Raises RedshiftError for what Redshift does not parse."""
    size = len(sql.encode())
    if size > _LARGEST_STATEMENT:
        text = (
            f"Statement is too large. Statement Size: {size} bytes. "
            f"Maximum Allowed: {_LARGEST_STATEMENT} bytes"
        )
        raise RedshiftError(text, sqlstate=SYNTAX_ERROR)
    text, statement_tokens = one_statement(fold_quoted(sql))
    cursor = Cursor(text, statement_tokens)
    first = cursor.peek().word
    if first in _QUERIES:
        queries.check_query(text)
    elif first in _NOT_EMULATED:
        raise emulation_error(first)
    elif first in _UNKNOWN:
        raise cursor.fail()
    special = _READERS.get(first)
    return Statement(Kind.PLAIN, sql, text) if special is None else special(sql, cursor)


def _copy(sql: str, cursor: Cursor) -> Statement:
    return Statement(Kind.COPY, sql, "", copy=read_copy(cursor))


def _create(sql: str, cursor: Cursor) -> Statement:
    cursor.expect("CREATE")
    words = {cursor.peek(n).word for n in range(3)}
    if cursor.is_ahead("INDEX") or cursor.is_ahead("UNIQUE", "INDEX"):
        text = f'SQL command "{sql.strip()}" not supported on Redshift tables.'
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if words & {"TRIGGER", "RULE", "SEQUENCE", "DOMAIN", "EXTENSION", "TYPE"}:
        raise cursor.fail()
    if words & {"EXTERNAL", "MATERIALIZED", "PROCEDURE", "FUNCTION"}:
        text = f"CREATE {cursor.peek().word}"
        raise emulation_error(text)
    if "TABLE" in words and "SCHEMA" not in words:
        return Statement(Kind.PLAIN, sql, ddl.create_table(cursor))
    if "VIEW" in words and "SCHEMA" not in words:
        return Statement(Kind.CREATE_VIEW, sql, "", view=read_view(cursor))
    return Statement(Kind.PLAIN, sql, "CREATE " + cursor.rest())


def _alter(sql: str, cursor: Cursor) -> Statement:
    if not cursor.accept("ALTER", "TABLE"):
        return Statement(Kind.PLAIN, sql, cursor.rest())
    text, retyped = ddl.alter_table(cursor)
    return Statement(Kind.ALTER_TYPE if retyped else Kind.PLAIN, sql, text, retyped=retyped)


def _grant(sql: str, cursor: Cursor) -> Statement:
    """PostgreSQL has users, groups and roles in one, and names them without saying which."""
    words = []
    while not cursor.done:
        if cursor.is_ahead("ROLE") and cursor.peek(1).kind in {"word", "quoted"}:
            cursor.take()
        words.append(cursor.take().text)
    return Statement(Kind.PLAIN, sql, " ".join(words))


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


def _lock(sql: str, cursor: Cursor) -> Statement:
    """Names only: PostgreSQL's ONLY, modes and NOWAIT are unknown."""
    cursor.expect("LOCK")
    cursor.accept("TABLE")
    cursor.name()
    while cursor.accept_mark(","):
        cursor.name()
    if not cursor.done:
        raise cursor.fail()
    cursor.index = 0
    return Statement(Kind.PLAIN, sql, cursor.rest())


def _explain(sql: str, cursor: Cursor) -> Statement:
    """The plan of a query, INSERT, UPDATE, DELETE or CREATE TABLE AS, and of nothing else."""
    cursor.expect("EXPLAIN")
    if cursor.peek().text == "(":  # PostgreSQL's options: for tests that look at its plans
        cursor.index = 0
        return Statement(Kind.PLAIN, sql, cursor.rest())
    cursor.accept("VERBOSE")
    if cursor.peek().word not in {*_QUERIES, "CREATE"}:
        raise cursor.fail()
    return Statement(Kind.PLAIN, sql, f"EXPLAIN {read_statement(cursor.rest()).sql}")


def _setting(sql: str, cursor: Cursor) -> Statement:
    """SET, RESET and SHOW: PostgreSQL has settings that Redshift does not have."""
    verb = cursor.take().word
    for scope in ("SESSION", "LOCAL"):
        cursor.accept(scope)
    name = cursor.peek().word
    if verb == "SET" and name in {"TRANSACTION", "CHARACTERISTICS", "AUTHORIZATION"}:
        text = f"SET {name}"
        raise emulation_error(text)
    if name in _UNEMULATED_SETTINGS:
        text = f"the setting {name.lower()}"
        raise emulation_error(text)
    if verb != "SHOW" and name not in _SETTINGS:
        text = f'unrecognized configuration parameter "{name.lower()}"'
        raise RedshiftError(text, sqlstate=UNDEFINED_OBJECT)
    if name == "QUERY_GROUP":
        start = cursor.peek().start
        return Statement(Kind.PLAIN, sql, f"{sql[:start]}{FOREIGN_SETTINGS}{sql[start:]}")
    cursor.index = 0
    return Statement(Kind.PLAIN, sql, cursor.rest())


def _prepare(sql: str, cursor: Cursor) -> Statement:
    """A name follows PREPARE, and behind it PostgreSQL 8.0 stops at a transaction's identifier."""
    if cursor.is_ahead("PREPARE", "TRANSACTION"):
        cursor.index = 2
        raise cursor.fail()
    return Statement(Kind.PLAIN, sql, cursor.rest())


def _vacuum(sql: str, cursor: Cursor) -> Statement:
    verb = cursor.take().word
    for word in ("FULL", "SORT", "DELETE", "REINDEX", "RECLUSTER", "VERBOSE"):
        cursor.accept(word)
    cursor.accept("ONLY")
    return Statement(Kind.PLAIN, sql, f"{verb} {'' if cursor.done else cursor.name()}")


# PostgreSQL keeps settings that it does not know under names with a dot.
FOREIGN_SETTINGS = "redshift."
# Of the settings in "Configuration reference" those that PostgreSQL has as well, those that a
# driver sends, and those that it can keep without a meaning.
_SETTINGS = {
    "ALL", "APPLICATION_NAME", "CLIENT_ENCODING", "DATESTYLE", "EXTRA_FLOAT_DIGITS", "NAMES",
    "QUERY_GROUP", "SEARCH_PATH", "SEED", "STATEMENT_TIMEOUT", "TIMEZONE", "TIME",
}  # fmt: skip
_UNEMULATED_SETTINGS = {
    "ANALYZE_THRESHOLD_PERCENT", "CAST_SUPER_NULL_ON_ERROR", "DEFAULT_GEOMETRY_ENCODING",
    "DESCRIBE_FIELD_NAME_IN_UPPERCASE", "DOWNCASE_DELIMITED_IDENTIFIER",
    "ENABLE_CASE_SENSITIVE_IDENTIFIER", "ENABLE_RESULT_CACHE_FOR_SESSION", "ENABLE_VACUUM_BOOST",
    "ERROR_ON_NONDETERMINISTIC_UPDATE", "JSON_SERIALIZATION_ENABLE",
    "NAVIGATE_SUPER_NULL_ON_ERROR", "PARSE_SUPER_NULL_ON_ERROR",
    "WLM_QUERY_SLOT_COUNT",
}  # fmt: skip
_READERS = {
    "COPY": _copy, "CREATE": _create, "ALTER": _alter, "TRUNCATE": _truncate, "BEGIN": _begin,
    "START": _begin, "COMMIT": _commit, "END": _commit, "ROLLBACK": _rollback, "ABORT": _rollback,
    "LOCK": _lock, "SAVEPOINT": _savepoint, "RELEASE": _savepoint, "SET": _setting,
    "RESET": _setting, "SHOW": _setting, "VACUUM": _vacuum, "ANALYZE": _vacuum,
    "PREPARE": _prepare, "EXPLAIN": _explain, "GRANT": _grant, "REVOKE": _grant,
}  # fmt: skip
