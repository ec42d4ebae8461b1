"""The lists by which tests are spread over workers name files that are there and may be split."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.bootstrap import ROOT
from tests.conftest import LONGEST_FIRST, TESTS_APART


def files(start: str) -> list[Path]:
    path = ROOT / start
    return sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


@pytest.mark.parametrize("start", sorted({*TESTS_APART, *LONGEST_FIRST}))
def test_what_is_listed_is_there(start: str) -> None:
    assert (ROOT / start).exists()


@pytest.mark.parametrize("start", TESTS_APART)
def test_tests_that_run_apart_share_no_fixture(start: str) -> None:
    for file in files(start):
        assert "scope=" not in file.read_text(), file
