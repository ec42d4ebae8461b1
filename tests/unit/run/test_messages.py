"""`starjoin run` says in a sentence why it does not start, before it has started anything."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from infra.arguments import ExitCode
from infra.local import toolchain
from infra.local.examples import EXAMPLES
from infra.local.toolchain import ToolchainError, check_java
from infra.run import main as run
from infra.run.declared import read_declared
from infra.run.errors import RunError
from infra.run.follow import explain_end
from infra.run.main import main
from infra.run.signals import interrupt_once
from infra.run.source import check_script, is_address
from infra.run.sql_file import explain_failure
from tests.unit.stars import TICKET_SELLER_FILE


@pytest.fixture(autouse=True)
def toolchain_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing is started."""
    monkeypatch.setattr(run, "check_java", lambda: None)
    monkeypatch.setattr(run, "connectors_jar", lambda: tmp_path / "jar")
    monkeypatch.setattr(run, "LocalStack", None)
    monkeypatch.chdir(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(arguments)
    printed = capsys.readouterr()
    assert printed.err.startswith("run: ")
    return code, printed.err.removeprefix("run: ").rstrip("\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["shop.yaml"], "there is no file shop.yaml; shipped examples are order_book and"),
        (["ticket_seler"], "there is no file ticket_seler; did you mean ticket_seller?"),
        ([str(TICKET_SELLER_FILE)], "--source is missing: a file of SQL that makes"),
        (
            ["ticket_seller", "--source", "no.sql"],
            "--source: there is no file no.sql; an address of a database begins with postgresql://",
        ),
        (["ticket_seller", "--keep", "taken/logs"], "--keep: taken/logs cannot be made: Not a dir"),
        (["ticket_seller", "--source", "."], "--source: . is a folder; name a file of SQL in it"),
        (
            ["ticket_seller", "--source", "mysql://root@localhost/shop"],
            "--source is not an address of a PostgreSQL: write it as postgresql://USER@HOST:5432/",
        ),
        (
            ["ticket_seller", "--source", "postgresql://a:b/c@d@localhost/shop"],
            "--source cannot be read: if user or password contain one of @ / %",
        ),
    ],
)
def test_wrong_arguments_are_explained(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("taken").touch()
    code, said = refused(capsys, *arguments)
    assert code == ExitCode.WRONG_ARGUMENTS
    assert said.startswith(sentence)
    assert "b/c" not in said


def test_a_database_that_does_not_answer_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    dsn = "postgresql://reader:secret@127.0.0.1:1/shop"
    code, said = refused(capsys, "ticket_seller", "--source", dsn)
    assert code == ExitCode.FAILED
    assert said == "nothing listens on 127.0.0.1, port 1: start the server, or write its port"


def test_every_fault_of_a_declaration_is_listed_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TICKET_SELLER_FILE.read_text()
    broken = text.replace("start_date: date", "start_date: day").replace("buyer.name", "buyr.name")
    (tmp_path / "broken.yaml").write_text(broken)
    code, said = refused(capsys, "broken.yaml", "--source", "x.sql")
    assert code == ExitCode.WRONG_ARGUMENTS
    first, *faults = said.splitlines()
    assert first == "the declaration cannot be used: 2 errors"
    assert [fault.split(" error: ")[0].rpartition(":")[0] for fault in faults] == [
        f"broken.yaml:{line}:{column}"
        for line, column in (place(broken, "day"), place(broken, "buyr.name"))
    ]


def place(text: str, word: str) -> tuple[int, int]:
    before = text[: text.index(word)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_a_folder_is_no_declaration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop").mkdir()
    code, said = refused(capsys, "shop", "--source", "x.sql")
    assert code == ExitCode.WRONG_ARGUMENTS
    assert "shop" in said


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_a_source(name: str) -> None:
    declared = read_declared(name)
    assert declared.script is not None
    assert declared.script.exists()
    assert "tables, " in declared.summary()


def test_a_file_goes_before_an_example_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "order_book").write_text(TICKET_SELLER_FILE.read_text())
    assert read_declared("order_book").star.declaration.name == "ticket_seller"


def test_an_archive_is_no_sql(tmp_path: Path) -> None:
    archive = tmp_path / "shop.dump"
    archive.write_bytes(b"PGDMP\x01\x0e")
    with pytest.raises(RunError, match=r"archive of pg_dump and no SQL; write it as SQL: pg_resto"):
        check_script(archive)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("postgresql://a@b/c", True),
        ("mysql://a@b/c", True),
        ("host=b dbname=c", True),
        ("service=shop", True),
        ("shop.sql", False),
        ("/data/a=b/shop.sql", False),
    ],
)
def test_addresses_are_told_apart_from_files(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            'psql:/a b/shop.sql:12: ERROR:  relation "x" does not exist\nLINE 1: ...\n',
            'shop.sql:12: relation "x" does not exist; correct the statement that ends there',
        ),
        (
            'psql:shop.sql:3: NOTICE:  hm\npsql:shop.sql:9: ERROR:  role "bob" does not exist\n',
            (
                'shop.sql:9: role "bob" does not exist; write CREATE ROLE at the file\'s '
                "head, or dump "
                "with --no-owner --no-privileges"
            ),
        ),
        (
            'psql:shop.sql:1: ERROR:  invalid byte sequence for encoding "UTF8": 0xfc\n',
            'shop.sql:1: invalid byte sequence for encoding "UTF8": 0xfc; save the file as UTF-8',
        ),
        ("psql: error: boom\n", "--source: shop.sql could not be run: psql: error: boom"),
        ("", "--source: shop.sql could not be run: it said nothing"),
    ],
)
def test_a_refused_statement_is_said_with_its_line(said: str, sentence: str) -> None:
    assert explain_failure(Path("shop.sql"), said) == sentence


