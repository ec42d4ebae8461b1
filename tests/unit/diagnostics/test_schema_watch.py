"""Every control operation in every mode, with a body and without; and what rows show."""

from __future__ import annotations

import itertools
import json
import logging
from typing import Any, Final

import pytest

from connectors.floors import Floors
from connectors.metrics import GROUP, Metric
from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from flink_app.declaration.dms_records import SchemaChanges
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics import schema_watch
from flink_app.diagnostics.metrics import SourceCheck
from flink_app.diagnostics.schema_findings import NOTES, Finding, FindingKind
from flink_app.diagnostics.schema_watch import SchemaChangedError, SchemaWatch
from flink_app.positions.generations import Boundary, Generations
from tests.support.decoding import decode_fully
from tests.unit.decode.records import (
    KEYS,
    SCHEMAS_PLAN,
    block,
    decode,
    plan_of,
    record,
)
from tests.unit.decode.subtask import frame, opened
from tests.unit.stars import star

DECLARED: Final = """
name: shop
source_schema: shop
stream: {{schema_changes: {mode}}}
tables:
  sale:
    key: [number]
    columns:
      number: {{type: integer, source: "no"}}
      note: varchar(20)
      price: "decimal(9,2)"
      seats: smallint
      secret: {{type: varchar(9), treatment: drop}}
      not_shown: integer
targets:
  sales: {{fact: sale, columns: {{number: number, note: note, price: price, seats: seats}}}}
"""


def plan(mode: SchemaChanges = SchemaChanges.LENIENT) -> DecodePlan:
    return plan_of(star(DECLARED.format(mode=mode.value)))


PLAN: Final = plan()
COLUMNS: Final[dict[str, dict[str, Any]]] = {
    "no": {"type": "INT32", "nullable": False},
    "note": {"type": "STRING", "length": 20},
    "price": {"type": "NUMERIC", "precision": 9, "scale": 2},
    "seats": {"type": "INT16"},
    "secret": {"type": "STRING"},
    "not_shown": {"type": "INT32"},
}


def control(operation: Any, body: Any = None, table: str = "sale", schema: str = "shop") -> bytes:
    made = json.loads(record(table, None, operation, schema=schema, record_type="control"))
    if body is not None:
        made["control"] = body
    return json.dumps(made).encode()


def definition(*gone: str, key: Any = ("no",), **columns: Any) -> dict[str, Any]:
    """A table-def with the declared columns, some of them gone, others added or replaced."""
    left = {name: column for name, column in COLUMNS.items() if name not in gone}
    made: dict[str, Any] = {"columns": left | columns}
    if key is not None:
        made["primary-key"] = list(key)
    return {"table-def": made}


def findings_of(data: bytes, of: DecodePlan = PLAN) -> list[tuple[FindingKind, str, str, str]]:
    """FindingKind is found in a control record, whichever path reads it."""
    found = decode([data], of).seen.findings
    # A position of another type than text is what the columnar reader refuses.
    odd = json.loads(data)
    odd["metadata"]["stream-position"] = 7
    slow = decode([json.dumps(odd).encode()], of)
    assert slow.by_rows == 1
    assert slow.seen.findings == found
    assert all((f.shard, f.sequence_number) == ("shard-0", "1000") for f in found)
    return [(f.kind, f.column, f.declared, f.observed) for f in found]


