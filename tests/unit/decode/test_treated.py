"""What a dead letter shows of its record: enough to see the fault, and nobody's data."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.version import VERSION
from flink_app.dead_letters.schema import Originals
from flink_app.dead_letters.sealing import Original
from flink_app.decode.plan import DecodePlan
from flink_app.privacy.treatments import sha256, tokenise
from tests.support.decoding import DecodedBlock, decode_fully
from tests.unit.decode.records import KEYS, SCHEMAS_PLAN, block, decode, plan_of, record
from tests.unit.stars import star

PEOPLE: Final = star("""
name: people
source_schema: crm
tables:
  person:
    source: Person
    key: [number]
    columns:
      number: {type: varchar(12), treatment: tokenise}
      email: {type: varchar(20), treatment: sha256, source: Email}
      phone: {type: varchar(20), treatment: mask}
      street: {type: varchar(40), treatment: mask_text}
      title: {type: varchar(20), treatment: redact}
      born: {type: date, treatment: tokenise}
      notes: {type: varchar(400), treatment: drop}
      spare: varchar(10)
      country: varchar(2)
      since: date
      rank: smallint
targets:
  people:
    fact: person
    columns:
      {number: number, email: email, phone: phone, street: street, title: title, born: born,
       country: country, since: since, rank: rank}
