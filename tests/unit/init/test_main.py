"""`starjoin init` writes what it was asked to write, and overwrites nothing unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.arguments import ExitCode, hide_passwords
from infra.catalogue.model import Catalogue
from infra.check.main import main as check
from infra.cli.main import main as starjoin
from infra.init import main as command
from infra.init.draft import Draft
from infra.init.main import OutputError, main, save
from infra.init.propose import propose
from tests.unit.init.test_catalogue import announce, load
from tests.unit.init.test_catalogue import save as save_records


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Of two tables, one of which refers to the other by a name."""
    number, text = {"type": "INT32", "nullable": False}, {"type": "STRING", "length": 20}
    return save_records(
        tmp_path,
        announce("buyer", {"buyer_id": number, "phone": text}, ["buyer_id"]),
        announce("sale", {"sale_id": number, "buyer_id": number}, ["sale_id"]),
        load("buyer", {"buyer_id": 1, "phone": "+49 221 123456"}),
    )


def test_a_file_of_records_becomes_a_declaration(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "mine.yaml"
    assert main(["--records", str(records), "--output", str(output)]) == ExitCode.DONE
    assert "guessed by names" in capsys.readouterr().out
    assert check(["--strict", str(output)]) == ExitCode.DONE
    content = yaml.safe_load(output.read_text())
    assert content["targets"]["sale_wide"]["columns"]["buyer_phone"] == "buyer.phone"
    assert content["tables"]["buyer"]["columns"]["phone"]["treatment"] == "mask"
    assert "+49" not in output.read_text()


def test_without_an_output_the_declaration_alone_is_printed(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--records", str(records)]) == ExitCode.DONE
    printed = capsys.readouterr()
    assert yaml.safe_load(printed.out)["name"] == "shop"
    assert printed.err.startswith("shop: 2 tables, 1 fact, 3 columns in targets\n")


def test_a_file_is_only_replaced_if_that_is_asked_for(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "mine.yaml"
    output.write_text("precious")
    arguments = ["--records", str(records), "--output", str(output)]
    assert main(arguments) == ExitCode.WRONG_ARGUMENTS
    assert output.read_text() == "precious"
    assert f"{output} is there already; --overwrite replaces it" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == ExitCode.DONE
    assert "targets:" in output.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml", "shop.jsonl"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    output = tmp_path / "mine.yaml"
    output.write_text("precious")
    with pytest.raises(OutputError, match="is there already"):
        save(output, "new", overwrite=False)
    assert output.read_text() == "precious"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("", "is a folder"),
        ("nowhere/mine.yaml", "there is no folder"),
        ("there.yaml", "is there already"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_source_is_read(
    output: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.yaml").touch()
    arguments = ["--records", str(tmp_path / "none"), "--output", str(tmp_path / output)]
    assert main(arguments) == ExitCode.WRONG_ARGUMENTS
    assert sentence in capsys.readouterr().err


def test_a_proposal_with_an_error_is_written_and_named(
    records: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def propose_wrongly(source: Catalogue) -> Draft:
        draft = propose(source)
        draft.targets[0].columns["odd"] = "nowhere.at_all"
        return draft

    monkeypatch.setattr(command, "propose", propose_wrongly)
    output = tmp_path / "mine.yaml"
    assert main(["--records", str(records), "--output", str(output)]) == ExitCode.FAILED
    assert "the proposal has an error, please correct it: line " in capsys.readouterr().err
    assert output.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dsn", "x", "--dns", "postgresql://u:s3cret@h/db"],
        ["--dsn", "x", "--dns", "postgresql://u:s3 cret@s3cret@h/db"],
        ["--dsn", "x", "host=h password=s3cret"],
        ["--dsn", "x", "host=h PASSWORD = 's3cret s3cret'"],
    ],
)
def test_wrong_arguments_are_refused_without_their_password(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        starjoin(["init", *arguments])
    said = capsys.readouterr().err
    assert "unrecognized arguments" in said
    assert "s3" not in said


def test_what_has_no_password_is_repeated_as_it_is() -> None:
    for text in ("unrecognized arguments: --histroies=3", "postgresql://h/db", "user@host"):
        assert hide_passwords(text) == text


def test_options_of_a_database_are_refused_for_records(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--records", str(records), "--schema", "x"])
    assert "--schema and --no-samples are for --dsn" in capsys.readouterr().err
