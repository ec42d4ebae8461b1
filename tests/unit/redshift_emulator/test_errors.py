from __future__ import annotations

import pytest

from infra.redshift_emulator.errors import from_backend


@pytest.mark.parametrize(
    ("fields", "sqlstate", "words"),
    [
        (
            {"C": "40001", "M": "could not serialize access due to concurrent update"},
            "XX000",
            "1023",
        ),
        (
            {"C": "22001", "M": "value too long for type character varying(5)"},
            "XX000",
            "Value too long for character type",
        ),
        (
            {"C": "23514", "M": "violates check", "n": "redshift_bytes_2_varying_5"},
            "XX000",
            "Value too long for character type",
        ),
        ({"C": "23502", "M": "null value", "c": "id"}, "XX000", "Cannot insert a NULL value"),
        ({"C": "22003", "M": "numeric field overflow"}, "XX000", "Numeric data overflow"),
        ({"C": "42501", "M": "must be owner of view v"}, "42501", "must be owner of relation v"),
        ({"C": "42501", "M": "must be owner of table t"}, "42501", "must be owner of relation t"),
        ({"C": "42501", "M": "permission denied for table t"}, "42501", "denied for relation t"),
        ({"C": "42501", "M": "permission denied for schema s"}, "42501", "denied for schema s"),
        ({"C": "40P01", "M": "deadlock detected"}, "40P01", "deadlock detected"),
        ({"C": "42P01", "M": 'relation "x" does not exist'}, "42P01", "does not exist"),
        ({"C": "23514", "M": "violates check", "n": "other"}, "23514", "violates check"),
        ({"C": "21000", "M": "more than one row returned"}, "21000", "more than one row"),
    ],
)
def test_postgresqls_errors_in_redshifts_words(
    fields: dict[str, str], sqlstate: str, words: str
) -> None:
    answer = from_backend({"S": "ERROR", "V": "ERROR", "F": "x.c"} | fields)

    assert answer["C"] == sqlstate
    assert words in answer["M"]
    assert not answer.keys() & {"V", "F", "n", "c"}
