"""No text that leaves decode holds a value that is treated, and no fault holds any value."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from flink_app.dead_letters.sealing import Origin, Original, SealedOriginalError
from tests.support.decoding import DecodedBlock
from tests.unit.decode.records import (
    COMPANY,
    KEYS,
    OTHER_KEYS,
    PORT,
    company,
    decode,
    port,
    record,
    region,
)
from tests.unit.decode.twists import mangled

MARKED: Final = "Zq7xMarked"
ORIGINAL: Final = Original("key", b"payload")
ORIGIN: Final = Origin("shop", "changes", "shard-0", "7", 1_000)
SEALED: Final = ORIGINAL.seal(KEYS.dead_letters, ORIGIN)
SECRETS: Final = ("Zq7", "zq7", "Marked", "424242", "5a71377")

FAULTY: Final = [
    record("Companies", COMPANY | {"trade_name": MARKED, "home": MARKED}),
    record("Companies", COMPANY | {"trade_name": MARKED * 10}),
    record("Companies", COMPANY | {"trade_name": [MARKED]}),
    record("Companies", COMPANY | {"trade_name": MARKED, "ID": None}),
    record("Companies", COMPANY | {"trade_name": MARKED, "ID": "424242x"}),
    record("Companies", COMPANY | {"ID": 424242 * 10**18}),
    record("Companies", COMPANY | {"home": 42424242424242}),
    record("Companies", COMPANY | {MARKED: MARKED}, "truncate"),
    record("Companies", COMPANY | {"trade_name": MARKED}, stream_position=MARKED),
    record("Companies", COMPANY, transaction_record_id=MARKED),
    record("Companies", COMPANY, "update", before={"ID": MARKED}),
    record("Companies", COMPANY, MARKED),
    record("Companies", COMPANY, record_type=MARKED),
    record("Companies", COMPANY, table_name=[MARKED]),
    record("region", {"country": "NO", "code": MARKED}),
    record("port", PORT | {"surveyed": f"424242{MARKED}"}),
    record("port", PORT | {"depth": 424242424242424242424242424242424242.5}),
    record("port", PORT | {"depth": f"4.24242{MARKED}"}),
    *[
        data
        for at in (1, 100, 300)
        for damaged in mangled(company(trade_name=MARKED), at)
        for data in damaged
    ],
]


def texts(decoded: DecodedBlock) -> list[str]:
    """All that decode says of its own, and the changes; `test_treated` looks at treated records."""
    letters = decoded.dead_letters.drop_columns(["sealed_original", "treated"])
    batches = [letters, *decoded.changes.values()]
    return [
        *(repr(batch.to_pylist()) for batch in batches),
        repr(decoded.accounts),
    ]


@pytest.mark.parametrize("data", FAULTY, ids=range(len(FAULTY)))
def test_a_fault_is_reported_without_the_value(data: bytes) -> None:
    decoded = decode([region(), data, port()])
    # A damaged record may still be a sound one; then its marked column is only masked.
    letters = decoded.dead_letters.to_pylist()
    for text in texts(decoded) if letters else []:
        assert not [secret for secret in SECRETS if secret in text], text


def test_the_faulty_records_are_faulty() -> None:
    sound = [data for data in FAULTY[:18] if not len(decode([data]).dead_letters)]
    assert sound == []


def test_a_sealed_original_shows_nothing_and_opens_with_the_applications_key() -> None:
    for data in FAULTY[:18]:
        (letter,) = decode([data]).dead_letters.to_pylist()
        sealed = letter["sealed_original"]
        assert not [secret for secret in SECRETS if secret.encode() in sealed]
        assert Original.open_sealed(letter, "", KEYS.dead_letters) == Original("", data)


def test_a_sealed_original_opens_with_no_other_key() -> None:
    (letter,) = decode([b"{"]).dead_letters.to_pylist()
    for key in (OTHER_KEYS.dead_letters, KEYS.tokens[:32]):
        with pytest.raises(SealedOriginalError, match="sealed under another secret, altered"):
            Original.open_sealed(letter, "", key)


@pytest.mark.parametrize("takes_earlier", [False, True])
@pytest.mark.parametrize("at", [0, 7, 8, 20, -1])
def test_an_altered_original_does_not_open(at: int, *, takes_earlier: bool) -> None:
    sealed = bytearray(SEALED)
    sealed[at] ^= 1
    with pytest.raises(SealedOriginalError):
        Original.unseal(bytes(sealed), KEYS.dead_letters, ORIGIN, takes_earlier=takes_earlier)


@pytest.mark.parametrize("length", [0, 5, 8, 12, 20, 40])
def test_an_original_that_was_cut_does_not_open(length: int) -> None:
    with pytest.raises(SealedOriginalError):
        Original.unseal(SEALED[:length], KEYS.dead_letters, ORIGIN, takes_earlier=True)


@pytest.mark.parametrize(
    "other",
    [
        replace(ORIGIN, application="other"),
        replace(ORIGIN, stream="other"),
        replace(ORIGIN, shard="shard-1"),
        replace(ORIGIN, sequence_number="8"),
        replace(ORIGIN, arrival_ms=1_001),
        replace(ORIGIN, arrival_ms=None),
        replace(ORIGIN, application="shopc", stream="hanges"),
        replace(ORIGIN, application="", stream="shopchanges"),
        replace(ORIGIN, shard="shard-07", sequence_number=""),
    ],
)
@pytest.mark.parametrize("takes_earlier", [False, True])
def test_a_sealed_original_opens_in_its_own_place_alone(
    other: Origin, *, takes_earlier: bool
) -> None:
    assert Original.unseal(SEALED, KEYS.dead_letters, ORIGIN) == ORIGINAL
    with pytest.raises(SealedOriginalError, match="moved here from another dead letter") as caught:
        Original.unseal(SEALED, KEYS.dead_letters, other, takes_earlier=takes_earlier)
    assert str(other) in str(caught.value)


def test_equal_originals_are_sealed_apart() -> None:
    assert ORIGINAL.seal(KEYS.dead_letters, ORIGIN) != SEALED


@pytest.mark.parametrize(
    ("data", "column", "treated"),
    [
        (record("register", {"company_id": 1, "number": MARKED}), "number", None),
        (company(trade_name="424242"), "trade_name", "******"),
    ],
)
def test_treated_columns_leave_decode_treated(
    data: bytes, column: str, treated: str | None
) -> None:
    decoded = decode([data])
    (batch,) = decoded.changes.values()
    if treated is not None:
        assert batch.column(column).to_pylist() == [treated]
    for text in texts(decoded):
        assert not [secret for secret in SECRETS if secret in text], text


def test_dropped_and_unused_columns_do_not_leave_decode() -> None:
    decoded = decode([company(remark=MARKED, unused=MARKED)])
    assert decoded.changes["company"].schema.names == [
        "company_id",
        "trade_name",
        "home",
        "_pos",
        "_deleted",
    ]
    for text in texts(decoded):
        assert MARKED not in text
