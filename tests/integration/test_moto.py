"""moto keeps every record, however many clients put at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.moto import Moto

pytestmark = pytest.mark.integration

SHARD = "shardId-000000000000"


@pytest.fixture
def kinesis(tmp_path: Path) -> Iterator[Any]:
    with Moto(tmp_path) as moto:
        client = moto.client("kinesis")
        client.create_stream(StreamName="changes", ShardCount=1)
        yield client
        client.close()


def test_concurrent_puts_lose_nothing_and_reads_go_on_where_they_were(kinesis: Any) -> None:
    def put(client: int) -> list[str]:
        records = [{"PartitionKey": "k", "Data": f"{client}.{n}".encode()} for n in range(500)]
        answers = (kinesis.put_records(StreamName="changes", Records=records) for _ in range(4))
        return [record["SequenceNumber"] for answer in answers for record in answer["Records"]]

    with ThreadPoolExecutor(4) as clients:
        given = [number for numbers in clients.map(put, range(4)) for number in numbers]
    assert len(set(given)) == 8_000

    iterator = _iterator(kinesis, ShardIteratorType="TRIM_HORIZON")
    read: list[Any] = []
    while len(read) < 8_000:
        answer = kinesis.get_records(ShardIterator=iterator, Limit=999)
        assert answer["Records"], "the shard ends too early"
        read += answer["Records"]
        iterator = answer["NextShardIterator"]
    assert {record["SequenceNumber"] for record in read} == set(given)
    assert answer["MillisBehindLatest"] == 0
    assert kinesis.get_records(ShardIterator=iterator)["Records"] == []


def test_iterators_begin_at_and_after_a_number(kinesis: Any) -> None:
    for text in (b"a", b"b", b"c"):
        last = kinesis.put_record(StreamName="changes", PartitionKey="k", Data=text)
    middle = str(int(last["SequenceNumber"]) - 1)
    found = {
        kind: [
            record["Data"]
            for record in kinesis.get_records(
                ShardIterator=_iterator(
                    kinesis, ShardIteratorType=kind, StartingSequenceNumber=middle
                )
            )["Records"]
        ]
        for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    }
    assert found == {"AT_SEQUENCE_NUMBER": [b"b", b"c"], "AFTER_SEQUENCE_NUMBER": [b"c"]}


def _iterator(kinesis: Any, **where: str) -> str:
    answer = kinesis.get_shard_iterator(StreamName="changes", ShardId=SHARD, **where)
    return str(answer["ShardIterator"])
