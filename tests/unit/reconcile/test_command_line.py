"""The options that have rules of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from infra.reconcile.command_line import choose_remainder, parser
from infra.reconcile.main import main

GIVEN = ["--properties", "p.json", "--dsn", "host=nowhere"]


def test_a_daily_sample_comes_round_to_every_range() -> None:
    every = parser().parse_args([*GIVEN, "--sample", "2.5%"]).sample
    first = dt.date(2026, 1, 1)
    days = [first + dt.timedelta(days=day) for day in range(every)]
    assert every == 40
    assert sorted(choose_remainder(every, day) for day in days) == list(range(40))


@pytest.mark.parametrize("share", ["1", "0%", "101%", "x", "-1%"])
def test_what_is_no_share_is_refused(share: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*GIVEN, f"--sample={share}"])
    assert ended.value.code == 2
    assert "no share" in capsys.readouterr().err


def test_what_cannot_be_opened_is_not_comparable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ["--properties", str(tmp_path / "p.json"), "--dsn", "host=nowhere"]
    assert main(missing) == 2
    assert "reconcile: " in capsys.readouterr().err
