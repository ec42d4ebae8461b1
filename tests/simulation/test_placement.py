"""A dimension moves into the warehouse: its state goes on there, and the joins stay right."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from flink_app.denormalise.joiner import Joiner
from infra.simulation.choices import Choices
from infra.simulation.doubles import decode_by_rows
from infra.simulation.history import History
from infra.simulation.warehouse_check import WrongError
from tests.simulation.profile import PLAIN
from tests.simulation.stars import PLACED

SEEDS = range(25)


def move(seed: int) -> None:
    """Some business, a drained stream, a start under the other declaration, more business."""
    choices = Choices(seed)
    history = History(choices, replace(PLAIN, placed=0))
    world = history.world
    try:
        with decode_by_rows():
            for _ in range(8):
                history.workload.act()
            history.drain()
            world.redeclare(choices.one_of(PLACED[world.star.declaration.name]))
            world.fail(world.checkpoints[-1], 1 + choices.draw(3))
            for _ in range(8):
                history.workload.act()
            history.drain()
    finally:
        world.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_stream_knew_is_in_the_warehouse(seed: int) -> None:
    move(seed)


def test_without_its_state_the_dimension_would_be_missing() -> None:
    wrong = 0
    with patch.object(Joiner, "_hand_on", lambda *_: iter(())):
        for seed in SEEDS:
            try:
                move(seed)
            except WrongError:
                wrong += 1
    assert wrong
