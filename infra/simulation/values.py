"""The rows of a declaration's tables: which values meet, made up or given by whoever asks.

Keys and the references to them come from few values, so that changes meet. `type_values` owns what
a value of each type is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from connectors.failures import StarjoinError
from flink_app.declaration import Column, Declaration
from flink_app.declaration.model import TrailingBlanks
from infra.simulation.choices import Choices
from infra.simulation.collated import find_form
from infra.simulation.type_values import (
    MisfitError,
    count_keys,
    fresh_value,
    key_value,
    logical_value,
)

Row = dict[str, Any]
# Values of one column: a list to choose from, or a function of a number that grows with each value.
Prescribed = Sequence[Any] | Callable[[int], Any]

_KEYS: Final = 3
_KEYS_IN_COMPOSITE: Final = 2  # so that whole keys meet as often as keys of one column
_MOST_REPORTED: Final = 12
# Of 100 values of a column that decides whether rows count: NULL, where that is asked for, and what
# it is compared with.
_OFTEN: Final = 30
_MOSTLY: Final = 60


class ValuesError(StarjoinError, ValueError):
    """Values that were given for a column cannot be its values; the message names the column."""


class Values:
    """Makes rows for the tables of a declaration.

    Args:
        declaration: whose columns.
        keys: how many values a key of one column has, if its type has as many; one of several
            columns has about as many in all.
        values: by `table.column`. What is given for a key is what references to it hold as well,
            unless they have values of their own.

    Raises ValuesError for a column that is not declared, and for a listed value that does not fit.
    """

    def __init__(
        self,
        declaration: Declaration,
        values: Mapping[str, Prescribed] | None = None,
        *,
        keys: int = _KEYS,
    ) -> None:
        self._keys = keys
        self._domains: dict[tuple[str, str], list[Any]] = {}
        self._tables = declaration.tables
        self._written = 0
        self._linked = _linked_columns(declaration)
        self._asked = _asked_values(declaration)
        self._prescribed: dict[tuple[str, str], Prescribed] = {}
        for name, column_values in (values or {}).items():
            self._prescribe(name, column_values)
        self._readers = {name: readers_of(table.columns) for name, table in self._tables.items()}

    def row(self, table: str, choices: Choices) -> Row:
        """A row of `table`: keys and references of few values, so that changes meet."""
        by_source: dict[str, Any] = {}
        row: Row = {}
        for name, column in self._tables[table].columns.items():
            source = column.source or name
            if source not in by_source:
                by_source[source] = self._value(table, self._readers[table][source], choices)
            row[name] = by_source[source]
        return row

    def _value(self, table: str, readers: Sequence[str], choices: Choices) -> Any:
        """A value for all columns that read one column of the source."""
        declared = self._tables[table]
        referring = {name for ref in declared.references.values() for name in ref.columns}
        columns = [declared.columns[name] for name in readers]
        compared = [name for name in readers if name in referring or name in declared.key]
        nullable = not any(name in declared.key for name in readers) and not any(
            column.unchanged == "sent_as_null" for column in columns
        )
        # The first of them that something is given for, or that is compared, decides.
        name = next(
            (n for n in readers if (table, n) in self._prescribed), (compared or readers)[0]
        )
        prescribed = self._prescribed.get((table, name)) or self._find_linked(table, name)
        if not compared:
            asked = [value for each in readers for value in self._asked.get((table, each), ())]
            if nullable and choices.chance(_OFTEN if None in asked else 5):
                return None
            if isinstance(prescribed, Sequence):
                return choices.one_of(prescribed)
            values = [value for value in asked if value is not None]
            if prescribed is None and values and choices.chance(_MOSTLY):
                return choices.one_of(values)
            self._written += 1
            return self._make(table, name, prescribed, columns)
        domain = prescribed if prescribed is not None else self._domain(table, name)
        if callable(domain):
            count = self._key_count(table, name)
            domain = [self._result(table, name, domain, number) for number in range(count)]
        chosen = choices.draw(len(domain) + (1 if nullable else 0))
        return None if chosen == len(domain) else domain[chosen]

    def _make(
        self,
        table: str,
        name: str,
        make_value: Callable[[int], Any] | None,
        columns: Sequence[Column],
    ) -> Any:
        if make_value is not None:
            return self._result(table, name, make_value, self._written)
        lengths = [column.type.length for column in columns if column.type.length]
        return fresh_value(columns[0].type, self._written, min(lengths, default=None))

    def _key_count(self, table: str, name: str) -> int:
        linked = self._linked[table, name]
        parts = max(
            (
                len(self._tables[other].key)
                for other, column in linked
                if column in self._tables[other].key
            ),
            default=1,
        )
        return max(round(math.pow(self._keys, 1 / parts)), _KEYS_IN_COMPOSITE)

    def _domain(self, table: str, name: str) -> list[Any]:
        """The values of a key and of what refers to it."""
        if (table, name) not in self._domains:
            self._domains[table, name] = self._make_domain(table, name)
        return self._domains[table, name]

    def _make_domain(self, table: str, name: str) -> list[Any]:
        types = [self._tables[t].columns[c].type for t, c in self._linked[table, name]]
        length = min((kind.length for kind in types if kind.length), default=None)
        numbers = range(min([self._key_count(table, name), *map(count_keys, types)]))
        column = self._tables[table].columns[name]
        keys = (key_value(column.type, number, length) for number in numbers)
        if column.ignored:
            keys = (find_form(key, column.ignored) for key in keys)
        asked = [v for each in self._linked[table, name] for v in self._asked.get(each, ())]
        return list(dict.fromkeys([*(v for v in asked if v is not None), *keys]))

    def _find_linked(self, table: str, name: str) -> Prescribed | None:
        """What is given for a column that holds the same keys."""
        linked = self._linked[table, name]
        prescribed = next(
            (self._prescribed[column] for column in linked if column in self._prescribed), None
        )
        if isinstance(prescribed, Sequence):
            return [self._check(table, name, value) for value in prescribed]
        return prescribed

    def _result(self, table: str, name: str, make_value: Callable[[int], Any], number: int) -> Any:
        """What a given function makes of a number."""
        try:
            value = make_value(number)
        except Exception as error:
            message = (
                f"values: {table}.{name}: the given function raised {type(error).__name__} for "
                f"the number {number}: {error}"
            )
            raise ValuesError(message) from error
        return self._check(table, name, value)

    def _prescribe(self, name: str, prescribed: Prescribed) -> None:
        table, dot, column = name.partition(".")
        if not dot:
            message = f"values: {name!r}: write table.column; {_list_known(self._tables)}"
            raise ValuesError(message)
        if table not in self._tables:
            message = f"values: {name!r}: there is no table {table!r}; {_list_known(self._tables)}"
            raise ValuesError(message)
        columns = self._tables[table].columns
        if column not in columns:
            known = _list_known(columns)
            message = f"values: {name!r}: table {table} has no column {column!r}; {known}"
            raise ValuesError(message)
        if callable(prescribed):
            self._prescribed[table, column] = prescribed
            return
        if isinstance(prescribed, str | bytes) or not isinstance(prescribed, Sequence):
            message = (
                f"values: {name!r}: give a list of at least one value, or a function that makes "
                f"a value of a number; not {type(prescribed).__name__}"
            )
            raise ValuesError(message)
        if not prescribed:
            message = (
                f"values: {name!r}: the list is empty: give at least one value, or leave the "
                f"column out, which then has values of its type"
            )
            raise ValuesError(message)
        self._prescribed[table, column] = [
            self._check(table, column, value) for value in prescribed
        ]

    def _check(self, table: str, name: str, value: Any) -> Any:
        declared = self._tables[table]
        column = declared.columns[name]
        if value is None:
            if name in declared.key or column.unchanged == "sent_as_null":
                message = f"values: {table}.{name}: is never null, so None is no value of it"
                raise ValuesError(message)
            return None
        try:
            logical = logical_value(column.type, value)
            if column.ignored:
                logical = find_form(logical, column.ignored)
            blanks = declared.trailing_blanks(name)
            if blanks is TrailingBlanks.TRIM:
                return logical.rstrip(" ")
            if blanks is TrailingBlanks.REFUSE and logical.endswith(" "):
                message = "ends in a blank, which is refused here (trailing_blanks)"
                raise MisfitError(message)
        except ValueError as error:
            message = f"values: {table}.{name}, {column.type}: {value!r} {error}"
            raise ValuesError(message) from error
        return logical


def _list_known(names: Mapping[str, Any]) -> str:
    listed = [*names][:_MOST_REPORTED]
    return f"there are {', '.join(listed)}{', ...' if len(names) > len(listed) else ''}"


def readers_of(columns: Mapping[str, Column]) -> dict[str, list[str]]:
    """By column of the source, the declared columns that read it."""
    readers: dict[str, list[str]] = {}
    for name, column in columns.items():
        readers.setdefault(column.source or name, []).append(name)
    return readers


def _asked_values(declaration: Declaration) -> dict[tuple[str, str], list[Any]]:
    """By table and column, what conditions of targets compare it with; None where NULL counts."""
    asked: dict[tuple[str, str], list[Any]] = {}
    for target in declaration.targets.values():
        for column, condition in target.row_conditions.items():
            values = condition.values if condition.is_null is None else (None,)
            asked.setdefault((target.fact, column), []).extend(values)
    return asked


def _linked_columns(declaration: Declaration) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For every column those that references compare it with, directly or not, and itself."""
    groups = {
        (table, name): [(table, name)]
        for table, declared in declaration.tables.items()
        for name in declared.columns
    }
    for table, declared in declaration.tables.items():
        pairs = [
            ((table, column), (reference.table, key))
            for reference in declared.references.values()
            for column, key in zip(
                reference.columns, declaration.tables[reference.table].key, strict=True
            )
        ]
        for readers in readers_of(declared.columns).values():
            pairs += [((table, readers[0]), (table, other)) for other in readers[1:]]
        for left, right in pairs:
            if groups[left] is not groups[right]:
                groups[left] += groups[right]
                for member in groups[right]:
                    groups[member] = groups[left]
    return groups
