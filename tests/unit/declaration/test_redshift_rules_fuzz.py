"""Declarations close to Redshift's limits: what the check takes, the emulator makes and loads.

The emulator's rules are from Redshift's documentation and were written apart from the check's, so
that a rule which the check lacks shows as a statement that the emulator refuses.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sql_limits import SYSTEM_COLUMNS
from flink_app.declaration import Star
from flink_app.declaration.redshift_rules import redshift_faults
from infra.redshift_emulator.dialect import read_statement
from infra.redshift_emulator.errors import RedshiftError
from tests.unit.redshift.test_snapshots import load, sweep, tables
from tests.unit.stars import declaration

# Words that SQL reserves, and plain ones. Each declaration may also use one name that every table
# has already.
_NAMES: Final = (
    *("user", "order", "table", "tag", "timestamp", "sysdate", "default", "distkey", "sortkey"),
    *("a", "b", "c", "d", "e", "f", "position", "deleted", "rank"),
)
_SYSTEM: Final = tuple(sorted(SYSTEM_COLUMNS))
_TYPES: Final = ("integer", "varchar(20)", "char(3)", "date", "decimal(38,2)")
_BINARY: Final = "varbyte(9)"
_KEEPING: Final = (*("keep",) * 6, "tokenise", "sha256")
_TRIES: Final = 300


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """A fact that refers to a dimension, which refers to another one."""

    pool = (*_NAMES, draw(st.sampled_from(_SYSTEM)))
    types = draw(st.sampled_from([_TYPES, (*_TYPES, _BINARY, _BINARY)]))

    def names(count: int) -> list[str]:
        return draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count, unique=True))

    def column() -> dict[str, str]:
        return {
            "type": draw(st.sampled_from(types)),
            "treatment": draw(st.sampled_from(_KEEPING)),
        }

    maker, item, sale = names(2), names(3), names(3)
    shown = names(5)
    maker_key, item_key = column(), column()
    placement = draw(st.sampled_from(["stream", "warehouse"]))
    target: dict[str, Any] = {
        "fact": "sale",
        "columns": {
            shown[0]: sale[0],
            shown[1]: sale[2],
            shown[2]: f"item.{item[2]}",
            shown[3]: f"item.{item[0]}",
            shown[4]: f"item.maker.{maker[1]}",
        },
    }
    if draw(st.booleans()):
        target["dist_key"] = draw(st.sampled_from(shown))
    if draw(st.booleans()):
        target["sort_key"] = draw(st.lists(st.sampled_from(shown), min_size=1, max_size=3))
    return {
        "name": "fuzz",
        "source_schema": "s",
        "tables": {
            "maker": {
                "key": [maker[0]],
                "placement": placement,
                "columns": {maker[0]: maker_key, maker[1]: column()},
            },
            "item": {
                "key": [item[0]],
                "placement": placement,
                "columns": {item[0]: item_key, item[1]: maker_key, item[2]: column()},
                "references": {"maker": {"table": "maker", "columns": [item[1]]}},
            },
            "sale": {
                "key": [sale[0]],
                "columns": {sale[0]: column(), sale[1]: item_key, sale[2]: column()},
                "references": {"item": {"table": "item", "columns": [sale[1]]}},
            },
        },
        "targets": {"sales": target},
    }


def test_what_the_check_takes_the_emulator_makes_and_loads() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=_TRIES, derandomize=True, deadline=None, database=None)
    @given(contents())
    def hold(content: dict[str, Any]) -> None:
        star = Star(declaration(content))
        faults = redshift_faults(star)
        seen["refused" if faults else "taken"] += 1
        try:
            for _, sql in [*tables(star), *load(star), *sweep(star)]:
                read_statement(sql)
        except RedshiftError:
            seen["refused by the emulator"] += 1
            assert faults

    hold()
    # Of each kind enough that the comparison means something.
    assert seen["taken"] > _TRIES // 10
    assert seen["refused by the emulator"] > _TRIES // 10
