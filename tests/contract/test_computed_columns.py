"""Computed columns over the extremes of each type: no row fails, and each is what Python computes.

One row too large makes a view unreadable, so all rows are read at once. Not known of a cluster, and
tried here: that decimals of 19 digits and less are computed in sixteen bytes where the result's
digits ask for it; that CAST of text to VARCHAR cuts it, between characters; the types of EXTRACT of
a DATE and of a TIMESTAMPTZ AT TIME ZONE; the least BIGINT as a literal.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import pytest
import yaml

from connectors.redshift.ddl import create_base, create_view
from connectors.redshift.names import Names
from flink_app.declaration import Star
from flink_app.warehouse import warehouse_spec
from infra.simulation.computed import compute
from tests.contract.warehouse import Warehouse, rows, run
from tests.unit.stars import star

pytestmark = pytest.mark.contract

LEAST: Final = -(2**63)
NINES: Final = Decimal("9" * 10 + "." + "99")
UTC: Final = dt.UTC

# Type, and its extremes: least, greatest, and one between.
COLUMNS: Final[dict[str, tuple[str, list[Any]]]] = {
    "small": ("smallint", [-(2**15), 2**15 - 1, 0]),
    "whole": ("integer", [-(2**31), 2**31 - 1, 7]),
    "large": ("bigint", [LEAST, 2**63 - 1, 1]),
    "price": ("decimal(12,2)", [-NINES, NINES, Decimal("0.05")]),
    "rate": ("decimal(4,4)", [Decimal("-0.9999"), Decimal("0.9999"), Decimal("0.0001")]),
    "tight": ("decimal(18,0)", [Decimal("-" + "9" * 18), Decimal("9" * 18), Decimal(0)]),
    "fraction": ("decimal(9,9)", [Decimal("-0." + "9" * 9), Decimal("0." + "9" * 9), Decimal(0)]),
    "wide": (
        "decimal(36,2)",
        [Decimal("-" + "9" * 34 + ".99"), Decimal("9" * 34 + ".99"), Decimal(1)],
    ),
    "real_one": ("real", [-1.5, 1.5, 0.0]),
    "double_one": ("double precision", [-1.7976931348623157e308, 1.7976931348623157e308, 0.0]),
    "flag": ("boolean", [False, True, False]),
    "born": ("date", [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29)]),
    "at": (
        "timestamp",
        [
            dt.datetime(1, 1, 1),  # noqa: DTZ001
            dt.datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
            dt.datetime(2024, 7, 1, 12, 34),  # noqa: DTZ001
        ],
    ),
    "zoned": (
        "timestamptz",
        [
            dt.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
            dt.datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC),
            dt.datetime(2024, 3, 31, 0, 30, tzinfo=UTC),
        ],
    ),
    "short": ("varchar(4)", ["", "😀", "ab  "]),
    "long": ("varchar(5000)", ["", "é" * 2500, "paid"]),
    "other": ("varchar(60)", [" ", "x" * 60, "o'k"]),
}
TEXTS: Final = ["short", "long", "other"]
PARTS: Final = {
    f"{part}_of_{column}": {"date_part": part, "of": column}
    for column in ("born", "at", "zoned")
    for part in ("year", "quarter", "month", "day", "hour", "minute")
    if not (column == "born" and part in {"hour", "minute"})
}
# One view each, so that a cluster which refuses one of them shows the others.
GROUPS: Final[dict[str, dict[str, Any]]] = {
    "parts": PARTS,
    "texts": {
        "texts": {"concatenate": TEXTS},
        "separated": {"concatenate": TEXTS, "separator": " "},
        "separated_widely": {"concatenate": [*TEXTS, "large"], "separator": " é'; "},
        "with_values": {"concatenate": [{"value": "No. "}, "whole", {"value": ""}, 7, "small"]},
        "values_separated": {
            "concatenate": [{"value": ""}, "short", {"value": "z"}],
            "separator": "--",
        },
        "all_or_nothing": {"concatenate": TEXTS, "separator": "/", "nulls": "propagate"},
        "numbers_as_text": {"concatenate": ["small", "whole", "large"], "nulls": "propagate"},
    },
    "the first that is not NULL": {
        "first_text": {"coalesce": ["short", "other", "long"], "otherwise": "none's"},
        "first_whole": {"coalesce": ["small", "large"], "otherwise": LEAST},
        "first_decimal": {"coalesce": ["rate", "price", "whole", "large"], "otherwise": 0},
        "first_of_19_digits": {"coalesce": ["fraction", "whole"]},
        "first_tight": {"coalesce": ["tight", "large", "rate"]},
        "first_flag": {"coalesce": ["flag"], "otherwise": False},
        "first_day": {"coalesce": ["born", "born"]},
        "first_time": {"coalesce": ["zoned", "zoned"]},
    },
    "numbers": {
        "sum_of_whole": {"add": ["small", "whole", "small", 5]},
        "difference": {"subtract": ["small", "whole", -(2**31)]},
        "product_of_whole": {"multiply": ["whole", "whole"]},
        "product_of_three": {"multiply": ["whole", "whole", "small"]},
        "total": {"multiply": ["whole", "price"]},
        "mixed": {"add": ["rate", "price", "large", 1]},
        "sum_of_tight": {"add": ["tight", "tight"]},
        "product_of_tight": {"multiply": ["tight", "tight"]},
        "product_of_fractions": {"multiply": ["fraction", "fraction", "rate"]},
        "sum_of_wide": {"subtract": ["wide", "wide"]},
        "negated": {"multiply": ["price", -1]},
    },
    "cases": {
        "state": {
            "case": [
                {"when": {"long": ["paid", "sent"], "flag": {"none_of": [True]}}, "then": "done"},
                {"when": {"short": "ab"}, "then": {"column": "short"}},
                {"when": {"short": {"is_null": True}}, "then": ""},
                {
                    "when": {"long": {"none_of": ["x"]}, "small": {"at_least": 0}},
                    "then": "o'pen",
                },
            ],
            "otherwise": {"column": "other"},
        },
        "band": {
            "case": [
                {"when": {"price": {"below": 0}}, "then": -1},
                {"when": {"price": {"at_least": 0, "below": 9_999_999_999}}, "then": 0},
                {"when": {"whole": {"at_least": 2**31 - 1}}, "then": {"column": "large"}},
            ],
        },
        "fractional": {"case": [{"when": {"rate": {"below": 0}}, "then": {"column": "rate"}}]},
        "known": {"case": [{"when": {"real_one": {"is_null": False}}, "then": True}]},
        "double_kept": {"case": [{"when": {"flag": True}, "then": {"column": "double_one"}}]},
    },
    "the least bigint": {
        "sum_of_large": {"add": ["large", "large", LEAST]},
        "least": {"case": [{"when": {"large": [LEAST]}, "then": LEAST}], "otherwise": 2**63 - 1},
    },
}
FORMULAS: Final = {name: formula for group in GROUPS.values() for name, formula in group.items()}


def declared(schema: str, formulas: dict[str, Any]) -> Star:
    return star(
        yaml.safe_dump(
            {
                "name": "computed",
                "source_schema": "computed",
                "tables": {
                    "fact": {
                        "key": ["id"],
                        "columns": {"id": "integer"}
                        | {name: kind for name, (kind, _) in COLUMNS.items()},
                    }
                },
                "targets": {
                    "t": {
                        "fact": "fact",
                        "schema": schema,
                        "columns": {"id": "id"} | {name: name for name in COLUMNS},
                        "computed": formulas,
                        "constants": {"origin": "shop"},
                    }
                },
            }
        )
    )


def extremes() -> list[dict[str, Any]]:
    """Each place of all columns; nothing; and each column alone, at its least and its greatest."""
    nothing = dict.fromkeys(COLUMNS)
    found = [{name: values[place] for name, (_, values) in COLUMNS.items()} for place in range(3)]
    found.append(nothing)
    for name, (_, values) in COLUMNS.items():
        found += [nothing | {name: value} for value in values]
        found += [found[place] | {name: None} for place in range(3)]
        found.append(found[0] | {name: values[1]})
        found.append(found[1] | {name: values[0]})
    return found


def written(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float | Decimal):
        return f"'{value}'"
    text = str(value).replace("'", "''")
    return f"'{text}'"


def test_text_longer_than_declared_is_cut(warehouse: Warehouse) -> None:
    """A base table may have longer text, of an earlier declaration: the view's casts cut it."""
    of = declared(warehouse.schema, FORMULAS)
    (target,) = warehouse_spec(of).targets
    names, connection = Names(warehouse.schema), warehouse.connect(autocommit=True)
    run(connection, create_base(target, names))
    run(connection, f'ALTER TABLE {names.base(target)} ALTER COLUMN "short" TYPE VARCHAR(60000)')
    run(connection, create_view(target, names, target.declared))
    run(
        connection,
        f'INSERT INTO {names.base(target)} ("id", "short", "other") '
        f"VALUES (1, '{'y' * 60_000}', '{'z' * 60}')",
    )
    view = names.view(target)
    ((texts, first, state),) = rows(connection, f"SELECT texts, first_text, state FROM {view}")
    assert texts == "yyyy" + "z" * 60
    assert len(first) == 5000
    assert state == "z" * 60


