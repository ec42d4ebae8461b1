"""A reload on the local stack: rows that vanished without a change record go, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from flink_app.positions.generations import Generations
from tests.support.running import Running, running

pytestmark = pytest.mark.integration

TARGET: Final = "sport_event_activity"
# While DMS is stopped: nothing of it reaches the stream. Purchases go, and an event, a customer and
# a ticket that others refer to; a purchase and a customer are others than before.
UNSEEN: Final = """
DELETE FROM ticket_activity WHERE ticket_id IN (2, 1600, 1601);
DELETE FROM sport_event WHERE event_id = 37;
DELETE FROM customer WHERE customer_id = 1010;
DELETE FROM ticket WHERE ticket_id = 1602;
UPDATE ticket_activity SET purchased_by = 224 WHERE ticket_id = 1603;
UPDATE customer SET name = 'Another Name' WHERE customer_id = 1011;
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as run:
        yield run


def test_a_reload_with_a_floor_makes_the_warehouse_the_join_again(started: Running) -> None:
    started.full_load()
    with started.minicluster() as job:
        started.wait_until_all_loaded()
        started.assert_equal_to_source()
        savepoint = job.stop_with_savepoint()

    # Changes of the old generation that are still unread when the new one begins.
    started.changes()
    started.example.database.run(UNSEEN)
    assert started.example.database.changes()
    boundary = int(time.time()) + 1
    while time.time() < boundary:
        time.sleep(boundary - time.time())
    generations = Generations().extend(2, boundary * 1_000)
    started.configure(generations=generations)
    started.reload()
    with started.minicluster(restore_from=savepoint, parallelism=3) as job:
        started.wait_until_all_loaded()
        difference = started.example.differences()[TARGET]
        assert {2, 1600, 1601} <= {row[0] for row in difference.only_in_warehouse}
        savepoint = job.stop_with_savepoint()

    # Nothing is on the stream that is not loaded: the sweep needs no part.
    started.configure(generations=generations, floor=2)
    with started.minicluster(restore_from=savepoint):
        started.wait_for_floor(2)
        started.assert_equal_to_source()
        assert not started.query(
            f"SELECT ticket_id FROM public.{TARGET}_base WHERE _pos < FROM_HEX('0002') "
            "OR (_pos_buyer < FROM_HEX('0002') AND _pos_buyer > FROM_HEX('0001'))"
        )
        started.changes(started.example.script("later"))
        started.wait_until_all_loaded()
        started.assert_equal_to_source()