""")
PLAN: Final = plan_of(PEOPLE)
ROW: Final = {
    "number": "P-7",
    "Email": "ada@example.org",
    "phone": "+39 \uff10\u06655-42",
    "street": "Via Ghibellina, 7/a",
    "title": "Countess",
    "born": "1815-12-10",
    "notes": "likes engines",
    "spare": "s",
    "country": "GB",
    "since": "2026-01-02",
    "rank": 3,
    "iban": "GB00",
}


def person(changed: dict[str, Any], operation: str = "update", **metadata: Any) -> bytes:
    return record("Person", ROW | changed, operation, schema="crm", **metadata)


def treated(data: bytes, plan: DecodePlan = PLAN) -> dict[str, Any]:
    (letter,) = decode([data], plan).dead_letters.to_pylist()
    found: dict[str, Any] = json.loads(letter["treated"])
    return found


def test_a_dead_letter_shows_what_would_have_been_stored() -> None:
    data = person(
        {"country": "GBR"},
        before={"number": "P-6", "Email": "old@example.org"},
        partition_key_type="primary-key",
        partition_key_value="crm.Person.P-7",
        transaction_id=884219,
    )
    assert treated(data) == {
        "metadata": {
            "timestamp": "2026-03-11T09:45:03.120664Z",
            "record-type": "data",
            "operation": "update",
            "schema-name": "crm",
            "table-name": "Person",
            "transaction-record-id": 1,
            "stream-position": "0000000D/51A3C8E0.3.0000000D/51A3C8E0",
            "partition-key-type": "primary-key",
            "transaction-id": 884219,
        },
        "data": {
            "number": tokenise("P-7", KEYS.tokens),
            "Email": sha256("ada@example.org"),
            "phone": "+** ***-**",
            "street": "*** **********, */*",
            "title": "redacted",
            "born": tokenise("1815-12-10", KEYS.tokens),
            "country": "GBR",
            "since": "2026-01-02",
            "rank": 3,
        },
        "before-image": {
            "number": tokenise("P-6", KEYS.tokens),
            "Email": sha256("old@example.org"),
        },
        "left_out": {
            "metadata": ["partition-key-value"],
            "data": ["iban", "notes", "spare"],
        },
    }


def test_a_dead_letter_says_which_code_and_declaration_made_it() -> None:
    (letter,) = decode([b"{"], PLAN).dead_letters.to_pylist()
    assert (letter["version"], letter["declaration"]) == (VERSION, PLAN.fingerprint)


@pytest.mark.parametrize("data", [b"{", b"[1]", b'"Zq7"', b"\xff", b""])
def test_what_is_no_json_object_shows_nothing(data: bytes) -> None:
    (letter,) = decode([data], PLAN).dead_letters.to_pylist()
    assert letter["treated"] is None
    assert Original.open_sealed(letter, "", KEYS.dead_letters).payload == data


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        # Too large for a column that is kept, but what it means.
        ("country", "GBR", True),
        ("rank", 70000, True),
        ("rank", "70000", True),
        ("since", "2026-02-30", True),
        # Of another type: perhaps another column's value.
        ("country", 5, False),
        ("rank", "ada@example.org", False),
        ("since", "ada@example.org", False),
        ("since", "Ada Lovelace BC", False),  # looks like a day before year 1
        ("since", {"ada": "x"}, False),
        # In a column that is treated, nothing that the treatment was not made for.
        ("phone", "+39 055 010 4477 and more", False),
        ("Email", "ada.lovelace@example.org", False),
        ("born", "1815-02-30", False),
        ("title", 5, False),
    ],
)
def test_a_faulty_value_is_shown_only_where_it_is_no_secret(
    column: str, value: Any, *, shown: bool
) -> None:
    found = treated(person({column: value}))
    assert (found["data"].get(column) == value) == shown
    assert (column in found["left_out"]["data"]) != shown


@pytest.mark.parametrize(
    "metadata",
    [
        {"operation": "Ada"},
        {"record_type": "Ada"},
        {"schema_name": ["Ada"]},
        {"table_name": {"Ada": 1}},
        {"stream_position": "Ada"},
        {"transaction_record_id": "Ada"},
        {"commit_timestamp": "Ada", "stream_position": None},
        {"partition_key_type": "Ada", "stream_position": None},
        {"transaction_id": "Ada", "stream_position": None},
        {"Ada@": "Ada", "stream_position": None},
    ],
)
def test_metadata_of_another_form_are_only_named(metadata: dict[str, Any]) -> None:
    given = {"operation": "insert", **metadata}
    data = record("Person", ROW, schema="crm", **given)
    found = treated(data)
    assert "Ada" not in json.dumps(found)
    names = [name.replace("_", "-") for name, value in metadata.items() if value is not None]
    assert set(names) <= {*found["left_out"]["metadata"], "Ada@"}


def test_a_name_that_looks_like_a_value_is_not_shown() -> None:
    odd = {"ada@example.org": 1, "+39 055": 2, "Ada Lovelace": 3}
    found = treated(person({**odd, "country": "GBR"}))
    assert found["left_out"]["data"] == ["(another name)", "iban", "notes", "spare"]


def test_a_repeated_member_is_left_out() -> None:
    data = person({"country": "GBR"}).replace(b'"title":', b'"phone": "Ada", "title":')
    assert "phone" in treated(data)["left_out"]["data"]


def test_a_part_that_dms_does_not_send_is_only_named() -> None:
    data = person({"country": "GBR"}).replace(b'{"metadata"', b'{"extra": ["Ada"], "metadata"')
    found = treated(data)
    assert found["left_out"][""] == ["extra"]
    assert "Ada" not in json.dumps(found)


def test_before_image_columns_among_the_row_are_treated_like_it() -> None:
    data = record("shop", {"id": "x", "BI_id": 4, "title": "a"}, "update", schema="north")
    found = treated(data, SCHEMAS_PLAN)
    assert found["data"] == {"BI_id": 4, "title": "a"}
    assert found["left_out"] == {"data": ["id"]}


def test_originals_are_kept_apart_where_they_are_in_the_clear() -> None:
    data = [person({"country": "GBR"}), b"{"]
    decoded = decode_fully(block(data), PLAN, KEYS, Originals.RESTRICTED)
    assert decoded.dead_letters["sealed_original"].null_count == 2
    assert decoded.restricted is not None
    assert [row["payload"] for row in decoded.restricted.to_pylist()] == data
    places = ["stream", "shard", "sequence_number"]
    assert decoded.restricted.select(places).equals(decoded.dead_letters.select(places))


def test_no_fault_no_original() -> None:
    decoded = decode_fully(block([person({})]), PLAN, KEYS, Originals.RESTRICTED)
    assert (len(decoded.dead_letters), decoded.restricted) == (0, None)


# Of digits, since letters pass a mask; in every place where nobody promised that it may be seen.
SECRET: Final = "42424242"
OTHER_DIGITS: Final = "\u0664\uff12\u0664\uff12\u0664\uff12\u0664\uff12"
PERSONAL: Final = ("number", "Email", "phone", "street", "title", "born", "notes", "spare", "iban")
VALUES: Final = st.sampled_from(
    [
        SECRET,
        OTHER_DIGITS,
        f"a {SECRET} b",
        SECRET * 50,
        int(SECRET),
        [SECRET],
        {SECRET: SECRET},
        f"{SECRET} BC",
    ]
)
FAULTS: Final[list[dict[str, Any]]] = [
    {"country": "GBR"},
    {"country": [SECRET]},
    {"rank": f"{SECRET}x"},
    {"since": f"{SECRET} BC"},
    {"number": None},
]
METADATA: Final = (
    *("operation", "record_type", "table_name", "stream_position", "commit_timestamp"),
    *("transaction_id", "partition_key_value", "partition_key_type", "something"),
)


def texts(decoded: DecodedBlock) -> str:
    sealed = decoded.dead_letters.drop_columns("sealed_original")
    return repr([sealed.to_pylist(), *(b.to_pylist() for b in decoded.changes.values())])


@given(
    personal=st.dictionaries(st.sampled_from(PERSONAL), VALUES),
    before=st.none() | st.dictionaries(st.sampled_from(PERSONAL), VALUES),
    metadata=st.dictionaries(st.sampled_from(METADATA), st.just(f"x{SECRET}")),
    fault=st.sampled_from(FAULTS),
    operation=st.sampled_from(["insert", "update", "delete", "load"]),
    cut=st.integers(0, 40),
    originals=st.sampled_from(Originals),
)
def test_no_personal_value_is_anywhere_but_in_the_original(
    *,
    personal: dict[str, Any],
    before: dict[str, Any] | None,
    metadata: dict[str, str],
    fault: dict[str, Any],
    operation: str,
    cut: int,
    originals: Originals,
) -> None:
    given_metadata = {"operation": operation, **metadata}
    data = record("Person", ROW | personal | fault, schema="crm", before=before, **given_metadata)
    data = data[: len(data) - max(cut - 30, 0)]  # most are whole
    decoded = decode_fully(block([data]), PLAN, KEYS, originals)
    assert SECRET not in texts(decoded)
    assert OTHER_DIGITS not in texts(decoded)
    for letter in decoded.dead_letters.to_pylist():
        if originals is Originals.SEALED:
            original = Original.open_sealed(letter, "", KEYS.dead_letters)
            assert original.payload == data