WIDER: Final = {"type": "INT64"}
ALTERING: Final = (
    "add-column",
    "drop-column",
    "rename-column",
    "change-columns",
    "column-type-change",
)
LEFT_OUT: Final = (FindingKind.COLUMN_LEFT_OUT, "note", "varchar(20)", "")
GONE: Final = (FindingKind.COLUMN_GONE, "note", "varchar(20)", "")
BODIES: Final[dict[str, tuple[Any, list[tuple[FindingKind, str, str, str]]]]] = {
    "fits": (definition(), []),
    "without what no target shows": (definition("secret", "not_shown"), []),
    "column gone": (definition("note"), [GONE]),
    "key gone": (
        definition("no", key=None),
        [(FindingKind.KEY_GONE, "no", "integer", "")],
    ),
    "wider": (definition(seats=WIDER), [(FindingKind.TYPE, "seats", "smallint", "INT64")]),
    "another key": (definition(key=("no", "note")), [(FindingKind.KEY, "", "no", "no, note")]),
    "new column": (definition(fresh=WIDER), [(FindingKind.NEW_COLUMN, "fresh", "", "")]),
    "unknown type": (
        definition(seats={"type": "GEOMETRY"}),
        [(FindingKind.UNKNOWN_TYPE, "seats", "", "GEOMETRY")],
    ),
    "no type": (definition(seats=7), [(FindingKind.UNKNOWN_TYPE, "seats", "", "")]),
    "several": (
        definition("note", seats=WIDER, fresh=WIDER),
        [
            GONE,
            (FindingKind.TYPE, "seats", "smallint", "INT64"),
            (FindingKind.NEW_COLUMN, "fresh", "", ""),
        ],
    ),
}
OPAQUE: Final[list[Any]] = [
    None, {}, [], 7, "x", {"table-def": None}, {"table-def": []}, {"table-def": {}},
    {"table-def": {"columns": {}, "primary-key": ["no"]}},
    {"table-def": {"columns": ["no"], "primary-key": ["no"]}}, {"column": "note"},
    {"table-def": {"columns": ["no"], "primary-key": [["no"], 7]}},
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_create_table_is_held_against_the_declaration(body: str) -> None:
    content, expected = BODIES[body]
    assert findings_of(control("create-table", content)) == expected


@pytest.mark.parametrize("operation", ALTERING)
@pytest.mark.parametrize("body", BODIES)
def test_another_operation_counts_as_a_definition_if_it_names_the_key(
    operation: str, body: str
) -> None:
    content, expected = BODIES[body]
    if "primary-key" not in content["table-def"]:
        expected = [(FindingKind.ALTERED, "", "", operation)]
    assert findings_of(control(operation, content)) == expected


@pytest.mark.parametrize("body", OPAQUE, ids=str)
def test_a_body_that_says_nothing_is_tolerated(body: Any) -> None:
    assert findings_of(control("create-table", body)) == []
    for operation in ALTERING:
        assert findings_of(control(operation, body)) == [(FindingKind.ALTERED, "", "", operation)]
    assert findings_of(control("drop-table", body)) == [(FindingKind.TABLE_DROPPED, "", "", "")]
    assert findings_of(control("rename-table", body)) == [(FindingKind.TABLE_RENAMED, "", "", "")]


@pytest.mark.parametrize("operation", ["merge-table", 7, None])
def test_an_operation_that_nobody_knows_may_have_altered_the_table(operation: Any) -> None:
    ((kind, *_),) = findings_of(control(operation))
    assert kind is FindingKind.ALTERED


@pytest.mark.parametrize(("table", "schema"), [("awsdms_apply_exceptions", ""), ("sale", "other")])
def test_tables_that_are_not_declared_are_of_no_concern(table: str, schema: str) -> None:
    data = control("create-table", definition("note"), table, schema)
    assert findings_of(data) == []
    assert decode([data], PLAN).account.passed_over == 1


FATAL: Final = {
    SchemaChanges.EXCEPTION: set(FindingKind) - NOTES,
    SchemaChanges.EVOLVE: set(FindingKind)
    - NOTES
    - {FindingKind.ALTERED, FindingKind.COLUMN_LEFT_OUT},
    SchemaChanges.TRY_EVOLVE: {FindingKind.KEY_GONE},
    SchemaChanges.LENIENT: {FindingKind.KEY_GONE},
    SchemaChanges.IGNORE: set(),
}
RECORDS: Final = [
    *itertools.product(("create-table", *ALTERING), [content for content, _ in BODIES.values()]),
    *itertools.product(("create-table", *ALTERING, "drop-table", "rename-table"), OPAQUE[:2]),
]


@pytest.mark.parametrize("mode", SchemaChanges)
def test_every_operation_in_every_mode(
    mode: SchemaChanges, caplog: pytest.LogCaptureFixture
) -> None:
    of = plan(mode)
    for operation, body in RECORDS:
        findings = decode([control(operation, body)], of).seen.findings
        counts: list[Metric] = []
        caplog.clear()
        watch = SchemaWatch(mode, counts.append)
        fatal = {f.kind for f in findings} & FATAL[mode]
        with caplog.at_level(logging.INFO):
            if fatal:
                with pytest.raises(SchemaChangedError, match=f"schema_changes: {mode.value}"):
                    watch.add(findings)
            else:
                watch.add(findings)
        assert counts == [
            SourceCheck.SCHEMA_NOTES if f.kind in NOTES else SourceCheck.SCHEMA_CONTRADICTIONS
            for f in findings
        ]
        logged = 0 if mode is SchemaChanges.IGNORE else sum(f.kind not in fatal for f in findings)
        assert len(caplog.messages) == logged, (operation, body)


ROW: Final = {"no": 1, "note": "x", "price": 1, "seats": None, "secret": "s", "not_shown": 1}


def row(operation: str, *gone: str, **more: Any) -> bytes:
    data = {name: value for name, value in ROW.items() if name not in gone} | more
    return record("sale", data, operation, schema="shop")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        *((row(o), []) for o in ("load", "insert", "update", "delete")),
        *((row(o, "note"), [GONE]) for o in ("load", "insert")),
        # Of an update the column may be gone, or not have been logged.
        (row("update", "note", "price"), [LEFT_OUT, (LEFT_OUT[0], "price", "decimal(9,2)", "")]),
        (
            row("update", "note", secret=None),
            [(FindingKind.COLUMN_LEFT_OUT, "note", "varchar(20)", "")],
        ),
        (
            row("update", "seats", secret=None),
            [(FindingKind.COLUMN_LEFT_OUT, "seats", "smallint", "")],
        ),
        # Without any null nobody knows whether nulls are sent.
        (row("load", "note", seats=1), []),
        (row("delete", "note"), []),
        # A key that is missing is a dead letter.
        (row("load", "no"), []),
        (row("load", "secret", "not_shown"), []),
        (row("insert", fresh=1), [(FindingKind.NEW_COLUMN, "fresh", "", "")]),
        (row("delete", fresh=1), []),
        (row("load", _doc={"no": 1}), []),
        (control("create-table", definition())[:-1] + b',"data":{"fresh":null}}', []),
    ],
)
def test_what_a_sampled_row_shows(data: bytes, expected: list[Any]) -> None:
    findings = decode([data], PLAN).seen.findings
    assert [(f.kind, f.column, f.declared, f.observed) for f in findings] == expected


