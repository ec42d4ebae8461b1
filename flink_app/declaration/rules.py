"""The rules that the parts of a declaration keep between each other, once each is well formed.

Every fault is a ValueError that names the place.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

from flink_app.declaration.collation import Collation
from flink_app.declaration.dms_records import DmsRecords, RoundedNumbers, ZeroDates
from flink_app.declaration.model import (
    DeclarationParts,
    Placement,
    Reference,
    Table,
    Target,
    TrailingBlanks,
    Treatment,
)

# Redshift's limit is 127 bytes; the rest is what a hidden column's name begins with.
_LONGEST_PATH: Final = 127 - len("_key_")
_LONGEST_UNCHANGED_PATH: Final = _LONGEST_PATH - len("_set_")


def check(declaration: DeclarationParts) -> None:
    """Raises ValueError for the first rule that is broken."""
    _check_sources(declaration)
    _check_partitions(declaration)
    for name, table in declaration.tables.items():
        _check_columns(name, table)
        _check_digits(name, table)
        _check_collations(name, table)
        if declaration.stream.before_image_among_columns:
            _check_before_image(name, table, declaration.stream)
    for name, table in declaration.tables.items():
        _check_references(declaration, name, table)
    _check_no_cycle(declaration)
    for name, target in declaration.targets.items():
        _check_target(declaration, name, target)
        _check_placements(declaration, name, target)


def _fail(subject: str, fault: str) -> None:
    message = f"{subject}: {fault}"
    raise ValueError(message)


def _check_sources(declaration: DeclarationParts) -> None:
    """A record belongs to one table; a table that plays two parts has two references."""
    holders: dict[tuple[str, str], str] = {}
    for name, table in declaration.tables.items():
        source, schema = table.source or name, declaration.schema_of(name)
        if not schema:
            fault = "the source's schema is unknown; set source_schema, here or for the whole file"
            _fail(f"table {name}", fault)
        holder = holders.setdefault((schema, source), name)
        if holder != name:
            fault = (
                f"both read {source!r}; declare it once, and refer to it by several references. If "
                "these are tables of two databases: records do not name the database, so let the "
                "DMS task of one rename the schema (rule action rename), and declare the new name"
            )
            _fail(f"tables {holder} and {name}", fault)


def _check_partitions(declaration: DeclarationParts) -> None:
    """A record belongs to one table, whatever a name that fits two patterns would mean."""
    for name in declaration.tables:
        for other in declaration.tables:
            schema, source = declaration.source_of(other)
            if other != name and declaration.is_partition(name, schema, source):
                fault = f"a pattern fits {source!r}, which is table {other}"
                _fail(f"table {name}, partitions", f"{fault}; write a narrower one, or a list")
    patterns = [
        (name, partitions.source_schema or declaration.schema_of(name), partitions)
        for name, table in declaration.tables.items()
        for partitions in table.partitions
    ]
    for first, second in combinations(patterns, 2):
        (name, schema, pattern), (other, other_schema, other_pattern) = first, second
        if name != other and schema == other_schema and pattern.overlaps(other_pattern):
            fault = f"a name can fit both {pattern.source!r} and {other_pattern.source!r}"
            tables = f"tables {name} and {other}, partitions"
            _fail(tables, f"{fault}; write narrower ones, or lists")


def _check_before_image(name: str, table: Table, stream: DmsRecords) -> None:
    sources = {declared.source or column for column, declared in table.columns.items()}
    left_out = (column for column, declared in table.columns.items() if declared.unchanged)
    for column in [*table.key, *left_out]:
        before = stream.before_name(table.columns[column].source or column)
        if before in sources:
            fault = (
                f"{before!r} is both the before-image of {column} and a column; in the task and "
                "under stream, choose another prefix or suffix"
            )
            _fail(f"table {name}", fault)


def _check_columns(name: str, table: Table) -> None:
    readers: dict[str, str] = {}
    for column, declared in table.columns.items():
        source = declared.source or column
        reader = readers.setdefault(source, column)
        if table.columns[reader].type.arrow != declared.type.arrow:
            fault = f"columns {reader} and {column} read {source!r} as different types"
            _fail(f"table {name}", f"{fault}; declare one type for both")
    for column in table.key:
        subject = f"table {name}, key"
        if table.key.count(column) > 1:
            _fail(subject, f"column {column!r} is named twice; name it once")
        if column not in table.columns:
            _fail(subject, f"column {column!r} is not declared; declare it under columns")
        elif table.columns[column].unchanged:
            _fail(subject, f"column {column!r} must be in every change; remove its `unchanged`")
        elif not table.columns[column].treatment.keeps_identity:
            treatment = table.columns[column].treatment
            fault = f"treatment {treatment} does not keep the values of column {column!r} distinct"
            _fail(subject, f"{fault}; use keep, tokenise or sha256")
        elif table.columns[column].zero_dates is ZeroDates.AS_NULL:
            _fail(subject, f"column {column!r} cannot be NULL; remove its `zero_dates`")


def _check_digits(name: str, table: Table) -> None:
    """Numbers that may have lost digits cannot tell rows apart."""
    for column in sorted(table.compared_columns & table.columns.keys()):
        if table.columns[column].rounded_numbers is RoundedNumbers.AS_SENT:
            fault = f"column {column!r} tells rows apart, so its digits count"
            _fail(f"table {name}", f"{fault}; remove its `rounded_numbers`")


def _check_collations(name: str, table: Table) -> None:
    """A column whose values are shown and not compared keeps them as they are written."""
    for column, declared in table.columns.items():
        if declared.collation and column not in table.compared_columns:
            fault = f"column {column!r} is no key and refers to none, so it is not compared"
            _fail(f"table {name}", f"{fault}; remove its `collation`")


def _check_references(declaration: DeclarationParts, name: str, table: Table) -> None:
    for reference_name, reference in table.references.items():
        subject = f"table {name}, reference {reference_name}"
        _check_left_out_together(subject, table, reference)
        referenced = declaration.tables.get(reference.table)
        if referenced is None:
            _fail(subject, f"table {reference.table!r} is not declared; declare it under tables")
            continue
        if len(reference.columns) != len(referenced.key):
            fault = f"the key of {reference.table} ({', '.join(referenced.key)})"
            _fail(subject, f"columns must list as many columns as {fault}, in its order")
        for column, key_column in zip(reference.columns, referenced.key, strict=True):
            if column not in table.columns:
                _fail(subject, f"column {column!r} is not declared; declare it under columns")
            _check_same_values(subject, (reference.table, referenced, key_column), (table, column))


def _check_same_values(
    subject: str, key: tuple[str, Table, str], reference: tuple[Table, str]
) -> None:
    """What refers to a key is stored as the key is, so that equal values stay equal."""
    referenced_name, referenced, key_column = key
    table, column = reference
    sides = (table.columns[column], referenced.columns[key_column])
    columns = f"{column} and {referenced_name}.{key_column}"
    are_tokens = sides[0].treatment is not Treatment.KEEP
    if len({(side.treatment, side.stored_type.arrow) for side in sides}) > 1:
        declared = ", and ".join(f"{side.type}, {side.treatment}" for side in sides)
        fault = f"{columns} differ in type or treatment ({declared})"
    elif are_tokens and len({side.type.text_form for side in sides}) > 1:
        types = ", and ".join(str(side.type) for side in sides)
        fault = f"{columns} differ in type ({types}), so equal values have different tokens"
    elif len({side.ignored for side in sides}) > 1:
        declared = ", and ".join(
            " and ".join(sorted(side.ignored)) or Collation.BINARY for side in sides
        )
        fault = f"{columns} differ in their collation ({declared})"
    elif {table.trailing_blanks(column), referenced.trailing_blanks(key_column)} == {
        TrailingBlanks.TRIM,
        None,
    }:
        trimmed = column if table.trailing_blanks(column) else f"{referenced_name}.{key_column}"
        fault = f"trailing blanks are taken off {trimmed} alone, so {columns} have different tokens"
        _fail(subject, f"{fault}; declare trailing_blanks: trim for both")
    else:
        return
    _fail(subject, f"{fault}; declare the same for both")


def _check_left_out_together(subject: str, table: Table, reference: Reference) -> None:
    """Only whole references are known; a part of the key is in every change."""
    others = [name for name in reference.columns if name not in table.key and name in table.columns]
    left_out = [name for name in others if table.columns[name].unchanged]
    always = [name for name in others if name not in left_out]
    if left_out and always:
        fault = f"column {left_out[0]!r} has `unchanged` and column {always[0]!r} has not"
        _fail(subject, f"{fault}; changes have a reference whole or not at all: declare both alike")


def _check_no_cycle(declaration: DeclarationParts) -> None:
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            fault = f"{' -> '.join([*above, name])} is a cycle; remove one of these references"
            _fail("references", fault)
        if name not in done:
            for reference in declaration.tables[name].references.values():
                visit(reference.table, (*above, name))
            done.add(name)

    for name in declaration.tables:
        visit(name, ())


def _check_target(declaration: DeclarationParts, name: str, target: Target) -> None:
    subject = f"target {name}"
    if target.fact not in declaration.tables:
        _fail(subject, f"fact table {target.fact!r} is not declared; declare it under tables")
    direct = {
        dotted
        for column, dotted in target.columns.items()
        if not _check_target_column(declaration, target, f"{subject}, column {column}", dotted)
    }
    for key in declaration.tables[target.fact].key:
        if key not in direct:
            _fail(
                subject,
                f"the fact's key column {key!r} is missing; add it to the target's columns",
            )
    named = [("sort_key", column) for column in target.sort_key]
    for setting, column in [*named, *([("dist_key", target.dist_key)] if target.dist_key else [])]:
        if column not in target.columns:
            _fail(f"{subject}, {setting}", f"{column!r} is not among the target's columns")
    for table_name, table in declaration.tables.items():
        if any(reference.table == target.fact for reference in table.references.values()):
            fault = f"table {target.fact} cannot be both a fact and a dimension of {table_name}"
            _fail(subject, f"{fault}; choose another fact, or remove the reference to it")


def _check_placements(declaration: DeclarationParts, name: str, target: Target) -> None:
    """On every path the part that is joined in the warehouse comes last."""
    if declaration.tables[target.fact].placement is Placement.WAREHOUSE:
        fault = f"only dimensions have one, and this is the fact of target {name}; remove it"
        _fail(f"table {target.fact}, placement", fault)
    for dotted in target.columns.values():
        placed, table = "", target.fact
        for step in dotted.split(".")[:-1]:
            table = declaration.tables[table].references[step].table
            if declaration.tables[table].placement is Placement.WAREHOUSE:
                _check_no_left_out(table, declaration.tables[table])
                placed = table
            elif placed:
                fault = f"must be warehouse, because {placed}, which refers to it, is there"
                _fail(f"table {table}, placement", f"{fault} (target {name} reads {dotted!r})")


def _check_no_left_out(name: str, table: Table) -> None:
    """Which columns a change left out only the mirror of a dimension in the stream knows."""
    for column, declared in table.columns.items():
        if declared.unchanged:
            fault = (
                f"must be stream, because column {column} has `unchanged`; change one of the two"
            )
            _fail(f"table {name}, placement", fault)


def _check_target_column(
    declaration: DeclarationParts, target: Target, subject: str, dotted: str
) -> tuple[str, ...]:
    """Checks one column and gives its path."""
    try:
        path, table, source = declaration.follow(target.fact, dotted)
    except ValueError as error:
        message = f"{subject}: {error}"
        raise ValueError(message) from error
    if declaration.tables[table].columns[source].treatment.drops:
        fault = f"{dotted} has treatment drop, so it cannot be stored"
        _fail(subject, f"{fault}; remove the column here, or choose another treatment")
    _check_hidden_names(declaration, target, subject, path)
    return path


def _check_hidden_names(
    declaration: DeclarationParts, target: Target, subject: str, path: tuple[str, ...]
) -> None:
    """A path may be so deep that Redshift has no room for the name of its key."""
    table = target.fact
    for depth, step in enumerate(path, 1):
        reference = declaration.tables[table].references[step]
        for column in reference.columns:
            name = "__".join([*path[:depth], column])
            is_left_out = depth == 1 and declaration.tables[table].columns[column].unchanged
            longest = _LONGEST_UNCHANGED_PATH if is_left_out else _LONGEST_PATH
            if len(name) > longest:
                fault = f"{name} has more than {longest} characters, too many for Redshift"
                _fail(subject, f"{fault}; shorten the names of the references")
        table = reference.table
