"""What formulas of computed columns mean: their columns found, and a type that no row can leave.

A view whose expression fails for one row cannot be read at all, so each type follows from those of
the columns alone: nothing overflows, nothing is cut, nothing is divided. Redshift's own rules for
decimals are kept at each step ("Computations with numeric values"), within its 38 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flink_app.declaration.condition_rules import find_misfit_of_value, is_comparable
from flink_app.declaration.formula import Case, Comparison, Formula, Nulls, Operand, Part
from flink_app.declaration.literals import Constant
from flink_app.declaration.model import DeclarationParts, Table, Target, Treatment
from flink_app.declaration.types import MAX_DECIMAL_DIGITS, MAX_VARCHAR_BYTES, ColumnType
from flink_app.validation.fault import KeyPath
from flink_app.validation.words import find_meant, list_words

INTEGER: Final = ColumnType("integer")
BIGINT: Final = ColumnType("bigint")
BOOLEAN: Final = ColumnType("boolean")
# The characters of the longest whole number, -9223372036854775808.
WHOLE_LENGTH: Final = 20
_WHOLE: Final = ("smallint", "integer", "bigint")
# Without the sign, and in digits. Redshift keeps a decimal of 19 digits in eight bytes, into which
# not all of those fit: a bigint, and a type that is made of others, has 20.
_BITS: Final = {"smallint": 15, "integer": 31, "bigint": 63}
_DIGITS: Final = {"smallint": 5, "integer": 10, "bigint": 20}
_TIGHT_DIGITS: Final = 19
_VIEW: Final = "compute it in a view on the target"


@dataclass(frozen=True)
class ColumnValue:
    """What stands in a column of the target; `type` as it is stored."""

    name: str
    type: ColumnType


@dataclass(frozen=True)
class Literal:
    """A value that is the same in every row."""

    value: Constant
    type: ColumnType


Value = ColumnValue | Literal


@dataclass(frozen=True)
class Concatenation:
    """Texts put together; see `Nulls`."""

    parts: tuple[Value, ...]
    separator: str
    skips_nulls: bool
    type: ColumnType


@dataclass(frozen=True)
class Coalescing:
    """The first that is not NULL."""

    values: tuple[Value, ...]
    type: ColumnType


@dataclass(frozen=True)
class DatePart:
    """A part of a day or a time; of a timestamptz in UTC."""

    part: Part
    column: ColumnValue
    type: ColumnType = INTEGER


@dataclass(frozen=True)
class Arithmetic:
    """Numbers, from the left to the right, each as `operand_types` has it beforehand."""

    operator: str  # + - *
    operands: tuple[Value, ...]
    operand_types: tuple[ColumnType, ...]
    type: ColumnType


@dataclass(frozen=True)
class Branch:
    """A result, and the comparisons that all have to hold."""

    comparisons: tuple[tuple[ColumnValue, Comparison], ...]
    then: Value


@dataclass(frozen=True)
class Cases:
    """The result of the first branch that holds."""

    branches: tuple[Branch, ...]
    otherwise: Value | None
    type: ColumnType


Expression = Concatenation | Coalescing | DatePart | Arithmetic | Cases


@dataclass(frozen=True)
class Misfit:
    """A fault of a formula, below whose place `steps` lead; `needs` as of `Fault`."""

    steps: KeyPath
    problem: str
    remedy: str
    needs: tuple[KeyPath, ...] = ()
    of_key: bool = False


def resolve(
    declaration: DeclarationParts, target: str, formula: Formula
) -> tuple[Expression | None, list[Misfit]]:
    """The expression, or everything that is wrong with it.

    Neither where a column is at fault for which it is said elsewhere.
    """
    resolving = _Resolving(declaration, target)
    expression = resolving.resolve(formula)
    return (None if resolving.misfits else expression), resolving.misfits


@dataclass(frozen=True)
class _Stored:
    """A column with its table, which knows its treatment and what its values are like."""

    value: ColumnValue
    table: Table
    source: str
    key_path: KeyPath

    @property
    def treatment(self) -> Treatment:
        return self.table.columns[self.source].treatment


class _Resolving:
    """One formula; what is wrong is collected."""

    def __init__(self, declaration: DeclarationParts, target: str) -> None:
        self._declaration = declaration
        self._name = target
        self._target: Target = declaration.targets[target]
        self.misfits: list[Misfit] = []

    def resolve(self, formula: Formula) -> Expression | None:
        if formula.concatenate is not None:
            return self._concatenate(formula.concatenate, formula)
        if formula.coalesce is not None:
            return self._coalesce(formula.coalesce, formula.otherwise)
        if formula.date_part is not None:
            return self._date_part(formula.date_part, formula.of or "")
        if formula.case is not None:
            return self._case(formula.case, formula.otherwise)
        numbers = formula.add or formula.subtract or formula.multiply or []
        return self._arithmetic(formula.kind, numbers)

    def _refuse(
        self,
        steps: KeyPath,
        problem: str,
        remedy: str,
        needs: tuple[KeyPath, ...] = (),
        *,
        of_key: bool = False,
    ) -> None:
        self.misfits.append(Misfit(steps, problem, remedy, needs, of_key))

    # Columns and values

    def _find(self, name: str, steps: KeyPath, *, of_key: bool = False) -> _Stored | None:
        """One of the target's columns, by its name or by the path that it shows."""
        shown = self._target.columns
        by_path = [column for column, dotted in shown.items() if dotted == name and "." in name]
        column = name if name in shown else next(iter(by_path), "")
        if not column:
            self._refuse_unknown(name, steps, of_key=of_key)
            return None
        key_path: KeyPath = ("targets", self._name, "columns", column)
        table, source = self._follow(shown[column])
        if table is None or table.columns[source].treatment.drops:
            return None  # which is said of the target's column
        value = ColumnValue(column, table.columns[source].stored_type)
        return _Stored(value, table, source, key_path)

    def _follow(self, dotted: str) -> tuple[Table | None, str]:
        """The table where a path ends, and the column; no table if it does not lead there."""
        *path, source = dotted.split(".")
        table: Table | None = self._declaration.tables[self._target.fact]
        for step in path:
            reference = table.references.get(step) if table else None
            table = self._declaration.tables.get(reference.table) if reference else None
        return (table if table and source in table.columns else None), source

    def _refuse_unknown(self, name: str, steps: KeyPath, *, of_key: bool) -> None:
        target, needs = self._target, (("targets", self._name, "columns", name),)
        shown_as = [column for column, dotted in target.columns.items() if dotted == name]
        if name in target.computed:
            problem = f"{name!r} is computed itself, and columns are computed of stored ones"
            self._refuse(steps, problem, f"repeat what it is made of, or {_VIEW}", of_key=of_key)
        elif name in target.constants:
            problem = f"{name!r} is a constant"
            self._refuse(steps, problem, "write its value, as {value: VALUE}", of_key=of_key)
        else:
            table, source = self._follow(name)
            known = target.columns.values() if "." in name else target.columns
            meant = shown_as[0] if shown_as else find_meant(name, known)
            if table is not None and not shown_as:
                remedy = f"show it there too, as `{source}: {name}`"
            elif meant:
                remedy = f"did you mean {meant}?"
            else:
                remedy = f"it has {list_words([*target.columns])}"
            problem = f"{name!r} is not among the target's columns"
            self._refuse(steps, problem, remedy, needs, of_key=of_key)

    def _value(self, operand: Operand, steps: KeyPath) -> Value | None:
        if operand.value is not None:
            return Literal(operand.value, _type_of(operand.value))
        stored = self._find(operand.column or "", steps)
        return stored.value if stored else None

    def _values(
        self,
        operands: Sequence[Operand],
        kind: str,
        fits: Callable[[ColumnType], bool] = lambda _: True,
        allowed: str = "",
    ) -> list[Value] | None:
        """All of them, each of a type that fits, or nothing if one of them is at fault."""
        known = []
        for number, operand in enumerate(operands):
            value = self._value(operand, (kind, number))
            if value is not None and fits(value.type):
                known.append(value)
            elif value is not None:
                problem, remedy = f"{_describe(value)}, and {allowed}", f"leave it out, or {_VIEW}"
                self._refuse((kind, number), problem, remedy, self._key_paths_of(value))
        return known if len(known) == len(operands) else None

    def _key_paths_of(self, value: Value) -> tuple[KeyPath, ...]:
        """Where a value's type comes from."""
        if isinstance(value, Literal):
            return ()
        return (("targets", self._name, "columns", value.name),)

    # Kinds

    def _concatenate(self, operands: Sequence[Operand], formula: Formula) -> Concatenation | None:
        parts = self._values(
            operands,
            "concatenate",
            lambda kind: kind.is_text or kind.is_integer,
            "text and whole numbers are put together",
        )
        if parts is None:
            return None
        if all(isinstance(part, Literal) for part in parts):
            self._refuse(("concatenate",), "no column is among them", "write it as a constant")
            return None
        separator = len(formula.separator.encode())
        length = sum(
            WHOLE_LENGTH if part.type.is_integer else part.type.length or 0 for part in parts
        )
        # Where NULL is left out, each part has a separator before the first is taken off.
        longest = length + separator * len(parts)
        if longest > MAX_VARCHAR_BYTES:
            self._refuse(
                ("concatenate",),
                f"the result has up to {longest} bytes, and Redshift's text {MAX_VARCHAR_BYTES}",
                "declare shorter columns, or leave one out",
                tuple(key_path for part in parts for key_path in self._key_paths_of(part)),
            )
            return None
        kind = ColumnType("varchar", length=max(length + separator * (len(parts) - 1), 1))
        skips = formula.nulls is Nulls.SKIP
        return Concatenation(tuple(parts), formula.separator, skips, kind)

    def _coalesce(self, operands: Sequence[Operand], last: Operand | None) -> Coalescing | None:
        values = self._values(operands, "coalesce")
        otherwise = self._value(last, ("otherwise",)) if last is not None else None
        if values is None or (last is not None and otherwise is None):
            return None
        values += [otherwise] if otherwise is not None else []
        if len(values) == 1:
            self._refuse(
                ("coalesce",),
                "there is nothing beside the one column",
                "name another, or write what is `otherwise`",
            )
            return None
        kind = self._common_type(values, ("coalesce",))
        return Coalescing(tuple(values), kind) if kind else None

    def _date_part(self, part: Part, column: str) -> DatePart | None:
        stored = self._find(column, ("of",))
        if stored is None:
            return None
        kind = stored.value.type
        if not kind.has_days or (kind.name == "date" and not part.is_of_days):
            has = "parts" if not kind.has_days else part.value
            self._refuse(
                ("of",),
                f"{_describe(stored.value)}{_say_treatment(stored)}, which has no {has}",
                "choose a date, timestamp or timestamptz"
                if not kind.has_days
                else "choose a timestamp or timestamptz, or year, quarter, month or day",
                (stored.key_path,),
            )
            return None
        return DatePart(part, stored.value)

    def _arithmetic(self, kind: str, operands: Sequence[Operand]) -> Arithmetic | None:
        values = self._values(
            operands,
            kind,
            lambda kind: kind.is_exact_number,
            "whole numbers and decimals are computed with",
        )
        if values is None:
            return None
        if all(isinstance(value, Literal) for value in values):
            self._refuse((kind,), "no column is among them", "write it as a constant")
            return None
        operator = {"add": "+", "subtract": "-", "multiply": "*"}[kind]
        if _fits_bigint(kind, values):
            types = tuple(BIGINT for _ in values)
            return Arithmetic(operator, tuple(values), types, BIGINT)
        types = tuple(map(_decimal_of, values))
        result = _decimal_result(kind, types)
        if (result.precision or 0) > MAX_DECIMAL_DIGITS:
            self._refuse(
                (kind,),
                f"the result has up to {result.precision} digits, and Redshift's decimals "
                f"{MAX_DECIMAL_DIGITS}",
                f"declare decimals of fewer digits, or {_VIEW}",
                tuple(key_path for value in values for key_path in self._key_paths_of(value)),
            )
            return None
        return Arithmetic(operator, tuple(values), types, result)

    def _case(self, cases: Sequence[Case], last: Operand | None) -> Cases | None:
        branches: list[Branch] = []
        results: list[Value] = []
        for number, case in enumerate(cases):
            comparisons = [
                self._comparison(name, comparison, ("case", number, "when", name))
                for name, comparison in case.when.items()
            ]
            then = self._value(case.then, ("case", number, "then"))
            if then is not None and all(comparisons):
                results.append(then)
                branches.append(Branch(tuple(c for c in comparisons if c), then))
        otherwise = self._value(last, ("otherwise",)) if last is not None else None
        is_whole = len(branches) == len(cases) and (last is None or otherwise is not None)
        if not is_whole:
            return None
        results += [otherwise] if otherwise is not None else []
        kind = self._common_type(results, ("case",))
        return Cases(tuple(branches), otherwise, kind) if kind else None

    def _comparison(
        self, name: str, comparison: Comparison, steps: KeyPath
    ) -> tuple[ColumnValue, Comparison] | None:
        stored = self._find(name, steps, of_key=True)
        if stored is None:
            return None
        kind, problem, remedy = stored.value.type, "", f"use is_null, or {_VIEW}"
        if comparison.is_null is not None:
            return stored.value, comparison
        if stored.treatment is not Treatment.KEEP:
            problem = (
                f"{_describe(stored.value)}{_say_treatment(stored)}, so values are not as written"
            )
        elif comparison.bounds and not kind.is_exact_number:
            problem = f"{_describe(stored.value)}, and ranges are of whole numbers and decimals"
        elif comparison.values and not is_comparable(kind):
            problem = (
                f"{_describe(stored.value)}, and values are compared of text, whole numbers and "
                "boolean"
            )
        else:
            problem = self._misfit_of_values(stored, comparison)
            remedy = "write what the column may have, or leave it out"
        if problem:
            self._refuse(steps, problem, remedy, (stored.key_path,))
            return None
        return stored.value, comparison

    def _misfit_of_values(self, stored: _Stored, comparison: Comparison) -> str:
        kind = stored.value.type
        for value in comparison.values:
            if problem := find_misfit_of_value(stored.table, stored.source, value):
                return problem
            if isinstance(value, str) and value.endswith(" "):
                return f"{value!r} ends in a blank, which Redshift ignores where it compares"
        for bound in comparison.bounds:
            whole = 10 ** ((kind.precision or 0) - (kind.scale or 0)) - 1
            most = (1 << _BITS[kind.name]) - 1 if kind.is_integer else whole
            if abs(bound) > most:
                return f"{bound} does not fit {kind}"
        return ""

    def _common_type(self, values: Sequence[Value], steps: KeyPath) -> ColumnType | None:
        """The type that holds every one of them unchanged."""
        kinds = [value.type for value in values]
        needs = tuple(key_path for value in values for key_path in self._key_paths_of(value))
        if all(isinstance(value, Literal) for value in values) and kinds[0].is_integer:
            kinds.append(BIGINT)  # as constants are
        if not any(_is_family(kinds, fits) for fits in _FAMILIES):
            listed = list_words([*dict.fromkeys(_describe(value) for value in values)])
            remedy = f"choose values of one kind, or {_VIEW}"
            self._refuse(steps, f"{listed}, which have no type in common", remedy, needs)
            return None
        kind = _widest(kinds)
        if (kind.precision or 0) > MAX_DECIMAL_DIGITS:
            problem = (
                f"the result has up to {kind.precision} digits, and Redshift's decimals "
                f"{MAX_DECIMAL_DIGITS}"
            )
            self._refuse(steps, problem, "declare decimals of fewer digits", needs)
            return None
        return kind


