from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import sys
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_app.declaration import Treatment
from flink_app.privacy.treatments import (
    DroppedColumnError,
    mask,
    mask_text,
    sha256,
    tokenise,
    treat,
)

KEY = b"0123456789abcdef0123456789abcdef"

texts = st.text(st.characters(exclude_categories=["Cs"]))
ascii_texts = st.text(st.characters(max_codepoint=0x7F))
# Columns of ASCII alone are masked in another way than others.
columns = st.lists(st.none() | texts) | st.lists(st.none() | ascii_texts)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("+1-296-605-8486", "+*-***-***-****"),
        ("087-237-9316x2670", "***-***-****x****"),
        ("+1-786-503-2802x2357", "+*-***-***-****x****"),
        ("(055) 010 44.77", "(***) *** **.**"),
        ("no digits", "no digits"),
        ("", ""),
        ("\u0660\u0665\u0665-\u0660\u0661\u0660", "***-***"),  # Arabic-Indic
        ("\uff10\uff15\uff15 x7", "*** x*"),  # full width
        ("\U0001d7d8\U0001e950\U0001e4f9", "***"),  # beyond the basic plane
        ("m², ½, Ⅷ, ①", "m², ½, Ⅷ, ①"),  # numbers, but no decimal digits
    ],
)
def test_a_mask_hides_every_decimal_digit_and_nothing_else(value: str, masked: str) -> None:
    assert mask(value) == masked
    assert treat(pa.array([value]), Treatment.MASK, KEY).to_pylist() == [masked]


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("12 Main Street, flat 3-B", "** **** ******, **** *-*"),
        ("Rue de l'Église, nº 5", "*** ** *'******, ** *"),
        ("E\u0301", "**"),  # a letter and a combining mark
        ("\u0443\u043b\u0438\u0446\u0430 \u041c\u0438\u0440\u0430, \u0434. 7", "***** ****, *. *"),
        ("東京都\u3000〒100\u2013\u0663", "***\u3000****\u2013*"),
        ("½ Ⅷ m² ①", "* * ** *"),
        ("5 € + 3 $ 😀 ~", "* * * * * * *"),
        ("a\tb\nc\u00a0d", "*\t*\n*\u00a0*"),
        ("\u200d\ue000\U000e0041", "***"),  # a format character, private use, a tag
        ("-_.:;!?()[]{}/\\@#%&*\"'«»", "-_.:;!?()[]{}/\\@#%&*\"'«»"),
        ("", ""),
    ],
)
def test_a_mask_of_text_keeps_punctuation_and_white_space_only(value: str, masked: str) -> None:
    assert mask_text(value) == masked
    assert treat(pa.array([value]), Treatment.MASK_TEXT, KEY).to_pylist() == [masked]


@pytest.mark.slow
def test_both_masks_agree_with_unicode_on_every_character_on_both_paths() -> None:
    everything = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    masked = treat(pa.array(everything), Treatment.MASK, KEY).to_pylist()
    of_text = treat(pa.array(everything), Treatment.MASK_TEXT, KEY).to_pylist()
    assert masked == [mask(character) for character in everything]
    assert of_text == [mask_text(character) for character in everything]
    categories = [unicodedata.category(character) for character in everything]
    for character, category, digit, letter in zip(
        everything, categories, masked, of_text, strict=True
    ):
        # A later Unicode version than Python's may have made a digit of what is unassigned here.
        assert digit == ("*" if category == "Nd" else character) or (digit, category) == ("*", "Cn")
        stays = category[0] in "PZ" or character in "\t\n\v\f\r\x85"
        assert letter == (character if stays else "*")


@given(texts)
def test_a_masked_value_is_never_longer_than_the_value(value: str) -> None:
    for masked in (mask(value), mask_text(value)):
        assert len(masked) == len(value)
        assert len(masked.encode()) <= len(value.encode())
        assert not any(character.isdecimal() for character in masked)
    assert not any(character.isalnum() for character in mask_text(value))


@given(texts)
def test_a_token_is_the_hmac_of_the_text(value: str) -> None:
    assert tokenise(value, KEY) == hmac.new(KEY, value.encode(), hashlib.sha256).hexdigest()
    assert sha256(value) == hashlib.sha256(value.encode()).hexdigest()


def test_a_token_of_the_standard() -> None:
    # RFC 4231, test case 2.
    assert tokenise("what do ya want for nothing?", b"Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])  # SHA-256 has blocks of 64 bytes
def test_tokens_of_columns_are_those_of_values_under_keys_of_any_length(length: int) -> None:
    key = bytes(range(length))
    treated = treat(pa.array(["x", None, ""]), Treatment.TOKENISE, key).to_pylist()
    assert treated == [tokenise("x", key), None, tokenise("", key)]


@pytest.mark.parametrize("treatment", [Treatment.MASK, Treatment.MASK_TEXT])
def test_what_lies_below_a_null_is_not_shown(treatment: Treatment) -> None:
    column = pa.StringArray.from_buffers(
        2,
        pa.py_buffer(np.array([0, 4, 8], np.int32)),
        pa.py_buffer(b"a123b456"),
        pa.py_buffer(b"\2"),
    )
    assert treat(column, treatment, KEY).to_pylist()[0] is None


def test_tokens_depend_on_the_key() -> None:
    assert tokenise("x", KEY) != tokenise("x", KEY + b"!")


@given(columns)
def test_columns_are_treated_as_their_values(values: list[str | None]) -> None:
    expected: dict[Treatment, Callable[[str], str]] = {
        Treatment.KEEP: lambda value: value,
        Treatment.MASK: mask,
        Treatment.MASK_TEXT: mask_text,
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
    with pytest.raises(DroppedColumnError, match="no treated values"):
        treat(pa.array(["x"]), Treatment.DROP, KEY)


def test_a_token_of_bytes_is_that_of_their_hexadecimal_digits() -> None:
    column = pa.array([b"\x00\xff", None, b""], pa.binary())
    found = treat(column, Treatment.TOKENISE, KEY).to_pylist()
    assert found == [tokenise("00ff", KEY), None, tokenise("", KEY)]
    assert treat(column, Treatment.SHA256, KEY).to_pylist()[0] == sha256("00ff")
