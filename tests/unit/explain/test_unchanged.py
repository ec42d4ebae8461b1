"""Columns that changes may leave out are of changes of their own."""

from __future__ import annotations

from typing import Any, cast

from infra.explain.explanation import ExplainedGroup, explain
from infra.explain.gathering import gather
from infra.explain.key import treat_key
from infra.explain.layout import make_layout
from infra.simulation.database import Database
from tests.simulation.stars import UNCHANGED_TALE
from tests.simulation.tale import Tale
from tests.unit.explain.shop import open_world, position_of


def explain_row(tale: Tale, key: int) -> dict[str, ExplainedGroup]:
    database = cast("Database", tale.world.database)
    application = open_world(tale.world, database.objects.__getitem__, cast("Any", None))
    layout = make_layout(UNCHANGED_TALE, application.names, "wide")
    stored = treat_key(layout.fact.key, [str(key)], bytes, is_stored=False)
    known = gather(application, layout, stored, 100)
    kind = UNCHANGED_TALE.declaration.stream.positions
    return {
        f"{each.group.name} {', '.join(each.group.columns)}".strip(): each
        for each in explain(layout, known, kind).groups
    }


def digits(group: ExplainedGroup) -> str:
    assert group.change is not None
    return group.change.position.digits


def test_a_column_that_was_left_out_is_of_the_change_that_had_it() -> None:
    with Tale(star=UNCHANGED_TALE) as tale:
        first = tale.put("f", {"id": 1, "t": 2, "text": "a"})
        tale.take(first)
        tale.commit()
        later = tale.put("f", {"id": 1, "t": 2, "text": "a"}, left_out=["text", "t"])
        tale.take(later)
        tale.commit()
        groups = explain_row(tale, 1)
        assert (digits(groups["id"]), digits(groups["text"])) == (
            position_of(later),
            position_of(first),
        )
        assert [each.position for each in groups["id"].superseded] == [position_of(first)]
        assert groups["text"].superseded == ()
        # A target that was made before the column was declared so has no position of its own.
        database = cast("Database", tale.world.database)
        database.execute("UPDATE public.wide_base SET _set_text = NULL")
        assert digits(explain_row(tale, 1)["text"]) == position_of(later)


def test_a_dimension_s_column_too() -> None:
    with Tale(star=UNCHANGED_TALE) as tale:
        fact, first = (
            tale.put("f", {"id": 1, "t": 2, "text": "f"}),
            tale.put("t", {"id": 2, "e": 3, "text": "a"}),
        )
        tale.take(fact, first)
        tale.commit()
        later = tale.put("t", {"id": 2, "e": 3, "text": "a"}, left_out=["text"])
        tale.take(later)
        tale.commit()
        groups = explain_row(tale, 1)
        assert digits(groups["t"]) == position_of(later)
        assert digits(groups["t t_text"]) == position_of(first)
