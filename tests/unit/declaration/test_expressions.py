"""Types of computed columns: those that no row can leave, and what is refused as there is none."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pydantic import ValidationError

from flink_app.computed_sql import columns_of, write_expression
from flink_app.declaration.expressions import Arithmetic, Expression, resolve
from flink_app.declaration.formula import Formula
from flink_app.declaration.types import ColumnType
from tests.unit.stars import declaration

TYPES: Final = {
    "id": "integer",
    "small": "smallint",
    "large": "bigint",
    "d4": "decimal(4,2)",
    "d9": "decimal(9,9)",
    "d18": "decimal(18,0)",
    "d38": "decimal(38,0)",
    "name": "varchar(40)",
    "padded": "char(9)",
    "longest": "varchar(65500)",
    "token": {"type": "integer", "treatment": "tokenise"},
    "hidden": {"type": "varchar(40)", "treatment": "redact"},
    "flag": "boolean",
    "born": "date",
    "at": "timestamp",
    "photo": "varbyte(9)",
    "floating": "real",
}
ANY: Final = {"is_null": True}


def resolved(formula: dict[str, Any]) -> tuple[Expression | None, str]:
    """The expression, and what is wrong with it."""
    wide = {name: name for name in TYPES if name != "longest"}
    content = {
        "name": "types",
        "source_schema": "s",
        "tables": {
            "t": {
                "key": ["id"],
                "columns": TYPES,
                "references": {"other": {"table": "t", "columns": ["id"]}},
            }
        },
        "targets": {
            "w": {"fact": "t", "columns": wide | {"of_other": "other.name", "born_at": "other.at"}},
            "l": {"fact": "t", "columns": {"id": "id", "longest": "longest"}},
        },
    }
    target = "l" if "longest" in str(formula) else "w"
    expression, misfits = resolve(declaration(content), target, Formula.model_validate(formula))
    assert (expression is None) == bool(misfits)
    return expression, "; ".join(f"{misfit.problem}; {misfit.remedy}" for misfit in misfits)


def case(*results: Any, **others: Any) -> dict[str, Any]:
    return {"case": [{"when": {"id": ANY}, "then": result} for result in results], **others}


def column(name: str) -> dict[str, str]:
    return {"column": name}


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ({"concatenate": ["name", "padded"]}, "varchar(49)"),
        ({"concatenate": ["name", "padded", "id"], "separator": "é"}, "varchar(73)"),
        ({"concatenate": ["token", "hidden", {"value": "ß"}]}, "varchar(74)"),
        ({"concatenate": ["longest", {"value": "x" * 33}], "separator": "-"}, "varchar(65534)"),
        ({"coalesce": ["name", "padded"], "otherwise": "x" * 50}, "varchar(50)"),
        ({"coalesce": ["small"], "otherwise": 1}, "smallint"),
        ({"coalesce": ["small"], "otherwise": 40_000}, "integer"),
        ({"coalesce": ["small"], "otherwise": -(2**63)}, "bigint"),
        ({"coalesce": ["id", "large"]}, "bigint"),
        ({"coalesce": ["d4", "id"]}, "decimal(12,2)"),
        # Nineteen digits of parts do not fit into eight bytes.
        ({"coalesce": ["d9", "id"]}, "decimal(20,9)"),
        ({"coalesce": ["d4", "large"]}, "decimal(22,2)"),
        ({"coalesce": ["born"], "otherwise": {"column": "born"}}, "date"),
        ({"coalesce": ["floating", "floating"]}, "real"),
        ({"date_part": "quarter", "of": "born"}, "integer"),
        ({"date_part": "hour", "of": "other.at"}, "integer"),
        ({"add": ["small", "small"]}, "bigint"),
        ({"subtract": ["id", 2**62]}, "bigint"),
        ({"add": ["id", 2**63 - 2**31 - 1]}, "bigint"),
        ({"add": ["id", 2**63 - 2**31]}, "decimal(21,0)"),
        ({"add": ["large", 0]}, "decimal(21,0)"),
        ({"multiply": ["id", "id"]}, "bigint"),
        ({"multiply": ["id", "id", 2]}, "decimal(23,0)"),
        # A step may be larger than the result.
        ({"multiply": ["id", "id", "id", 0]}, "decimal(34,0)"),
        ({"multiply": ["id", "d4"]}, "decimal(15,2)"),
        ({"add": ["id", "d9"]}, "decimal(20,9)"),
        ({"multiply": ["d18", "d18"]}, "decimal(37,0)"),
        ({"subtract": ["d4", 1]}, "decimal(5,2)"),
        (case(True, False), "boolean"),
        (case(1, 2), "bigint"),
        (case("a", "bb", otherwise=""), "varchar(2)"),
        (case("a", column("name")), "varchar(40)"),
        (case(column("token"), otherwise=column("other.name")), "varchar(64)"),
        (case(column("d4"), 7), "decimal(7,2)"),
    ],
)
def test_the_type_follows_from_those_of_the_columns(formula: dict[str, Any], kind: str) -> None:
    expression, wrong = resolved(formula)
    assert expression is not None, wrong
    assert str(expression.type) == kind


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ({"concatenate": ["longest", {"value": "x" * 34}], "separator": "-"}, "65536 bytes"),
        ({"concatenate": ["name", "born"]}, "text and whole numbers are put together"),
        ({"concatenate": ["name", "photo"]}, "photo is varbyte(9)"),
        ({"concatenate": [{"value": "a"}, 1]}, "write it as a constant"),
        ({"coalesce": ["photo", "photo"]}, "no type in common"),
        ({"coalesce": ["flag"], "otherwise": 1}, "no type in common"),
        ({"coalesce": ["floating"], "otherwise": 1}, "no type in common"),
        ({"coalesce": ["floating", "d4"]}, "no type in common"),
        ({"coalesce": ["born", "at"]}, "no type in common"),
        ({"coalesce": ["d38", "d4"]}, "up to 40 digits"),
        ({"date_part": "hour", "of": "born"}, "which has no hour; choose a timestamp or"),
        ({"date_part": "year", "of": "token"}, "after treatment tokenise, which has no parts"),
        ({"add": ["floating", 1]}, "floating is real, and whole numbers and decimals"),
        ({"add": ["token", 1]}, "token is varchar(64), and whole numbers"),
        ({"add": ["id", True]}, "True is boolean, and whole numbers"),
        ({"add": ["d38", 1]}, "up to 39 digits"),
        ({"multiply": ["d18", "d18", 1]}, "up to 39 digits"),
        (case(1, "a"), "no type in common"),
        ({"case": [{"when": {"hidden": "redacted"}, "then": 1}]}, "after treatment redact"),
        ({"case": [{"when": {"born": {"at_least": 1}}, "then": 1}]}, "ranges are of whole numbers"),
        ({"case": [{"when": {"d4": 1}, "then": 1}]}, "values are compared of text, whole numbers"),
        ({"case": [{"when": {"small": {"below": 2**15}}, "then": 1}]}, "does not fit smallint"),
        ({"case": [{"when": {"d4": {"below": 100}}, "then": 1}]}, "does not fit decimal(4,2)"),
        ({"case": [{"when": {"flag": 1}, "then": 1}]}, "1 is neither true nor false"),
        ({"case": [{"when": {"name": "x" * 41}, "then": 1}]}, "does not fit varchar(40)"),
        ({"case": [{"when": {"name": "a "}, "then": 1}]}, "ends in a blank"),
    ],
)
def test_what_has_no_such_type_is_refused(formula: dict[str, Any], words: str) -> None:
    assert words in resolved(formula)[1]


def test_every_fault_of_a_formula_is_found_at_once() -> None:
    formula = {
        "case": [
            {"when": {"nmae": "a", "token": "b"}, "then": column("othr")},
            {"when": {"flag": 3}, "then": 1},
        ],
        "otherwise": column("photoo"),
    }
    said = resolved(formula)[1]
    for words in ("mean name?", "treatment tokenise", "'othr'", "3 is neither", "mean photo?"):
        assert words in said


@pytest.mark.parametrize("text", ["50 %", "a\\b", "a\nb", "a\0"])
@pytest.mark.parametrize(
    "formula",
    [
        lambda text: {"concatenate": ["name", {"value": text}]},
        lambda text: {"concatenate": ["name", "name"], "separator": text},
        lambda text: {"coalesce": ["name"], "otherwise": text},
        case,
        lambda text: {"case": [{"when": {"name": text}, "then": 1}]},
        lambda text: {"case": [{"when": {"name": {"none_of": [text]}}, "then": 1}]},
    ],
)
def test_text_that_something_might_read_in_another_way_is_nowhere(formula: Any, text: str) -> None:
    """What is compared too: other than `where`, it stands in SQL."""
    with pytest.raises(ValidationError, match="no backslash, no per cent sign and no control"):
        Formula.model_validate(formula(text))


def test_numbers_are_cast_before_they_are_computed_with() -> None:
    expression, _ = resolved({"multiply": ["id", "d4"]})
    assert isinstance(expression, Arithmetic)
    assert write_expression(expression) == (
        'CAST("id" AS DECIMAL(10,0)) * CAST("d4" AS DECIMAL(4,2))'
    )


def test_parts_of_a_zoned_time_are_those_of_utc() -> None:
    content = declaration(
        {
            "name": "zoned",
            "source_schema": "s",
            "tables": {"t": {"key": ["id"], "columns": {"id": "integer", "at": "timestamptz"}}},
            "targets": {"w": {"fact": "t", "columns": {"id": "id", "seen": "at"}}},
        }
    )
    formula = Formula.model_validate({"date_part": "day", "of": "seen"})
    expression, _ = resolve(content, "w", formula)
    assert expression is not None
    assert write_expression(expression) == """EXTRACT(DAY FROM "seen" AT TIME ZONE 'UTC')"""
    assert columns_of(expression) == {"seen": ColumnType("timestamptz")}


def test_what_an_expression_reads_is_known() -> None:
    """Conditions, results and the rest: without one of them the view would name what is not."""
    formula = {
        "case": [{"when": {"flag": True, "other.name": ["a"]}, "then": column("padded")}],
        "otherwise": column("name"),
    }
    expression, _ = resolved(formula)
    assert expression is not None
    assert [*columns_of(expression)] == ["flag", "of_other", "padded", "name"]
