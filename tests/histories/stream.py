"""The simulated source's shards as those of a real stream, record by record in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.simulation.source import Source

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

_RECORDS_PER_CALL: Final = 500  # PutRecords takes no more


class Stream:
    """Puts what has reached the source's shards, and knows where each of its records stands."""

    def __init__(self, kinesis: KinesisClient, name: str, source: Source) -> None:
        self._kinesis = kinesis
        self._name = name
        self._source = source
        shards = kinesis.list_shards(StreamName=name)["Shards"]
        self._shards = {shard["ShardId"]: number for number, shard in enumerate(shards)}
        self._hash_keys = [shard["HashKeyRange"]["StartingHashKey"] for shard in shards]
        self._put = [0] * len(shards)
        self._counts: dict[tuple[str, str], int] = {}

    def put(self) -> int:
        """Puts all that is new on the source's shards; how many records."""
        entries: list[PutRecordsRequestEntryTypeDef] = []
        for number, records in enumerate(self._source.shards):
            entries += [
                {"Data": r.data, "PartitionKey": "-", "ExplicitHashKey": self._hash_keys[number]}
                for r in records[self._put[number] :]
            ]
        for start in range(0, len(entries), _RECORDS_PER_CALL):
            some = entries[start : start + _RECORDS_PER_CALL]
            answer = self._kinesis.put_records(StreamName=self._name, Records=some)
            assert answer["FailedRecordCount"] == 0, "moto refuses no record"
            for one in answer["Records"]:
                shard = self._shards[one["ShardId"]]
                self._put[shard] += 1
                self._counts[one["ShardId"], one["SequenceNumber"]] = self._put[shard]
        assert self._put == [len(records) for records in self._source.shards]
        return len(entries)

    def locate(self, shard: str, last: str) -> tuple[int, int]:
        """The shard's number, and how many of its records come up to sequence number `last`."""
        return self._shards[shard], self._counts[shard, last]
