"""What is compared of a declaration: for each wide table its key and its groups of columns.

The groups of a target are the fact's columns, and for each path the key that leads to its
dimension with the dimension's columns: each has a position in the warehouse, so each can be
judged by itself. A dimension that is kept in the warehouse is compared as a table besides; of
those kept in the stream there is no table, only what the targets have from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from connectors.redshift.names import Names, quote
from connectors.redshift.spec import DimensionSpec, TargetSpec
from flink_app.declaration import Star
from flink_app.declaration.literals import Constant
from flink_app.declaration.model import Column, Condition, TrailingBlanks, Treatment
from flink_app.declaration.star import DELETED, POSITION, Path
from flink_app.warehouse import warehouse_spec
from infra.reconcile import mysql_texts
from infra.reconcile.canonical import (
    LONGEST_TEXT,
    Side,
    explain_omission,
    frame,
    frame_presence,
    longest_frame,
    make_text,
    read_float,
)
from infra.reconcile.errors import NotComparableError

FACT = "t0"  # the alias of the fact, or of the dimension, at the source


@dataclass(frozen=True)
class ComparedColumn:
    """A column on both sides.

    Attributes:
        name: in the warehouse.
        alias: of its table in the join at the source.
        source: its name there.
        column: as it is declared.
        blanks: what happens to trailing blanks.
        omission: why only its being NULL is compared; empty where its values are.
    """

    name: str
    alias: str
    source: str
    column: Column
    blanks: TrailingBlanks | None
    omission: str

    @property
    def is_token(self) -> bool:
        """Whether a token or a digest is stored, from which its value cannot be had."""
        return self.column.treatment in {Treatment.TOKENISE, Treatment.SHA256}

    def frame(self, side: Side, *, as_digest: bool = False) -> str:
        """The framed text of its value."""
        value = self.value(side)
        if self.omission and side is Side.MYSQL:
            return frame_presence(mysql_texts.make_present(self.column, value))
        if self.omission:
            return frame_presence(value)
        return frame(self.column, self.text(side), side, as_digest=as_digest)

    def text(self, side: Side) -> str:
        """The text of its value."""
        value = self.value(side)
        if side is Side.MYSQL:
            return mysql_texts.make_text(self.column, self.blanks, value)
        return make_text(self.column, self.blanks, value, side)

    def value(self, side: Side) -> str:
        """The column itself. A `%` is doubled, since statements are given parameters."""
        if side is Side.WAREHOUSE:
            return f"w.{quote(self.name)}"
        return f"{self.alias}.{quote(self.source).replace('%', '%%')}"


@dataclass(frozen=True)
class Group:
    """Columns that one change sets together.

    Attributes:
        table: whose columns they are, as it is declared.
        path: the path's steps; empty for the fact's own columns.
        key: what leads to the dimension; empty for the fact's own columns.
        columns: without those of `key`.
        position: the warehouse's column with the position of the newest change.
        above: the numbers of the groups that the path leads through.
    """

    table: str
    path: tuple[str, ...]
    key: tuple[ComparedColumn, ...]
    columns: tuple[ComparedColumn, ...]
    position: str
    above: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The path as a declaration writes it."""
        return ".".join(self.path)

    @property
    def compared(self) -> tuple[ComparedColumn, ...]:
        """Its key and its columns."""
        return (*self.key, *self.columns)

    @property
    def is_keyed(self) -> bool:
        """Whether its dimension's key can be written on both sides."""
        return bool(self.key) and not any(column.omission for column in self.key)

    def text(self, side: Side) -> str:
        """All frames; digests of texts where they would be too long together."""
        as_digest = sum(longest_frame(c.column) for c in self.compared) > LONGEST_TEXT
        frames = [column.frame(side, as_digest=as_digest) for column in self.compared]
        return " || ".join(frames) or "''"


@dataclass(frozen=True)
class Comparison:
    """One table of the warehouse, and the query at the source that it has to equal.

    Attributes:
        name: of the target or the dimension.
        table: the warehouse's, as SQL writes it.
        deletes: the table that keeps deletes: tombstones, or the dimension's own.
        marks_deletes: whether deleted keys are rows of `table`, with a mark.
        joined: the FROM clause at the source.
        key: of the fact or dimension.
        groups: the first is that of the fact.
    """

    name: str
    table: str
    deletes: str
    marks_deletes: bool
    joined: str
    key: tuple[ComparedColumn, ...]
    groups: tuple[Group, ...]

    @property
    def omissions(self) -> Iterator[ComparedColumn]:
        """Columns of which only NULL is compared."""
        for group in self.groups:
            yield from (column for column in group.columns if column.omission)

    @cached_property
    def is_numbered(self) -> bool:
        """Whether ranges are of the key itself, an integer, and not of a hash of it."""
        (first, *others) = self.key
        column = first.column
        return not others and column.type.is_integer and column.treatment is Treatment.KEEP

    def key_text(self, side: Side) -> str:
        """The framed texts of the key."""
        return " || ".join(column.frame(side) for column in self.key)

    def show_key(self, text: str, group: int = 0) -> dict[str, str]:
        """The text of a key, or of a path's, as the stored values."""
        columns = self.groups[group].key or self.key
        values = read_key_text(columns, text)
        return {column.name: value for column, value in zip(columns, values, strict=True)}