@pytest.mark.parametrize(("floor", "found"), [(0, 3), (2, 2), (3, 1)])
def test_what_is_below_the_floor_shows_the_tables_of_before(floor: int, found: int) -> None:
    generations = Generations(1, (Boundary(2, 1_000), Boundary(3, 2_000)))
    of = DecodePlan(PLAN.star, generations, Floors(floor))
    every = [control("create-table", definition("note")), row("load", "note")]
    for data in every:
        arrivals = [999, 1_000, 2_000]
        findings = [decode_fully(block([data], [ms]), of, KEYS).seen.findings for ms in arrivals]
        assert list(map(len, findings)) == [0] * (3 - found) + [1] * found


def test_a_replayed_row_shows_the_table_of_when_it_arrived_first() -> None:
    data = row("load", "note", fresh=1)
    assert {f.column for f in decode([data], PLAN).seen.findings} == {"note", "fresh"}
    again = with_coordinates(data, Coordinates("changes", "shard-9", "7", 1_500))
    assert again
    decoded = decode([again], PLAN)
    assert not decoded.seen.findings
    assert len(decoded.changes["sale"]) == 1


def test_columns_with_the_values_of_before_are_not_new() -> None:
    row_ = {"shop": 1, "no": 2, "old": "x", "paid": True, "BI_paid": False, "BI_no": 2}
    assert not decode([record("sale", row_, "update", schema="south")], SCHEMAS_PLAN).seen.findings


def test_names_are_cut_where_no_database_has_longer_ones() -> None:
    (finding,) = decode([row("insert", **{"x" * 9_999: 1})], PLAN).seen.findings
    assert finding.column == "x" * 128


def test_a_name_cannot_forge_a_line_of_the_log() -> None:
    found = decode([row("insert", **{"x\n\ud800y": 1})], PLAN).seen.findings
    assert [f.column for f in found] == ["x??y"]
    (finding,) = decode([control("create-table", definition(key=("no\r",)))], PLAN).seen.findings
    assert (finding.kind, finding.observed) == (FindingKind.KEY, "no?")


