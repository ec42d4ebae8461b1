"""Names of the loader's tables, and how names are written in SQL.

The bookkeeping tables live in a schema of their own, one per application: applications that shared
a ledger would wait for each other's lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from connectors.redshift.spec import (
    DimensionSpec,
    PatchSpec,
    StagedSpec,
    TargetSpec,
    WarehouseSpec,
)
from connectors.sql_limits import BASE_SUFFIX


def quote(name: str) -> str:
    """An identifier, quoted: hidden columns begin with an underscore."""
    return '"' + name.replace('"', '""') + '"'


def list_columns(names: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers with commas, each behind `prefix`."""
    return ", ".join(prefix + quote(name) for name in names)


def match_columns(left: str, right: str, columns: Iterable[str]) -> str:
    """`left.c = right.c AND ...`: plain equality, which Redshift joins by hash."""
    return " AND ".join(f"{left}.{quote(c)} = {right}.{quote(c)}" for c in columns)


@dataclass(frozen=True)
class Names:
    """Tables by what they are for."""

    bookkeeping_schema: str
    LOAD_LOCK: ClassVar[str] = "load_lock"
    LEDGER: ClassVar[str] = "ledger"
    FENCE: ClassVar[str] = "fence"
    FLOOR: ClassVar[str] = "floor"
    VALUE_KEY: ClassVar[str] = "value_key"
    ACCOUNT: ClassVar[str] = "account"
    OUTCOME: ClassVar[str] = "outcome"
    GAP: ClassVar[str] = "gap"
    CUT: ClassVar[str] = "cut"
    REPLAYED: ClassVar[str] = "replayed"
    SCHEMA_VERSION: ClassVar[str] = "schema_version"
    BOOKKEEPING: ClassVar[tuple[str, ...]] = (
        LOAD_LOCK, LEDGER, FENCE, FLOOR, VALUE_KEY, ACCOUNT, OUTCOME, GAP, CUT, REPLAYED,
        SCHEMA_VERSION,
    )  # fmt: skip
    DATA_COMPLETE_UNTIL: ClassVar[str] = "data_complete_until"

    def bookkeeping_table(self, name: str) -> str:
        """A bookkeeping table with its schema, as SQL writes it."""
        return f"{quote(self.bookkeeping_schema)}.{name}"

    @property
    def load_lock(self) -> str:
        """What a load locks; always empty, and nobody reads it."""
        return self.bookkeeping_table(self.LOAD_LOCK)

    @property
    def ledger(self) -> str:
        """Parts that committed transactions have loaded."""
        return self.bookkeeping_table(self.LEDGER)

    @property
    def fence(self) -> str:
        """Who may load: one row."""
        return self.bookkeeping_table(self.FENCE)

    @property
    def floor(self) -> str:
        """Below which generations the warehouse has been swept, by table and of every table."""
        return self.bookkeeping_table(self.FLOOR)

    @property
    def value_key(self) -> str:
        """The id of the key that the tables' values were made under: one row, or none."""
        return self.bookkeeping_table(self.VALUE_KEY)

    @property
    def account(self) -> str:
        """What became of the records that were read."""
        return self.bookkeeping_table(self.ACCOUNT)

    @property
    def outcome(self) -> str:
        """What became of the changes."""
        return self.bookkeeping_table(self.OUTCOME)

    @property
    def gap(self) -> str:
        """Records of the stream that were lost before they were read."""
        return self.bookkeeping_table(self.GAP)

    @property
    def cut(self) -> str:
        """Until when everything is loaded, by shard and in all, one cut a batch."""
        return self.bookkeeping_table(self.CUT)

    @property
    def data_complete_until(self) -> str:
        """The view of the newest cut."""
        return self.bookkeeping_table(self.DATA_COMPLETE_UNTIL)

    @property
    def replayed(self) -> str:
        """Dead letters that were put back on the stream."""
        return self.bookkeeping_table(self.REPLAYED)

    @property
    def schema_version(self) -> str:
        """The version of the bookkeeping tables' layout: one row."""
        return self.bookkeeping_table(self.SCHEMA_VERSION)

    @property
    def bookkeeping_names(self) -> frozenset[str]:
        """The names of the bookkeeping schema and its tables, unquoted."""
        return frozenset({self.bookkeeping_schema, *self.BOOKKEEPING, self.DATA_COMPLETE_UNTIL})

    def tombstones(self, target: TargetSpec) -> str:
        """Keys of deleted facts with the position of the delete."""
        return f"{quote(self.bookkeeping_schema)}.{quote(self.tombstone_table(target))}"

    @staticmethod
    def tombstone_table(target: TargetSpec) -> str:
        """The name of that table in its schema."""
        return f"tombstones_{target.table}"

    def dimension(self, dimension: DimensionSpec | PatchSpec) -> str:
        """A dimension that is kept in the warehouse, deleted keys among its rows."""
        table = self.dimension_table(dimension)
        return f"{quote(self.bookkeeping_schema)}.{quote(table)}"

    @staticmethod
    def dimension_table(dimension: DimensionSpec | PatchSpec) -> str:
        """The same without its schema; for a patch where it would be in the warehouse."""
        return f"dimension_{dimension.table}"

    @staticmethod
    def base(target: TargetSpec) -> str:
        """The base table, which loads write: declared and hidden columns."""
        return f"{quote(target.schema)}.{quote(Names.base_table(target))}"

    @staticmethod
    def base_table(target: TargetSpec) -> str:
        """The same without its schema."""
        return f"{target.table}{BASE_SUFFIX}"

    @staticmethod
    def view(target: TargetSpec) -> str:
        """The view under the target's name, which people query: declared columns alone."""
        return f"{quote(target.schema)}.{quote(target.table)}"

    @staticmethod
    def stage(spec: StagedSpec) -> str:
        """Temporary table that COPY fills."""
        return quote(f"stage_{_kind(spec)}_{spec.table}")

    @staticmethod
    def digits_stage(spec: StagedSpec) -> str:
        """Temporary table that COPY fills from parts of an earlier release."""
        return quote(f"digits_{_kind(spec)}_{spec.table}")

    @staticmethod
    def newest_changes_table(dimension: DimensionSpec) -> str:
        """Temporary table with the staged changes of a dimension that are news to its table."""
        return quote(f"newest_dimension_{dimension.table}")

    @staticmethod
    def next_rows_table(target: TargetSpec) -> str:
        """Temporary table with the next version of each row that is touched."""
        return quote(f"next_rows_{target.table}")

    @staticmethod
    def aside_rows_table(target: TargetSpec) -> str:
        """Temporary table with what those rows have in undeclared columns."""
        return quote(f"aside_rows_{target.table}")


def warehouse_names(warehouse: WarehouseSpec, names: Names) -> frozenset[str]:
    """Every name of a schema, table or column that a load uses, unquoted."""
    used = set(names.bookkeeping_names)
    for target in warehouse.targets:
        used |= {target.schema, target.table, names.base_table(target)}
        used |= {names.tombstone_table(target)}
        used |= {
            names.next_rows_table(target).strip('"'),
            names.aside_rows_table(target).strip('"'),
        }
    for dimension in warehouse.dimensions:
        used |= {names.dimension_table(dimension), names.newest_changes_table(dimension).strip('"')}
    staged: tuple[StagedSpec, ...] = (
        *warehouse.targets,
        *warehouse.patches,
        *warehouse.dimensions,
    )
    for spec in staged:
        used |= {names.stage(spec).strip('"'), names.digits_stage(spec).strip('"')}
        used |= {column.name for column in spec.columns}
    return frozenset(used)


def _kind(spec: StagedSpec) -> str:
    """A target and a dimension may have one name."""
    match spec:
        case TargetSpec():
            return "rows"
        case PatchSpec():
            return "patches"
        case DimensionSpec():
            return "dimension"
