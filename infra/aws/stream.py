"""The change stream: whether it has records up to a time that are not loaded yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.aws.warehouse import Shard


class ChangeStream:
    """One stream.

    Args:
        arn: of the stream.
        client: boto3's Kinesis client.
    """

    def __init__(self, arn: str, client: Any) -> None:
        self._arn = arn
        self._name = arn.rpartition("/")[2]
        self._client = client

    def find_unloaded(self, loaded: Mapping[Shard, str], until_ms: int) -> list[str]:
        """The shards with a record that arrived up to a time and is not loaded.

        `loaded` has the last sequence number of each shard that is.
        """
        return [
            shard
            for shard in list_shards(self._client, self._arn)
            if self._waits(shard, loaded.get((self._name, shard)), until_ms)
        ]

    def _waits(self, shard: str, last: str | None, until_ms: int) -> bool:
        """Whether the first record after `last` arrived up to that time."""
        iterator: str | None = open_behind(self._client, self._arn, shard, last)
        while iterator is not None:
            answer = self._client.get_records(StreamARN=self._arn, ShardIterator=iterator, Limit=1)
            for record in answer["Records"]:
                arrived: float = record["ApproximateArrivalTimestamp"].timestamp()
                return arrived * 1_000 <= until_ms
            # An answer may be empty though more follows.
            iterator = answer.get("NextShardIterator") if answer["MillisBehindLatest"] else None
        return False


def list_shards(client: Any, arn: str) -> Iterator[str]:
    """The ids of all shards of a stream, ended ones included."""
    request: dict[str, Any] = {"StreamARN": arn}
    while True:
        page = client.list_shards(**request)
        yield from (shard["ShardId"] for shard in page["Shards"])
        if not page.get("NextToken"):
            return
        request = {"NextToken": page["NextToken"]}


def open_behind(client: Any, arn: str, shard: str, last: str | None) -> str:
    """An iterator to the first record behind a sequence number; to the oldest record without."""
    start = {"ShardIteratorType": "TRIM_HORIZON"}
    if last is not None:
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": last}
    iterator: str = client.get_shard_iterator(StreamARN=arn, ShardId=shard, **start)[
        "ShardIterator"
    ]
    return iterator
