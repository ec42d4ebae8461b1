"""What Kinesis, Flink and files of dead letters are asked, and what is made of their answers."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.metrics import Gauge, LoadMetric, WatchedSourceMetric
from infra.watch.flink import FlinkError, FlinkJob
from infra.watch.letters import LetterCounts, LetterFileError
from infra.watch.metrics import WATCHED, gather
from infra.watch.picture import JobMetrics, LetterFile, Letters, LoadedShard, ShardLag
from infra.watch.shards import StreamLags
from tests.unit.watch.pictures import NOW, ago

ARN: Final = "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"


class Kinesis:
    """Shards with records by their numbers, all of which have arrived a minute ago."""

    def __init__(self, **shards: list[int]) -> None:
        self.shards = shards
        self.asked: list[str] = []

    def list_shards(self, **request: str) -> dict[str, Any]:
        names = [{"ShardId": name} for name in self.shards]
        if "NextToken" in request:
            return {"Shards": names[1:]}
        assert request == {"StreamARN": ARN}
        return {"Shards": names[:1], "NextToken": "next"}

    def get_shard_iterator(self, **request: str) -> dict[str, str]:
        self.asked.append(request["ShardId"])
        after = request.get("StartingSequenceNumber", "-1")
        kinds = {"TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER"}
        assert request["ShardIteratorType"] in kinds
        assert (after == "-1") is (request["ShardIteratorType"] == "TRIM_HORIZON")
        return {"ShardIterator": f"{request['ShardId']}:{after}"}

    def get_records(self, **request: Any) -> dict[str, Any]:
        assert request["Limit"] == 1
        shard, after = request["ShardIterator"].split(":")
        waiting = [number for number in self.shards[shard] if number > int(after)]
        records = [{"ApproximateArrivalTimestamp": ago(60), "Data": b"a@b.org"}]
        return {"Records": records[: len(waiting)], "MillisBehindLatest": 0}


def loaded(shard: str, last: str | None, *, ended: bool = False) -> LoadedShard:
    return LoadedShard(shard, last, None, None, ended)


def test_a_shard_is_as_far_behind_as_its_oldest_record_that_is_not_loaded_is_old() -> None:
    kinesis = Kinesis(a=[1, 2, 3], b=[7], c=[], d=[5], e=[6])
    loads = {
        "a": loaded("a", "2"),
        "b": loaded("b", "7"),
        "d": loaded("d", "5", ended=True),
    }
    stream = StreamLags(ARN, kinesis).read(loads, NOW)
    assert stream.name == "changes"
    assert stream.lags == (
        ShardLag("a", 60.0),
        ShardLag("b", 0.0),
        ShardLag("c", 0.0),
        ShardLag("e", 60.0),
    )
    assert stream.worst == ShardLag("a", 60.0)
    assert StreamLags(ARN, Kinesis(d=[5])).read(loads, NOW).worst is None


def test_an_empty_answer_may_be_behind() -> None:
    class Behind(Kinesis):
        def get_records(self, **_: Any) -> dict[str, Any]:
            return {"Records": [], "MillisBehindLatest": 1_500}

    assert StreamLags(ARN, Behind(a=[])).read({}, NOW).lags == (ShardLag("a", 1.5),)


def test_shards_are_asked_in_turns() -> None:
    kinesis = Kinesis(**{f"shard{n:03}": [1] for n in range(100)})
    lags = StreamLags(ARN, kinesis)
    assert len(lags.read({}, NOW).lags) == 40
    assert len(set(kinesis.asked)) == 40
    lags.read({}, NOW)
    assert len(lags.read({}, NOW).lags) == 100
    assert len(kinesis.asked) == 120
    assert set(kinesis.asked) == set(kinesis.shards)


def write_letters(*letters: tuple[str | None, str | None]) -> bytes:
    columns = {
        "reason": [reason for reason, _ in letters],
        "table": [table for _, table in letters],
        "treated": ["a@b.org"] * len(letters),
    }
    schema = pa.schema([(name, pa.string()) for name in columns])
    file = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), file)
    return file.getvalue()


def test_reasons_are_counted_in_files_that_are_read_once() -> None:
    files = {
        "s3://b/1": write_letters(("too_long", "customer"), ("not_json", None)),
        "s3://b/2": write_letters(("too_long", "customer"), ("of_a_later_version", "city")),
    }
    asked: list[str] = []

    def read(url: str) -> bytes:
        asked.append(url)
        return files[url]

    counts = LetterCounts(read)
    parts = [LetterFile("p1", "s3://b/1", 2, 100), LetterFile("p2", "s3://b/2", 2, 100)]
    large = LetterFile("p3", "s3://b/3", 9, 2**30)
    assert counts.count(parts[:1]).counted == 2
    reasons = counts.count([*parts, large])
    assert reasons.counted == 4
    assert [(kind.count, kind.reason, kind.table) for kind in reasons.alike] == [
        (2, "too_long", "customer"),
        (1, "not_json", ""),
        (1, "of_a_later_version", "city"),
    ]
    assert [kind.remedy for kind in reasons.alike][1:] == [
        "Find out what else writes to the stream",
        "",
    ]
    assert isinstance(reasons.alike[0], Letters)
    assert asked == ["s3://b/1", "s3://b/2"]


def test_a_file_that_is_no_parquet_is_named() -> None:
    counts = LetterCounts(lambda _: b"nothing")
    with pytest.raises(LetterFileError, match=r"^part p1 of dead letters cannot be read"):
        counts.count([LetterFile("p1", "s3://b/1", 2, 100)])


def test_the_values_of_subtasks_make_one() -> None:
    values = {
        Gauge.PENDING_EPOCHS.label: [0],
        WatchedSourceMetric.LAG.label: [5, 900, 7],
        WatchedSourceMetric.SHARDS_HELD.label: [1, 2],
        LoadMetric.LOADS_RETRIED.label: [],
    }
    assert gather(values) == JobMetrics(
        pending_epochs=0, stream_lag_milliseconds=900, shards_held=3
    )
    assert set(WATCHED) == set(JobMetrics.__dataclass_fields__)


class Flink(FlinkJob):
    """Answers from a table."""

    def __init__(self, **answers: Any) -> None:
        super().__init__("http://127.0.0.1:1/")
        self.answers = {path.replace("__", "/"): answer for path, answer in answers.items()}

    def _get(self, path: str) -> Any:
        return self.answers[path.removeprefix("/")]


def metrics(*names: str) -> Sequence[dict[str, str]]:
    return [{"id": name, "value": "7"} for name in names]


JOBS: Final = {
    "jobs__overview": {
        "jobs": [
            {"jid": "old", "state": "FAILED", "start-time": 1},
            {"jid": "j", "state": "RUNNING", "start-time": 2},
        ]
    },
    "jobs__j": {"vertices": [{"id": "v"}, {"id": "w"}]},
    "jobs__j__checkpoints": {
        "latest": {"completed": {"id": 9, "trigger_timestamp": 1_000, "end_to_end_duration": 250}},
        "history": [
            {"id": 8, "status": "FAILED"},
            {
                "id": 9, "status": "COMPLETED", "trigger_timestamp": 1_000,
                "end_to_end_duration": 250,
            },
            {"id": 10, "status": "FAILED"},
            {"id": 11, "status": "FAILED"},
            {"id": 12, "status": "IN_PROGRESS"},
        ],
    },
    "jobs__j__metrics?get=numRestarts": [{"id": "numRestarts", "value": "3"}],
    "jobs__j__vertices__v__metrics": metrics(
        "0.load.kinesisanalytics.pendingEpochs", "0.pendingEpochs", "0.numRecordsIn"
    ),
    "jobs__j__vertices__v__metrics?get=0.load.kinesisanalytics.pendingEpochs": metrics(
        "0.load.kinesisanalytics.pendingEpochs"
    ),
    "jobs__j__vertices__w__metrics": metrics("0.numRecordsIn"),
}  # fmt: skip


def test_a_local_job_is_read_of_its_flink() -> None:
    job = Flink(**JOBS).read()
    assert (job.state, job.restarts, job.checkpoints_failed) == ("RUNNING", 3, 2)
    assert job.metrics == JobMetrics(pending_epochs=7)
    completed = dt.datetime(1970, 1, 1, 0, 0, 1, 250_000, dt.UTC)
    assert (job.checkpoint_seconds, job.checkpoint_at) == (0.25, completed)
    assert job.epochs == {9: completed}
    assert Flink(jobs__overview={"jobs": []}).read().state == "NOT SUBMITTED"


def test_a_flink_that_answers_in_another_form_or_not_at_all_is_said() -> None:
    with pytest.raises(FlinkError, match=r"answers in another form \(KeyError\)"):
        Flink(jobs__overview={}).read()
    with pytest.raises(FlinkError, match=r"^Flink at http://127\.0\.0\.1:1 does not answer"):
        FlinkJob("http://127.0.0.1:1").read()
