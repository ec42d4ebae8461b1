"""The options of a repair, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.repair.command_line import parser
from infra.repair.main import main

GIVEN = ["--properties", "p.json", "--dsn", "host=nowhere"]


def test_it_plans_unless_it_is_said_to_do_it() -> None:
    assert not parser().parse_args(GIVEN).apply
    options = parser().parse_args([*GIVEN, "--apply", "--table", "a", "--target", "b"])
    assert options.apply
    assert options.table == ["a", "b"]
    assert options.limit == 1_000


@pytest.mark.parametrize("option", ["--sample=1%", "--tokens=leave-out", "--limit=0"])
def test_what_a_repair_cannot_do_is_refused(option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*GIVEN, option])
    assert ended.value.code == 2


def test_what_cannot_be_opened_is_not_repaired(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ["--properties", str(tmp_path / "p.json"), "--dsn", "host=nowhere"]
    assert main(missing) == 2
    assert "repair: " in capsys.readouterr().err
