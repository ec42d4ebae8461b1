"""How a computed column is declared: a formula out of a small closed set, each valid in itself.

What columns it names, and of which type its result is, is for `expressions`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from flink_app.declaration.literals import Constant, DeclaredConstant, check_text
from flink_app.validation.fault import Fault, FaultsError
from flink_app.validation.strict_model import StrictModel


class Part(enum.StrEnum):
    """What is taken of a date or a time; each a whole number."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"

    @property
    def is_of_days(self) -> bool:
        """Whether a date without a time has it."""
        return self not in {Part.HOUR, Part.MINUTE}


class Nulls(enum.StrEnum):
    """What NULL among texts that are put together does."""

    SKIP = "skip"  # it is left out, with its separator; NULL if all columns are
    PROPAGATE = "propagate"  # the result is NULL, as in SQL


class Operand(StrictModel):
    """One column of the target, or one value."""

    column: str | None = Field(None, description="one of the target's, or its path")
    value: DeclaredConstant | None = Field(None, description="the same in every row")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            problem = "an operand is a column or a value"
            raise FaultsError([Fault((), problem, "write {column: NAME} or {value: VALUE}")])
        return self


def _column_or_number(value: Any) -> Any:
    """Text is the name of a column, and a number itself."""
    if isinstance(value, str):
        return {"column": value}
    return {"value": value} if isinstance(value, int) else value


def _value_shorthand(value: Any) -> Any:
    """What is not written as an operand is a value."""
    is_short = value is not None and not isinstance(value, dict | Operand)
    return {"value": value} if is_short else value


_ColumnFirst = Annotated[
    Operand, BeforeValidator(_column_or_number, json_schema_input_type=Operand | str | int)
]
_ValueFirst = Annotated[
    Operand, BeforeValidator(_value_shorthand, json_schema_input_type=Operand | DeclaredConstant)
]
_Separator = Annotated[str, AfterValidator(check_text)]


class Comparison(StrictModel):
    """Which values of a column a case is for. As in SQL, NULL is neither one of some nor another.

    `at_least` and `below` may stand together.
    """

    one_of: list[DeclaredConstant] | None = Field(None, min_length=1, examples=[["paid", "sent"]])
    none_of: list[DeclaredConstant] | None = Field(None, min_length=1, examples=[["draft"]])
    is_null: bool | None = Field(None, strict=True, description="whether it is NULL")
    at_least: int | None = Field(None, strict=True, description="of numbers: this or more")
    below: int | None = Field(None, strict=True, description="of numbers: less than this")

    @property
    def values(self) -> tuple[Constant, ...]:
        """Those that a column is compared with one by one."""
        return (*(self.one_of or ()), *(self.none_of or ()))

    @property
    def bounds(self) -> tuple[int, ...]:
        """Those of a range."""
        return tuple(bound for bound in (self.at_least, self.below) if bound is not None)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        written = self.model_fields_set
        if len(written) != 1 and written != {"at_least", "below"}:
            problem = "a column is compared in one way: one_of, none_of, is_null, or by a range"
            raise FaultsError([Fault((), problem, "write one of them, or at_least and below")])
        return self


def _comparison_shorthand(value: Any) -> Any:
    if value is None or isinstance(value, dict | Comparison):
        return value
    return {"one_of": value if isinstance(value, list) else [value]}


_DeclaredComparison = Annotated[
    Comparison,
    BeforeValidator(
        _comparison_shorthand,
        json_schema_input_type=Comparison | DeclaredConstant | list[DeclaredConstant],
    ),
]


class Case(StrictModel):
    """What the result is where all comparisons hold, and no earlier case has."""

    when: dict[str, _DeclaredComparison] = Field(
        min_length=1, examples=[{"state": ["paid", "sent"]}]
    )
    then: _ValueFirst = Field(examples=["done"])


# What may stand beside each kind of formula.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "concatenate": ("separator", "nulls"),
    "coalesce": ("otherwise",),
    "date_part": ("of",),
    "add": (),
    "subtract": (),
    "multiply": (),
    "case": ("otherwise",),
}
_LISTED: Final = ", ".join(OPTIONS)


class Formula(StrictModel):
    """One of the kinds of `OPTIONS`, with what belongs to it."""

    concatenate: list[_ColumnFirst] | None = Field(
        None,
        min_length=2,
        description="text and whole numbers, put together",
        examples=[["child_id", "parent_title"]],
    )
    separator: _Separator = Field("", description="of concatenate: what stands between")
    nulls: Nulls = Field(
        Nulls.SKIP,
        description="of concatenate: NULL is left out with its separator, or makes the result NULL",
    )
    coalesce: list[_ColumnFirst] | None = Field(
        None,
        min_length=1,
        description="the first that is not NULL",
        examples=[["nickname", "name"]],
    )
    date_part: Part | None = Field(
        None, description="a part of a date or a time; of a timestamptz in UTC"
    )
    of: str | None = Field(None, description="of date_part: the column")
    add: list[_ColumnFirst] | None = Field(
        None, min_length=2, description="whole numbers and decimals", examples=[["net", "tax"]]
    )
    subtract: list[_ColumnFirst] | None = Field(
        None, min_length=2, description="the others from the first", examples=[["gross", "tax"]]
    )
    multiply: list[_ColumnFirst] | None = Field(
        None, min_length=2, description="as add", examples=[["weight", 1000]]
    )
    case: list[Case] | None = Field(
        None,
        min_length=1,
        description="the result of the first case that holds",
        examples=[[{"when": {"state": ["paid", "sent"]}, "then": "done"}]],
    )
    otherwise: _ValueFirst | None = Field(
        None, description="of coalesce and case: the result of all other rows; absent: NULL"
    )

    @model_validator(mode="before")
    @classmethod
    def _is_a_mapping(cls, value: Any) -> Any:
        if isinstance(value, dict | Formula):
            return value
        problem = "a formula is a mapping of keys and values, not SQL"
        remedy = (
            f"write one of {_LISTED}, as `{{concatenate: [child_id, parent_title]}}`, or "
            "compute it in a view on the target"
        )
        raise FaultsError([Fault((), problem, remedy)])

    @property
    def kind(self) -> str:
        """Which of `OPTIONS` it is."""
        return next(kind for kind in OPTIONS if kind in self.model_fields_set)

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if faults := [*self._misfits()]:
            raise FaultsError(faults)
        return self

    def _misfits(self) -> Iterator[Fault]:
        written = [kind for kind in OPTIONS if kind in self.model_fields_set]
        if len(written) != 1:
            problem = "a computed column has one formula" + (
                f", and here are {' and '.join(written)}" if written else ""
            )
            yield Fault((), problem, f"write one of {_LISTED}")
            return
        (kind,) = written
        for option in sorted(self.model_fields_set - {kind, *OPTIONS[kind]}):
            holders = [other for other, options in OPTIONS.items() if option in options]
            problem = f"{option} is for {' and '.join(holders)}, not for {kind}"
            yield Fault((option,), problem, "remove it", of_key=True)
        if kind == "date_part" and self.of is None:
            yield Fault((), "date_part lacks its column", "write it as `of: COLUMN`")
