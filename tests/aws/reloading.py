"""A replication task, a warehouse's books and a stream, as far as a reload asks them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.aws.clock import FakeClock

_LOOKS = 2  # a state in motion comes to rest after it has been looked at so often


@dataclass
class FakeTask:
    """boto3's DMS client, for one task and the calls about it.

    Attributes:
        at_start: called when a start with reload-target begins.
        errored: tables that the next load cannot take.
    """

    clock: FakeClock
    status: str = "running"
    starts: list[str] = field(default_factory=list)
    errored: int = 0
    stats: dict[str, Any] = field(default_factory=dict)
    _looks: int = 0

    def describe_replication_tasks(self, **_: Any) -> dict[str, Any]:
        self._looks += 1
        if self._looks > _LOOKS and self.status == "starting":
            self.status = "running"
            if "FullLoadStartDate" in self.stats:
                self.stats |= {"FullLoadFinishDate": self._now(), "FullLoadProgressPercent": 100}
                self.stats["TablesErrored"] = self.errored
        if self._looks > _LOOKS and self.status == "stopping":
            self.status = "stopped"
            self.stats["StopDate"] = self._now()
        task = {"Status": self.status, "ReplicationTaskStats": self.stats}
        return {"ReplicationTasks": [task]}

    def stop_replication_task(self, **_: Any) -> None:
        assert self.status == "running"
        self.status, self._looks = "stopping", 0

    def start_replication_task(self, **given: Any) -> None:
        assert self.status in {"stopped", "ready", "failed"}
        kind = given["StartReplicationTaskType"]
        self.starts.append(kind)
        self.status, self._looks = "starting", 0
        self.stats["StartDate"] = self._now()
        if kind != "resume-processing":
            self.stats |= {
                "FreshStartDate": self._now(),
                "FullLoadStartDate": self._now(),
                "FullLoadProgressPercent": 0,
            }
            self.stats.pop("FullLoadFinishDate", None)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.clock.now(), dt.UTC)


@dataclass
class FakeBooks:
    """boto3's client for the Data API: the floor, and the last number of each shard.

    Attributes:
        error: what the next statements fail with.
    """

    floor: int = 0
    loaded: dict[str, int] = field(default_factory=dict)
    error: str = ""
    stream: str = "changes"
    asked: list[dict[str, Any]] = field(default_factory=list)
    _looks: int = 0

    def execute_statement(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        self._looks = 0
        return {"Id": given["Sql"]}

    def describe_statement(self, **_: Any) -> dict[str, Any]:
        self._looks += 1
        if self._looks <= 1:
            return {"Status": "STARTED"}
        return {"Status": "FAILED", "Error": self.error} if self.error else {"Status": "FINISHED"}

    def get_statement_result(self, **given: Any) -> dict[str, Any]:
        if given["Id"].startswith("SELECT generation"):
            return {"Records": [[{"longValue": self.floor}]] if self.floor else []}
        rows = [
            [{"stringValue": self.stream}, {"stringValue": shard}, {"stringValue": f"{last:0129}"}]
            for shard, last in self.loaded.items()
        ]
        # Page by page.
        place = int(given.get("NextToken", 0))
        more = {"NextToken": str(place + 1)} if place + 1 < len(rows) else {}
        return {"Records": rows[place : place + 1], **more}


@dataclass
class FakeStream:
    """boto3's Kinesis client: arrival in seconds by sequence number, by shard.

    Attributes:
        empty: how many answers are empty before each that has a record.
    """

    shards: dict[str, dict[int, float]]
    empty: int = 1

    def list_shards(self, **given: Any) -> dict[str, Any]:
        names = list(self.shards)
        place = int(given.get("NextToken", 0))
        more = {"NextToken": str(place + 1)} if place + 1 < len(names) else {}
        return {"Shards": [{"ShardId": names[place]}], **more}

    def get_shard_iterator(self, **given: Any) -> dict[str, Any]:
        after = int(given.get("StartingSequenceNumber", -1))
        return {"ShardIterator": f"{given['ShardId']} {after} {self.empty}"}

    def get_records(self, **given: Any) -> dict[str, Any]:
        shard, after, empty = given["ShardIterator"].split()
        left = sorted(number for number in self.shards[shard] if number > int(after))
        if not left:
            return {"Records": [], "MillisBehindLatest": 0, "NextShardIterator": "x"}
        if int(empty):
            following = f"{shard} {after} {int(empty) - 1}"
            return {"Records": [], "MillisBehindLatest": 9, "NextShardIterator": following}
        arrival = dt.datetime.fromtimestamp(self.shards[shard][left[0]], dt.UTC)
        return {"Records": [{"ApproximateArrivalTimestamp": arrival}], "MillisBehindLatest": 9}
