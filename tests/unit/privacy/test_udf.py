from __future__ import annotations

from typing import Any

import pytest

from flink_app.privacy.treatments import sha256, tokenise

# PyFlink's own tables use what it has deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated:DeprecationWarning")

KEY = b"0123456789abcdef0123456789abcdef"
VALUE = "No. \u0660\u0668\u0667-23"
EXPECTED = {
    "tokenise": tokenise(VALUE, KEY),
    "sha256": sha256(VALUE),
    "mask": "No. ***-**",
    "mask_text": "**. ***-**",
}


def functions() -> dict[str, Any]:
    from flink_app.privacy.udf import privacy_functions

    return dict(privacy_functions(KEY))


def called(name: str, value: str | None) -> Any:
    # What PyFlink calls for each row, without its JVM.
    return functions()[name]._func(value)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_function_for_sql_does_what_decode_does(name: str) -> None:
    assert called(name, VALUE) == EXPECTED[name]
    assert called(name, None) is None


def test_every_treatment_of_text_is_offered() -> None:
    assert functions().keys() == EXPECTED.keys()
