"""The loader against a warehouse that fails: the seams around COMMIT, and who may load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from connectors.accounts import Account
from connectors.blocks import Block, Kind
from connectors.redshift.errors import FenceLost, NeedsRepair, OutcomeUnknown, RetryLoad
from connectors.redshift.loader import Loader
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.clients import Clients
from flink_app.decode.position import UNKNOWN, position
from infra.local.redshift import Rule, When
from infra.local.redshift.faults import Action
from tests.running import Running, running

pytestmark = pytest.mark.faults

START = 1_000
TARGET = "sport_event_activity"
FACT = "ticket_activity"
# COMMITs of loads, not of the loader's start.
IN_A_LOAD = r"^\s*copy\b"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("loader")) as run:
        yield run


@pytest.fixture
def loader(started: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loader]:
    for name, value in started.stack.environment().items():
        monkeypatch.setenv(name, value)
    for schema in ("starjoin", "public"):
        for (table,) in started.query(
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"
        ):
            connection = started.stack.warehouse()
            connection.cursor().execute(f'DROP TABLE "{schema}"."{table}"')
            connection.close()
    made = _loader(started)
    made.start(START)
    yield made
    started.stack.redshift.faults.clear()


def _loader(run: Running, application: str | None = None) -> Loader:
    settings = run.stack.settings
    if application is not None:
        own = settings.application.model_copy(update={"name": application})
        settings = settings.model_copy(update={"application": own})
    return Clients(settings).loader(run.example.star)


def _parts(run: Running, *tickets: int, number: int = 1) -> list[Part]:
    """Staged parts of an epoch: one fact a ticket, and the account of what was read."""
    schema = run.example.star.wide_schema(TARGET)
    facts = [_wide_row(schema, ticket, number) for ticket in tickets]
    writer = PartWriter(Clients(run.stack.settings).staging_store())
    batch = pa.RecordBatch.from_pylist(facts, schema=schema)
    writer.add(Block(Kind.ROWS, TARGET, batch))
    parts = writer.close(epoch=1)
    account = Account("changes", "shard", FACT, "1", str(number), len(tickets), 0, 0, 0, None)
    return [*parts, Part(Part.new_name(), Kind.ACCOUNT, "", 1, epoch=1, accounts=(account,))]


def _wide_row(schema: pa.Schema, ticket: int, number: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(schema.names)
    row.update((name, UNKNOWN) for name in schema.names if name.startswith("_pos_"))
    return row | {"ticket_id": ticket, "_pos": position(1, number, 0), "_deleted": False}


def _tickets(run: Running) -> list[int]:
    return [int(row[0]) for row in run.example.loaded(TARGET)]


def test_a_reply_lost_after_commit_is_found_out_and_not_repeated(
    started: Running, loader: Loader
) -> None:
    parts = _parts(started, 1, 2)
    fault = started.stack.redshift.faults.lose_commit_reply(having=IN_A_LOAD)
    with pytest.raises(OutcomeUnknown):
        loader.load(parts, START)
    assert fault.struck == 1
    again = loader.load(parts, START)
    assert again.parts == ()
    assert set(again.already) == {part.name for part in parts}
    assert _tickets(started) == [1, 2]
    assert started.progress().records == 2


@pytest.mark.parametrize("action", [Action.CLOSE, Action.RESET])
def test_a_connection_cut_before_commit_applies_nothing_and_is_tried_again(
    started: Running, loader: Loader, action: Action
) -> None:
    parts = _parts(started, 1, 2)
    started.stack.redshift.faults.cut_before_commit(action=action, having=IN_A_LOAD)
    with pytest.raises(OutcomeUnknown):
        loader.load(parts, START)
    assert _tickets(started) == []
    again = loader.load(parts, START)
    assert set(again.parts) == {part.name for part in parts}
    assert _tickets(started) == [1, 2]


def test_a_connection_cut_in_copy_applies_nothing(started: Running, loader: Loader) -> None:
    parts = _parts(started, 1, 2)
    started.stack.redshift.faults.cut_in_copy()
    with pytest.raises(OutcomeUnknown):
        loader.load(parts, START)
    assert _tickets(started) == []
    loader.load(parts, START)
    assert _tickets(started) == [1, 2]


def test_a_serialisation_conflict_may_be_retried(started: Running, loader: Loader) -> None:
    parts = _parts(started, 1)
    conflict = Rule(
        r"^\s*delete", When.BEFORE, Action.FAIL, message="1023: Serializable isolation violation"
    )
    started.stack.redshift.faults.add(conflict)
    with pytest.raises(RetryLoad, match="1023"):
        loader.load(parts, START)
    loader.load(parts, START)
    assert _tickets(started) == [1]


def test_a_missing_staged_file_needs_repair_and_loads_nothing(
    started: Running, loader: Loader
) -> None:
    parts = _parts(started, 1)
    lost = [replace(part, url=f"{part.url}.gone") if part.url else part for part in parts]
    with pytest.raises(NeedsRepair):
        loader.load(lost, START)
    assert started.progress().records == 0


# The driver leaves its socket to the garbage collector when the greeting fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_refused_connection_is_tried_again(started: Running, loader: Loader) -> None:
    started.stack.redshift.faults.refuse_connections()
    with pytest.raises(OutcomeUnknown):
        loader.load(_parts(started, 1), START)
    started.stack.redshift.faults.accept_connections()
    loader.load(_parts(started, 1), START)
    assert _tickets(started) == [1]


def test_a_part_is_loaded_once_whatever_it_is_loaded_with(started: Running, loader: Loader) -> None:
    first, second = _parts(started, 1), _parts(started, 2)
    loader.load(first, START)
    loaded = loader.load([*first, *second], START)
    assert set(loaded.parts) == {part.name for part in second}
    assert set(loaded.already) == {part.name for part in first}
    assert started.progress().records == 2


def test_an_older_version_does_not_replace_a_newer_one(started: Running, loader: Loader) -> None:
    loader.load(_parts(started, 1, number=7), START)
    loader.load(_parts(started, 1, number=3), START)
    ((stored,),) = started.query(f"SELECT _pos FROM public.{TARGET}")
    assert stored == position(1, 7, 0)


def test_a_zombie_loses_its_fence_to_a_later_start(started: Running, loader: Loader) -> None:
    _loader(started).start(START + 1)
    with pytest.raises(FenceLost, match="has taken the fence"):
        loader.load(_parts(started, 1), START)
    assert _tickets(started) == []


def test_a_start_that_comes_late_does_not_take_the_fence_back(
    started: Running, loader: Loader
) -> None:
    del loader
    with pytest.raises(FenceLost, match="comes after"):
        _loader(started).start(START - 1)


def test_another_application_is_refused_by_name(started: Running, loader: Loader) -> None:
    del loader
    with pytest.raises(FenceLost, match="belongs to application 'ticket-seller'"):
        _loader(started, application="intruder").start(START + 1)


def test_a_target_without_a_column_is_reported_with_its_remedy(
    started: Running, loader: Loader
) -> None:
    del loader
    connection = started.stack.warehouse()
    connection.cursor().execute(f"ALTER TABLE public.{TARGET} DROP COLUMN location")
    connection.close()
    with pytest.raises(NeedsRepair, match='ADD COLUMN "location" VARCHAR'):
        _loader(started).start(START + 1)
