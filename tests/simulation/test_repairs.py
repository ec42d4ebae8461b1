"""Repairs in random histories: rows that are put once more, right above what is there.

Whatever is under way, restored, reloaded or replayed beside them: after every commit the warehouse
is the join at the cut, of changes and repairs by their positions.
"""

from __future__ import annotations

from typing import Any

import pytest

from flink_app.decode import rows
from flink_app.records.plan import REPAIR
from infra.simulation.choices import Choices
from infra.simulation.history import History
from infra.simulation.profile import Profile
from infra.simulation.shrink import run
from tests.simulation.many import run_seeds
from tests.simulation.profile import REPAIRS, REPAIRS_OF_COUNTED, REPAIRS_OF_UNCHANGED

HISTORIES = range(10)
PROFILES = pytest.mark.parametrize(
    "profile",
    [REPAIRS, REPAIRS_OF_COUNTED, REPAIRS_OF_UNCHANGED],
    ids=["every-shape", "rows-that-count", "columns-left-out"],
)


@PROFILES
def test_repairs_leave_the_warehouse_right(profile: Profile) -> None:
    assert run_seeds(HISTORIES, profile).wrong == {}


def test_rows_of_every_operation_are_repaired() -> None:
    repaired: set[str] = set()
    for seed in range(3):
        history = History(Choices(seed), REPAIRS)
        history.run()
        records = [record for shard in history.world.source.shards for record in shard]
        repaired |= {
            "delete" if record.versions[0].row is None else "insert"
            for record in records
            if record.versions and REPAIR.encode() in record.data
        }
    assert repaired == {"insert", "delete"}


def _stand_too_high(values: dict[str, Any], sent: dict[str, bool], position: str) -> None:
    if int(position[-16:], 16) == 0 and int(position[4:-16], 16):  # that of a repair
        position = position[:4] + 24 * "f" + position[-16:]
    rows_put_positions(values, sent, position)


rows_put_positions = rows._put_positions


def test_the_histories_see_repairs_that_overwrite_newer_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "_put_positions", _stand_too_high)
    assert run_seeds(HISTORIES, REPAIRS, until_wrong=True).wrong


def test_a_history_says_that_a_row_is_put_once_more() -> None:
    logs = [run(Choices(seed), REPAIRS).log for seed in range(3)]
    assert any("repair" in log for log in logs)
