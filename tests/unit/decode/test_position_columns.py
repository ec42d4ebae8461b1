"""Which stream-positions are of PostgreSQL's form, found by characters, against the pattern."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flink_app.decode.hexadecimal import hex_digits
from flink_app.decode.position_columns import _COMMIT, _postgresql
from flink_app.positions.position import POSTGRESQL, WIDTH

WELL_FORMED = "0000000D/51A3C8E0.3.0000000D/51A3C8E0"
DAMAGED = st.builds(
    lambda at, text: WELL_FORMED[:at] + text + WELL_FORMED[at + 1 :],
    st.integers(0, len(WELL_FORMED)),
    st.sampled_from(["", "g", "/", ".", ":", "f", "0", "é", "\0", "0/"]),
)
TEXTS = DAMAGED | st.sampled_from(
    [None, "", WELL_FORMED, WELL_FORMED[:18], WELL_FORMED[:17], "00000000/00000000.", "mysql.1:2"]
)


@given(st.lists(TEXTS, max_size=8), st.integers(0, 3))
@example(["0000000D/51A3C8E0", ".0000000D/51A3C8E0."], 0)
def test_the_form_is_that_of_the_pattern(texts: list[str | None], start: int) -> None:
    streams = pa.array(texts, pa.string()).slice(start)
    kept = texts[start:]
    digits = np.full((len(kept), WIDTH), ord("0"), np.uint8)
    unplaced = np.array([number % 3 != 2 for number in range(len(kept))], np.bool_)
    formed, good = _postgresql(streams, unplaced, digits)
    expected = [
        is_open and text is not None and re.match(POSTGRESQL, text) is not None
        for text, is_open in zip(kept, unplaced.tolist(), strict=True)
    ]
    assert formed.tolist() == expected
    for text, is_formed, is_good, row in zip(kept, expected, good.tolist(), digits, strict=True):
        commit = f"{text[:8]}{text[9:17]}".lower() if text and is_formed else "0" * 16
        assert row[_COMMIT : _COMMIT + 16].tobytes().decode() == commit
        assert is_good == (is_formed and int(commit, 16) > 0)


@pytest.mark.parametrize("width", [1, 8])
def test_every_octet_has_its_two_digits(width: int) -> None:
    octets = np.arange(256, dtype=np.uint8).reshape(-1, width)
    assert hex_digits(octets).tobytes().decode() == bytes(range(256)).hex()
    assert hex_digits(octets).shape == (256 // width, 2 * width)
