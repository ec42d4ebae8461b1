"""Facts to wide rows and dimension changes to patches, against a LEFT JOIN by dictionaries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.declaration import POSITION, Star
from flink_app.declaration.star import DELETED
from flink_app.denormalise.join import patches, wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan, TargetJoin
from flink_app.positions.position import UNKNOWN, make_position
from tests.unit.denormalise.histories import Change, Oracle, batch, random_change
from tests.unit.stars import freight, placed_freight, shapes, ticket_seller

STARS = {
    "ticket_seller": ticket_seller(),
    "freight": freight(),
    "placed": placed_freight(),
    "shapes": shapes(),
}
seeds = st.lists(st.integers(0, 2**32), max_size=60)


def counts(star: Star, target: str, fact: Change) -> bool:
    for column, condition in star.targets[target].row_conditions.items():
        value = fact.values[column]
        if condition.is_null is not None and (value is None) != condition.is_null:
            return False
        if condition.one_of is not None and value not in condition.one_of:
            return False
        if condition.none_of is not None and (value is None or value in condition.none_of):
            return False
    return True


def mirrored(star: Star, changes: list[Change]) -> Mirror:
    mirror = Mirror(star)
    for table in star.broadcast_dimensions:
        mirror.tables[table].accept(batch(star, table, [c for c in changes if c.table == table]))
    return mirror


@pytest.mark.parametrize("star", STARS.values(), ids=list(STARS))
@given(seeds=seeds)
@settings(max_examples=60, deadline=None)
def test_wide_rows_are_the_left_join(star: Star, seeds: list[int]) -> None:
    changes = [random_change(star, seed, at) for at, seed in enumerate(seeds, 1)]
    oracle = Oracle(star)
    oracle.apply(change for change in changes if change.table in star.broadcast_dimensions)
    mirror, plan = mirrored(star, changes), JoinPlan(star)
    for target, declared in star.targets.items():
        facts = [change for change in changes if change.table == declared.fact]
        rows = wide_rows(batch(star, declared.fact, facts), plan.targets[target], mirror)
        assert rows.schema == star.wide_schema(target)
        rows.validate(full=True)
        kept = {*star.key_columns(target), POSITION, DELETED}
        for fact, row in zip(facts, rows.to_pylist(), strict=True):
            if fact.deleted or not counts(star, target, fact):
                blank = {n: UNKNOWN if n.startswith(POSITION) else None for n in row}
                expected = blank | {n: row[n] for n in kept}
                assert row[DELETED]
            else:
                expected = oracle.joined(fact, target)
            assert row == expected


@pytest.mark.parametrize("star", STARS.values(), ids=list(STARS))
@given(seeds=seeds)
@settings(max_examples=60, deadline=None)
def test_a_patch_carries_what_the_mirror_knows_below_it(star: Star, seeds: list[int]) -> None:
    changes = [random_change(star, seed, at) for at, seed in enumerate(seeds, 1)]
    oracle = Oracle(star)
    oracle.apply(changes)
    mirror, plan = mirrored(star, changes), JoinPlan(star)
    for table in star.broadcast_dimensions:
        own = [change for change in changes if change.table == table]
        found = patches(batch(star, table, own), plan.patches[table], mirror)
        assert found.schema == star.patch_schema(table)
        for change, patch in zip(own, found.to_pylist(), strict=True):
            assert patch == expected_patch(star, oracle, change)


def expected_patch(star: Star, oracle: Oracle, change: Change) -> dict[str, Any]:
    start = {} if change.deleted else change.values
    found: dict[tuple[str, ...], dict[str, Any]] = {(): start}
    patch = {**change.values, POSITION: change.position, DELETED: change.deleted}
    for path in star.patch_paths(change.table):
        key = tuple(found[path.parent].get(name) for name in path.key)
        version = oracle.newest.get(path.table, {}).get(key)
        found[path.steps] = version.values if version and not version.deleted else {}
        patch[path.position] = version.position if version else UNKNOWN
        for name in star.stored_columns(path.table):
            patch[path.column(name)] = found[path.steps].get(name)
    return patch


def company(at: int, *, deleted: bool = False, home: int | None = 1, name: str = "a") -> Change:
    values = {"company_id": 1, "trade_name": None if deleted else name, "home": home}
    return Change("company", values, make_position(1, at, 0), deleted)


def port(at: int, *, deleted: bool = False) -> Change:
    values: dict[str, Any] = dict.fromkeys(freight().stored_columns("port"))
    values |= {"port_id": 1} | ({} if deleted else {"harbour": "Bergen"})
    return Change("port", values, make_position(1, at, 0), deleted)


def register(at: int) -> Change:
    values = {"company_id": 1, "number": "n", "verified": True}
    return Change("register", values, make_position(1, at, 0), deleted=False)


def fact(at: int) -> Change:
    values: dict[str, Any] = dict.fromkeys(freight().stored_columns("consignment"))
    values |= {"voyage": 1, "line": 1, "receiver": 1, "sender": 1}
    return Change("consignment", values, make_position(1, at, 0), deleted=False)


def report_of(star: Star) -> TargetJoin:
    return JoinPlan(star).targets["consignment_report"]


def joined(*dimensions: Change) -> dict[str, Any]:
    star = freight()
    mirror = mirrored(star, list(dimensions))
    rows = wide_rows(batch(star, "consignment", [fact(9)]), report_of(star), mirror)
    (row,) = rows.to_pylist()
    return dict(row)


def test_an_unknown_dimension_gives_nulls_and_position_zero() -> None:
    row = joined()
    assert (row["receiver_name"], row["_pos_receiver_company"]) == (None, UNKNOWN)
    assert row["_key_receiver_company__home_port__home"] is None
    assert row["_pos_receiver_company__home_port"] == UNKNOWN


def test_a_deleted_dimension_gives_nothing_and_the_deletes_position() -> None:
    row = joined(company(1), port(2), register(3), company(4, deleted=True, home=None))
    assert (row["receiver_name"], row["_pos_receiver_company"]) == (None, make_position(1, 4, 0))
    # Its own key is shown on the sender's path, and is gone with it; so is what hangs on the key.
    assert (row["sender_id"], row["sender_number"]) == (None, None)
    assert row["_pos_sender_company__entry"] == UNKNOWN
    assert row["_pos_receiver_company__home_port"] == UNKNOWN


def test_below_a_known_dimension_the_next_is_looked_up() -> None:
    row = joined(company(1), port(2))
    assert (row["receiver_name"], row["receiver_harbour"]) == ("a", "Bergen")
    assert row["_key_receiver_company__home_port__home"] == 1
    assert row["_pos_receiver_company__home_port"] == make_position(1, 2, 0)


def test_a_deletes_patch_carries_nothing_that_its_own_key_refers_to() -> None:
    star = freight()
    gone = company(4, deleted=True, home=None)
    mirror = mirrored(star, [register(3), gone])
    (patch,) = patches(
        batch(star, "company", [gone]), JoinPlan(star).patches["company"], mirror
    ).to_pylist()
    assert patch["company_id"] == 1
    assert (patch["entry__number"], patch["_pos_entry"]) == (None, UNKNOWN)


def test_no_facts_give_no_rows() -> None:
    star = freight()
    rows = wide_rows(batch(star, "consignment", []), report_of(star), Mirror(star))
    assert (len(rows), rows.schema) == (0, star.wide_schema("consignment_report"))
