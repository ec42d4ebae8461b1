"""Tables that are called like a declared one: which are suspicious, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
import yaml

from connectors.accounts import UNDECLARED, Account
from connectors.blocks import Kind, decode
from connectors.kinesis.passed import write_passed
from connectors.metrics import GROUP, Metric
from flink_app.declaration import Star
from flink_app.decode.metrics import DecodeMetric
from flink_app.diagnostics.metrics import SourceCheck
from flink_app.diagnostics.similar_columns import SimilarColumns
from flink_app.schemas import BlockSchemas
from tests.unit.decode.records import plan_of, record
from tests.unit.decode.subtask import frame, opened
from tests.unit.stars import star

_DECLARATION: Final = """
name: shop
source_schema: public
tables:
  customer: {key: [id], columns: {id: integer, title: varchar(8)}}
  sale:
    source: orders
    key: [id]
    columns: {id: integer, customer: integer}
    references: {customer: {table: customer, columns: [customer]}}
targets:
  sales: {fact: sale, columns: {id: id, title: customer.title}}
"""
SHOP: Final = star(_DECLARATION)


def meant(schema: str, source: str) -> Star:
    """The same declaration with a table more, which no target uses."""
    names = f"source_schema: {schema}, source: {source}"
    other = f"  other: {{{names}, key: [id], columns: {{id: integer}}}}\n"
    return star(_DECLARATION.replace("targets:", f"{other}targets:"))


def row(schema: str, table: str, number: int = 1, **metadata: Any) -> bytes:
    return record(table, {"id": number}, schema=schema, **metadata)


class Subtask:
    """The decode stage, its metric and what it has put out."""

    def __init__(self, declared: Star = SHOP) -> None:
        self._operator, self._context = opened(declared)
        self._schemas = BlockSchemas(declared)
        self.kinds: list[Kind] = []
        self.accounts: list[tuple[str, int, int, int]] = []

    def counted(self, metric: Metric) -> int:
        counts: dict[tuple[str, ...], int] = self._context.counts
        return counts[GROUP, metric.label]

    def learn(self, passed: int) -> None:
        """So many records of the fact have gone past this operator."""
        assert list(self._operator.process_element(write_passed([passed]), self._context)) == []

    def read(self, *records: bytes) -> int:
        """How many records have been counted as suspicious after one more block."""
        for output in self._operator.process_element(frame(*records), self._context):
            block = decode(output[1] if isinstance(output, tuple) else output, self._schemas)
            self.kinds.append(block.kind)
            if block.kind is Kind.ACCOUNT:
                self.accounts += [
                    (a.table, a.read, a.passed_over, a.dead_lettered)
                    for a in Account.from_batch(block.batch)
                ]
        return self.counted(SourceCheck.RECORDS_OF_SIMILAR_TABLES)


def warnings(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    return [message for message in caplog.messages if "are passed over" in message]


def test_a_declared_schema_of_another_case_is_counted_and_reported_once_with_the_remedy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    subtask = Subtask()
    assert subtask.read(row("Public", "orders", 1), row("Public", "orders", 2)) == 2
    assert subtask.read(row("Public", "orders", 3)) == 3
    (warning,) = warnings(caplog)
    assert warning.startswith(
        'records of "Public"."orders" arrive and are passed over: the declaration reads '
        '"public"."orders" for table sale'
    )
    assert 'Set source_schema: "Public" on that table' in warning


def test_nothing_else_becomes_of_such_records_than_of_any_undeclared_one() -> None:
    similar, other = Subtask(), Subtask()
    similar.read(row("Public", "orders", 1), row("Public", "orders", 2))
    other.read(row("Public", "else", 1), row("Public", "else", 2))
    assert similar.accounts == other.accounts == [(UNDECLARED, 2, 2, 0)]
    assert similar.kinds == other.kinds == [Kind.ACCOUNT]


@pytest.mark.parametrize(
    ("schema", "table", "remedy"),
    [
        ("public", "Orders", 'source: "Orders"'),
        ("PUBLIC", "ORDERS", 'source_schema: "PUBLIC" and source: "ORDERS"'),
        ("null", "orders", 'source_schema: "null"'),
        ("archive", "orders", 'source_schema: "archive"'),
        ("", "orders", 'source_schema: ""'),
    ],
)
def test_the_remedy_is_what_has_to_be_declared_quoted(
    schema: str, table: str, remedy: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert Subtask().read(row(schema, table)) == 1
    (warning,) = warnings(caplog)
    assert f"et {remedy} on" in warning


@pytest.mark.parametrize("schema", ["public", "Public", "archive"])
def test_another_name_is_not_suspicious(schema: str, caplog: pytest.LogCaptureFixture) -> None:
    assert Subtask().read(row(schema, "orders_2024"), row(schema, "sale")) == 0
    assert warnings(caplog) == []


def test_another_schema_is_suspicious_until_the_declared_table_has_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    subtask = Subtask()
    assert subtask.read(row("archive", "orders")) == 1
    assert subtask.read(row("public", "orders"), row("archive", "orders")) == 1
    assert subtask.read(row("archive", "orders"), row("tenant_2", "orders")) == 1
    assert len(warnings(caplog)) == 1
    assert subtask.read(row("archive", "customer")) == 2  # none of public.customer has come


@pytest.mark.parametrize(("passed", "counted"), [(0, 2), (1, 1)])
def test_a_table_may_have_come_without_decode(passed: int, counted: int) -> None:
    subtask = Subtask()
    assert subtask.read(row("archive", "Orders")) == 1
    subtask.learn(passed)
    assert subtask.read(row("archive", "Orders")) == counted


def test_another_case_is_suspicious_whatever_has_come(caplog: pytest.LogCaptureFixture) -> None:
    subtask = Subtask()
    assert subtask.read(row("public", "orders"), row("Public", "orders")) == 1
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(("schema", "table"), [("archive", "orders"), ("Public", "Orders")])
def test_a_table_that_is_declared_and_not_used_is_meant_to_be_passed_over(
    schema: str, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert Subtask(meant(schema, table)).read(row(schema, table)) == 0
    assert warnings(caplog) == []


def test_a_record_that_only_the_record_by_record_path_takes_is_counted_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    subtask = Subtask()
    assert subtask.read(b" " + row("Public", "orders"), row("Public", "orders")) == 2
    assert subtask.counted(DecodeMetric.RECORDS_BY_ROWS) == 1
    assert len(warnings(caplog)) == 1


def test_a_name_in_the_log_has_no_line_ends_and_no_more_than_a_name_s_length(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert Subtask().read(row("a\nb" * 100, "orders")) == 1
    (warning,) = warnings(caplog)
    assert "\n" not in warning
    assert len(warning) < 1_000


PARTITIONED: Final = star(
    _DECLARATION.replace(
        "columns: {id: integer, customer", "columns: {id: integer, paid: boolean, customer"
    )
)
SALE: Final = {"id": 1, "customer": 7, "paid": True}


def of(name: str, data: dict[str, Any], operation: str = "insert", schema: str = "public") -> bytes:
    return record(name, data, operation, schema=schema)


@pytest.mark.parametrize(
    ("schema", "name", "remedy"),
    [
        ("public", "orders_2026_01", 'partitions: "orders_%"'),
        ("public", "ORDERS2026", 'partitions: "ORDERS%"'),
        ("public", "_hyper_12_7_chunk", 'partitions: "_hyper_%_%_chunk"'),
        ("public", "north", 'partitions: "north"'),
        ("Chunks", "orders.1", 'partitions: {source: "orders.%", source_schema: "Chunks"}'),
    ],
)
def test_a_table_with_the_columns_of_a_declared_one_may_be_a_partition(
    schema: str, name: str, remedy: str, caplog: pytest.LogCaptureFixture
) -> None:
    subtask = Subtask(PARTITIONED)
    subtask.read(of("orders", SALE))
    update = of(name, SALE, "update", schema)
    assert subtask.read(update, update) == 2
    assert subtask.read(b" " + update) == 3
    (warning,) = warnings(caplog)
    assert "and its columns are those of table sale" in warning
    assert f"If it is a partition of it, set {remedy} on that table" in warning


# Two tables whose names begin alike, one of them with partitions.
NEIGHBOURS: Final = star("""
name: shop
source_schema: public
tables:
  customer: {key: [id], columns: {id: integer, title: varchar(8), city: varchar(8)}}
  sale:
    source: orders
    key: [id]
    partitions: ["orders_p%", {source: "%_chunk", source_schema: Chunks}]
    columns: {id: integer, customer: integer, paid: boolean}
    references: {customer: {table: customer, columns: [customer]}}
  line: {source: orders_line, key: [line], columns: {line: integer, text: varchar(8)}}
