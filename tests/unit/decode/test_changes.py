"""Records to changes: operations, keys that change, what is passed over, every dead letter."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.accounts import CONTROL, UNDECLARED, UNREADABLE
from flink_app.records.rejected import Reason
from tests.support.bad_records import aggregate
from tests.unit.decode.records import (
    COMPANY,
    GENERATION,
    LINE,
    REGION,
    changes,
    company,
    decode,
    line,
    only_change,
    only_fault,
    record,
    region,
)


def brief(data: bytes, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The record's changes as the named columns and the delete flag, deletes last."""
    rows = [dict(row) for row in changes(decode([data]))[table]]
    found = [(*(row[name] for name in columns), row["_deleted"]) for row in rows]
    return sorted(found, key=lambda row: bool(row[-1]))


@pytest.mark.parametrize("operation", ["load", "insert", "update"])
def test_upserts_carry_the_stored_columns(operation: str) -> None:
    assert only_change(company(operation)) == {
        "company_id": 5,
        "trade_name": "Nord **",
        "home": 7,
        "_pos": only_change(company(operation))["_pos"],
        "_deleted": False,
    }


def test_a_delete_carries_the_key_alone_whatever_it_is_sent_with() -> None:
    everything = line("delete")
    key_only = record("consignment", dict.fromkeys(LINE) | {"voyage": 1, "line": 2}, "delete")
    broken = line("delete", fee="not a number", weight=[])
    for data in (everything, key_only, broken):
        change = only_change(data)
        assert (change["voyage"], change["line"], change["_deleted"]) == (1, 2, True)
        kept = {"voyage", "line", "_pos", "_deleted"}
        assert {name for name, value in change.items() if value is not None} == kept


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, [(1, 2, False)]),
        ({}, [(1, 2, False)]),
        ({"voyage": 1, "line": 2}, [(1, 2, False)]),
        ({"voyage": 9, "line": 8}, [(1, 2, False), (9, 8, True)]),
        # Of a composite key only what has changed may be there.
        ({"line": 8}, [(1, 2, False), (1, 8, True)]),
        ({"voyage": 9, "line": None}, [(1, 2, False), (9, 2, True)]),
    ],
)
def test_a_key_that_changes_is_a_delete_and_an_upsert(
    before: dict[str, Any] | None, expected: list[tuple[int, int, bool]]
) -> None:
    data = record("consignment", LINE, "update", before=before)
    assert brief(data, "consignment", "voyage", "line") == expected


def test_both_halves_of_a_key_update_have_the_records_position() -> None:
    data = record("consignment", LINE, "update", before={"line": 8})
    assert len({dict(row)["_pos"] for row in changes(decode([data]))["consignment"]}) == 1


def test_the_deleted_half_of_a_key_update_has_no_other_values() -> None:
    data = record("Companies", COMPANY, "update", before={"ID": 4, "trade_name": "Old"})
    deleted = [dict(row) for row in changes(decode([data]))["company"] if dict(row)["_deleted"]]
    assert [(row["company_id"], row["trade_name"], row["home"]) for row in deleted] == [
        (4, None, None)
    ]


@pytest.mark.parametrize("operation", ["load", "insert", "delete"])
def test_a_before_image_counts_for_updates_only(operation: str) -> None:
    data = record("consignment", LINE, operation, before={"line": 8})
    assert len(changes(decode([data]))["consignment"]) == 1


@pytest.mark.parametrize(
    "data",
    [
        record("region", None, "create-table", record_type="control"),
        record("region", None, "drop-table", record_type="control"),
        record("", None, "unheard-of", schema="", record_type="control"),
        # Nobody reads the names of a control record's table.
        record("region", None, "create-table", record_type="control", schema_name=7),
        record("region", None, "create-table", record_type="control", table_name=[]),
        record("elsewhere", {"id": 1}),
        record("elsewhere", None, "unheard-of"),
        record("region", REGION, schema="Other"),
        record("region", REGION, schema=""),
        record("company", COMPANY),  # the source calls it Companies
    ],
)
def test_control_records_and_other_tables_are_passed_over(data: bytes) -> None:
    decoded = decode([data])
    assert (decoded.changes, len(decoded.dead_letters)) == ({}, 0)
    assert decoded.account.passed_over == 1
    kind = CONTROL if b'"record-type": "control"' in data else UNDECLARED
    assert [(a.table, a.passed_over) for a in decoded.accounts] == [(kind, 1)]


