"""Tables that a task captures, from the catalogue of the database: columns, types, keys, identity.

A partitioned table is its partitions, under whose names its rows come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from infra.catalogue.model import TableName
from infra.catalogue.postgresql_types import PostgresType
from infra.local.source.column_types import DmsType
from infra.local.source.pgoutput import Relation

Session = psycopg.Connection[dict[str, Any]]

_RELATIONS: Final = """
    WITH RECURSIVE named AS (
        SELECT c.oid, c.oid AS root, c.relkind::text AS kind
        FROM unnest(%s::text[], %s::text[]) AS asked (schema, name)
        JOIN pg_namespace n ON n.nspname = asked.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name
        UNION ALL
        SELECT c.oid, named.root, c.relkind::text
        FROM named JOIN pg_inherits i ON i.inhparent = named.oid
            JOIN pg_class c ON c.oid = i.inhrelid
        WHERE named.kind = 'p'
    )
    SELECT DISTINCT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
        c.relreplident::text AS identity, c.relpersistence::text AS persistence,
        named.oid = named.root AS is_named
    FROM named JOIN pg_class c ON c.oid = named.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    ORDER BY n.nspname, c.relname
"""
# What is generated is in no change record. A version of PostgreSQL may lack `attgenerated`.
_COLUMNS: Final = """
    SELECT attrelid AS relation, attname AS name, atttypid AS type, atttypmod AS modifier,
        NOT attnotnull AS is_nullable
    FROM pg_attribute a
    WHERE attnum > 0 AND NOT attisdropped AND attrelid = ANY (%s)
        AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = ''
    ORDER BY attrelid, attnum
"""
# The first columns of an index are its key; what it includes besides comes behind them.
_KEYS: Final = """
    SELECT i.indrelid AS relation, ARRAY(
            SELECT a.attname::text
            FROM unnest((string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts])
                WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place
        ) AS columns, i.indisprimary AS is_primary, i.indisreplident AS is_identity
    FROM pg_index i
    WHERE (i.indisprimary OR i.indisreplident) AND i.indrelid = ANY (%s)
