"""A connection that answers from a script, for what the loader says and in which order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from connectors.blocks import Kind
from connectors.floors import NO_FLOORS, Floors
from connectors.redshift.ddl import TOMBSTONE_TIME, create_view
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.redshift.pruning import Pruning
from connectors.redshift.spec import StagedSpec, WarehouseSpec
from connectors.redshift.sweep import Floor
from connectors.sql_types import SqlType
from connectors.staging.part import Part
from connectors.staging.shape import Shape
from flink_app.positions.position import floor_position
from flink_app.warehouse import warehouse_spec
from tests.unit.stars import ticket_seller

SPEC: WarehouseSpec = warehouse_spec(ticket_seller())
(TARGET,) = SPEC.targets
ROWS: Final = 2  # of each part


def part(
    name: str,
    *,
    epoch: int = 1,
    kind: Kind = Kind.ROWS,
    table: str = "",
    floors: Floors = NO_FLOORS,
) -> Part:
    table = table or (TARGET.table if kind is Kind.ROWS else SPEC.patches[0].table)
    shape = shape_in(SPEC, kind, table)
    made = Part(name, kind, table, rows=ROWS, url=f"s3://b/{name}", size=10, shape=shape)
    return made.label(epoch, floors)


def shape_in(spec: WarehouseSpec, kind: Kind, table: str) -> Shape:
    """That of the files of a table; empty where there is no such table."""
    tables: dict[Kind, tuple[StagedSpec, ...]] = {
        Kind.ROWS: spec.targets, Kind.PATCHES: spec.patches, Kind.DIMENSION: spec.dimensions
    }  # fmt: skip
    return next((found.staged for found in tables.get(kind, ()) if found.table == table), ())


_STAGE: Final = re.compile(r'CREATE TEMP TABLE "stage_(\w+)"')
_COPIED: Final = re.compile(r"""COPY "(?:stage|digits)_(\w+)" FROM 's3://b/(\S+)'""")
_COUNTED: Final = re.compile(
    r"SELECT (\d+) AS table_number, COUNT\(\*\) AS row_count "
    r'FROM (?:\(SELECT DISTINCT .*? FROM )?"(\w+?)_(\w+)"'
)
_ALTERED: Final = re.compile(
    r'ALTER TABLE "\w+"."(\w+)" (?:ADD|ALTER) COLUMN "(\w+)" (?:TYPE )?([A-Z]\S*)( DEFAULT)?'
)
_RENAMED: Final = re.compile(r'ALTER TABLE "\w+"."(\w+)" RENAME TO "(\w+)"')
_VIEWED: Final = re.compile(r'(CREATE|DROP) VIEW "\w+"."(\w+)"')
_CATALOGUE: Final = {
    "VARCHAR": "character varying",
    "DECIMAL": "numeric",
    "VARBYTE": "binary varying",
}
_CATALOGUE_TIMES: Final = {"TIMESTAMP": "timestamp without time zone"}


def catalogued(name: str, sql_type: str, *, has_default: bool) -> tuple[Any, ...]:
    """A column as information_schema describes it."""
    kind = SqlType.parse(sql_type)
    known = (_CATALOGUE | _CATALOGUE_TIMES).get(kind.name, kind.name.lower())
    return name, known, kind.length or None, kind.precision or None, kind.scale, has_default


def existing(spec: WarehouseSpec) -> dict[str, dict[str, str]]:
    """The tables that `spec` has, each with its columns and their types."""
    tables: dict[str, dict[str, str]] = {}
    for target in spec.targets:
        columns = {column.name: column.sql_type for column in target.columns}
        kept = (*target.key, spec.position)
        tables[Names.base_table(target)] = columns
        buried = {name: columns[name] for name in kept} | {TOMBSTONE_TIME: "TIMESTAMP"}
        tables[f"tombstones_{target.table}"] = buried
    for dimension in spec.dimensions:
        columns = {column.name: column.sql_type for column in dimension.columns}
        tables[f"dimension_{dimension.table}"] = columns
    return tables


class FakeWarehouse:
    """Fence, ledger and the columns that there are; remembers what was said.

    Attributes:
        fence: application and number of its holder.
        parts: names in the ledger, once committed.
        tables: name and type of the columns that there are, by table.
        views: the statements that made them, by name.
        comments: on tables and views, by name.
        rights: on every table and view, as the catalogue writes them.
        roles: that may read every table and view.
        closed: schemas in which the loader's user may create nothing.
        defaults: table and name of those with a default.
        required: table and name of those that are NOT NULL, without a default.
        version: of the bookkeeping tables' layout with its release, once committed; None where no
            row says it.
        autocommit: as the loader has set it.
        floor: that it is swept to, once committed.
        key_id: of the key that it was filled under, once committed; empty where none is known.
        said: `connect`, statements, `commit`, `close`, in order.
        fails: called with each of these, may raise.
        manifests: what COPY is given.
        rows_of_a_part: as many as COPY finds in each file.
        copied: rows that COPY brings to a target's stage; None: all.
        newest: rows of it that are newer than what is there; None: all.
        accounted: tables that the bookkeeping tables have records of.
        holders: processes that hold a lock on the table that is waited for, its mode, and
            their transactions' begin, as the loader's user sees them.
        left_behind: processes of sessions that hold the load's lock, or wait for it.
        collation: how its database compares text.
        process: number of the session.
        session_timeout: of its user, in seconds; 0 where it has none.
    """

    def __init__(self) -> None:
        self.fence: list[tuple[str, int]] = []
        self.parts: set[str] = set()
        self.tables = existing(SPEC)
        self.views = {TARGET.table: create_view(TARGET, Names("bookkeeping"), TARGET.declared)}
        self.comments: dict[str, str] = {}
        self.rights: str | None = None
        self.roles: list[str] = []
        self.closed: set[str] = set()
        self.defaults: set[tuple[str, str]] = set()
        self.required: set[tuple[str, str]] = set()
        self.collation = "case_sensitive"
        self.process = 77
        self.session_timeout = 1_800
        self.autocommit: bool | None = None
        self.floors: dict[str, int] = {}
        self.key_id = ""
        self.version: tuple[int, str] | None = None
        self.manifests = Manifests()
        self.rows_of_a_part = ROWS
        self.copied: int | None = None
        self.newest: int | None = None
        self.accounted: set[str] = set()
        self.holders: list[tuple[int, str, str]] = []
        self.left_behind: set[int] = set()
        self._staged: dict[str, int] = {}
        self.said: list[str] = []
        self.values: list[tuple[str, list[Any]]] = []
        self.fails: Callable[[str], None] = lambda _: None
        self._fence_now: list[tuple[str, int]] = []
        self._parts_now: set[str] = set()
        self._floors_now: dict[str, int] = {}
        self._key_now = ""
        self._version_now: tuple[int, str] | None = None
        self._answer: list[tuple[Any, ...]] = []

    def say(self, what: str) -> None:
        self.said.append(what)
        self.fails(what)

    def connect(self) -> FakeWarehouse:
        self.say("connect")
        self._fence_now, self._parts_now = list(self.fence), set(self.parts)
        self._floors_now, self._key_now = dict(self.floors), self.key_id
        self._version_now = self.version
        return self

    def cursor(self) -> FakeWarehouse:
        return self

    def commit(self) -> None:
        self.say("commit")
        self.fence, self.parts = self._fence_now, self._parts_now
        self.floors, self.key_id = self._floors_now, self._key_now
        self.version = self._version_now

    def record(self, version: tuple[int, str]) -> None:
        """Another session writes and commits the version of the layout."""
        self.version = self._version_now = version

    def rollback(self) -> None:
        self.say("rollback")

    def close(self) -> None:
        self.say("close")

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        self.say(operation)
        values = list(args or [])
        self.values.append((operation, values))
        known = self._booked(operation, values) or self._catalogued(operation, values)
        listed = known or self._relations(operation, values)
        self._answer = listed or self._counted(operation)
        self._define(operation)
        if operation.startswith("INSERT INTO") and ".floor " in operation:
            self._floors_now = dict(zip(values[::3], values[1::3], strict=True))
        elif operation.startswith("INSERT INTO") and ".value_key " in operation:
            self._key_now = values[0]
        elif operation.startswith("SELECT column_name"):
            present = self.tables.get(values[1], {})
            self._answer = [
                catalogued(*column, has_default=(values[1], column[0]) in self.defaults)
                for column in present.items()
            ]
        elif operation.startswith("SELECT pg_terminate_backend("):
            self.left_behind.discard(int(operation.partition("(")[2].rstrip(")")))
        elif operation.startswith("DELETE FROM") and ".fence" in operation:
            self._fence_now = []
        elif operation.startswith("INSERT INTO") and ".fence " in operation:
            self._fence_now = [(values[0], values[1])]
        elif operation.startswith("INSERT INTO") and ".schema_version " in operation:
            self._version_now = (values[0], values[1])
        elif operation.startswith("INSERT INTO") and ".ledger " in operation:
            self._parts_now |= set(values[::9])

    def _catalogued(self, operation: str, values: list[Any]) -> list[tuple[Any, ...]]:
        """This user; the columns of a table with whether they may be NULL, and no default."""
        if operation.startswith("SELECT user_name"):
            return [("loader", self.session_timeout)]
        if not operation.startswith("SELECT c.column_name"):
            return []
        table = values[1]
        columns = self.tables.get(table, {})
        return [(c, "NO" if (table, c) in self.required else "YES", None) for c in columns]

    def _relations(self, operation: str, values: list[Any]) -> list[tuple[Any, ...]]:
        """The answer from the catalogue of tables and views."""
        if operation.startswith("SELECT c.relname, c.relkind"):
            kinds = dict.fromkeys(self.tables, "r") | dict.fromkeys(self.views, "v")
            known = [name for name in values[1:] if name in kinds]
            return [(n, kinds[n], self.comments.get(n), self.views.get(n)) for n in known]
        if operation.startswith("SELECT array_to_string("):
            return [(self.rights, "loader")]
        if operation.startswith("SELECT DISTINCT identity_name"):
            return [(role,) for role in self.roles]
        if operation.startswith("SELECT nspname"):
            return [(schema,) for schema in values if schema in self.closed]
        return []

    def _define(self, operation: str) -> None:
        """What a statement does to tables and views."""
        if altered := _ALTERED.match(operation):
            table, column, kind, default = altered.groups()
            self.tables[table][column] = kind
            self.defaults |= {(table, column)} if default else set()
        elif renamed := _RENAMED.match(operation):
            self.tables[renamed[2]] = self.tables.pop(renamed[1])
        elif viewed := _VIEWED.match(operation):
            self.views.pop(viewed[2], None)
            self.views |= {viewed[2]: operation} if viewed[1] == "CREATE" else {}

    def _booked(  # noqa: C901, PLR0911 - one answer a table
        self, operation: str, values: list[Any]
    ) -> list[tuple[Any, ...]]:
        """The answer from the bookkeeping tables."""
        if operation == "SELECT pg_backend_pid()":
            return [(self.process,)]
        if operation == "SELECT db_collation()":
            return [(self.collation,)]
        if operation.startswith("SELECT f.application"):
            floors = self._floors_now.items() or [(None, None)]
            return [(*holder, *floor) for holder in self._fence_now for floor in floors]
        if operation.startswith("SELECT application"):
            return [*self._fence_now]
        if operation.startswith("SELECT table_schema"):
            schema, *names = values  # all targets of these tests are in one schema
            return [(schema, name, c) for name in names for c in self.tables.get(name, {})]
        if operation.startswith("SELECT part"):
            return [(name,) for name in values if name in self._parts_now]
        if operation.startswith("SELECT DISTINCT table_name"):
            return [(table,) for table in self.accounted]
        if operation.startswith("SELECT DISTINCT t.pid"):
            return [(process,) for process in sorted(self.left_behind)]
        if operation.startswith("SELECT t.pid, t.lock_mode, MIN(t.txn_start)"):
            return [*self.holders]
        if operation.startswith("SELECT version"):
            return [self._version_now] if self._version_now else []
        if operation.startswith("SELECT table_name, generation"):
            return [*self._floors_now.items()]
        if operation.startswith("SELECT key_id"):
            return [(self._key_now,)] if self._key_now else []
        return []

    def _counted(self, operation: str) -> list[tuple[Any, ...]]:
        """The answer when the rows of stage and newest are counted; remembers what is copied."""
        if created := _STAGE.match(operation):
            self._staged[created[1]] = 0
        if copied := _COPIED.match(operation):
            table, key = copied.groups()
            entries = json.loads(self.manifests.written[key])["entries"]
            self._staged[table] += self.rows_of_a_part * len(entries)
        if operation.startswith("SELECT 0 AS target_number"):
            return [(number, 1, 9) for number in range(operation.count("AS target_number"))]
        counts = {}
        for place, kind, table in _COUNTED.findall(operation):
            staged = self._staged[table] if self.copied is None else self.copied
            newest = staged if self.newest is None else self.newest
            counts[int(place)] = staged if kind == "stage" else newest
        return list(counts.items())

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._answer

    def statements(self, start: str) -> list[str]:
        return [sql for sql in self.said if sql.startswith(start)]


class Manifests:
    """Manifests by key."""

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}
        self.fails: Callable[[], None] = lambda: None

    def put(self, key: str, body: bytes) -> str:
        self.fails()
        self.written[key] = body
        return f"s3://b/{key}"


def loader(
    warehouse: FakeWarehouse,
    manifests: Manifests | None = None,
    application: str = "app",
    spec: WarehouseSpec = SPEC,
    *,
    alters: bool = False,
    floors: Floors = NO_FLOORS,
    key_id: str = "",
    check_bucket: Callable[[], None] = lambda: None,
    pruning: Pruning | None = None,
) -> Loader:
    warehouse.manifests = manifests or Manifests()
    return Loader(
        spec,
        application=application,
        bookkeeping_schema="bookkeeping",
        copy_role="default",
        connect=warehouse.connect,
        manifests=warehouse.manifests,
        alters=alters,
        floor=Floor(floors, floor_position),
        key_id=key_id,
        check_bucket=check_bucket,
        pruning=pruning,
    )
