"""Dead letters replayed once their cause is fixed: the warehouse is the join of the source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.replay.cli import main
from tests.support.running import Running, running
from tests.unit.stars import TICKET_SELLER_FILE

pytestmark = pytest.mark.integration

# Three ways in which a declaration can be wrong: a column that is shown, one that is treated, and
# what orders the changes, which no load has.
NARROW = (
    ("location: varchar(200)", "location: varchar(8)"),
    ("{type: varchar(320), treatment: tokenise}", "{type: varchar(12), treatment: tokenise}"),
    (
        "source_schema: ticket_seller\n",
        "source_schema: ticket_seller\nstream: {positions: mysql}\n",
    ),
)
VALUES = re.compile(r"Arena|Stein|example\.org|\+41")


def write(path: Path, *, fixed: bool) -> None:
    text = re.sub(r"stream: \{.*\}\n", "", TICKET_SELLER_FILE.read_text())
    for right, wrong in () if fixed else NARROW:
        assert right in text
        text = text.replace(right, wrong)
    path.write_text(text)


def widen(run: Running) -> None:
    """What the loader asks for when a column is longer than the table's."""
    connection = run.stack.warehouse()
    connection.cursor().execute(
        "ALTER TABLE public.sport_event_activity_base ALTER COLUMN location TYPE varchar(200)"
    )
    connection.close()


class Replay:
    """The command against a stack."""

    def __init__(self, run: Running, capsys: pytest.CaptureFixture[str]) -> None:
        self._run = run
        self._capsys = capsys

    def __call__(self, *arguments: str) -> int:
        """Runs it; gives how many it would put back, or has put."""
        assert main(["--properties", str(self._run.stack.properties), *arguments]) == 0
        output = self._capsys.readouterr().out
        assert not VALUES.search(output), output
        match = re.search(r"^to be put back: ([\d,]+)$", output, re.MULTILINE)
        assert match, output
        count = int(match[1].replace(",", ""))
        if "--apply" in arguments:
            self._run.put += count
        else:
            assert output.endswith("nothing was put back; give --apply to do it\n")
        return count


def test_a_fixed_declaration_and_a_replay_make_the_table_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = tmp_path / "ticket_seller.yaml"
    write(declaration, fixed=False)
    with running(tmp_path / "run", declaration=declaration) as run:
        for name, value in run.stack.environment().items():
            monkeypatch.setenv(name, value)
        replay = Replay(run, capsys)
        run.full_load()
        with run.minicluster() as job:
            run.wait_until_all_loaded()
            run.changes()
            dead = run.wait_until_all_loaded().dead_lettered
            savepoint = job.stop_with_savepoint()
        assert not run.example.differences()["sport_event_activity"].is_none
        write(declaration, fixed=True)
        widen(run)
        with run.minicluster(restore_from=savepoint, parallelism=3):
            before = run.progress()
            assert replay() == dead
            assert 0 < replay("--table", "sport_event") < dead
            assert replay("--reason", "no_position", "--until", "2000-01-01T00:00:00Z") == 0
            assert run.progress() == before

            some = replay("--table", "sport_event", "--limit", "20", "--apply")
            assert some == 20
            assert replay("--apply") == dead - some
            after = run.wait_until_all_loaded()
            run.assert_equal_to_source()
            assert after.dead_lettered == dead
            assert run.query("SELECT COUNT(*) FROM starjoin.replayed") == [(dead,)]

            assert replay("--apply") == 0
            # As after an end between putting and marking.
            forget(run)
            assert replay("--apply") > 0
            run.wait_until_all_loaded()
            run.assert_equal_to_source()
            assert replay() == 0


def forget(run: Running) -> None:
    """Takes the marks of every other replayed record away."""
    connection = run.stack.warehouse()
    connection.cursor().execute(
        "DELETE FROM starjoin.replayed WHERE RIGHT(sequence_number, 1) IN ('0', '2', '4', '6', '8')"
    )
    connection.close()
