"""`starjoin check`: what it prints for people and for scripts, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.arguments import ExitCode
from infra.check.main import main
from tests.unit.declaration.mistakes import SHOP
from tests.unit.stars import SHIPPED


def save(folder: Path, text: str, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_good_declaration_is_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path, SHOP)
    assert main([str(path)]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith(
        f"{path}: no errors, no warnings; 3 tables, 1 target\n"
    )


def test_shipped_declarations_have_no_errors() -> None:
    assert main([*map(str, SHIPPED)]) == ExitCode.DONE


def test_every_fault_has_a_line_that_editors_can_follow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = SHOP.replace("born: date", "born: uuid").replace("buyer.email", "byer.email")
    path = save(tmp_path, wrong)
    assert main([str(path)]) == ExitCode.FAILED
    first, second, summary = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}:16:13: error: tables.customer.columns.born.type: 'uuid' is")
    assert first.endswith("; declare varchar(36)")
    assert second.startswith(f"{path}:36:14: error: target purchases, column email: ")
    assert summary == f"{path}: 2 errors"


def test_several_files_are_checked_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = save(tmp_path, SHOP)
    bad = save(tmp_path, SHOP.replace("born: date", "born: uuid"), "bad.yaml")
    assert main([str(good), str(bad), str(good)]) == ExitCode.FAILED
    printed = capsys.readouterr().out
    assert printed.count(f"{good}: no errors") == 1
    assert f"{bad}: 1 error\n" in printed


def test_scripts_get_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path, SHOP.replace("{table: city,", "{table: citys,"))
    assert main([str(path), "--json"]) == ExitCode.FAILED
    found = json.loads(capsys.readouterr().out)
    assert found["files"] == [str(path)]
    assert found["errors"] == 1
    (finding,) = found["findings"]
    assert finding == {
        "file": str(path),
        "line": 19,
        "column": 21,
        "severity": "error",
        "place": "tables.customer.references.home.table",
        "message": "table customer, reference home: table 'citys' is not declared; did you mean "
        "city? Otherwise declare it under tables, where there are city, customer, purchase",
        "problem": "table 'citys' is not declared",
        "remedy": "did you mean city? Otherwise declare it under tables, where there are city, "
        "customer, purchase",
    }


@pytest.mark.parametrize("name", ["nothing.yaml", "."])
def test_a_file_that_cannot_be_read_is_no_finding(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / name)]) == ExitCode.WRONG_ARGUMENTS
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("check: ")


def test_options_of_the_simulation_are_sent_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(save(tmp_path, SHOP)), "--histories", "5"])
    assert "random histories are run by `simulate`" in capsys.readouterr().err
