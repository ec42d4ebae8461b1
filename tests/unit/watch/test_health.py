"""When an application is well, and what is said when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.watch.health import Level, judge
from infra.watch.picture import Job, Loads, Picture, Reading, ShardLag, Stream
from tests.unit.watch.pictures import JOB, NOW, WORST, ago, picture, with_loads, with_metrics


def test_what_is_well_has_no_reasons() -> None:
    health = judge(picture())
    assert (health.level, health.reasons) == (Level.HEALTHY, ())
    assert judge(picture(job=None)).level is Level.HEALTHY


@pytest.mark.parametrize(
    ("shown", "level", "said"),
    [
        (
            picture(ended=True, warehouse=Reading(None, None, "port closed", ago(90))),
            Level.ENDED,
            "what was watched has ended",
        ),
        (
            picture(warehouse=Reading(None, None, "port closed", ago(90))),
            Level.FAILING,
            "the warehouse: no answer since 09:28:40 UTC (1 min 30 s): port closed",
        ),
        (
            picture(stream=Reading(None, None, "AWS refused GetRecords", ago(0))),
            Level.WARNING,
            "the stream: no answer since 09:30:10 UTC (0 s): AWS refused GetRecords",
        ),
        (
            picture(letters=Reading(None, None, "no such file", ago(3))),
            Level.WARNING,
            "the files of dead letters: no answer since 09:30:07 UTC (3 s): no such file",
        ),
        (picture(job=Reading(Job("FAILED"), NOW)), Level.FAILING, "the job is FAILED"),
        (picture(job=Reading(Job("READY"), NOW)), Level.FAILING, "the job is READY"),
        (picture(job=Reading(Job("STARTING"), NOW)), Level.STARTING, "the job is STARTING"),
        (
            picture(job=Reading(replace(JOB, alarms=("shop-NothingLoaded",)), NOW)),
            Level.WARNING,
            "alarm shop-NothingLoaded is raised",
        ),
        (
            with_metrics(pending_epochs=3, oldest_pending_seconds=60),
            Level.FAILING,
            "nothing was loaded for 1 min",
        ),
        (
            with_metrics(records_unaccounted=2),
            Level.FAILING,
            "2 records unaccounted for: the balance differs",
        ),
        (
            with_metrics(shards_held=1),
            Level.FAILING,
            "1 shard held at a gap: nothing more of them is read",
        ),
        (
            with_metrics(tables_never_read=1),
            Level.WARNING,
            "1 declared table without any record so far",
        ),
        (
            with_metrics(hash_range_holes=1),
            Level.WARNING,
            "the stream's list of shards is incomplete: nothing new is read until it is whole",
        ),
        (
            picture(stream=Reading(Stream("s", (ShardLag("a", 60.0), ShardLag("b", 1.0))), NOW)),
            Level.WARNING,
            "shard a is 1 min behind",
        ),
        (
            picture(warehouse=Reading(Loads(begun=False), NOW)),
            Level.STARTING,
            "the application has not made its tables yet",
        ),
        (
            picture(warehouse=Reading(Loads(begun=True), NOW)),
            Level.STARTING,
            "nothing has been loaded yet",
        ),
        (with_loads(gap_count=2), Level.WARNING, "2 gaps in the stream: records are lost there"),
        (
            with_loads(dead_lettered=9, lately_dead_lettered=1),
            Level.WARNING,
            "1 dead letter in the last hour",
        ),
    ],
)
def test_each_reason_by_itself(shown: Picture, level: Level, said: str) -> None:
    health = judge(shown)
    assert [reason.text for reason in health.reasons] == [said]
    assert health.level is level


@pytest.mark.parametrize(
    "shown",
    [
        with_loads(dead_lettered=9),  # of more than an hour ago
        with_metrics(oldest_pending_seconds=59),
        with_metrics(loads_need_repair=4, oldest_pending_seconds=0),  # it was repaired since
        with_metrics(loads_retried=7),
        picture(job=Reading(replace(JOB, restarts=1), NOW)),  # it runs again
        picture(stream=Reading(Stream("s", (ShardLag("a", 59.9),)), NOW)),
        picture(stream=Reading(Stream("s", ()), NOW)),
    ],
)
def test_what_is_no_reason(shown: Picture) -> None:
    assert judge(shown).level is Level.HEALTHY


def test_a_load_that_needs_repair_is_said_while_it_waits() -> None:
    shown = with_metrics(loads_need_repair=1, oldest_pending_seconds=60)
    assert "a load cannot succeed until somebody repairs" in judge(shown).reasons[0].text


def test_a_fault_that_repeats_a_query_is_shortened() -> None:
    fault = f"the warehouse query failed ({'SELECT a ' * 90}): no such table"
    (reason,) = judge(picture(warehouse=Reading(None, None, fault, NOW))).reasons
    assert reason.text.endswith("SELECT a ...")
    assert len(reason.text) < 320


def test_the_worst_reason_comes_first_and_is_the_level() -> None:
    health = judge(WORST)
    assert health.level is Level.FAILING
    levels = [reason.level for reason in health.reasons]
    assert levels == [Level.FAILING, Level.WARNING, Level.WARNING, Level.WARNING]
