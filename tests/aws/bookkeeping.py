"""A warehouse's bookkeeping tables and a stream, as far as a reload queries them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from connectors.redshift.migrations import LATEST


@dataclass
class FakeBookkeeping:
    """boto3's client for the Data API: the floors, and the last number of each shard.

    A statement on a table that is not there fails, as the warehouse has it.

    Attributes:
        error: what the next statements fail with.
        made: whether the application has made its tables.
        version: of their layout.
    """

    floor: int = 0
    table_floors: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    error: str = ""
    made: bool = True
    version: int = LATEST.number
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
        error = self.error
        sql = self.asked[-1]["Sql"]
        if not self.made and "pg_tables" not in sql and "information_schema" not in sql:
            error = error or "ERROR: schema does not exist"
        return {"Status": "FAILED", "Error": error} if error else {"Status": "FINISHED"}

    def get_statement_result(self, **given: Any) -> dict[str, Any]:
        if given["Id"].startswith("SELECT table_name, generation"):
            floors = {"": self.floor, **self.table_floors}
            return {
                "Records": [
                    [{"stringValue": table}, {"longValue": floor}]
                    for table, floor in floors.items()
                    if floor
                ]
            }
        if "information_schema" in given["Id"]:
            return {"Records": [[{"stringValue": name}] for name in self._columns()]}
        if given["Id"].startswith("SELECT version"):
            release = LATEST.release if self.version <= LATEST.number else "7.5.0"
            return {"Records": [[{"longValue": self.version}, {"stringValue": release}]]}
        if given["Id"].startswith("SELECT tablename"):
            tables = ["ledger", "fence", "account", "floor"] if self.made else []
            return {"Records": [[{"stringValue": name}] for name in tables]}
        if given["Id"].startswith("SELECT 1 "):
            is_account = ".account " in given["Id"]
            return {"Records": [[{"longValue": 1}]] if is_account and self.loaded else []}
        rows = [
            [{"stringValue": self.stream}, {"stringValue": shard}, {"stringValue": f"{last:0129}"}]
            for shard, last in self.loaded.items()
        ]
        # Page by page.
        place = int(given.get("NextToken", 0))
        more = {"NextToken": str(place + 1)} if place + 1 < len(rows) else {}
        return {"Records": rows[place : place + 1], **more}

    def _columns(self) -> list[str]:
        """The columns of the table that is asked for, as far as they determine the layout."""
        _, table = (parameter["value"] for parameter in self.asked[-1]["Parameters"])
        columns = {"account": ["batch"], "schema_version": ["version"]} if self.made else {}
        return columns.get(table, [])


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
