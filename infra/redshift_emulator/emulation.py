"""What the front does itself instead of passing it on: COPY, TRUNCATE, ALTER COLUMN TYPE.

Owns the choice; COPY's course is in `copying.py`.
"""

from __future__ import annotations

from infra.redshift_emulator import wire
from infra.redshift_emulator.backend import FAILED, IN_BLOCK, literal
from infra.redshift_emulator.copying import Copy
from infra.redshift_emulator.dialect import Kind, Statement
from infra.redshift_emulator.errors import IN_TRANSACTION_BLOCK, NOT_SUPPORTED, RedshiftError
from infra.redshift_emulator.peer import Peer, query
from infra.redshift_emulator.wire import Message


async def check_source(peer: Peer, statement: Statement) -> None:
    """A MERGE's source must be a table; what it is only the catalogue knows."""
    if statement.source is None or peer.backend.status == FAILED:
        return
    name = literal(statement.source)
    relation = f"SELECT relkind FROM pg_class WHERE oid = to_regclass({name})"
    rows = await query(peer, relation)
    if rows and rows[0][0] != "r":
        text = "MERGE source must be a table"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)


async def run(peer: Peer, statement: Statement) -> Message:
    """Runs an emulated statement; the message that says so. Raises RedshiftError."""
    if statement.kind is Kind.TRUNCATE:
        await query(peer, statement.sql)
        if peer.backend.status == IN_BLOCK:
            await query(peer, "COMMIT")
        return wire.command_complete("TRUNCATE TABLE")
    if statement.kind is Kind.ALTER_TYPE:
        if peer.backend.status == IN_BLOCK:
            text = "ALTER TABLE ALTER COLUMN cannot run inside a transaction block"
            raise RedshiftError(text, sqlstate=IN_TRANSACTION_BLOCK)
        await _check_has_no_default(peer, statement)
        await query(peer, statement.sql)
        return wire.command_complete("ALTER TABLE")
    if statement.copy is None:
        raise AssertionError(statement)
    await Copy(peer, statement.copy, statement.text).run()
    return wire.command_complete("COPY")


async def _check_has_no_default(peer: Peer, statement: Statement) -> None:
    if statement.retyped is None:
        raise AssertionError(statement)
    table, column = statement.retyped.table, statement.retyped.column
    rows = await query(
        peer,
        f"SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass({literal(table)}) "
        f"AND attname = (parse_ident({literal(column)}))[1] AND atthasdef",
    )
    if rows:
        text = f"cannot alter type of column {column}, which has a default value"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