def java(folder: Path, script: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo 'openjdk version \"17.0.2\" 2022' >&2", ""),
        ("echo 'openjdk version \"1.8.0_292\"' >&2", "is of version 1: apt-get install openjdk-17"),
        ("echo what >&2", "is of unknown version: apt-get install openjdk-17-jre-headless"),
    ],
)
def test_a_java_that_flink_cannot_run_on_is_named(
    script: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java(tmp_path, script)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if not sentence:
        check_java()
        return
    with pytest.raises(ToolchainError, match=sentence):
        check_java()


def test_no_java_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match=r"no java on the PATH: apt-get install openjdk-17-jr"):
        check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    with pytest.raises(ToolchainError, match=r"JAVA_HOME is .*gone, and .*cannot be started"):
        check_java()


def test_a_missing_toolchain_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(toolchain, "JAR", tmp_path / "none.jar")
    monkeypatch.setattr(run, "connectors_jar", toolchain.connectors_jar)
    code, said = refused(capsys, "ticket_seller")
    assert code == ExitCode.FAILED
    assert said.endswith("none.jar has not been built: run `python3 build.py build`")


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (
            (
                "py4j.protocol.Py4JJavaError: An error occurred while calling o1.get.\nTraceback\n"
                "flink_app.declaration.file.DeclarationError: x.yaml: no table\njava.lang.X: y\n"
            ),
            "x.yaml: no table",
        ),
        ("java.lang.Exception: no memory\n\tat x\n", "no memory"),
        ("job is running\n\n", "its process ended with 137 and gave no reason"),
    ],
)
def test_why_a_job_has_ended_is_taken_from_its_log(log: str, sentence: str) -> None:
    assert explain_end(log, 137) == f"the job has ended: {sentence} (--keep FOLDER keeps its log)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_is_interrupted_once(number: signal.Signals) -> None:
    steps = []

    def run() -> None:
        with interrupt_once():
            try:
                os.kill(os.getpid(), number)
            finally:
                os.kill(os.getpid(), number)
                steps.append("cleared away")

    # What the tests were started to ignore would stay ignored.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt):
            run()
        assert steps == ["cleared away"]
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupt_once():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
