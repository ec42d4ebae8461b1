"""Statements that the emulator runs itself: TRUNCATE, ALTER COLUMN TYPE, CREATE VIEW and COPY."""

from __future__ import annotations

from infra.redshift_emulator import wire
from infra.redshift_emulator.backend import IN_BLOCK, literal
from infra.redshift_emulator.client_session import ClientSession, query
from infra.redshift_emulator.copy_execution import Copy
from infra.redshift_emulator.dialect import Kind, Statement
from infra.redshift_emulator.errors import (
    IN_TRANSACTION_BLOCK,
    NOT_SUPPORTED,
    RedshiftError,
    UnreadStatementError,
)
from infra.redshift_emulator.views import ViewCommand
from infra.redshift_emulator.wire import Message

# Encodings with which a VARCHAR keeps its length, see "ALTER TABLE".
_FIXED_LENGTHS = {"bytedict", "runlength", "text255", "text32k"}


async def run(session: ClientSession, statement: Statement) -> Message:
    """Runs an emulated statement; returns its CommandComplete message. Raises RedshiftError."""
    if statement.kind is Kind.TRUNCATE:
        await query(session, statement.sql)
        if session.backend.status == IN_BLOCK:
            await query(session, "COMMIT")
        return wire.command_complete("TRUNCATE TABLE")
    if statement.kind is Kind.ALTER_TYPE:
        if session.backend.status == IN_BLOCK:
            text = "ALTER TABLE ALTER COLUMN cannot run inside a transaction block"
            raise RedshiftError(text, sqlstate=IN_TRANSACTION_BLOCK)
        await _check_can_be_retyped(session, statement)
        await query(session, statement.sql)
        return wire.command_complete("ALTER TABLE")
    if statement.view is not None:
        await query(session, _create_view(statement.view, statement.text))
        return wire.command_complete("CREATE VIEW")
    if statement.copy is None:
        raise UnreadStatementError(statement)
    await Copy(session, statement.copy, statement.text).run()
    return wire.command_complete("COPY")


def _create_view(view: ViewCommand, text: str) -> str:
    words = (view.name, view.columns, view.query, text)
    flags = (view.is_late_binding, view.replaces)
    arguments = ", ".join([*map(literal, words), *(str(flag).upper() for flag in flags)])
    return f"SELECT redshift_emulator.create_view({arguments})"


async def _check_can_be_retyped(session: ClientSession, statement: Statement) -> None:
    if statement.retyped is None:
        raise UnreadStatementError(statement)
    table, column = statement.retyped.table, statement.retyped.column
    rows = await query(
        session,
        "SELECT a.atthasdef, substring(c.conname from 'redshift_encode_([a-z0-9]+)') "
        "FROM pg_attribute a LEFT JOIN pg_constraint c ON c.conrelid = a.attrelid "
        "AND c.conkey = ARRAY[a.attnum] AND c.conname LIKE 'redshift@_encode@_%' ESCAPE '@' "
        f"WHERE a.attrelid = to_regclass({literal(table)}) "
        f"AND a.attname = (parse_ident({literal(column)}))[1]",
    )
    for has_default, encoding in rows:
        if has_default == "t":
            text = f"cannot alter type of column {column}, which has a default value"
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
        if encoding in _FIXED_LENGTHS:
            text = f"cannot alter type of column {column}, which has encoding {encoding}"
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
