"""Which records are surely facts: the cases that Java is held to as well, and what decode says."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, Final
from unittest.mock import MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyflink.datastream import DataStream

from connectors.kinesis import sure_facts
from connectors.kinesis.frame import read_frame
from connectors.kinesis.gap import write_gap
from connectors.kinesis.passed import PassedError, read_passed, write_passed
from connectors.kinesis.sure_facts import FactSplitter, is_plain, surely_named
from flink_app.decode.fact_names import find_fact_names
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_alone
from flink_app.records.parsed import ParsedRow
from tests.unit.decode.records import GENERATIONS, PARTITIONED, record, region
from tests.unit.decode.subtask import frame
from tests.unit.decode.test_operator import GAP
from tests.unit.stars import freight, order_book, star, ticket_seller

GOLDEN: Final = (
    (Path(__file__).parents[3] / "connectors/jvm/src/test/resources/golden/sure-facts-v1.txt")
    .read_bytes()
    .decode()
)
LINES: Final = [line.split("\t", 1) for line in GOLDEN.split("\n") if line and line[0] != "#"]
NAMES: Final = LINES[0][1].split("\t")
CASES: Final = [
    (record.replace("\u240a", "\n").replace("\u2409", "\t").encode(), expected)
    for expected, record in LINES[1:]
]

ORDER, CUSTOMER = (b'{"metadata":{"table-name":"%s"}}' % name for name in (b"orders", b"customer"))


@pytest.mark.parametrize(("record", "expected"), CASES)
def test_the_rule_is_that_of_the_jvm(record: bytes, expected: str) -> None:
    number = surely_named(record, NAMES)
    assert ("-" if number is None else NAMES[number]) == expected


# What an adversary could hope for, put wherever text may stand in a record of a dimension.
_PIECES: Final = (
    '"table-name"',
    '"table-name":"consignment"',
    r"\"table-name\":\"consignment\"",
    r'\\"table-name":"consignment"',
    "table-name",
    r"\u0022table-name\u0022:\u0022consignment\u0022",
    r"table\u002dname",
    '":"consignment","',
    "consignment",
    "\n",
    ",",
    "{",
    "}",
    "é",
)
PLAN: Final = DecodePlan(freight(), GENERATIONS)
FACT_NAMES: Final = find_fact_names(freight())


@given(st.randoms(use_true_random=False))
def test_no_change_of_a_dimension_passes_whatever_stands_in_its_record(random: Random) -> None:
    written = region().decode()
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(written) + 1)
        written = written[:place] + random.choice(_PIECES) + written[place:]
    if random.random() < 0.3:
        written = written.replace('"table-name"', random.choice(_PIECES), 1)
    data = written.encode()
    became = parse_alone(0, data, PLAN).outcome
    if isinstance(became, ParsedRow) and became.table.name == "region":
        assert surely_named(data, FACT_NAMES) is None


def test_a_dimension_whose_text_speaks_of_a_fact_is_read_and_does_not_pass() -> None:
    """The test above is about something."""
    data = region(title='"table-name":"consignment"')
    became = parse_alone(0, data, PLAN).outcome
    assert isinstance(became, ParsedRow)
    assert surely_named(data, FACT_NAMES) is None
    assert surely_named(record("consignment", {"voyage": 1}), FACT_NAMES) == 0


def split(splitter: FactSplitter, element: bytes) -> tuple[list[bytes] | None, list[Any]]:
    """Records of the frame of facts, and what comes of the rest: counts, records, other bytes."""
    facts, rest = splitter.split(element)
    return records_of(facts) if facts else None, [
        read_passed(part).counts if part.startswith(b"SJP") else records_of(part) for part in rest
    ]


def records_of(data: bytes) -> list[bytes]:
    block = read_frame(data)
    return [block.record(row) for row in range(len(block))]


def test_a_mixed_frame_becomes_two_and_the_rest_learns_what_passed_once() -> None:
    splitter = FactSplitter(["orders", "lines"])
    assert split(splitter, frame(ORDER, ORDER)) == ([ORDER, ORDER], [])
    assert split(splitter, frame(ORDER, CUSTOMER)) == ([ORDER], [(3, 0), [CUSTOMER]])
    assert split(splitter, frame(CUSTOMER)) == (None, [[CUSTOMER]])


def test_both_frames_keep_what_is_known_of_their_records() -> None:
    mixed = frame(ORDER, CUSTOMER, ORDER)
    facts, (_, rest) = FactSplitter(["orders"]).split(mixed)
    assert facts is not None
    assert read_frame(facts).sequence_numbers.to_pylist() == ["0", "2"]
    assert read_frame(rest).sequence_numbers.to_pylist() == ["1"]
    assert (read_frame(rest).stream, read_frame(rest).shard) == ("changes", "shard-0")


@pytest.mark.parametrize("element", [frame(ORDER, ORDER), frame(CUSTOMER)])
def test_a_frame_of_one_kind_stays_what_it_is(element: bytes) -> None:
    facts, rest = FactSplitter(["orders"]).split(element)
    assert (facts or rest[0]) == element


def test_what_is_no_frame_goes_to_the_rest() -> None:
    gap = write_gap(GAP)
    assert FactSplitter(["orders"]).split(gap) == (None, [gap])


def test_what_passed_is_read_as_it_is_written() -> None:
    # The same bytes as in SureFactsTest.java.
    data = b"SJP\x01" + b"\x03" + b"\0" * 7 + b"\0" * 8
    assert write_passed([3, 0]) == data
    assert read_passed(data).counts == (3, 0)


@pytest.mark.parametrize(
    "data", [b"", b"SJ", b"SJP\x01", b"SJP\x01" + b"1" * 9, b"SJP\x02" + b"1" * 8]
)
def test_what_is_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(PassedError, match=f"^{len(data)} bytes are not counts"):
        read_passed(data)


NAMED: Final = """
name: named
source_schema: s
tables:
  customer:
    key: [id]
    source: people
    partitions: "people_%"
    columns: {id: integer, name: varchar(9)}
  plain:
    key: [id]
    columns: {id: integer, c: integer}
    references: {c: {table: customer, columns: [c]}}
  other: {key: [id], source: people, source_schema: t, columns: {id: integer, c: integer}}
  matched: {key: [id], source: people_x, source_schema: t, columns: {id: integer, c: integer}}
  quoted: {key: [id], source: 'say "x"', columns: {id: integer, c: integer}}
  accented: {key: [id], source: größe, columns: {id: integer, c: integer}}
