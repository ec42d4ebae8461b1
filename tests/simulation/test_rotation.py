"""The privacy secret is rotated between two starts: what each place refuses, and what it guards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

import pytest

from connectors.redshift import loader
from connectors.redshift import start as start_module
from connectors.redshift.errors import KeyChangedError
from connectors.redshift.names import Names
from flink_app.denormalise import durable
from flink_app.privacy.keys import PrivacyKeys, WrongKeyError
from infra.simulation.channels import Checkpoint
from infra.simulation.choices import Choices
from infra.simulation.database import BOOKKEEPING
from infra.simulation.doubles import decode_by_rows
from infra.simulation.history import History
from infra.simulation.warehouse_check import WrongError
from infra.simulation.world import KEYS, World
from tests.simulation.profile import PLAIN

OTHER = PrivacyKeys.from_secret(b"another secret of the simulation, 46 bytes ...")
NAMES = Names(BOOKKEEPING)
NO_GUARD: dict[str, tuple[object, str]] = {
    "state": (durable, "_check_key"),
    "bookkeeping": (start_module, "check_key"),
    "parts": (loader, "check_part_keys"),
}


@contextmanager
def loaded(seed: int = 1) -> Iterator[History]:
    """Some business of a star with tokens, all of it in the warehouse."""
    while not (history := History(Choices(seed), replace(PLAIN, placed=0))).world.star.tokenises:
        history.world.close()
        seed += 1
    try:
        with decode_by_rows():
            for _ in range(12):
                history.workload.act()
            history.drain()
            yield history
    finally:
        history.world.close()


def content(world: World) -> dict[str, list[str]]:
    """Targets and bookkeeping tables as they are."""
    tables = [NAMES.base(target) for target in world.spec.targets]
    tables += [NAMES.tombstones(target) for target in world.spec.targets]
    tables += [NAMES.ledger, NAMES.fence, NAMES.account, NAMES.outcome, NAMES.value_key]
    return {
        name: sorted(map(repr, world.database.query(f"SELECT * FROM {name}"))) for name in tables
    }


def start(history: History, keys: PrivacyKeys, checkpoint: Checkpoint) -> None:
    history.world.rotate(keys)
    history.world.fail(checkpoint, 2)


def go_on(history: History) -> None:
    for _ in range(12):
        history.workload.act()
    history.drain()


def test_state_of_another_key_is_refused_and_the_former_one_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with loaded() as history:
        last, before = history.world.checkpoints[-1], content(history.world)
        start(history, OTHER, last)
        with pytest.raises(WrongKeyError, match=f"tokens of key {KEYS.key_id}"):
            go_on(history)
        assert content(history.world) == before
        start(history, KEYS, last)
        history.drain()
        assert "shows the declared columns now" not in caplog.text, "views are as they were"


def test_a_start_without_state_under_another_key_is_refused_by_the_bookkeeping_tables() -> None:
    with loaded() as history:
        world = history.world
        last, before = world.checkpoints[-1], content(world)
        kept = list(world.checkpoints)
        start(history, OTHER, world.checkpoints[0])
        with pytest.raises(KeyChangedError, match=f"filled under key {KEYS.key_id}"):
            go_on(history)
        assert content(world) == before
        world.checkpoints[:] = kept
        start(history, KEYS, last)
        history.drain()


def test_parts_that_were_staged_under_another_key_are_never_loaded() -> None:
    """As after a start while the warehouse was out of reach."""
    with loaded() as history:
        world = history.world
        last, before, kept = world.checkpoints[-1], content(world), list(world.checkpoints)
        start(history, OTHER, world.checkpoints[0])
        world.run_reads()
        world.run_checkpoint()
        staged = world.checkpoints[-1]
        start(history, KEYS, staged)
        world.attempt.announce()
        for _ in range(4):
            world.run_loads()
        assert world.attempt.list_pending()
        after = content(world)
        fence = after.pop(NAMES.fence)
        assert after.items() < before.items()
        assert fence != before[NAMES.fence]  # the start itself is of the right key
        world.checkpoints[:] = kept  # the snapshot from before, as the sentence says
        start(history, KEYS, last)
        history.drain()


@pytest.mark.parametrize("left_out", [{"state", "bookkeeping"}, {"bookkeeping", "parts"}])
def test_without_its_guards_the_warehouse_would_not_be_the_join(left_out: set[str]) -> None:
    with loaded() as history, ExitStack() as patches:
        for name in left_out:
            patches.enter_context(patch.object(*NO_GUARD[name], lambda *_: None))
        world = history.world
        start(history, OTHER, world.checkpoints[-1 if "state" in left_out else 0])
        with pytest.raises(WrongError):
            go_on(history)