@dataclass(frozen=True)
class SourceTable:
    """A declared table as the source has it: all of its rows, whether or not they count.

    Attributes:
        name: as it is declared.
        source: the FROM clause.
        key: its columns, in the order of the key.
        columns: all that leave decode, those of the key among them.
    """

    name: str
    source: str
    key: tuple[ComparedColumn, ...]
    columns: tuple[ComparedColumn, ...]

    @property
    def key_text(self) -> str:
        """The framed texts of the key, as every comparison has them."""
        return " || ".join(column.frame(Side.SOURCE) for column in self.key)


def source_table(star: Star, name: str, *, has_key: bool = True) -> SourceTable:
    """A table of a declaration."""
    tables = Tables(star, has_key=has_key)
    stored = [tables.column(column, FACT, name, column) for column in star.stored_columns(name)]
    key = tuple(tables.column(column, FACT, name, column) for column in star.tables[name].key)
    return SourceTable(name, tables.from_clause(name, FACT), key, tuple(stored))


def read_key_text(columns: Sequence[ComparedColumn], text: str) -> list[str]:
    """The values in the text of a key, each as its own text."""
    values = []
    for column in columns:
        if column.column.stored_type.is_text and not column.is_token:
            length, _, rest = text.partition(":")
            octets = rest.encode()
            values.append(octets[: int(length)].decode())
            text = octets[int(length) :].decode()
        else:
            value, _, text = text.partition(",")
            if column.column.stored_type.name in {"real", "double precision"}:
                value = read_float(value)
            values.append(value.removeprefix("=") if column.is_token else value)
    return values


def comparisons(
    star: Star, names: Names, *, has_key: bool = True, side: Side = Side.SOURCE
) -> list[Comparison]:
    """All of a declaration, targets first. Targets whose key cannot be compared are among them.

    Args:
        star: of the declaration.
        names: of the warehouse's tables.
        has_key: whether the source may be given the key of tokens.
        side: which database the source is.
    """
    spec, tables = warehouse_spec(star), Tables(star, has_key=has_key, side=side)
    return [
        *(_of_target(target, star, names, tables) for target in spec.targets),
        *(_of_dimension(dimension, star, names, tables) for dimension in spec.dimensions),
    ]


def require_key(comparison: Comparison) -> None:
    """Raises NotComparableError where the key itself cannot be written on both sides."""
    for column in comparison.key:
        if column.omission:
            message = (
                f"{comparison.name} cannot be compared by its key, column {column.name}: "
                f"{column.omission}"
            )
            raise NotComparableError(message)


class Tables:
    """The columns of a star's tables, as what is compared of them."""

    def __init__(self, star: Star, *, has_key: bool, side: Side = Side.SOURCE) -> None:
        self._star = star
        self._has_key = has_key
        self.side = side

    def column(self, name: str, alias: str, table: str, column: str) -> ComparedColumn:
        """A declared column under its name in the warehouse, and an alias of its table."""
        declared = self._star.tables[table].columns[column]
        if declared.zero_dates is None:  # only a MySQL has any
            zero_dates = self._star.declaration.stream.zero_dates
            declared = declared.model_copy(update={"zero_dates": zero_dates})
        return ComparedColumn(
            name,
            alias,
            declared.source or column,
            declared,
            self._star.tables[table].trailing_blanks(column),
            explain_omission(declared, has_key=self._has_key),
        )

    def from_clause(self, table: str, alias: str) -> str:
        """The table at the source under an alias."""
        parts = [part for part in self._star.declaration.source_of(table) if part]
        return f"{'.'.join(map(quote, parts)).replace('%', '%%')} AS {alias}"