BLANK = (
    "column code: the text ends in a blank, which Redshift ignores in keys: "
    "declare trailing_blanks: trim, or fix the source"
)
UNKNOWN_KIND = (
    "the stream-position is of no known kind (PostgreSQL, MySQL, Oracle), and there is no "
    "commit-timestamp that could be read"
)
AGGREGATE = (
    "the record is an aggregate of the Kinesis Producer Library, which holds several records: "
    "switch aggregation off (AggregationEnabled=false) at its producer"
)
FAULTS = {
    Reason.NOT_JSON: [
        (b"", "the record is not one JSON object in UTF-8"),
        (b"{", "the record is not one JSON object in UTF-8"),
        (region() + region(), "the record is not one JSON object in UTF-8"),
        (region().replace(b"Vest", b"V\xff"), "the record is not one JSON object in UTF-8"),
        (b"\xef\xbb\xbf" * 2 + region(), "the record is not one JSON object in UTF-8"),
        (b"\xf2" + aggregate(region())[1:], "the record is not one JSON object in UTF-8"),
        (aggregate(region())[:-1], "the record is not one JSON object in UTF-8"),
        (aggregate(region())[:4] + region(), "the record is not one JSON object in UTF-8"),
        (aggregate(b"")[:19], "the record is not one JSON object in UTF-8"),
    ],
    Reason.KPL_AGGREGATE: [(aggregate(data), AGGREGATE) for data in (b"", region(), b"\n")],
    Reason.NOT_A_CHANGE: [
        (b"[]", "the record has no object under 'metadata'"),
        (b"{}", "the record has no object under 'metadata'"),
        (b'{"metadata":[]}', "the record has no object under 'metadata'"),
        (record("region", None), "the record has no object under 'data'"),
        (
            record("region", REGION, record_type="row"),
            "metadata 'record-type' is neither data nor control",
        ),
        (
            record("region", REGION, record_type="row", table_name=5),
            "metadata 'record-type' is neither data nor control",
        ),
        (record("region", REGION, table_name=5), "metadata 'table-name' is not text"),
        (
            region().replace(b'"title": "Vest"', b'"title": "Vest", "title": "Ost"'),
            "'title' occurs twice in one object",
        ),
    ],
    Reason.UNKNOWN_OPERATION: [
        (region("truncate"), "metadata 'operation' is not one of a row's"),
        (record("region", REGION, operation=""), "metadata 'operation' is not one of a row's"),
    ],
    Reason.MISSING_KEY: [
        (region(code=None), "column code: the key is missing"),
        (record("region", {"code": "V"}, "delete"), "column country: the key is missing"),
    ],
    Reason.WRONG_TYPE: [
        (region(title=5), "column title: a varchar(40) cannot be read from a number"),
        (
            record("region", REGION, "update", before={"code": 5}),
            "column code: a varchar(8) cannot be read from a number",
        ),
    ],
    Reason.OUT_OF_RANGE: [(company(home=2**31), "column home: the number does not fit integer")],
    Reason.TOO_LONG: [
        (region(country="NOR"), "column country: the text has 3 bytes and varchar(2) holds 2")
    ],
    Reason.TRAILING_BLANK: [
        (
            region(code="V "),
            BLANK,
        ),
    ],
    Reason.NO_POSITION: [
        (
            record("region", REGION, stream_position=None),
            "the change has no usable position: set IncludeTransactionDetails on the DMS endpoint",
        ),
        (
            record("region", REGION, stream_position="00000000/00000000.1.x"),
            UNKNOWN_KIND,
        ),
        (
            record("region", REGION, "load", timestamp=None),
            "a load record needs metadata 'timestamp'",
        ),
    ],
}


@pytest.mark.parametrize(
    ("reason", "data", "detail"),
    [(reason, data, detail) for reason, cases in FAULTS.items() for data, detail in cases],
)
def test_what_cannot_become_a_change_is_a_dead_letter_with_its_reason(
    reason: Reason, data: bytes, detail: str
) -> None:
    assert only_fault(data)[:2] == (reason.value, detail)


def test_every_reason_is_reached() -> None:
    elsewhere = {  # see test_unchanged, test_partial_updates, test_values and test_dates
        Reason.UNCHANGED_LOST,
        Reason.MISSING_COLUMN,
        Reason.ZERO_DATE,
        Reason.TOO_PRECISE,
        Reason.ROUNDED_NUMBER,
    }
    assert FAULTS.keys() | elsewhere == set(Reason)


def test_a_dead_letter_says_where_it_stood() -> None:
    (letter,) = decode([region(), b"{", region()]).dead_letters.to_pylist()
    assert (letter["stream"], letter["shard"]) == ("changes", "shard-0")
    assert letter["sequence_number"] == "1001"
    assert letter["arrival"].timestamp() == 1000.001


def test_the_account_covers_the_block() -> None:
    decoded = decode([region(), b"{", record("elsewhere", {}), line()])
    account = decoded.account
    assert (account.stream, account.shard) == ("changes", "shard-0")
    assert (account.first_sequence_number, account.last_sequence_number) == ("1000", "1003")
    assert (account.read, account.dead_lettered, account.passed_over) == (4, 1, 1)
    assert account.changed == sum(map(len, decoded.changes.values()))
    assert account.last_arrival_ms == 1_000_003


def test_every_table_has_an_account_of_its_own() -> None:
    moved = record("consignment", LINE, "update", before={"line": 8})
    decoded = decode([region(), b"{", record("elsewhere", {}), moved, line(), region(title=5)])
    counts = {a.table: (a.read, a.split, a.dead_lettered, a.passed_over) for a in decoded.accounts}
    assert counts == {
        "region": (2, 0, 1, 0),
        "consignment": (2, 1, 0, 0),
        UNREADABLE: (1, 0, 1, 0),
        UNDECLARED: (1, 0, 0, 1),
    }
    for account in decoded.accounts:
        # The range is the block's: up to its end the shard has been read.
        assert (account.first_sequence_number, account.last_sequence_number) == ("1000", "1005")
        became = len(decoded.changes.get(account.table, []))
        assert account.changed + account.split == became


@pytest.mark.parametrize("name", ["consignment", "Zq7xMarked"])
def test_what_stands_in_a_record_of_no_declared_table_names_no_account(name: str) -> None:
    records = [record(name, {}, schema="nowhere"), record(name, None, "x", record_type="row")]
    assert {a.table for a in decode(records).accounts} == {UNDECLARED, UNREADABLE}


def test_a_multi_line_record_is_one_record() -> None:
    spread = region().replace(b": ", b":\t").replace(b", ", b",\n\t")
    assert (
        changes(decode([spread, region()]))["region"] == changes(decode([region()] * 2))["region"]
    )


def test_the_generation_is_in_every_position() -> None:
    assert only_change(region())["_pos"].startswith(f"{GENERATION:04x}")
