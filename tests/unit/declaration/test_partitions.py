"""Patterns of partitions' names: what they match, and which declarations of them are refused."""

from __future__ import annotations

import copy
from fnmatch import fnmatchcase
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flink_app.declaration import Declaration
from flink_app.declaration.partitions import Partitions
from tests.unit.declaration.test_rules import FREIGHT_CONTENT

NAMES: Final = st.text("ab", max_size=4)
PATTERNS: Final = st.text("ab%*", min_size=1, max_size=5).filter(lambda text: text.strip("%*"))


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("sale_p%", "sale_p1", True),
        ("sale_p%", "sale_p", True),
        ("sale_p%", "salexp1", False),  # an underscore is no wildcard
        ("sale_p%", "Sale_p1", False),
        ("sale_p%", "old_sale_p1", False),
        ("sale_p*", "sale_p\n1", True),
        ("%.(chunk)", "_7.(chunk)", True),
        ("%.(chunk)", "_7.chunk", False),
        ('"Sale"%', '"Sale"_1', True),
        ("sale_1", "sale_1", True),
        ("sale_1", "sale_12", False),
    ],
)
def test_a_pattern_is_that_of_whole_names(pattern: str, name: str, *, fits: bool) -> None:
    assert Partitions(source=pattern).matches(name) is fits


@given(PATTERNS, NAMES)
def test_both_wildcards_stand_for_any_text(pattern: str, name: str) -> None:
    assert Partitions(source=pattern).matches(name) is fnmatchcase(name, pattern.replace("%", "*"))


def test_a_name_without_end_is_compared_as_fast_as_it_is_read() -> None:
    """A regular expression would take years."""
    name = "a" * 1_000_000
    assert not Partitions(source="a%a%a%a%b").matches(name)
    assert Partitions(source="a%a%a%a%").matches(name)


@given(PATTERNS, NAMES)
def test_case_may_not_count(pattern: str, name: str) -> None:
    partitions = Partitions(source=pattern)
    for written in (name, name.upper(), name.title()):
        assert partitions.matches_without_case(written) is partitions.matches(name)


@given(PATTERNS, PATTERNS, NAMES)
def test_patterns_that_a_name_fits_overlap(one: str, other: str, name: str) -> None:
    left, right = Partitions(source=one), Partitions(source=other)
    assert left.overlaps(right) is right.overlaps(left)
    if left.matches(name) and right.matches(name):
        assert left.overlaps(right)


@given(PATTERNS, PATTERNS, NAMES)
def test_a_pattern_that_covers_another_matches_its_names(one: str, other: str, name: str) -> None:
    wide, narrow = Partitions(source=one), Partitions(source=other)
    if wide.covers(narrow):
        assert wide.overlaps(narrow)
        assert wide.matches(name) or not narrow.matches(name)


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("a%", "a%", True),
        ("a%", "a*", True),
        ("a%", "ab%", True),
        ("ab%", "a%", False),
        ("a%", "a", True),
        ("a", "a%", False),
        ("%a%", "%a", True),
        ("a%%", "a%", True),
    ],
)
def test_which_patterns_cover_others(wide: str, narrow: str, *, covers: bool) -> None:
    assert Partitions(source=wide).covers(Partitions(source=narrow)) is covers


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("a%", "b%", False),
        ("a%", "%b", True),
        ("a%c", "a%b", False),
        ("sale_%", "sale_old_%", True),
        ("sale_2%", "sale_p%", False),
        ("a", "a", True),
        ("a%", "a", True),
        ("a", "ab", False),
        ("%a%", "b%b", True),
        ("a*%", "%*a", True),
    ],
)
def test_which_patterns_overlap(one: str, other: str, *, overlap: bool) -> None:
    assert Partitions(source=one).overlaps(Partitions(source=other)) is overlap


def declared(**tables: Any) -> Declaration:
    """The freight declaration with partitions of some of its tables."""
    content = copy.deepcopy(FREIGHT_CONTENT)
    for name, partitions in tables.items():
        content["tables"][name]["partitions"] = partitions
    return Declaration.model_validate(content)


@pytest.mark.parametrize(
    ("partitions", "names"),
    [
        ("port_%", [(None, "port_%")]),
        (["port_1", "port_x*"], [(None, "port_1"), (None, "port_x*")]),
        ({"source": "%_chunk", "source_schema": "Internal"}, [("Internal", "%_chunk")]),
        ([{"source": "port_1"}, "port_2"], [(None, "port_1"), (None, "port_2")]),
    ],
)
def test_a_pattern_a_list_or_names_of_another_schema(
    partitions: Any, names: list[tuple[str | None, str]]
) -> None:
    found = declared(port=partitions).tables["port"].partitions
    assert [(each.source_schema, each.source) for each in found] == names


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"port": "%"}, "'%' is the name of every table; write what the names"),
        ({"port": ["port_1", "*%"]}, "'*%' is the name of every table"),
        ({"port": ""}, "at least 1 character"),
        ({"port": 7}, "Input should be a valid tuple"),
        (
            {"port": "c%"},
            "table port, partitions: a pattern fits 'consignment', which is table consignment",
        ),
        (
            {"port": "x_%", "region": ["r_%", "x_1%"]},
            "tables region and port, partitions: a name can fit both 'x_1%' and 'x_%'; write",
        ),
    ],
)
def test_a_name_that_could_be_of_two_tables_is_refused(
    tables: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        declared(**tables)
    assert message in str(caught.value)


def test_equal_patterns_of_two_schemas_are_taken() -> None:
    other = {"source": "p_%", "source_schema": "other"}
    assert declared(port="p_%", region=other).is_partition("region", "other", "p_1")
    assert not declared(port="p_%", region=other).is_partition("port", "other", "p_1")


def test_a_table_s_own_name_may_fit_its_pattern() -> None:
    assert declared(port="port%").source_of("port")[1] == "port"