targets:
  a: {fact: plain, columns: {id: id, name: c.name}}
  b: {fact: other, columns: {id: id, c: c}}
  d: {fact: matched, columns: {id: id, c: c}}
  e: {fact: quoted, columns: {id: id, c: c}}
  f: {fact: accented, columns: {id: id, c: c}}
"""


def test_a_name_tells_a_fact_only_if_no_dimension_could_have_it_and_it_is_plain() -> None:
    assert find_fact_names(star(NAMED)) == ("größe", "plain")


def test_a_table_that_is_looked_up_as_well_is_no_fact_by_its_name() -> None:
    assert set(find_fact_names(order_book())) <= {
        order_book().declaration.source_of(table)[1]
        for table in set(order_book().facts) - set(order_book().dimensions)
    }
    assert find_fact_names(ticket_seller()) == ("ticket_activity",)
    assert find_fact_names(PARTITIONED) == ("sale",)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("a b", True), ("größe", True), ("", True), ('a"', False), ("a\\b", False), ("a\tb", False)],
)
def test_a_plain_name_has_one_form_in_json(name: str, plain: bool) -> None:
    assert is_plain(name) is plain


def test_the_jvm_splits_without_another_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, j_stream = MagicMock(), MagicMock()
    monkeypatch.setattr(sure_facts, "get_gateway", lambda: gateway)
    monkeypatch.setattr(sure_facts, "Types", MagicMock())

    rest, facts = sure_facts.split_facts(DataStream(j_stream), ("orders",), name="split", uid="s")

    jvm = gateway.jvm.io.starjoin.facts
    jvm.FactSplitter.assert_called_once_with(["orders"])
    assert j_stream.process.call_args.args[0] is jvm.FactSplitter.return_value
    j_split = j_stream.process.return_value
    assert rest._j_data_stream is j_split
    j_split.uid.assert_called_once_with("s")
    assert facts._j_data_stream is j_split.getSideOutput.return_value
    j_split.getSideOutput.assert_called_once_with(jvm.FactSplitter.facts.return_value)
