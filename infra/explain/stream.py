"""Finds the record of a change on the stream, for as long as Kinesis keeps it.

Records are decoded by the application's own code, so a record is found by the position and the
treated key that it became, and nothing else of it is looked at but what DMS says of the change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final

import pyarrow.compute as pc
from botocore.exceptions import ClientError

from connectors.kinesis.frame import read_frame, write_frame
from flink_app.declaration.star import POSITION
from flink_app.decode.block import decode_block
from flink_app.decode.plan import DecodePlan
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.plan import METADATA
from flink_app.records.values import timestamp_micros
from infra.explain.key import StoredKey
from infra.explain.known import ReadRange, StreamRecord, StreamSearch

_OPERATIONS: Final = frozenset({"load", "insert", "update", "delete"})
# Of a shard that is gone, and of a sequence number that is no longer there.
_GONE: Final = frozenset({"ResourceNotFoundException", "InvalidArgumentException"})
_Records = Sequence[Mapping[str, Any]]


class StreamReader:
    """The stream of one application.

    Args:
        arn: of the stream.
        client: boto3's Kinesis client.
        plan: how records are decoded.
        keys: that they are treated with.
    """

    def __init__(self, arn: str, client: Any, plan: DecodePlan, keys: PrivacyKeys) -> None:
        self._arn = arn
        self._stream = arn.rpartition("/")[2]
        self._client = client
        self._plan = plan
        self._keys = keys

    def find_record(
        self, ranges: Sequence[ReadRange], table: str, key: StoredKey, position: str, limit: int
    ) -> StreamSearch:
        """The record of a change between these sequence numbers, of at most `limit` records.

        Raises ClientError, BotoCoreError.
        """
        remaining = limit
        for read in ranges:
            if read.stream != self._stream:
                continue
            for records in self._read(read):
                taken = records[:remaining]
                remaining -= len(taken)
                if record := self._find(read.shard, taken, table, key, position):
                    return StreamSearch(record)
                if remaining <= 0:
                    return StreamSearch(None, is_partial=True)
        return StreamSearch(None)

    def _read(self, read: ReadRange) -> Iterator[_Records]:
        """The records of a range, answer by answer; none where they are no longer kept."""
        first, last = int(read.first_sequence_number), int(read.last_sequence_number)
        try:
            iterator = self._client.get_shard_iterator(
                StreamARN=self._arn,
                ShardId=read.shard,
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=read.first_sequence_number,
            )["ShardIterator"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return
            raise
        while iterator is not None:
            answer = self._client.get_records(StreamARN=self._arn, ShardIterator=iterator)
            records = answer["Records"]
            within = [r for r in records if first <= int(r["SequenceNumber"]) <= last]
            if within:
                yield within
            # An answer may be empty though more follows.
            has_more = bool(records) or bool(answer["MillisBehindLatest"])
            is_past = bool(records) and int(records[-1]["SequenceNumber"]) >= last
            iterator = answer.get("NextShardIterator") if has_more and not is_past else None

    def _find(
        self, shard: str, records: _Records, table: str, key: StoredKey, position: str
    ) -> StreamRecord | None:
        if not records or not self._has(shard, records, table, key, position):
            return None
        while len(records) > 1:
            half = records[: len(records) // 2]
            is_there = self._has(shard, half, table, key, position)
            records = half if is_there else records[len(half) :]
        return _describe(self._stream, shard, records[0])

    def _has(
        self, shard: str, records: _Records, table: str, key: StoredKey, position: str
    ) -> bool:
        """Whether one of these records became the change."""
        frame = write_frame(
            stream=self._stream,
            shard=shard,
            sequence_numbers=[record["SequenceNumber"] for record in records],
            partition_keys=[record["PartitionKey"] for record in records],
            arrival_millis=[_arrival_ms(record) for record in records],
            records=[record["Data"] for record in records],
        )
        changes = decode_block(read_frame(frame), self._plan, self._keys).changes.get(table)
        if changes is None:
            return False
        matches = [pc.equal(changes.column(each.column.name), each.scalar) for each in key]
        matches.append(pc.equal(changes.column(POSITION), position))
        return bool(pc.any(reduce(pc.and_, matches)).as_py())


def _describe(stream: str, shard: str, record: Mapping[str, Any]) -> StreamRecord:
    """What DMS says of a change, in forms that cannot be personal."""
    metadata = json.loads(record["Data"])[METADATA]
    operation, transaction = metadata.get("operation"), metadata.get("transaction-id")
    return StreamRecord(
        stream,
        shard,
        record["SequenceNumber"],
        _arrival_ms(record),
        timestamp_micros(metadata.get("commit-timestamp")),
        operation if operation in _OPERATIONS else "",
        transaction if type(transaction) is int else None,
    )


def _arrival_ms(record: Mapping[str, Any]) -> int:
    arrival: float = record["ApproximateArrivalTimestamp"].timestamp()
    return round(arrival * 1_000)


FindRecord = Callable[[Sequence[ReadRange], str, StoredKey, str, int], StreamSearch]
