"""What is compared of the shipped declarations, and what is left out and why."""

from __future__ import annotations

import pytest
import yaml

from connectors.redshift.names import Names
from flink_app.declaration import Star, load_declaration
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison, comparisons, require_key
from infra.reconcile.errors import NotComparableError
from infra.reconcile.looks import Hot, Ranges
from infra.reconcile.queries import read_digests, sum_ranges
from tests.unit.decode.records import COLLATED
from tests.unit.stars import ORDER_BOOK_FILE, SHIPPED, TICKET_SELLER_FILE, shapes, star

NAMES = Names("starjoin")


def compared(of: Star, *, has_key: bool = True) -> dict[str, Comparison]:
    return {c.name: c for c in comparisons(of, NAMES, has_key=has_key)}


def test_every_visible_column_and_every_key_of_a_path_is_in_a_group() -> None:
    for file in SHIPPED:
        of = Star(load_declaration(file))
        for name, target in of.targets.items():
            comparison = compared(of)[name]
            names = {c.name for group in comparison.groups for c in group.compared}
            keys = {column.name for column in comparison.key}
            assert names | keys >= set(target.columns)
            for path, group in zip(of.target_paths(name), comparison.groups[1:], strict=True):
                assert tuple(c.name for c in group.key) == of.path_key(name, path)
                assert group.position == path.position


def test_the_paths_that_lead_to_a_group_take_it_out_as_well() -> None:
    comparison = compared(Star(load_declaration(TICKET_SELLER_FILE)))["sport_event_activity"]
    assert [(g.name, g.above) for g in comparison.groups] == [
        ("", ()),
        ("ticket", ()),
        ("buyer", ()),
        ("ticket.event", (1,)),
    ]
    assert comparison.joined.count("LEFT JOIN") == 3


def test_rows_that_do_not_count_are_none_of_the_sources() -> None:
    counted, *joins = compared(shapes())["purchases"].joined.split("\n")
    every = '"shop"."purchase" AS t0'
    assert counted.startswith(f"(SELECT * FROM {every} WHERE ")
    assert counted.endswith(
        " IN ('a', 'paid') AND t0.\"is_test\" NOT IN (TRUE) AND t0.\"clerk\" IS NOT NULL) AS t0"
    )
    assert len(joins) == 1
    assert compared(shapes())["lines"].joined.startswith('"shop"."line" AS t0')


def test_a_key_of_one_integer_is_its_place_and_any_other_is_hashed() -> None:
    of = compared(Star(load_declaration(ORDER_BOOK_FILE)))
    assert not any(comparison.is_numbered for comparison in of.values())
    seller = compared(Star(load_declaration(TICKET_SELLER_FILE)))["sport_event_activity"]
    assert seller.is_numbered
    for comparison in (*of.values(), seller):
        for side in Side:
            for write in (read_digests, sum_ranges):
                sql = write(comparison, side, Ranges(7, ((1, 5),)), Hot())
                assert "BETWEEN 1 AND 5" in sql
                assert ("OFFSET 0" in sql) == (side is Side.SOURCE)


def test_a_dimension_in_the_warehouse_is_compared_by_itself_too() -> None:
    content = yaml.safe_load(TICKET_SELLER_FILE.read_text())
    content["tables"]["customer"]["placement"] = "warehouse"
    comparison = compared(star(yaml.safe_dump(content, sort_keys=False)))["dimension_customer"]
    assert comparison.marks_deletes
    assert [c.name for c in comparison.groups[0].columns] == [
        "name",
        "email_address",
        "phone_number",
    ]


def test_a_key_is_shown_as_it_is_stored() -> None:
    of = star(
        "{name: s, source_schema: s, tables: {t: {key: [a, b, c], columns: {a: varchar(20), "
        "b: integer, c: {type: varchar(9), treatment: tokenise}}}}, "
        "targets: {w: {fact: t, columns: {a: a, b: b, c: c}}}}"
    )
    token = "0123456789abcdef" * 4
    shown = compared(of)["w"].show_key(f"6:1:,\u00fc=-5,={token},")
    assert shown == {"a": "1:,\u00fc=", "b": "-5", "c": token}


def test_what_sql_cannot_make_is_left_out_and_said() -> None:
    of = star(
        "{name: s, source_schema: s, tables: {t: {key: [id], columns: {id: integer, "
        "a: {type: real, treatment: tokenise}, b: {type: 'decimal(9,7)', treatment: sha256}, "
        "c: {type: varchar(9), treatment: tokenise}, d: {type: 'decimal(9,6)', treatment: sha256}}"
        "}}, targets: {w: {fact: t, columns: {id: id, a: a, b: b, c: c, d: d}}}}"
    )
    left_out = {c.name: c.omission for c in compared(of)["w"].omissions}
    assert left_out.keys() == {"a", "b"}
    assert all(left_out.values())
    assert {c.name for c in compared(of, has_key=False)["w"].omissions} == {"a", "b", "c"}


def test_a_target_whose_key_cannot_be_written_is_refused_by_name() -> None:
    comparison = compared(COLLATED)["sales"]
    with pytest.raises(NotComparableError, match=r"sales .* column shop: .*canonical form"):
        require_key(comparison)
    deliveries = compared(Star(load_declaration(ORDER_BOOK_FILE)), has_key=False)["deliveries"]
    require_key(deliveries)
    assert not all(group.is_keyed for group in deliveries.groups[1:]), "by tokenised references"
