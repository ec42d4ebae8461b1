"""Reads the catalogue of a PostgreSQL: tables, columns, keys, foreign keys, partitions.

Whatever is no table that DMS can follow is left out with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from flink_app.validation.words import suggest
from infra.catalogue import samples
from infra.catalogue.connection import open_session
from infra.catalogue.model import (
    Catalogue,
    CatalogueError,
    ForeignKey,
    LeftOut,
    SourceColumn,
    SourceTable,
    TypeProposal,
    UniqueKey,
)
from infra.catalogue.postgresql_types import PostgresType, propose_type, read_collation
from infra.catalogue.samples import Budget, TableSample

Session = psycopg.Connection[dict[str, Any]]
Row = dict[str, Any]

_SCHEMAS: Final = (
    "SELECT nspname AS name, has_schema_privilege(oid, 'USAGE') AS may_use FROM pg_namespace "
    "WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' ORDER BY nspname"
)
_RELATIONS: Final = """
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
        c.reltuples::float8 AS tuples, c.relreplident::text AS identity,
        c.relpersistence::text AS persistence, c.relispartition AS is_partition,
        obj_description(c.oid, 'pg_class') AS comment,
        has_table_privilege(c.oid, 'SELECT') AS may_read,
        EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AND c.relkind = 'r'
            AS has_children,
        (SELECT min(e.extname::text) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
            AND d.refclassid = 'pg_extension'::regclass) AS extension
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = ANY (%s)
    ORDER BY n.nspname, c.relname
"""
# Columns that a version of PostgreSQL lacks are null in the row as JSON.
_COLUMNS: Final = """
    SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name, a.atttypid AS type,
        a.atttypmod AS modifier, format_type(a.atttypid, a.atttypmod) AS written,
        a.attnotnull AS not_null, coalesce(to_jsonb(a) ->> 'attgenerated', '') AS generated,
        a.attstorage::text AS storage, col_description(a.attrelid, a.attnum) AS comment,
        coalesce((to_jsonb(o) ->> 'collisdeterministic')::boolean, true) AS is_deterministic,
        coalesce(to_jsonb(o) ->> 'colllocale', to_jsonb(o) ->> 'colliculocale', o.collcollate, '')
            AS locale
    FROM pg_attribute a LEFT JOIN pg_collation o ON o.oid = a.attcollation
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY (%s)
    ORDER BY a.attrelid, a.attnum
"""
_TYPES: Final = (
    "SELECT t.oid, t.typname AS name, n.nspname AS schema, t.typtype::text AS kind, "
    "t.typcategory::text AS category, t.typbasetype AS base, t.typtypmod AS modifier "
    "FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
)
# The first columns of an index are its key; what it includes besides comes behind them.
_KEYS: Final = """
    SELECT i.indrelid AS relation, c.relname AS name, i.indisprimary AS is_primary,
        i.indisreplident AS is_identity,
        (string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts] AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
        AND i.indexprs IS NULL AND i.indrelid = ANY (%s)
    ORDER BY i.indrelid, i.indisprimary DESC, i.indisreplident DESC, i.indnkeyatts, c.relname