"""
_TYPE: Final = """
    SELECT t.typname AS name, n.nspname AS schema, t.typtype::text AS kind,
        t.typcategory::text AS category, t.typbasetype AS base, t.typtypmod AS modifier
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = %s
"""


@dataclass(frozen=True)
class SourceColumn:
    """A column; `type_number` and `modifier` are those of PostgreSQL, by which types are equal."""

    name: str
    type: DmsType
    type_number: int
    modifier: int
    is_nullable: bool


@dataclass(frozen=True)
class SourceTable:
    """A table with rows: no partitioned one.

    Attributes:
        oid: PostgreSQL's number of it, which stays when it is renamed.
        columns: those that change records have.
        key: of the primary key, in its order; else of the index that names changed rows.
        identity: d for the primary key, i for an index, f for the full row, n for nothing.
        identity_columns: those that the log has of a row as it was before it changed.
    """

    oid: int
    schema: str
    name: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...]
    identity: str
    identity_columns: frozenset[str]

    @property
    def full_name(self) -> TableName:
        """Schema and name."""
        return self.schema, self.name

    @property
    def tells_rows_apart(self) -> bool:
        """Whether the log names changed and deleted rows; else the source refuses to change any."""
        return bool(self.identity_columns)


@dataclass(frozen=True)
class Asked:
    """Tables that a task captures.

    Attributes:
        tables: those with rows.
        named: names that were found, and whether they are of partitioned tables.
        others: names of what is there and has no rows in the log, with what it is.
    """

    tables: tuple[SourceTable, ...]
    named: Mapping[TableName, bool]
    others: Mapping[TableName, str]


_NO_ROWS: Final = {
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "S": "a sequence",
    "i": "an index",
    "I": "an index",
    "c": "a type",
}


class SourceCatalogue:
    """Reads tables and types over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._types: dict[tuple[int, int], DmsType] = {}

    def list_tables(self, schemas: Sequence[str]) -> list[TableName]:
        """Every table of some schemas, partitions not counted."""
        rows = self._session.execute(
            "SELECT n.nspname AS schema, c.relname AS name FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (%s) "
            "AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2",
            (list(schemas),),
        )
        return [(row["schema"], row["name"]) for row in rows]

    def read(self, names: Sequence[TableName], session: Session | None = None) -> Asked:
        """The tables of these names, as `session` sees them, which may be in a snapshot."""
        session = session or self._session
        relations = session.execute(
            _RELATIONS.encode(), ([name[0] for name in names], [name[1] for name in names])
        ).fetchall()
        with_rows = [row for row in relations if row["kind"] == "r" and row["persistence"] == "p"]
        oids = [row["oid"] for row in with_rows]
        columns = _group(session.execute(_COLUMNS.encode(), (oids,)).fetchall())
        keys = _group(session.execute(_KEYS.encode(), (oids,)).fetchall())
        return Asked(
            tuple(
                self._table(row, columns.get(row["oid"], []), keys.get(row["oid"], []))
                for row in with_rows
            ),
            {
                (row["schema"], row["name"]): row["kind"] == "p"
                for row in relations
                if row["is_named"]
            },
            {
                (row["schema"], row["name"]): _NO_ROWS.get(row["kind"], "an unlogged table")
                for row in relations
                if row["kind"] != "p" and row["oid"] not in oids
            },
        )

    def read_key(self, oid: int) -> tuple[str, ...]:
        """The present key of a table; none if it has none, or is gone."""
        keys = self._session.execute(_KEYS.encode(), ([oid],)).fetchall()
        return _choose_key(keys)

    def find_type(self, number: int, modifier: int) -> DmsType:
        """A type by its number; one that is no more there has values in text."""
        key = (number, modifier)
        if key not in self._types:
            self._types[key] = self._find_type(number, modifier)
        return self._types[key]

    def describe(self, relation: Relation, before: SourceTable | None) -> SourceTable:
        """A table as the log has it; the log names neither nulls nor the order of a key."""
        names = [column.name for column in relation.columns]
        identity = [column.name for column in relation.columns if column.is_identity]
        present = self.read_key(relation.oid)
        former = before.key if before is not None else ()
        keys = [key for key in (present, former) if key and {*key} <= {*names}]
        if relation.identity == "d":
            keys = [key for key in keys if {*key} == {*identity}] or [tuple(identity)]
        elif relation.identity == "i" and not keys:
            keys = [tuple(identity)]
        key = keys[0] if keys else ()
        nullable = {} if before is None else {c.name: c.is_nullable for c in before.columns}
        return SourceTable(
            relation.oid,
            relation.schema,
            relation.table,
            tuple(
                SourceColumn(
                    column.name,
                    self.find_type(column.type_oid, column.modifier),
                    column.type_oid,
                    column.modifier,
                    column.name not in key and nullable.get(column.name, True),
                )
                for column in relation.columns
            ),
            key,
            relation.identity,
            frozenset(identity),
        )

    def _table(
        self, row: dict[str, Any], columns: list[dict[str, Any]], keys: list[dict[str, Any]]
    ) -> SourceTable:
        key, identity = _choose_key(keys), row["identity"]
        named = [
            k["columns"] for k in keys if k["is_primary" if identity == "d" else "is_identity"]
        ]
        if identity == "f":
            named = [[column["name"] for column in columns]]
        return SourceTable(
            row["oid"],
            row["schema"],
            row["name"],
            tuple(
                SourceColumn(
                    column["name"],
                    self.find_type(column["type"], column["modifier"]),
                    column["type"],
                    column["modifier"],
                    column["is_nullable"],
                )
                for column in columns
            ),
            key,
            identity,
            frozenset() if identity == "n" or not named else frozenset(named[0]),
        )

    def _find_type(self, number: int, modifier: int) -> DmsType:
        described = self._session.execute(_TYPE.encode(), (number,)).fetchone()
        while described is not None and described["kind"] == "d":
            modifier = described["modifier"] if modifier < 0 else modifier
            described = self._session.execute(_TYPE.encode(), (described["base"],)).fetchone()
        if described is None:
            return DmsType(PostgresType("text", "b", is_array=False, modifier=-1, schema=""))
        return DmsType(
            PostgresType(
                described["name"],
                described["kind"],
                described["category"] == "A",
                modifier,
                described["schema"],
            )
        )


def _group(rows: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["relation"], []).append(row)
    return groups


def _choose_key(keys: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The primary key, else that of the index which names changed rows."""
    for key in sorted(keys, key=lambda key: not key["is_primary"]):
        return tuple(key["columns"])
    return ()
