"""What `starjoin check` warns of, and what it says of a sample of records."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from flink_app.declaration import Star
from infra.arguments import ExitCode
from infra.check.main import main
from infra.check.warnings import count_statements, looks_personal
from tests.unit.declaration.mistakes import SHOP
from tests.unit.redshift.test_statement_counts import everything, statements_of_a_load
from tests.unit.stars import SHIPPED, order_book, placed_freight, star

STAR: Star = star(SHOP)


def save(folder: Path, text: str = SHOP, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def record(table: str, data: dict[str, Any], **metadata: Any) -> str:
    """A record as DMS writes it, one line."""
    known = {
        "timestamp": "2026-11-23T10:00:00.000000Z",
        "record-type": "data",
        "operation": "insert",
        "partition-key-type": "schema-table",
        "schema-name": "public",
        "table-name": table,
        "commit-timestamp": "2026-11-23T10:00:00.000000Z",
        "transaction-id": 1,
        "transaction-record-id": 1,
        "stream-position": "00000000/0000000A.1.00000000/0000000A",
    }
    return json.dumps({"data": data, "metadata": known | metadata})


@pytest.mark.parametrize(
    "name",
    [
        *("email", "e_mail", "EMAIL_ADDRESS", "contactEmail", "work_phone", "mobile", "first_name"),
        *("LastName", "date_of_birth", "born_on", "ssn", "iban", "street", "postal_code", "zip"),
        *("ip_address", "password", "billing_address", "address_line_1", "user name", "notes"),
    ],
)
def test_names_that_look_personal(name: str) -> None:
    assert looks_personal(name)


@pytest.mark.parametrize(
    "name",
    ["city_id", "title", "total", "emailed_at", "name", "product_name", "telemetry", "shipped"],
)
def test_names_that_do_not(name: str) -> None:
    assert not looks_personal(name)


def test_a_personal_column_that_is_kept_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = SHOP.replace("email: {type: varchar(320), treatment: tokenise}", "email: varchar(320)")
    path = save(tmp_path, kept)
    assert main([str(path)]) == ExitCode.DONE
    first, summary, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}:14:7: warning: table customer, column email: its name looks")
    assert "write `treatment: keep` if it is meant" in first
    assert summary == f"{path}: no errors, 1 warning; 3 tables, 1 target"
    assert main([str(path), "--strict"]) == ExitCode.FAILED


def test_whoever_writes_keep_has_thought_of_it(tmp_path: Path) -> None:
    chosen = SHOP.replace("treatment: tokenise", "treatment: keep")
    assert main([str(save(tmp_path, chosen)), "--strict"]) == ExitCode.DONE


def test_a_column_that_no_target_needs_is_not_warned_of(tmp_path: Path) -> None:
    unused = SHOP.replace("      email: buyer.email\n", "").replace(", treatment: tokenise", "")
    assert main([str(save(tmp_path, unused)), "--strict"]) == ExitCode.DONE


@pytest.mark.parametrize("declared", ["boolean", "integer"])
def test_a_flag_and_what_refers_to_another_table_are_no_personal_data(
    declared: str, tmp_path: Path
) -> None:
    name = "wants_mail" if declared == "boolean" else "home_address"
    text = SHOP.replace("born: date", f"{name}: {declared}")
    if declared == "integer":
        text = text.replace("      city_id: integer\n      home", "      home")
        text = text.replace("columns: [city_id]}\n  purchase", f"columns: [{name}]}}\n  purchase")
    text = text.replace("      town:", f"      shown: buyer.{name}\n      town:")
    assert main([str(save(tmp_path, text)), "--strict"]) == ExitCode.DONE


def test_shipped_declarations_are_worth_no_warning() -> None:
    assert main([*map(str, SHIPPED), "--strict"]) == ExitCode.DONE


def test_rows_that_are_nearly_too_wide_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path, SHOP.replace('total: "decimal(12,2)"', "total: varchar(60000)"))
    assert main([str(path)]) == ExitCode.DONE
    assert f"{path}:30:3: warning: target purchases: its rows have up to 60," in (
        capsys.readouterr().out
    )


def test_a_large_mirror_is_warned_of_and_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(save(tmp_path))
    rows = ["--rows", "customer=2000000", "--rows", "city=1000", "--rows", "purchase=9000000"]
    assert main([path, *rows]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "warning: table customer: 2,000,000 rows take about 1,000 MB" in printed
    assert printed.count("warning: ") == 1
    assert "the mirror takes about 1,000 MB of each subtask's memory" in printed
    there = SHOP.replace("[customer_id]\n", "[customer_id]\n    placement: warehouse\n")
    there = there.replace("    key: [city_id]", "    key: [city_id]\n    placement: warehouse")
    assert main([str(save(tmp_path, there)), *rows, "--strict"]) == ExitCode.DONE


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("custmer=5", "no table 'custmer' is declared; did you mean customer?"),
        ("customer", "'customer' is no table with a number of rows: write it as customer=1000"),
        ("customer=many", "is no table with a number of rows"),
    ],
)
def test_rows_of_no_table_are_refused(
    given: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(save(tmp_path)), "--rows", given])
    assert sentence in capsys.readouterr().err


FACTS_ALONE: Final = star(
    """
    name: shop
    source_schema: shop
    tables:
      sale:
        key: [sale_id]
        columns: {sale_id: bigint, price: integer}
    targets:
      sales:
        fact: sale
        columns: {sale_id: sale_id, price: price}
    """
)


@pytest.mark.parametrize("declared", [order_book(), placed_freight(), FACTS_ALONE])
def test_statements_of_a_load_are_counted_as_they_are_sent(declared: Star) -> None:
    sent = statements_of_a_load(declared, everything)
    staged = [n for n, sql in enumerate(sent) if sql.startswith("CREATE TEMP TABLE")]
    (counted,) = (n for n, sql in enumerate(sent) if sql.startswith("SELECT 0 AS table_number"))
    assert count_statements(declared) == counted - staged[0]


SAMPLE = (
    record("customer", {"customer_id": 7, "email": "ada@example.org", "city_id": 1, "born": None}),
    record("customer", {"customer_id": "x", "email": None, "city_id": 1, "born": None}),
    record("elsewhere", {"a": 1}),
    record("customer", {}, **{"record-type": "control", "operation": "create-table"}),
    record("purchase", {"purchase_id": 9}, operation="delete"),
    "not a record",
)


def test_each_becameof_a_sample_is_said_to_become_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = save(tmp_path, "\n\n".join(SAMPLE) + "\n", "sample.jsonl")
    assert main([str(save(tmp_path)), "--records", str(sample)]) == ExitCode.FAILED
    printed = capsys.readouterr().out
    said = [line for line in printed.splitlines() if line.startswith(f"{sample}:")]
    token = r'"email": "[0-9a-f]{64}"'
    patterns = [
        rf':1: customer: upsert \{{"customer_id": 7, {token}, "city_id": 1\}}$',
        r":3: dead letter, wrong_type: .*customer_id.*\. Declare the type that the source has$",
        r":5: passed over: its schema and table are not declared, or no target needs the table$",
        r":7: passed over: a control record$",
        r':9: purchase: delete \{"purchase_id": 9\}$',
        r":11: dead letter, not_json: .*\. Find out what else writes to the stream$",
        r": 2 changes, 2 dead letters, 2 passed over$",
    ]
    assert len(said) == len(patterns)
    for line, pattern in zip(said, patterns, strict=True):
        assert re.search(pattern, line), line
    assert "ada@example.org" not in printed


def test_scripts_get_the_records_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = save(tmp_path, SAMPLE[0], "sample.jsonl")
    assert main([str(save(tmp_path)), "--records", str(sample), "--json"]) == ExitCode.DONE
    (found,) = json.loads(capsys.readouterr().out)["records"]
    assert found["became"] == "change"
    assert found["changes"][0]["values"]["customer_id"] == 7


def test_a_record_says_where_its_row_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = SHOP.replace("    dist_key:", "    where: {bought_by: [1]}\n    dist_key:")
    records = [record("purchase", {"purchase_id": 9, "bought_by": buyer}) for buyer in (1, 2)]
    sample = save(tmp_path, "\n".join(records), "sample.jsonl")
    arguments = [str(save(tmp_path, counted)), "--records", str(sample)]
    assert main(arguments) == ExitCode.DONE
    said = [line for line in capsys.readouterr().out.splitlines() if ": purchase: upsert" in line]
    assert said[0].endswith('"bought_by": 1, "total": null, "bought_at": null}')
    assert said[1].endswith("(does not count in purchases)")
    assert main([*arguments, "--json"]) == ExitCode.DONE
    first, second = json.loads(capsys.readouterr().out)["records"]
    assert "does_not_count_in" not in first["changes"][0]
    assert second["changes"][0]["does_not_count_in"] == ["purchases"]


def test_tokens_of_one_run_say_nothing_in_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else somebody could try values until a token is the same."""
    sample = save(tmp_path, SAMPLE[0], "sample.jsonl")
    arguments = [str(save(tmp_path)), "--records", str(sample), "--json"]
    tokens = set()
    for _ in range(2):
        assert main(arguments) == ExitCode.DONE
        (became,) = json.loads(capsys.readouterr().out)["records"]
        tokens.add(became["changes"][0]["values"]["email"])
    assert len(tokens) == 2


def test_a_sample_that_is_not_there_is_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(save(tmp_path)), "--records", str(tmp_path / "nothing")]
    assert main(arguments) == ExitCode.WRONG_ARGUMENTS
    assert "nothing cannot be read: No such file" in capsys.readouterr().err


def test_a_sample_goes_with_one_declaration(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(save(tmp_path)), "other.yaml", "--records", "sample.jsonl"])