def _describe(value: Value) -> str:
    if isinstance(value, Literal):
        return f"{value.value!r} is {'text' if value.type.is_text else value.type}"
    return f"column {value.name} is {value.type}"


def _say_treatment(stored: _Stored) -> str:
    if stored.treatment is Treatment.KEEP:
        return ""
    return f" after treatment {stored.treatment}"


def _type_of(value: Constant) -> ColumnType:
    """The narrowest type that has a value; a VARCHAR has at least one byte."""
    if isinstance(value, str):
        return ColumnType("varchar", length=max(len(value.encode()), 1))
    if isinstance(value, bool):
        return BOOLEAN
    fitting = (name for name in _WHOLE if -1 <= value >> _BITS[name] <= 0)
    return ColumnType(next(fitting))


_FAMILIES: Final[tuple[Callable[[ColumnType], object], ...]] = (
    lambda kind: kind.is_text or None,
    lambda kind: kind.is_exact_number or None,
    # Others are the same, or nothing in common.
    lambda kind: None if kind.is_text or kind.is_exact_number or kind.is_binary else kind.name,
)


def _is_family(kinds: Sequence[ColumnType], family: Callable[[ColumnType], object]) -> bool:
    return len({family(kind) for kind in kinds}) == 1 and family(kinds[0]) is not None


