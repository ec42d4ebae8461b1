"""Pictures as looks make them, for the tests of what is shown and judged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

from infra.watch.picture import (
    Batch,
    Destination,
    Gap,
    Job,
    JobMetrics,
    LetterReasons,
    Letters,
    Limits,
    LoadedShard,
    Loads,
    Picture,
    Reading,
    ShardLag,
    Stream,
)

NOW: Final = dt.datetime(2026, 11, 27, 9, 30, 10, tzinfo=dt.UTC)
LIMITS: Final = Limits(lag=60, pending=60)


def ago(seconds: float) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


LOADS: Final = Loads(
    begun=True,
    read=1_207,
    split=1,
    passed_over=5,
    destinations=(Destination("sale_wide", 1_190, 12), Destination("(dimension)", 17, 0)),
    lately_seconds=300,
    lately_read=42,
    lately_loaded=40,
    batches=(
        Batch("0a1b2c3d4e5f60718293", ago(1), 31, 32, 2, 3, 0, 1.4, 0.35),
        Batch("1b2c3d4e5f607182930a", ago(95), 7, 7, 1_205, 1_204, 0, 7_205.0, None),
    ),
    complete_until=ago(8),
    evidence="commits",
    shards=(
        LoadedShard("shardId-000000000000", "495", ago(2), ago(8), ended=False),
        LoadedShard("shardId-000000000001", None, None, None, ended=False),
        LoadedShard("shardId-000000000002", "17", ago(9_000), ago(9_001), ended=True),
    ),
)
STREAM: Final = Stream(
    "changes", (ShardLag("shardId-000000000000", 0.0), ShardLag("shardId-000000000001", 3.2))
)
JOB: Final = Job(
    "RUNNING",
    restarts=0,
    metrics=JobMetrics(pending_epochs=1, oldest_pending_seconds=2, stream_lag_milliseconds=0),
    checkpoint_seconds=0.21,
    checkpoint_at=ago(1),
    checkpoints_failed=0,
)


def picture(**changed: Any) -> Picture:
    """That of a run that is well, with other fields."""
    return replace(
        Picture(
            NOW,
            "starjoin run of shop.yaml (process 4711)",
            LIMITS,
            warehouse=Reading(LOADS, NOW),
            letters=Reading(LetterReasons(0, ()), NOW),
            stream=Reading(STREAM, NOW),
            job=Reading(JOB, NOW),
        ),
        **changed,
    )


def with_loads(**changed: Any) -> Picture:
    return picture(warehouse=Reading(replace(LOADS, **changed), NOW))


def with_metrics(**changed: Any) -> Picture:
    return picture(job=Reading(replace(JOB, metrics=replace(JOB.metrics, **changed)), NOW))


# Whatever can be shown at once.
WORST: Final = replace(
    with_loads(
        dead_lettered=1_204,
        replayed=3,
        lately_dead_lettered=1,
        gap_count=4,
        gaps=(Gap("shardId-000000000001", "records expired before they were read", ago(120)),),
        destinations=tuple(Destination(f"a_target_with_a_long_name_{n}", n, 0) for n in range(9)),
        evidence="replaying",
    ),
    letters=Reading(
        LetterReasons(
            1_000,
            (
                Letters("too_long", "customer", 999, "Declare a longer column"),
                Letters("not_json", "", 1, "Find out what else writes to the stream"),
            ),
        ),
        NOW,
    ),
    stream=Reading(
        Stream("changes", tuple(ShardLag(f"shardId-{n:012}", 100.0 * n) for n in range(20))), NOW
    ),
    job=Reading(
        None,
        None,
        "Flink at http://127.0.0.1:8081 does not answer (NewConnectionError)",
        ago(75),
    ),
)
