"""Which tests stay together where several workers run them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.conftest import FilesTogether


@pytest.mark.parametrize(
    ("test", "scope"),
    [
        ("tests/unit/test_x.py::test_a[p::q]", "tests/unit/test_x.py"),
        ("tests/contract/test_x.py::test_a", "tests/contract/test_x.py"),
        ("tests/integration/test_x.py::test_a", "tests/integration/test_x.py"),
        ("tests/integration/test_job.py::test_a", "tests/integration/test_job.py::test_a"),
        ("tests/histories/test_z.py::test_c[p]", "tests/histories/test_z.py::test_c[p]"),
    ],
)
def test_those_of_a_file_unless_they_share_nothing(test: str, scope: str) -> None:
    scheduler = cast("Any", FilesTogether)
    assert scheduler._split_scope(None, test) == scope