@pytest.mark.parametrize("group", GROUPS)
def test_no_row_leaves_the_type_of_a_computed_column(warehouse: Warehouse, group: str) -> None:
    """In a session whose time zone is another than that of the values."""
    of = declared(warehouse.schema, GROUPS[group])
    (target,) = warehouse_spec(of).targets
    names, connection = Names(warehouse.schema), warehouse.connect(autocommit=True)
    run(connection, create_base(target, names))
    run(connection, create_view(target, names, target.declared))
    present = extremes()
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    values = ", ".join(
        f"({number}, {', '.join(written(row[name]) for name in COLUMNS)})"
        for number, row in enumerate(present)
    )
    run(
        connection,
        f'INSERT INTO {names.base(target)} ("id", {columns}) VALUES {values}',
    )
    run(connection, "SET timezone TO 'America/New_York'")
    shown = rows(connection, f"SELECT * FROM {names.view(target)} ORDER BY id")
    expressions = of.computed_columns("t")
    first = 1 + len(COLUMNS)
    for row, values_of in zip(shown, present, strict=True):
        assert row[-1] == "shop"
        for (name, expression), found in zip(expressions.items(), row[first:-1], strict=True):
            expected = compute(expression, values_of)
            assert found == expected, (name, values_of, found, expected)
            assert isinstance(found, type(expected)), (name, found, expected)
            if isinstance(found, str):
                assert len(found.encode()) <= (expression.type.length or 0), name
