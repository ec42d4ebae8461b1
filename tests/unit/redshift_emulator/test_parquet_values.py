from __future__ import annotations

import pyarrow as pa

from infra.redshift_emulator.parquet_values import as_hex, misread_nanoseconds, replace_invalid


def test_nanoseconds_become_times_of_far_years() -> None:
    numbers = [0, 1_694_390_400_000_000_000, -62_135_596_800_000_001, None]
    times = pa.array(numbers, pa.int64()).cast(pa.timestamp("ns"))
    assert misread_nanoseconds(times).to_pylist() == [
        "1970-01-01 00:00:00.000000",
        "55663-02-04 00:00:00.000000",
        "0001-12-31 23:59:59.999999 BC",
        None,
    ]


def test_what_is_no_utf_8_is_replaced() -> None:
    assert replace_invalid(pa.array([b"a\xffb\xc3", "é".encode(), None]), "?").to_pylist() == [
        "a?b?",
        "é",
        None,
    ]


def test_bytes_are_hexadecimal_digits() -> None:
    assert as_hex(pa.array([b"\x00\xff", b"", None])).to_pylist() == ["\\x00ff", "\\x", None]