targets:
  sales: {fact: sale, columns: {id: id, title: customer.title}}
""")
BOTH: Final = '"orders_p%", {source: "%_chunk", source_schema: "Chunks"}'


@pytest.mark.parametrize(
    ("schema", "name", "table", "remedy"),
    [
        # A wider pattern would fit orders_line, which the declaration refuses.
        ("public", "orders_2026_01", "sale", f'[{BOTH}, "orders_%_%"]'),
        ("public", "orders_north", "sale", f'[{BOTH}, "orders_north"]'),
        ("public", "2026", "sale", f'[{BOTH}, "2026"]'),
        ("x", "orders_n", "sale", f'[{BOTH}, {{source: "orders_%", source_schema: "x"}}]'),
        ("public", "orders_p", "customer", '"orders_p"'),  # other patterns are those of sale
    ],
)
def test_the_remedy_keeps_the_declared_patterns_and_can_be_declared(
    schema: str, name: str, table: str, remedy: str
) -> None:
    warning = SimilarColumns(plan_of(NEIGHBOURS)).warning((schema, name), table)
    assert f"set partitions: {remedy} on that table" in warning
    if table == "sale":
        content = NEIGHBOURS.declaration.model_dump(by_alias=True, exclude_none=True)
        content["tables"][table]["partitions"] = yaml.safe_load(remedy)
        assert star(json.dumps(content)).declaration.is_partition(table, schema, name)


@pytest.mark.parametrize(
    ("schema", "name", "suspicious"),
    [
        ("public", "ORDERS_P1", True),
        ("PUBLIC", "orders_p1", True),
        ("CHUNKS", "7_Chunk", True),
        ("public", "orders.p1", False),
        ("archive", "orders_p1", False),
    ],
)
def test_the_name_of_a_partition_in_another_case_is_suspicious_whatever_its_columns(
    schema: str, name: str, caplog: pytest.LogCaptureFixture, *, suspicious: bool
) -> None:
    subtask = Subtask(NEIGHBOURS)
    assert subtask.read(of("orders", SALE), of(name, {"id": 1}, "delete", schema)) == suspicious
    reasons = [
        "it differs from partitions of table sale in case alone" in w for w in caplog.messages
    ]
    assert any(reasons) is suspicious


@pytest.mark.parametrize(
    ("name", "data", "suspicious"),
    [
        ("orders_1", SALE, True),
        ("orders_1", SALE | {"more": 1}, True),  # the source may have more columns
        ("other", SALE | {"more": 1}, False),
        ("orders_1", {"id": 1, "customer": 7}, False),
        ("customer_1", {"id": 1, "title": "x"}, True),
        ("other", {"id": 1, "title": "x"}, False),  # many tables have an id and a title
        ("orders_1", {}, False),
    ],
)
def test_which_columns_are_those_of_a_declared_table(
    name: str, data: dict[str, Any], *, suspicious: bool
) -> None:
    assert Subtask(PARTITIONED).read(of(name, data)) == int(suspicious)


def test_a_row_that_lacks_columns_is_not_the_last_that_is_looked_at() -> None:
    subtask = Subtask(PARTITIONED)
    assert subtask.read(of("orders_1", {"id": 1}, "delete")) == 0
    assert subtask.read(of("orders_1", SALE)) == 1
    assert subtask.read(of("orders_1", {"id": 1}, "delete")) == 2


def test_rows_that_lack_other_columns_each_show_them_all_together() -> None:
    """As where nulls are not sent."""
    subtask = Subtask(PARTITIONED)
    assert subtask.read(of("orders_1", {"id": 1, "customer": 7})) == 0
    assert subtask.read(of("orders_1", {"id": 2, "paid": True})) == 1
    assert subtask.read(of("other", {"id": 1, "customer": 7, "more": 1})) == 1
    assert subtask.read(of("other", {"id": 2, "paid": True})) == 1


def test_a_table_s_definition_shows_its_columns_before_any_row(
    caplog: pytest.LogCaptureFixture,
) -> None:
    columns = {name: {"type": "INT32"} for name in SALE}
    tables: dict[str, dict[str, Any]] = {"orders_1": {}, "other_1": {"x": {}}}
    for name, more in tables.items():
        text = record(name, None, "create-table", record_type="control", schema="public")
        definition = {"control": {"table-def": {"columns": columns | more}}}
        assert Subtask(PARTITIONED).read(json.dumps(json.loads(text) | definition).encode()) == 0
    (warning,) = warnings(caplog)
    assert '"public"."orders_1"' in warning


def test_a_partition_of_a_table_that_is_not_used_is_meant_to_be_passed_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = "  other: {partitions: 'orders_%', key: [id], columns: {id: integer}}\n"
    declared = _DECLARATION.replace("targets:", f"{other}targets:")
    assert Subtask(star(declared)).read(of("orders_1", SALE)) == 0
    assert warnings(caplog) == []


def test_made_up_schemas_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    rows = [row(f"tenant_{number}", "orders") for number in range(150)]
    assert Subtask().read(*rows) == 150
    assert len(warnings(caplog)) == 100
