"""PutRecords: what is refused is put again, what is answered is traced, keys keep their thread."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.load.sender import RECORDS_PER_CALL, Sender, put_all

THROTTLED = "ProvisionedThroughputExceededException"
MISSING = "ResourceNotFoundException"


class Clock:
    """Counts up with each look and never waits."""

    def __init__(self) -> None:
        self.looks = 0
        self.stopped = False
        self.waited: list[float] = []

    def now(self) -> float:
        self.looks += 1
        return float(self.looks)

    def wait(self, seconds: float) -> bool:
        if seconds:
            self.waited.append(seconds)
        return self.stopped


class Kinesis:
    """Two shards by the last character of the key; refuses what `refuse` says."""

    def __init__(self, refuse: Any = None) -> None:
        self.shards: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self.threads: dict[str, set[str]] = defaultdict(set)
        self.calls: list[int] = []
        self._refuse = refuse or (lambda *_: False)
        self._lock = threading.Lock()

    def put_records(self, StreamName: str, Records: list[Any]) -> Any:  # noqa: N803
        assert StreamName == "changes"
        with self._lock:
            self.calls.append(len(Records))
            answers = []
            for number, record in enumerate(Records):
                if self._refuse(len(self.calls), number):
                    answers.append({"ErrorCode": THROTTLED})
                    continue
                shard = f"shard-{ord(record['PartitionKey'][-1]) % 2}"
                self.threads[record["PartitionKey"]].add(threading.current_thread().name)
                self.shards[shard].append((record["PartitionKey"], record["Data"]))
                last = str(len(self.shards[shard]))
                answers.append({"ShardId": shard, "SequenceNumber": last})
            return {"Records": answers, "FailedRecordCount": 0}


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "PutRecords")


def put(kinesis: Any, count: int, threads: int = 1, clock: Clock | None = None) -> Sender:
    sender = Sender(kinesis, "changes", threads, clock or Clock())
    for number in range(count):
        sender.offer(number / 10, f"key-{number % 7}", str(number).encode())
    sender.start()
    sender.finish()
    return sender


def test_everything_is_put_in_full_calls_and_traced() -> None:
    kinesis = Kinesis()
    sent = put(kinesis, 1_200).sent
    assert kinesis.calls == [RECORDS_PER_CALL, RECORDS_PER_CALL, 200]
    assert (sent.records, sent.calls, sent.refused) == (1_200, 3, 0)
    assert list(sent.call_seconds) == [1, 1, 1]
    for shard, records in kinesis.shards.items():
        trace = sent.shards[shard]
        assert trace.numbers == list(range(1, len(records) + 1))
        assert list(trace.due) == [int(data) / 10 for _, data in records]
        assert set(trace.sent) == {1, 3, 5}
    assert sent.last_numbers() == {s: len(r) for s, r in kinesis.shards.items()}


def test_a_key_stays_with_its_thread_and_in_order() -> None:
    kinesis = Kinesis()
    put(kinesis, 2_000, threads=4)
    assert all(len(threads) == 1 for threads in kinesis.threads.values())
    assert len(set().union(*kinesis.threads.values())) > 1
    for records in kinesis.shards.values():
        by_key: dict[str, list[int]] = defaultdict(list)
        for key, data in records:
            by_key[key].append(int(data))
        assert all(numbers == sorted(numbers) for numbers in by_key.values())


def test_what_is_refused_is_put_again_and_only_that() -> None:
    clock = Clock()
    kinesis = Kinesis(refuse=lambda call, number: call < 3 and number % 2 == 1)
    sent = put(kinesis, 8, clock=clock).sent
    assert kinesis.calls == [8, 4, 2]
    assert (sent.records, sent.refused) == (8, 6)
    assert sorted(int(d) for r in kinesis.shards.values() for _, d in r) == list(range(8))
    assert clock.waited == [0.05, 0.1]


def test_a_refused_call_is_made_again() -> None:
    def refuse(call: int, number: int) -> bool:  # noqa: ARG001
        if call == 1:
            raise client_error(THROTTLED)
        return False

    sent = put(Kinesis(refuse), 5).sent
    assert (sent.records, sent.refused, sent.calls) == (5, 5, 2)


def test_another_error_ends_it_and_is_raised() -> None:
    def refuse(call: int, number: int) -> bool:  # noqa: ARG001
        raise client_error(MISSING)

    with pytest.raises(ClientError, match="ResourceNotFound"):
        put(Kinesis(refuse), 5)


def test_a_stopped_clock_ends_it_though_records_wait() -> None:
    clock = Clock()
    clock.stopped = True
    kinesis = Kinesis()
    sender = put(kinesis, 5_000, clock=clock)
    sender.close()
    assert sender.sent.records == 0
    assert sender.waiting() > 0


def test_put_all_puts_all() -> None:
    kinesis = Kinesis()
    sender = Sender(kinesis, "changes", 2, Clock())  # type: ignore[arg-type]
    put_all(sender, ((f"key-{n}", b"x") for n in range(100)))
    assert sender.sent.records == 100
