"""A source that changed while the job was stopped, by mode: the declaration finds it out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.running import Running, running
from tests.unit.stars import TICKET_SELLER_FILE

pytestmark = pytest.mark.integration

WHILE_STOPPED = """
ALTER TABLE ticket DROP COLUMN seat_location;
ALTER TABLE ticket ALTER COLUMN seat_level TYPE varchar(120);
UPDATE ticket SET seat_level = repeat('x', 100) WHERE ticket_id = 1;
UPDATE ticket SET seat_level = 'Gallery', ticket_price = NULL WHERE ticket_id = 2;
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as run:
        yield run


def declare(run: Running, mode: str, *, fixed: bool = False) -> None:
    """Gives the job the shipped declaration in this mode; fixed, it follows the source."""
    content: Any = yaml.safe_load(TICKET_SELLER_FILE.read_text())
    content["stream"] = {"schema_changes": mode}
    if fixed:
        columns = content["tables"]["ticket"]["columns"]
        del (
            columns["seat_location"],
            content["targets"]["sport_event_activity"]["columns"]["seat_location"],
        )
        columns["seat_level"] = "varchar(120)"
    file = run.folder / f"{mode}-{fixed}.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    groups = json.loads(run.stack.properties.read_text())
    for group in groups:
        if group["PropertyGroupId"] == "starjoin.application":
            group["PropertyMap"]["declaration"] = str(file)
    run.stack.properties.write_text(json.dumps(groups))


def seats(run: Running, ticket: int) -> tuple[Any, ...]:
    # Of the base table: the view no longer shows a column that has left the declaration.
    sql = "SELECT seat_level, seat_location, ticket_price FROM sport_event_activity_base"
    (row,) = run.query(f"{sql} WHERE ticket_id = {ticket}")
    return row


def test_a_column_dropped_and_another_widened_while_the_job_was_stopped(started: Running) -> None:
    started.full_load()
    with started.minicluster() as job:
        started.wait_until_all_loaded()
        savepoint = job.stop_with_savepoint()
    example = started.example
    example.database.run(WHILE_STOPPED)
    # The task says again what its tables are, as it does when it starts.
    entries = [*example.database.task.announce(), *example.database.changes()]
    started.put += example.put(entries)

    declare(started, "evolve")
    with started.minicluster(restore_from=savepoint):
        started.wait_for_log(
            "SchemaChangedError: table ticket, column seat_level: the declared type"
        )
    assert seats(started, 2) == ("Standard", "S-2", 100)

    declare(started, "lenient")
    with started.minicluster(restore_from=savepoint):
        seen = started.wait_until_all_loaded()
        gone = "Schema: table ticket, column seat_location: the source no longer has it"
        started.wait_for_log(gone)
    # An update that lacks the column is a dead letter: what is loaded stays.
    assert seen.dead_lettered == 2
    assert seats(started, 1) == ("Standard", "S-1", 100)
    assert seats(started, 2) == ("Standard", "S-2", 100)

    declare(started, "evolve", fixed=True)
    with started.minicluster(restore_from=savepoint):
        started.wait(lambda _: seats(started, 1)[0] == "x" * 100, "the longer text")
    assert seats(started, 2) == ("Gallery", "S-2", None)
    (length,) = started.query(
        "SELECT character_maximum_length FROM information_schema.columns "
        "WHERE table_name = 'sport_event_activity_base' AND column_name = 'seat_level'"
    )
    assert tuple(length) == (120,)
