"""What only a cluster's leader node can do: its functions and catalogue, never with a user's table.

Owns the list of such functions ("Leader node-only functions"), and what counts as the catalogue.
"""

from __future__ import annotations

from sqlglot import exp

from infra.redshift_emulator.errors import NOT_SUPPORTED, RedshiftError

_FUNCTIONS = {
    "age", "current_schema", "current_schemas", "current_time", "current_timestamp",
    "generate_series", "get_byte", "getbit", "has_database_privilege", "has_schema_privilege",
    "has_table_privilege", "isfinite", "localtime", "localtimestamp", "now", "set_bit", "set_byte",
    "to_ascii",
}  # fmt: skip
# Functions of that list which sqlglot has classes of its own for.
_CLASSES = (
    exp.CurrentSchema,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.ExplodingGenerateSeries,
    exp.GenerateSeries,
    exp.Localtime,
    exp.Localtimestamp,
)
_CATALOGUES = {"pg_catalog", "information_schema"}
# System tables and views are read on any node, and docs show them joined with the catalogue.
_SYSTEM = ("stl_", "stv_", "svl_", "svv_", "svcs_", "sys_")


def check_nodes(tree: exp.Expr, sql: str, *, into_table: bool = False) -> None:
    """Raises RedshiftError for a query that neither kind of node can run.

    `into_table`: whether the query's rows go into a table, as in CREATE TABLE AS.
    """
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    into = tree.this if isinstance(tree, exp.Insert) else None
    has_query = into is None or isinstance(tree.expression, exp.Query)
    if isinstance(tree.args.get("expression"), exp.Values) or not has_query:
        return  # the values of an INSERT are worked out by the leader node
    of_leader, of_user = False, into_table
    for node in tree.walk():
        if isinstance(node, _CLASSES):
            of_leader = of_leader or not _is_getdate(node, sql)
        elif isinstance(node, exp.Anonymous):
            of_leader = of_leader or node.name.lower() in _FUNCTIONS
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            if _is_catalogue(node):
                of_leader = True
            elif not _is_system(node) and not (node.name in named and not node.db):
                of_user = True
    if of_leader and of_user:
        text = (
            "Specified types or functions (one per INFO message) not supported on Redshift tables."
        )
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)


def _is_getdate(node: exp.Expr, sql: str) -> bool:
    """Whether it is GETDATE or SYSDATE, which sqlglot reads as CURRENT_TIMESTAMP."""
    written = sql[node.meta.get("start", 0) : node.meta.get("end", -1) + 1]
    return bool(node.args.get("sysdate")) or written.lower() == "getdate"


def _is_catalogue(table: exp.Table) -> bool:
    name = table.name.lower()
    if _is_system(table):
        return False
    return table.db in _CATALOGUES or (not table.db and name.startswith("pg_"))


def _is_system(table: exp.Table) -> bool:
    return table.name.lower().startswith(_SYSTEM) and table.db in {"", "pg_catalog"}
