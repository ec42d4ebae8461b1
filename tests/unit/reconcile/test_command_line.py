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


@pytest.mark.parametrize("text", ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00+01:00"])
def test_since_is_a_time_with_its_zone(text: str) -> None:
    since = parser().parse_args([*GIVEN, "--since", text]).since
    assert since == dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def test_since_may_be_so_long_ago() -> None:
    before = dt.datetime.now(dt.UTC)
    since = parser().parse_args([*GIVEN, "--since", "36h"]).since
    assert before - dt.timedelta(hours=36) <= since
    assert since <= dt.datetime.now(dt.UTC) - dt.timedelta(hours=36)


@pytest.mark.parametrize("text", ["2026-11-23T10:00:00", "yesterday", "24", "-1h"])
def test_what_is_no_time_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*GIVEN, f"--since={text}"])
    assert ended.value.code == 2
    assert "is no time" in capsys.readouterr().err


def test_what_cannot_be_opened_is_not_comparable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ["--properties", str(tmp_path / "p.json"), "--dsn", "host=nowhere"]
    assert main(missing) == 2
    assert "reconcile: " in capsys.readouterr().err
