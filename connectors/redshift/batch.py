"""The parts of one load: whether today's tables can take them, what COPY reads, what they became.

Outcomes are counted where the rows are, before COMMIT: the stage holds what COPY brought, the next
versions and the newest changes what is left of it. So the bookkeeping tables say of a batch what
was done.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from connectors.accounts import DIMENSION, Outcome
from connectors.blocks import Kind
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, list_columns
from connectors.redshift.next_versions import STAGED
from connectors.redshift.spec import DimensionSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import StagedTable
from connectors.staging.part import Part
from connectors.staging.shape import Shape, find_misfit, has_digits
from connectors.staging.writer import Store

Counted = TargetSpec | DimensionSpec


def check_tables(warehouse: WarehouseSpec, parts: Sequence[Part]) -> None:
    """Raises NeedsRepairError when parts have no table: they would count as loaded, and be lost."""
    shapes = _staged_shapes(warehouse)
    lost = {
        part.table
        for part in parts
        if part.kind in {Kind.ROWS, Kind.PATCHES, Kind.DIMENSION}
        and (part.kind, part.table) not in shapes
    }
    if lost:
        message = (
            "staged parts exist for tables that are no longer in the declaration or have another "
            f"placement: {', '.join(sorted(lost))}. Start with the former declaration until they "
            "are loaded, then change it"
        )
        raise NeedsRepairError(message)


def check_shapes(warehouse: WarehouseSpec, parts: Sequence[Part]) -> None:
    """Raises NeedsRepairError for parts whose columns are not those that COPY is going to fill.

    COPY matches columns by position: what changed places would be loaded into the wrong column, and
    a value that is to be a token today would be loaded in the clear. A part without a shape was
    staged by a version that did not write it; it is accepted, or no upgrade could load what was
    pending.
    """
    shapes = _staged_shapes(warehouse)
    for part in parts:
        shape = shapes.get((part.kind, part.table))
        if part.shape and shape is not None and (difference := find_misfit(part.shape, shape)):
            message = (
                f"parts of {part.table} (epoch {part.epoch}, possibly others) were staged under "
                f"another declaration: {difference}. Start with the former declaration, pause DMS "
                "until all is loaded, stop, and start with the new one"
            )
            raise NeedsRepairError(message)


def _staged_shapes(warehouse: WarehouseSpec) -> dict[tuple[Kind, str], Shape]:
    """The shape that today's tables take, by kind and table."""
    shapes = {(Kind.ROWS, target.table): target.staged for target in warehouse.targets}
    shapes |= {(Kind.PATCHES, patch.table): patch.staged for patch in warehouse.patches}
    shapes |= {(Kind.DIMENSION, kept.table): kept.staged for kept in warehouse.dimensions}
    return shapes


def write_manifests(
    store: Store, batch: str, parts: Sequence[Part], kind: Kind
) -> dict[str, StagedTable]:
    """Writes COPY's manifests for the parts of one kind; returns their addresses by table."""
    by_form: dict[tuple[str, bool], list[Part]] = defaultdict(list)
    for part in parts:
        if part.kind is kind:
            by_form[part.table, has_digits(part.shape)].append(part)
    staged: dict[str, StagedTable] = defaultdict(StagedTable)
    for (table, digits), of_form in by_form.items():
        name = f"{table}-digits" if digits else table
        body = manifest(of_form)
        address = store.put(f"manifests/{batch}-{kind.name.lower()}-{name}.json", body)
        field = "of_digits" if digits else "manifest"
        staged[table] = replace(staged[table], **{field: address})
    return dict(staged)


def manifest(parts: Sequence[Part]) -> bytes:
    """The manifest of one table's parts.

    `mandatory` is false by default and would let COPY skip a missing file in silence; Parquet needs
    the length of each file.
    """
    entries = [
        {"url": part.url, "mandatory": True, "meta": {"content_length": part.size}}
        for part in parts
    ]
    return json.dumps({"entries": entries}).encode()


def count_outcomes(
    cursor: Cursor, warehouse: WarehouseSpec, names: Names, parts: Sequence[Part]
) -> list[Outcome]:
    """The outcome at each target that `parts` have rows of, and of each dimension that is kept.

    Raises NeedsRepairError when COPY brought another number of rows than the files hold.
    """
    rows: Counter[tuple[Kind, str]] = Counter()
    for part in parts:
        rows[part.kind, part.table] += part.rows
    counted: list[Counted] = [t for t in warehouse.targets if (Kind.ROWS, t.table) in rows]
    counted += [d for d in warehouse.dimensions if (Kind.DIMENSION, d.table) in rows]
    if not counted:
        return []
    cursor.execute(count_statement(counted, names))
    counts = {int(number): int(count) for number, count in cursor.fetchall()}
    outcomes = []
    for index, spec in enumerate(counted):
        kind = Kind.ROWS if isinstance(spec, TargetSpec) else Kind.DIMENSION
        copied, newest, keys = (counts[3 * index + offset] for offset in range(3))
        if copied != rows[kind, spec.table]:
            message = (
                f"COPY brought {copied} rows of {spec.table}, and the staged files hold "
                f"{rows[kind, spec.table]}: nothing was loaded. Look in SYS_LOAD_DETAIL for the "
                "files that were read, and put back those that were changed or cut short"
            )
            raise NeedsRepairError(message)
        # A target's rows are changes of its fact table; those of a dimension are its own.
        if isinstance(spec, TargetSpec):
            table, destination = spec.fact, spec.table
        else:
            table, destination = spec.table, DIMENSION
        outcomes.append(Outcome(table, destination, newest, copied - newest, keys - newest))
    return outcomes


def count_statement(counted: Sequence[Counted], names: Names) -> str:
    """For each of `counted` in turn: rows of the stage, of what won its key, and staged keys.

    Next versions that are not staged are rows that only patches have touched.
    """
    tables = []
    for spec in counted:
        tables.append(names.stage(spec))
        if isinstance(spec, TargetSpec):
            tables.append(f"{names.next_rows_table(spec)} WHERE {STAGED} = 1")
        else:
            tables.append(names.newest_changes_table(spec))
        tables.append(
            f"(SELECT DISTINCT {list_columns(spec.key)} FROM {names.stage(spec)}) AS staged_keys"
        )
    # Numbers tell the tables apart: Redshift gives text in a UNION no type.
    return "\nUNION ALL ".join(
        f"SELECT {number} AS table_number, COUNT(*) AS row_count FROM {table}"
        for number, table in enumerate(tables)
    )
