from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_app.declaration import Treatment
from flink_app.privacy.treatments import mask, sha256, tokenise, treat

KEY = b"0123456789abcdef0123456789abcdef"

texts = st.text(st.characters(exclude_categories=["Cs"]))
columns = st.lists(st.none() | texts)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("+1-296-605-8486", "+*-***-***-****"),
        ("087-237-9316x2670", "***-***-****x****"),
        ("+1-786-503-2802x2357", "+*-***-***-****x****"),
        ("(055) 010 44.77", "(***) *** **.**"),
        ("no digits", "no digits"),
        ("", ""),
        # A masked value must not outgrow its column, so digits of two and more bytes stay.
        ("٣", "٣"),
    ],
)
def test_a_mask_hides_every_digit_and_nothing_else(value: str, masked: str) -> None:
    assert mask(value) == masked
    assert treat(pa.array([value]), Treatment.MASK, KEY).to_pylist() == [masked]


@given(texts)
def test_a_mask_is_as_long_as_the_value(value: str) -> None:
    assert len(mask(value).encode()) == len(value.encode())
    assert not set(mask(value)) & set("0123456789")


@given(texts)
def test_a_token_is_the_hmac_of_the_text(value: str) -> None:
    assert tokenise(value, KEY) == hmac.new(KEY, value.encode(), hashlib.sha256).hexdigest()
    assert sha256(value) == hashlib.sha256(value.encode()).hexdigest()


def test_a_token_of_the_standard() -> None:
    # RFC 4231, test case 2.
    assert tokenise("what do ya want for nothing?", b"Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_tokens_depend_on_the_key() -> None:
    assert tokenise("x", KEY) != tokenise("x", KEY + b"!")


@given(columns)
def test_columns_are_treated_as_their_values(values: list[str | None]) -> None:
    expected: dict[Treatment, Callable[[str], str]] = {
        Treatment.KEEP: lambda value: value,
        Treatment.MASK: mask,
        Treatment.SHA256: sha256,
        Treatment.TOKENISE: lambda value: tokenise(value, KEY),
        Treatment.REDACT: lambda _: "redacted",
    }
    column = pa.array(values, pa.string())
    for treatment, function in expected.items():
        treated = treat(column, treatment, KEY)
        assert treated.type == pa.string()
        assert treated.to_pylist() == [None if v is None else function(v) for v in values]
    assert expected.keys() == set(Treatment) - {Treatment.DROP}


@given(columns, st.data())
def test_slices_are_treated_as_their_values(values: list[str | None], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values)))
    column = pa.array(values, pa.string())
    for treatment in set(Treatment) - {Treatment.DROP}:
        whole = treat(column, treatment, KEY).to_pylist()
        assert treat(column.slice(start), treatment, KEY).to_pylist() == whole[start:]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (7, pa.int32(), "7"),
        (-(2**63), pa.int64(), "-9223372036854775808"),
        (Decimal("12.30"), pa.decimal128(12, 2), "12.30"),
        (True, pa.bool_(), "true"),
        (dt.date(2024, 2, 29), pa.date32(), "2024-02-29"),
        (dt.datetime(2024, 2, 29, 1), pa.timestamp("us"), "2024-02-29 01:00:00.000000"),  # noqa: DTZ001
    ],
)
def test_tokens_of_other_types_are_those_of_their_text(
    value: Any, kind: pa.DataType, text: str
) -> None:
    column = pa.array([value, None], kind)
    assert treat(column, Treatment.TOKENISE, KEY).to_pylist() == [tokenise(text, KEY), None]


def test_a_dropped_column_has_no_values() -> None:
    with pytest.raises(ValueError, match="no treated values"):
        treat(pa.array(["x"]), Treatment.DROP, KEY)


def test_a_token_of_bytes_is_that_of_their_hexadecimal_digits() -> None:
    column = pa.array([b"\x00\xff", None, b""], pa.binary())
    found = treat(column, Treatment.TOKENISE, KEY).to_pylist()
    assert found == [tokenise("00ff", KEY), None, tokenise("", KEY)]
    assert treat(column, Treatment.SHA256, KEY).to_pylist()[0] == sha256("00ff")