def _widest(kinds: Sequence[ColumnType]) -> ColumnType:
    """Of one family."""
    if kinds[0].is_text:
        return ColumnType("varchar", length=max(kind.length or 0 for kind in kinds))
    if all(kind.is_integer for kind in kinds):
        return max(kinds, key=lambda kind: _BITS[kind.name])
    if all(kind == kinds[0] for kind in kinds):
        return kinds[0]
    scale = max(kind.scale or 0 for kind in kinds)
    return _with_room(max(map(_digits_before_point, kinds)) + scale, scale)


def _digits_before_point(kind: ColumnType) -> int:
    return _DIGITS.get(kind.name, (kind.precision or 0) - (kind.scale or 0))


def _with_room(precision: int, scale: int) -> ColumnType:
    precision += precision == _TIGHT_DIGITS
    return ColumnType("decimal", precision=precision, scale=scale)


def _fits_bigint(kind: str, values: Sequence[Value]) -> bool:
    """Whether no step of the computation leaves it, whatever the columns hold."""
    if not all(value.type.is_integer for value in values):
        return False
    reached, *others = (
        abs(value.value) if isinstance(value, Literal) else 1 << _BITS[value.type.name]  # type: ignore[arg-type]
        for value in values
    )
    steps = [reached]
    for other in others:
        steps.append(steps[-1] * other if kind == "multiply" else steps[-1] + other)
    return max(*steps, *others) < 1 << _BITS["bigint"]


def _decimal_of(value: Value) -> ColumnType:
    """The decimal that a number is before it is computed with."""
    if isinstance(value, Literal):
        return _with_room(len(str(abs(int(value.value)))), 0)
    if value.type.is_integer:
        return _with_room(_DIGITS[value.type.name], 0)
    return value.type


def _decimal_result(kind: str, types: Sequence[ColumnType]) -> ColumnType:
    """Redshift's rules, step by step; more than its digits are refused by whoever asks."""
    precision, scale = types[0].precision or 0, types[0].scale or 0
    for other in types[1:]:
        digits, behind = other.precision or 0, other.scale or 0
        if kind == "multiply":
            precision, scale = precision + digits + 1, scale + behind
        else:
            before, scale = max(precision - scale, digits - behind), max(scale, behind)
            precision = before + 1 + scale
    return ColumnType("decimal", precision=precision, scale=scale)
