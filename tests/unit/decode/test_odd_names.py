"""Names of a source's schemas, tables and columns that mean something to Arrow, JSON or SQL."""

from __future__ import annotations

from typing import Any, Final

import pytest

from flink_app.declaration import Star
from flink_app.decode.plan import DecodePlan
from tests.unit.decode.records import changes, decode, plan_of, record, reference
from tests.unit.decode.round_trips.history import ODD_NAMES
from tests.unit.stars import declaration

KEY, VALUE, MORE = ("the key", "the value", "another")
_PARTS: Final = ("schema", "table", KEY, VALUE, "before-image", "prefix")


def plan(odd: dict[str, str], *, unchanged: str | None) -> DecodePlan:
    """Of a table whose column `another` is named like the odd one without its first character."""
    value: dict[str, Any] = {"type": "varchar(20)", "source": odd.get(VALUE, VALUE)}
    content: dict[str, Any] = {
        "name": "odd",
        "source_schema": odd.get("schema", "s"),
        "tables": {
            "t": {
                "source": odd.get("table", "t"),
                "key": ["k"],
                "columns": {
                    "k": {"type": "integer", "source": odd.get(KEY, KEY)},
                    "v": value | ({"unchanged": unchanged} if unchanged else {}),
                    "m": {"type": "varchar(20)", "source": _beside(odd)},
                },
            }
        },
        "targets": {"w": {"fact": "t", "columns": {"k": "k", "v": "v", "m": "m"}}},
    }
    if "before-image" in odd:
        content["stream"] = {"before_image": odd["before-image"]}
    if "prefix" in odd:
        content["stream"] = {"before_image_prefix": odd["prefix"]}
    return plan_of(Star(declaration(content)))


def _beside(odd: dict[str, str]) -> str:
    return next(iter(odd.values()))[1:] or MORE


@pytest.mark.parametrize("unchanged", [None, "missing", "sent_as_null"])
@pytest.mark.parametrize("part", _PARTS)
def test_odd_names_are_read_by_columns_and_by_rows(part: str, unchanged: str | None) -> None:
    for name in ODD_NAMES:
        if (part, name) == ("before-image", "metadata"):
            continue  # refused in the declaration's check: every record has this part
        assert_read({part: name}, unchanged)


def assert_read(odd: dict[str, str], unchanged: str | None) -> None:
    key, value, more = odd.get(KEY, KEY), odd.get(VALUE, VALUE), _beside(odd)
    prefix = odd.get("prefix", "")
    before = {f"{prefix}{key}": 1}
    row = {key: 2, value: "its own", more: "its neighbour's"}
    found = record(
        odd.get("table", "t"),
        row | before if prefix else row,
        "update",
        schema=odd.get("schema", "s"),
        before=None if prefix else before,
        before_image=odd.get("before-image", "before-image"),
    )
    by_rows = found.replace(b": 2,", b": 2e0,")  # which only the slow path reads
    of = plan(odd, unchanged=unchanged)
    for data in (found, by_rows):
        decoded = decode([data] * 20, of)
        assert len(decoded.dead_letters) == 0, odd
        assert decoded.by_rows == (20 if data is by_rows else 0)
        assert changes(decoded) == reference([data] * 20, of)[0]
        kept = {(r["k"], r["v"], r["m"]) for r in map(dict, changes(decoded)["t"])}
        assert kept == {(1, None, None), (2, "its own", "its neighbour's")}
