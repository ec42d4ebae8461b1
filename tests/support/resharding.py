"""Splits and merges of the local stream's shards, and a load that goes on meanwhile."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from infra.local.lifetimes import Lifetime
from infra.local.stack import STREAM
from tests.support.running import Running

# A tenth of what the local Kinesis takes a second when it has a core for itself.
_STEP_RECORDS: Final = 100
_STEP_SECONDS: Final = 0.1
# The job may lag behind the load by this much; more would only be waited for at the end.
_MOST_AHEAD: Final = 1_500

# One step of the load on the order book, about `_STEP_RECORDS` changes: facts and the dimensions
# that they reach, new rows, a key that changes, rows that go.
_STEP: Final = """
UPDATE "OrderLines" SET quantity = {n}, discount = {n} / 9.0 WHERE order_id % 25 = {n} % 25;
UPDATE "Products" SET list_price = {n} WHERE "ProductID" % 10 = {n} % 10;
UPDATE customer SET telephone = '{n}' WHERE customer_number LIKE 'C-%' || {n} % 10;
UPDATE outlet SET outlet_town = 'Town {n}' WHERE outlet_id % 5 = {n} % 5;
INSERT INTO "order" VALUES
    (8000000000 + {n}, 'C-' || {n} % 200, 9000000001, 9000000002, 1, '2024-01-05', true);
INSERT INTO "OrderLines" VALUES
    (5000000001, 1, 8000000000 + {n}, {n}, 1, NULL, true, '2024-01-05'),
    (5000000002, 2, 8000000000 + {n}, {n}, 2, NULL, true, '2024-01-05');
UPDATE "OrderLines" SET line_number = 9 WHERE order_id = 8000000000 + {n} - 1 AND line_number = 2;
DELETE FROM "OrderLines" WHERE order_id = 8000000000 + {n} - 2 AND line_number = 1;
UPDATE shipment SET gross_weight = {n} WHERE order_id % 25 = {n} % 25;
"""


class Load(Lifetime):
    """Fills the order book, then changes it all the time: up to a thousand records a second.

    Only this thread puts records and uses the source's connection until it has stopped.
    """

    def __init__(self, run: Running) -> None:
        self._run = run
        self._ending = threading.Event()
        self._thread = ThreadPoolExecutor(1)
        self._loading: Future[None] | None = None

    def _start(self) -> None:
        """Returns at once."""
        self._loading = self._thread.submit(self._load)

    def stop(self) -> None:
        """Returns after the last record has been put; raises what ended the load too early."""
        self._ending.set()
        self._thread.shutdown()
        if self._loading is not None:
            self._loading.result()

    def check(self) -> None:
        """Raises what has ended the load too early."""
        if self._loading is not None and self._loading.done():
            self._loading.result()

    def _load(self) -> None:
        self._run.full_load()
        due, step = time.monotonic(), 0
        while not self._ending.wait(max(0.0, due - time.monotonic())):
            due = max(due + _STEP_SECONDS, time.monotonic() - _STEP_SECONDS)
            if self._run.put - self._run.progress().records < _MOST_AHEAD:
                self._run.changes(_STEP.format(n=step))
                step += 1


@dataclass(frozen=True)
class Shards:
    """The shards of the local stream, which this may split and merge."""

    kinesis: Any

    def open(self) -> list[str]:
        """The open shards in the order of their hash keys."""
        listed = self.kinesis.list_shards(StreamName=STREAM)["Shards"]
        still = [s for s in listed if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
        return [s["ShardId"] for s in sorted(still, key=_first_hash_key)]

    def split(self, place: int) -> None:
        """Splits an open shard in the middle; returns when both children take records."""
        shard = self.open()[place]
        (found,) = (
            s
            for s in self.kinesis.list_shards(StreamName=STREAM)["Shards"]
            if s["ShardId"] == shard
        )
        middle = (_first_hash_key(found) + int(found["HashKeyRange"]["EndingHashKey"])) // 2
        self.kinesis.split_shard(
            StreamName=STREAM, ShardToSplit=shard, NewStartingHashKey=str(middle)
        )
        self._wait_until_active()

    def merge(self, place: int) -> None:
        """Merges an open shard with the next one; returns when their child takes records."""
        left, right = self.open()[place : place + 2]
        self.kinesis.merge_shards(StreamName=STREAM, ShardToMerge=left, AdjacentShardToMerge=right)
        self._wait_until_active()

    def _wait_until_active(self) -> None:
        self.kinesis.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})


def _first_hash_key(shard: Any) -> int:
    return int(shard["HashKeyRange"]["StartingHashKey"])
