"""Who is asked, in which order, and for what."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from infra.watch.bookkeeping import Bookkeeping
from infra.watch.looking import Places, Watch
from infra.watch.picture import Job, Limits, LoadedShard, Loads, Reading, ShardLag, Stream
from tests.unit.watch.pictures import JOB, LOADS, NOW, ago
from tests.unit.watch.test_main import away, empty
from tests.unit.watch.test_places import ARN, Kinesis

SHARDS: Final = (LoadedShard("a", "2", None, None, ended=False),)
OpenWarehouse = Callable[[], AbstractContextManager[Cursor]]


def places(open_warehouse: OpenWarehouse = empty, **others: Any) -> Places:
    return Places(
        title="the run",
        limits=Limits(60, 60),
        names=Names("starjoin"),
        open_warehouse=open_warehouse,
        read_file=lambda _: b"",
        kinesis=others.pop("kinesis", Kinesis(a=[1, 2])),
        stream_arn=ARN,
        **others,
    )


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Loads]:
    """What the bookkeeping tables say, look by look; the last for ever."""
    answers: list[Loads] = []

    def read(*_: Any) -> Loads:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(Bookkeeping, "read", read)
    return answers


def test_a_shard_is_asked_from_where_it_is_loaded(loads: list[Loads]) -> None:
    loads.append(replace(LOADS, shards=SHARDS))
    picture = Watch(places()).look()
    assert picture.stream.value == Stream("changes", (ShardLag("a", 0.0),))


def test_no_shard_is_judged_from_its_oldest_record_before_it_is_known_what_is_loaded(
    loads: list[Loads],
) -> None:
    kinesis = Kinesis(a=[1, 2])
    assert Watch(places(away, kinesis=kinesis)).look().stream == Reading()
    loads.append(replace(LOADS, shards=()))  # loaded by a release that made no cuts
    assert Watch(places(kinesis=kinesis)).look().stream == Reading()
    assert kinesis.asked == []


def test_before_the_first_load_everything_waits() -> None:
    stream = Watch(places(), now=lambda: NOW).look().stream.value
    assert stream == Stream("changes", (ShardLag("a", 60.0),))


def test_a_load_has_taken_as_long_as_since_the_end_of_its_last_epoch(loads: list[Loads]) -> None:
    loads.append(LOADS)
    job = replace(JOB, epochs={32: ago(3), 31: ago(9)})
    warehouse = Watch(places(read_job=lambda: job), now=lambda: NOW).look().warehouse.value
    assert warehouse is not None
    assert [batch.after_checkpoint for batch in warehouse.batches] == [2.0, None]


def test_the_managed_service_is_asked_no_more_often_than_it_has_news(loads: list[Loads]) -> None:
    loads.append(LOADS)
    asked: list[dt.datetime] = []
    time = NOW

    def read_job() -> Job:
        asked.append(time)
        return JOB

    watch = Watch(places(read_job=read_job, job_seconds=60.0), now=lambda: time)
    for _ in range(5):
        watch.look()
        time += dt.timedelta(seconds=30)
    assert [(each - NOW).total_seconds() for each in asked] == [0, 60, 120]


def test_a_warehouse_that_hangs_does_not_hold_up_the_job() -> None:
    hangs, asked = threading.Event(), threading.Event()

    @contextmanager
    def open_warehouse() -> Iterator[Cursor]:
        hangs.wait()
        with empty() as cursor:
            yield cursor

    def read_job() -> Job:
        asked.set()
        return JOB

    watch = Watch(places(open_warehouse, read_job=read_job))
    watch.start(0.01)
    assert asked.wait(60)
    assert watch.picture().warehouse == Reading()
    watch.stop()
    hangs.set()
