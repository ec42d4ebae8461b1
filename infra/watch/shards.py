"""How far the warehouse is behind each shard, asked of Kinesis.

One record behind what is loaded is asked for: its age is the lag; without one there is none, though
the shard may have been idle for days. That takes one of the five reads a second that a shard gives
to all of its readers, so no more shards than `_PER_LOOK` are asked in a look, in turns. Of the
record nothing but its arrival is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from infra.aws.stream import list_shards, open_behind
from infra.watch.picture import LoadedShard, ShardLag, Stream

_PER_LOOK: Final = 40


class StreamLags:
    """One stream.

    Args:
        arn: of the stream.
        client: boto3's Kinesis client.
    """

    def __init__(self, arn: str, client: Any) -> None:
        self._arn = arn
        self._client = client
        self._known: dict[str, ShardLag] = {}
        self._asked = 0

    def read(self, loaded: Mapping[str, LoadedShard], now: dt.datetime) -> Stream:
        """The lags at this time, given how far each shard is loaded. Raises what boto3 raises."""
        shards = [
            shard
            for shard in list_shards(self._client, self._arn)
            if shard not in loaded or not loaded[shard].ended
        ]
        begin = self._asked % len(shards) if shards else 0
        turn = [*shards[begin:], *shards[:begin]][:_PER_LOOK]
        for shard in turn:
            last = loaded[shard].last_sequence_number if shard in loaded else None
            self._known[shard] = ShardLag(shard, self._ask(shard, last, now))
        self._asked = begin + len(turn)
        lags = tuple(self._known[shard] for shard in shards if shard in self._known)
        return Stream(self._arn.rpartition("/")[2], lags)

    def _ask(self, shard: str, last: str | None, now: dt.datetime) -> float:
        """The age of the first record behind `last`, or what Kinesis says there may be."""
        iterator = open_behind(self._client, self._arn, shard, last)
        answer = self._client.get_records(StreamARN=self._arn, ShardIterator=iterator, Limit=1)
        for record in answer["Records"]:
            arrived: dt.datetime = record["ApproximateArrivalTimestamp"]
            return max((now - arrived).total_seconds(), 0.0)
        # An answer may be empty though more follows.
        return float(answer["MillisBehindLatest"]) / 1_000
