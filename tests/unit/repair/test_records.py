"""A record of a repair, as decode reads it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from flink_app.privacy.treatments import tokenise
from flink_app.records.repair_marker import lowest_position
from infra.reconcile.comparison import read_key_text, source_table
from infra.repair.errors import RepairStoppedError
from infra.repair.protocol import RowRepair
from infra.repair.records import Record, make_record
from infra.repair.rows import Declared, RowKey
from infra.repair.stream_writer import StreamWriter
from tests.unit.decode.records import KEYS, decode, only_change, only_fault
from tests.unit.stars import star

STAR: Final = star("""
name: kinds
source_schema: Kinds
tables:
  thing:
    source: the_things
    key: [holder, id, "on"]
    columns:
      holder: {type: varchar(20), treatment: tokenise}
      id: {type: bigint, source: ID}
      "on": date
      price: decimal(9,2)
      weight: double precision
      paid: boolean
      at: timestamp
      zoned: timestamptz
      octets: varbyte(4)
      name: {type: varchar(20), unchanged: missing}
      note: {type: varchar(20), treatment: mask}
targets:
  things:
    fact: thing
    columns:
      {holder: holder, id: id, "on": "on", price: price, weight: weight, paid: paid, at: at,
       zoned: zoned, octets: octets, name: name, note: note}
""")
TABLE: Final = source_table(STAR, "thing")
PLAN: Final = DecodePlan(STAR, Generations(3))
POSITION: Final = lowest_position(3)
MADE: Final = dt.datetime(2026, 11, 27, 4, 5, 6, 7, dt.UTC)
TOKEN: Final = tokenise("Ada", KEYS.tokens)
ROW: Final = RowKey("thing", f"={TOKEN},42,2024-02-29,")
VALUES: Final = {
    "holder": "Ada",
    "ID": "42",
    "on": "2024-02-29",
    "price": "1.50",
    "weight": "1e-05",
    "paid": "true",
    "at": "2024-02-29 10:11:12.123456",
    "zoned": "2024-02-29 10:11:12.5+00",
    "octets": "00ff",
    "name": "Ä\u2028\\u0041",
    "note": None,
}


def make(values: Any, row: RowKey = ROW) -> Record:
    return make_record(RowRepair(row, POSITION, values), TABLE, STAR, MADE)


def test_an_upsert_has_every_value_as_text_and_no_digit_is_lost() -> None:
    change = only_change(make(VALUES).payload, PLAN)
    zoned = change.pop("zoned")
    assert zoned == dt.datetime(2024, 2, 29, 10, 11, 12, 500_000, zoned.tzinfo)
    assert {name: str(value) for name, value in change.items()} == {
        "holder": TOKEN,
        "id": "42",
        "on": "2024-02-29",
        "price": "1.50",
        "weight": "1e-05",
        "paid": "True",
        "at": "2024-02-29 10:11:12.123456",
        "octets": r"b'\x00\xff'",
        "name": VALUES["name"],
        "note": "None",
        "_set_name": POSITION,
        "_pos": POSITION,
        "_deleted": "False",
    }


def test_a_delete_has_its_key_as_it_is_stored() -> None:
    record = make(None)
    envelope = json.loads(record.payload)
    assert envelope["starjoin-repair"] == {"position": POSITION, "treated": True}
    assert envelope["data"] == {"holder": TOKEN, "ID": "42", "on": "2024-02-29"}
    (change,) = decode([record.payload], PLAN).changes["thing"].to_pylist()
    assert (change["holder"], change["id"], change["_deleted"]) == (TOKEN, 42, True)


def test_a_value_that_decode_refuses_is_a_dead_letter() -> None:
    for name, value in (("weight", "NaN"), ("at", "infinity"), ("on", "0001-01-01 BC")):
        assert only_fault(make({**VALUES, name: value}).payload, PLAN)[2] == "thing"


def test_the_partition_key_shows_nothing_and_fits() -> None:
    record = make(VALUES)
    assert TOKEN not in record.partition_key
    assert len(record.partition_key) <= 256
    assert make(None).partition_key == record.partition_key
    assert make(None, RowKey("thing", "=x,1,2024-01-01,")).partition_key != record.partition_key
    assert "Ada" not in repr(record) + repr(RowRepair(ROW, POSITION, VALUES))


def test_a_floating_point_key_is_read_from_its_text() -> None:
    numbers = star("""
name: n
source_schema: n
tables: {n: {key: [x], columns: {x: double precision}}}
targets: {w: {fact: n, columns: {x: x}}}
""")
    columns = source_table(numbers, "n").key
    assert read_key_text(columns, "0,") == ["0"]
    assert read_key_text(columns, "0/1/4503599627370496,") == ["1.5"]
    assert read_key_text(columns, "-1/900719925474099/1801439850948199,") == ["0.1"]
    assert read_key_text(columns, "0/-12/0,") == ["-12.0"]


class FakeKinesis:
    def __init__(self, fails_at: int = -1) -> None:
        self.put: list[bytes] = []
        self._fails_at = fails_at

    def put_record(self, **call: Any) -> None:
        if len(self.put) == self._fails_at:
            error = {
                "Code": "ProvisionedThroughputExceededException",
                "Message": call["PartitionKey"],
            }
            raise ClientError({"Error": error}, "PutRecord")  # type: ignore[typeddict-item]
        self.put.append(call["Data"])


def writer(kinesis: Any) -> StreamWriter:
    declared = Declared({"thing": TABLE}, {"thing": 3}, [])
    return StreamWriter(kinesis, "arn", STAR, declared, PLAN, lambda: MADE)


def test_what_decode_would_refuse_is_known_before_it_is_put() -> None:
    stream = writer(FakeKinesis())
    assert stream.find_fault(RowRepair(ROW, POSITION, VALUES)) == ""
    assert stream.find_fault(RowRepair(ROW, POSITION, None)) == ""
    bad = stream.find_fault(RowRepair(ROW, POSITION, {**VALUES, "name": "x" * 21}))
    assert bad == "column name: the text has 21 bytes and varchar(20) holds 20 (too_long)"
    later = stream.find_fault(RowRepair(ROW, lowest_position(4), VALUES))
    assert "(no_position)" in later


def test_all_records_are_put() -> None:
    kinesis = FakeKinesis()
    writer(kinesis).put([RowRepair(ROW, POSITION, VALUES), RowRepair(ROW, POSITION, None)])
    assert kinesis.put == [make(VALUES).payload, make(None).payload]


def test_where_it_stops_it_says_how_many_were_put() -> None:
    repairs = [RowRepair(ROW, POSITION, VALUES)] * 3
    with pytest.raises(RepairStoppedError, match="1 of 3 records were put") as caught:
        writer(FakeKinesis(fails_at=1)).put(repairs)
    assert "ProvisionedThroughputExceeded" in str(caught.value)
    assert make(VALUES).partition_key not in str(caught.value)