"""
_FOREIGN_KEYS: Final = """
    SELECT o.conrelid AS relation, o.conname AS name, n.nspname AS schema, c.relname AS table,
        o.conkey AS columns, o.confrelid AS referenced,
        ARRAY(SELECT a.attname::text FROM unnest(o.confkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number
            ORDER BY k.place) AS referenced_columns
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.confrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE o.contype = 'f' AND o.conparentid = 0 AND o.conrelid = ANY (%s)
    ORDER BY o.conrelid, o.conkey, o.conname
"""
_PARTITIONS: Final = """
    WITH RECURSIVE tree AS (
        SELECT inhparent AS root, inhrelid AS part FROM pg_inherits WHERE inhparent = ANY (%s)
        UNION ALL
        SELECT tree.root, i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.part
    )
    SELECT tree.root, n.nspname AS schema, c.relname AS name, c.reltuples::float8 AS tuples,
        c.relkind::text AS kind
    FROM tree JOIN pg_class c ON c.oid = tree.part JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind <> 'p' ORDER BY n.nspname, c.relname
"""
_NO_TABLE: Final = {
    "v": "a view: declare the tables that it reads",
    "m": "a materialized view: declare the tables that it reads",
    "f": "a foreign table: its rows are in no log of this database",
}
_GENERATED: Final = "generated by the database, and so in no change record"
_LARGE: Final = frozenset("xe")  # storage of values that may lie outside of their row


def read_database(
    address: str,
    schemas: Sequence[str],
    *,
    with_samples: bool,
    report: Callable[[int, int], None],
) -> Catalogue:
    """What a PostgreSQL says of its tables, and what samples of their values look like.

    `report` is called before each table with how many are done, and how many there are.
    Raises CatalogueError where it cannot be read, or has no table.
    """
    with open_session(address) as session:
        database = session.info.dbname
        try:
            chosen = _choose_schemas(session, schemas)
            reader = _Reader(session, chosen, Budget() if with_samples else None, report)
            catalogue = reader.read(database)
        except psycopg.errors.QueryCanceled:
            message = f"{database} does not answer: a query of its catalogue was ended"
            raise CatalogueError(message) from None
        except psycopg.Error as error:
            message = (
                f"{database} refused a query of its catalogue ({error.sqlstate or 'no code'}): "
                "only PostgreSQL itself, and what has its catalogue, can be read"
            )
            raise CatalogueError(message) from None
    if not catalogue.tables and not catalogue.left_out:
        within = f" in {' and '.join(chosen)}" if schemas else ""
        message = f"database {database} has no tables{within}: name another database or schema"
        raise CatalogueError(message)
    return catalogue


def _choose_schemas(session: Session, asked: Sequence[str]) -> list[str]:
    """The schemas to read: those asked for, or all that the user may use."""
    known = {row["name"]: row["may_use"] for row in session.execute(_SCHEMAS.encode())}
    for name in asked:
        if name not in known:
            meant = suggest(name, known) or f"; there are {', '.join(known)}"
            message = f"--schema: database {session.info.dbname} has no schema {name!r}{meant}"
            raise CatalogueError(message, is_of_arguments=True)
        if not known[name]:
            message = (
                f"user {session.info.user} has no right to read schema {name}: "
                f'GRANT USAGE ON SCHEMA "{name}" TO "{session.info.user}"'
            )
            raise CatalogueError(message)
    return list(dict.fromkeys(asked)) or [name for name, may_use in known.items() if may_use]


class _Reader:
    """Reads what belongs to some schemas, in one transaction."""

    def __init__(
        self,
        session: Session,
        schemas: Sequence[str],
        budget: Budget | None,
        report: Callable[[int, int], None],
    ) -> None:
        self._session = session
        self._schemas = schemas
        self._budget = budget
        self._report = report
        self._types = {row["oid"]: row for row in session.execute(_TYPES.encode())}

    def read(self, database: str) -> Catalogue:
        """Everything, with what is left out."""
        relations = self._rows(_RELATIONS, list(self._schemas))
        names: dict[str, set[str]] = {}
        left_out, tables = [], []
        for row in relations:
            names.setdefault(row["schema"], set()).add(row["name"])
            if row["is_partition"]:
                continue
            if reason := _reason_against(row):
                left_out.append(LeftOut(f"{row['schema']}.{row['name']}", reason))
            else:
                tables.append(row)
        left_out += self._closed_schemas()
        return Catalogue(
            database,
            f"database {database}",
            "postgresql",
            tuple(self._tables(tables)),
            {schema: frozenset(each) for schema, each in names.items()},
            tuple(left_out),
        )

    def _closed_schemas(self) -> list[LeftOut]:
        """Schemas that nobody has asked for by name, and that the user may not use."""
        reason = f"user {self._session.info.user} has no right to read this schema"
        rows = self._session.execute(_SCHEMAS.encode()).fetchall()
        return [LeftOut(f"{row['name']}.*", reason) for row in rows if not row["may_use"]]

    def _rows(self, query: str, parameter: list[Any]) -> list[Row]:
        return self._session.execute(query.encode(), [parameter]).fetchall()

    def _group_rows(
        self, query: str, oids: list[int], by: str = "relation"
    ) -> dict[int, list[Row]]:
        groups: dict[int, list[Row]] = {}
        for row in self._rows(query, oids):
            groups.setdefault(row[by], []).append(row)
        return groups

    def _tables(self, relations: list[Row]) -> list[SourceTable]:
        oids = [row["oid"] for row in relations]
        columns = self._group_rows(_COLUMNS, oids)
        keys = self._group_rows(_KEYS, oids)
        foreign_keys = self._group_rows(_FOREIGN_KEYS, oids)
        parents = [row["oid"] for row in relations if row["kind"] == "p"]
        partitions = self._group_rows(_PARTITIONS, parents, "root")
        tables: list[SourceTable] = []
        for row in relations:
            self._report(len(tables), len(relations))
            parts = (columns, keys, foreign_keys, partitions)
            tables.append(self._table(row, *(part.get(row["oid"], []) for part in parts)))
        return tables

    def _table(
        self,
        row: Row,
        columns: list[Row],
        keys: list[Row],
        foreign_keys: list[Row],
        partitions: list[Row],
    ) -> SourceTable:
        sample = self._sample(row, columns)
        names = {column["number"]: column["name"] for column in columns}
        nullable = {column["name"] for column in columns if not column["not_null"]}
        remarks = []
        if row["has_children"]:
            remarks.append("tables inherit from it: their rows come under their own names")
        if any(part["kind"] == "f" for part in partitions):
            remarks.append("one of its partitions is a foreign table, whose rows never come")
        return SourceTable(
            row["schema"],
            row["name"],
            tuple(self._column(column, sample, row["identity"]) for column in columns),
            tuple(_read_keys(row["identity"], keys, names, nullable)),
            tuple(
                ForeignKey(
                    key["name"],
                    tuple(names[number] for number in key["columns"]),
                    key["schema"],
                    key["table"],
                    tuple(key["referenced_columns"]),
                )
                for key in foreign_keys
            ),
            self._count(row, partitions, sample),
            row["comment"] or "",
            tuple((part["schema"], part["name"]) for part in partitions),
            row["identity"] == "f",
            sample.reason,
            tuple(remarks),
        )

    def _sample(self, row: Row, columns: list[Row]) -> TableSample:
        if self._budget is None:
            return TableSample()
        if not row["may_read"]:
            return TableSample(reason="this user may not read it")
        looked_at = [
            (column["name"], self._base(column).name == "bytea" and not self._is_array(column))
            for column in columns
            if self._has_text(column)
        ]
        return samples.sample_table(self._session, _in_query(row), looked_at, self._budget)

    def _has_text(self, column: Row) -> bool:
        """Whether its values are of no fixed form, so that looking at them says something."""
        proposal = propose_type(self._base(column), None)
        return proposal.type is not None and bool(proposal.lengths)

    def _base(self, column: Row) -> PostgresType:
        """The column's type, that of its base where it is a domain."""
        described, modifier = self._types[column["type"]], column["modifier"]
        while described["kind"] == "d":
            modifier = described["modifier"] if modifier < 0 else modifier
            described = self._types[described["base"]]
        return PostgresType(
            described["name"],
            described["kind"],
            described["category"] == "A",
            modifier,
            described["schema"],
        )

    def _is_array(self, column: Row) -> bool:
        return self._base(column).is_array

    def _column(self, column: Row, sample: TableSample, identity: str) -> SourceColumn:
        base, seen = self._base(column), sample.columns.get(column["name"])
        proposal = propose_type(base, seen.longest if seen and seen.values else None)
        if column["generated"]:
            proposal = TypeProposal(None, reason=_GENERATED)
        is_large = column["storage"] in _LARGE and proposal.is_endless
        return SourceColumn(
            column["name"],
            column["written"],
            proposal,
            is_nullable=not column["not_null"],
            comment=column["comment"] or "",
            collation=read_collation(
                base, column["locale"], is_deterministic=column["is_deterministic"]
            ),
            may_be_left_out=is_large and identity != "f",
            sample=seen,
        )

    def _count(self, row: Row, partitions: list[Row], sample: TableSample) -> int | None:
        """How many rows a table has: all counted, or the planner's estimate."""
        if sample.rows is not None:
            return sample.rows
        counts: list[float] = [part["tuples"] for part in (partitions or [row])]
        if all(count >= 0 for count in counts):
            return round(sum(counts))
        return self._estimate(row) if row["may_read"] else None

    def _estimate(self, row: Row) -> int | None:
        """What the planner expects of a table that was never analysed."""
        query = sql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM {}").format(_in_query(row))
        try:
            with self._session.transaction():
                (answer,) = self._session.execute(query).fetchall()
        except psycopg.errors.LockNotAvailable:
            return None
        (plan,) = answer["QUERY PLAN"]
        rows: int = plan["Plan"]["Plan Rows"]
        return rows


def _in_query(row: Row) -> sql.Composed:
    """A table as queries name it: with its partitions, and without tables that inherit from it."""
    only = sql.SQL("" if row["kind"] == "p" else "ONLY ")
    return only + sql.Identifier(row["schema"], row["name"])


def _reason_against(row: Row) -> str:
    """Why a relation is no table that DMS can follow; empty where it is."""
    if row["kind"] in _NO_TABLE:
        return _NO_TABLE[row["kind"]]
    if row["extension"]:
        return f"it belongs to the extension {row['extension']}"
    if row["persistence"] == "u":
        return "an unlogged table: its changes are in no log"
    if row["name"].startswith("awsdms_"):
        return "it is a table of DMS itself"
    return ""


def _read_keys(
    identity: str, keys: list[Row], names: Mapping[int, str], nullable: set[str]
) -> list[UniqueKey]:
    """The keys whose columns are never null; by one of them the log names changed rows."""
    read = []
    for key in keys:
        columns = tuple(names.get(number, "") for number in key["columns"])
        if "" in columns or nullable & {*columns}:
            continue  # of an expression, of a system column, or not a key of every row
        named = identity == "f" or (
            key["is_identity"] if identity == "i" else identity == "d" and key["is_primary"]
        )
        read.append(UniqueKey(key["name"], columns, key["is_primary"], named))
    return read
