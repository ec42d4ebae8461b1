"""Changes of any declaration: repeatable, readable, and true to the tables that they leave."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from flink_app.declaration import Star, load_declaration
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_record
from flink_app.positions.generations import Generations
from flink_app.records.parsed import ParsedRow
from tests.declarations.strangers import TYPES
from tests.load.__main__ import read_options, traffic
from tests.load.declared import DeclaredChanges, DeclaredSettings
from tests.load.report import describe_asked, page
from tests.load.side_by_side import compare_asked
from tests.unit.load.test_report import report
from tests.unit.stars import FREIGHT, ORDER_BOOK_FILE, SHIPPED, TICKET_SELLER_FILE

KEY = b"a key of the load test's unit tests"
Entries = list[tuple[str, bytes]]


@pytest.fixture(params=[*(path.stem for path in SHIPPED), "freight", "every_type"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> DeclaredSettings:
    texts = {path.stem: path.read_text() for path in SHIPPED}
    texts |= {"freight": FREIGHT, "every_type": TYPES}
    file = tmp_path / f"{request.param}.yaml"
    file.write_text(texts[request.param])
    return DeclaredSettings(file, seed=3, rows=40)


def put(settings: DeclaredSettings, count: int = 300) -> tuple[DeclaredChanges, Entries]:
    changes = settings.open()
    entries = list(changes.full_load())
    entries += [changes.next(number / 500) for number in range(count)]
    return changes, entries


def test_the_same_seed_gives_the_same_bytes(settings: DeclaredSettings) -> None:
    assert put(settings)[1] == put(settings)[1]


def test_the_job_can_read_every_record(settings: DeclaredSettings) -> None:
    plan = DecodePlan(Star(load_declaration(settings.declaration)), Generations())
    _, entries = put(settings)
    assert {type(parse_record(record, plan)) for _, record in entries} == {ParsedRow}


def test_every_operation_happens_and_rows_stay(settings: DeclaredSettings) -> None:
    changes, entries = put(settings, 600)
    kinds = {name.partition(" of ")[0] for name in changes.counts}
    assert kinds >= {"insert", "update", "delete"}
    assert sum(changes.counts.values()) >= 600
    loaded = [json.loads(record)["metadata"]["operation"] for _, record in entries]
    assert loaded.count("load") > 0
    for true in changes.compute_true_tables(KEY):
        assert true.rows, true.name
        assert all(len(row) == len(true.columns) for row in true.rows)


def test_the_true_tables_are_those_of_all_that_was_put() -> None:
    """Of one fact, replayed from JSON by what DMS's documents say a record means."""
    changes, entries = put(DeclaredSettings(TICKET_SELLER_FILE, rows=30), 400)
    rows: dict[tuple[Any, ...], Any] = {}
    for _, record in entries:
        content = json.loads(record)
        if content["metadata"]["table-name"] != "ticket_activity":
            continue
        key = (content["data"]["ticket_id"],)
        if content["metadata"]["operation"] == "delete":
            del rows[key]
        else:
            rows[key] = content["data"]["purchased_by"]
    (wide,) = changes.compute_true_tables(KEY)
    assert [wide.columns[place] for place in wide.key] == ["ticket_id"]
    buyer = list(wide.columns).index("purchased_by")
    assert {tuple(row[n] for n in wide.key): row[buyer] for row in wide.rows} == rows


def test_there_are_as_many_keys_as_were_asked_for() -> None:
    few, many = (put(DeclaredSettings(ORDER_BOOK_FILE, rows=rows), 0)[1] for rows in (20, 500))
    assert 100 < len(few) < 250
    assert 2_000 < len(many) < 6_000


def test_memory_is_not_taken_by_what_was_put() -> None:
    changes = DeclaredSettings(ORDER_BOOK_FILE, rows=20).open()
    list(itertools.islice(changes.full_load(), 10_000))
    for number in range(500):
        changes.next(number)
    source, choices = changes._source, changes._choices
    assert not source.wire
    assert not source.events
    assert not source.kinds
    assert not choices.made


def test_the_command_takes_a_declaration_and_the_report_says_so() -> None:
    options = read_options(["--declaration", str(ORDER_BOOK_FILE), "--rows", "50"])
    made = traffic(options)
    assert isinstance(made, DeclaredSettings)
    assert (made.declaration, made.rows) == (ORDER_BOOK_FILE, 50)
    asked = report(parameters=options.parameters())
    assert "tables of order_book" in page(asked)
    assert describe_asked(asked) == "500 records/s for 1 min"
    differs = [row.name for row in compare_asked(report(), asked) if row.change]
    assert "tables" in differs


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--declaration no/such.yaml", "--declaration no/such.yaml: "),
        ("--declaration BROKEN", "targets"),
        ("--declaration GOOD --environment staging", "it takes no --environment"),
        ("--declaration GOOD --weights purchase=5", "of the ticket seller's business alone"),
        ("--declaration GOOD --rows 0", "--rows is at least 1"),
    ],
)
def test_what_cannot_be_is_refused(
    words: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: broken\nsource_schema: lab\ntables: {}\n")
    said = words.replace("BROKEN", str(broken)).replace("GOOD", str(ORDER_BOOK_FILE))
    with pytest.raises(SystemExit, match="2"):
        read_options(said.split())
    assert sentence in capsys.readouterr().err