def _of_target(spec: TargetSpec, star: Star, names: Names, tables: Tables) -> Comparison:
    target = spec.table
    paths = star.target_paths(target)
    aliases = {(): FACT} | {path.steps: f"t{n}" for n, path in enumerate(paths, 1)}
    wide = star.wide_columns(target)
    key = tuple(
        tables.column(name, FACT, spec.fact, source)
        for name, source in zip(spec.key, star.tables[spec.fact].key, strict=True)
    )

    def columns_at(steps: tuple[str, ...]) -> tuple[ComparedColumn, ...]:
        return tuple(
            tables.column(c.name, aliases[steps], c.table, c.source)
            for c in wide
            if c.path == steps and c.name not in spec.key
        )

    groups = [Group(spec.fact, (), (), columns_at(()), POSITION)]
    joined = [_select_counted(target, spec.fact, star, tables)]
    numbers = {path.steps: n for n, path in enumerate(paths, 1)}
    for path in paths:
        parent = star.parent_table(spec.fact, path)
        leading = tuple(
            tables.column(name, aliases[path.parent], parent, source)
            for name, source in zip(star.path_key(target, path), path.key, strict=True)
        )
        above = tuple(numbers[path.steps[:depth]] for depth in range(1, len(path.steps)))
        groups.append(
            Group(path.table, path.steps, leading, columns_at(path.steps), path.position, above)
        )
        joined.append(_join(path, aliases[path.steps], leading, star, tables))
    return Comparison(
        target,
        names.base(spec),
        names.tombstones(spec),
        marks_deletes=False,
        joined="\n  ".join(joined),
        key=key,
        groups=tuple(groups),
    )


def _select_counted(target: str, fact: str, star: Star, tables: Tables) -> str:
    """The fact at the source; where the target has conditions, those of its rows that count."""
    every, conditions = tables.from_clause(fact, FACT), star.targets[target].row_conditions
    if not conditions:
        return every
    met = [
        _write_condition(tables.column(name, FACT, fact, name), condition, tables.side)
        for name, condition in conditions.items()
    ]
    return f"(SELECT * FROM {every} WHERE {' AND '.join(met)}) AS {FACT}"


def _write_condition(column: ComparedColumn, condition: Condition, side: Side) -> str:
    """A condition as SQL; text is compared as it is stored."""
    value = column.value(side)
    if condition.is_null is not None:
        return f"{value} IS {'' if condition.is_null else 'NOT '}NULL"
    if column.column.type.is_text:
        value = column.text(side)
    listed = ", ".join(map(_write_literal, condition.values))
    return f"{value} {'IN' if condition.one_of is not None else 'NOT IN'} ({listed})"


def _write_literal(value: Constant) -> str:
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''").replace("%", "%%"))
    return str(value).upper()


def _of_dimension(spec: DimensionSpec, star: Star, names: Names, tables: Tables) -> Comparison:
    table = spec.table
    stored = [tables.column(name, FACT, table, name) for name in star.stored_columns(table)]
    key = tuple(tables.column(name, FACT, table, name) for name in spec.key)
    columns = tuple(column for column in stored if column.name not in spec.key)
    return Comparison(
        names.dimension_table(spec),
        names.dimension(spec),
        names.dimension(spec),
        marks_deletes=True,
        joined=tables.from_clause(table, FACT),
        key=key,
        groups=(Group(table, (), (), columns, POSITION),),
    )


def _join(
    path: Path, alias: str, leading: tuple[ComparedColumn, ...], star: Star, tables: Tables
) -> str:
    """The LEFT JOIN of a path's dimension, by what the stream takes for equal."""
    pairs = [
        (tables.column(name, alias, path.table, name), reference)
        for name, reference in zip(star.tables[path.table].key, leading, strict=True)
    ]
    values = _mysql_joined_value if tables.side is Side.MYSQL else _joined_value
    conditions = [f"{values(k, r)} = {values(r, k)}" for k, r in pairs]
    if tables.side is Side.MYSQL:  # which finds a key by the column itself alone
        conditions += [f"{k.value(Side.MYSQL)} = {r.value(Side.MYSQL)}" for k, r in pairs]
    return f"LEFT JOIN {tables.from_clause(path.table, alias)} ON {' AND '.join(conditions)}"


def _joined_value(column: ComparedColumn, other: ComparedColumn) -> str:
    value = column.value(Side.SOURCE)
    is_text = column.column.type.is_text and other.column.type.is_text
    if not is_text or column.column.ignored or other.column.ignored:
        return value
    text = f"CAST({value} AS TEXT)"  # whatever the type compares alike, as citext does
    return f"RTRIM({text}, ' ')" if column.blanks is TrailingBlanks.TRIM else text


def _mysql_joined_value(column: ComparedColumn, other: ComparedColumn) -> str:
    """Text as its bytes, since blanks at the end do not count in most of MySQL's collations."""
    value = column.value(Side.MYSQL)
    is_text = column.column.type.is_text and other.column.type.is_text
    if not is_text or column.column.ignored or other.column.ignored:
        return value
    text = mysql_texts.read_text(value)
    if column.blanks is TrailingBlanks.TRIM:
        text = f"TRIM(TRAILING ' ' FROM {text})"
    return f"CAST({text} AS BINARY)"


def deleted_condition(comparison: Comparison, *, is_deleted: bool) -> str:
    """Which rows of the warehouse's table are there, or are deletes."""
    if not comparison.marks_deletes:
        return ""
    mark = f"w.{quote(DELETED)}"
    return mark if is_deleted else f"NOT {mark}"