def test_the_sentence_says_what_where_and_what_to_do() -> None:
    data = control("create-table", definition(seats=WIDER, note={"type": "STRING", "length": 99}))
    watch = SchemaWatch(SchemaChanges.EVOLVE, lambda _: None)
    with pytest.raises(SchemaChangedError) as caught:
        watch.add(decode([data], PLAN).seen.findings)
    assert str(caught.value) == (
        "table sale, column note: the declared type cannot hold every value of the source's "
        "(declared varchar(20), source STRING(99)); seen in shard shard-0, sequence number 1000 "
        "(1 more of the same block: sale.seats). To do: declare a wider type. The job reads the "
        "record again at each start and stops there with schema_changes: evolve as long as the "
        "declaration does not fit; schema_changes: lenient passes it"
    )


def test_a_key_that_is_gone_passes_only_where_it_is_ignored() -> None:
    watch = SchemaWatch(SchemaChanges.LENIENT, lambda _: None)
    with pytest.raises(SchemaChangedError, match="schema_changes: ignore passes it"):
        watch.add([Finding(FindingKind.KEY_GONE, "sale", "no")])


def test_each_thing_is_said_once_and_contradictions_are_counted_always(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[Metric] = []
    watch = SchemaWatch(SchemaChanges.LENIENT, counts.append)
    new, gone = (
        Finding(FindingKind.NEW_COLUMN, "sale", "x"),
        Finding(FindingKind.COLUMN_GONE, "sale", "note"),
    )
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            watch.add([new, gone])
    assert len(caplog.messages) == 2
    assert counts.count(SourceCheck.SCHEMA_NOTES) == 1
    assert counts.count(SourceCheck.SCHEMA_CONTRADICTIONS) == 3
    monkeypatch.setattr(schema_watch, "_MOST_NOTED", 2)
    watch.add([Finding(FindingKind.NEW_COLUMN, "sale", "y")])
    assert counts.count(SourceCheck.SCHEMA_NOTES) == 1


@pytest.mark.parametrize("mode", SchemaChanges)
def test_the_operator_goes_by_the_declared_mode_before_it_emits_anything(
    mode: SchemaChanges, caplog: pytest.LogCaptureFixture
) -> None:
    operator, context = opened(star(DECLARED.format(mode=mode.value)))
    records = [row("insert", note="Zq7x"), control("create-table", definition("note"))]
    emitted = operator.process_element(frame(*records), context)
    if mode in {SchemaChanges.EXCEPTION, SchemaChanges.EVOLVE}:
        with pytest.raises(SchemaChangedError, match="table sale, column note: the source no"):
            next(emitted)
    else:
        assert len(list(emitted)) == 2
        assert any("column note" in m for m in caplog.messages) is (mode.value != "ignore")
    assert context.counts[GROUP, "schemaContradictions"] == 1
    assert "Zq7" not in caplog.text


@pytest.mark.parametrize(
    "kind",
    [FindingKind.PARTITION_DROPPED, FindingKind.PARTITION_RENAMED, FindingKind.TRUNCATED],
)
def test_each_partition_whose_rows_may_be_gone_is_warned_of_once_in_every_mode_but_ignore(
    kind: FindingKind, caplog: pytest.LogCaptureFixture
) -> None:
    dropped = [Finding(kind, "sale", partition=("shop", f"p{n}")) for n in "121"]
    for mode in SchemaChanges:
        counted: list[Metric] = []
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            SchemaWatch(mode, counted.append).add(dropped)
        assert counted == [SourceCheck.SCHEMA_NOTES] * 2
        said = [message.split(":")[1] for message in caplog.messages]
        ignored = mode is SchemaChanges.IGNORE
        assert said == ([] if ignored else [f' table sale, partition "shop"."p{n}"' for n in "12"])


def test_a_column_of_many_partitions_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    new = [
        Finding(FindingKind.NEW_COLUMN, "sale", "x", partition=("shop", f"p{n}")) for n in range(9)
    ]
    with caplog.at_level(logging.INFO):
        SchemaWatch(SchemaChanges.LENIENT, lambda _: None).add(new)
    assert len(caplog.messages) == 1
