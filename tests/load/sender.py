"""PutRecords over a few threads, as DMS does with parallel apply: each key has one thread.

Owns the calls, their retries, and the trace of what Kinesis answered: for every record its shard
and sequence number, when it was due and when the call that put it began.
"""

from __future__ import annotations

import queue
import threading
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from tests.load.pace import Clock

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

RECORDS_PER_CALL: Final = 500  # Kinesis's limit; 5 MiB is another, far above 500 records here
_THROTTLED: Final = {"ProvisionedThroughputExceededException", "LimitExceededException"}
# First retry after 50 ms, doubled up to 2 s: a shard's limit is one of records per second.
_RETRY_SECONDS: Final = 0.05
_MAX_RETRY_SECONDS: Final = 2.0


class Entry(NamedTuple):
    """A record that waits to be put."""

    due: float
    key: str
    data: bytes


class ShardTrace:
    """What became of the records of one shard, in the order of the answers."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.sent = array("d")
        self.due = array("d")


@dataclass
class Sent:
    """What the senders did; `lock` guards it while they run."""

    shards: dict[str, ShardTrace] = field(default_factory=dict)
    records: int = 0
    calls: int = 0
    refused: int = 0  # records that Kinesis refused at first, each time they were
    call_seconds: array[float] = field(default_factory=lambda: array("d"))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entries: list[Entry], answers: list[Any], began: float, ended: float) -> None:
        """Notes one call."""
        with self.lock:
            self.calls += 1
            self.call_seconds.append(ended - began)
            for entry, answer in zip(entries, answers, strict=True):
                if answer.get("ErrorCode"):
                    self.refused += 1
                    continue
                trace = self.shards.setdefault(answer["ShardId"], ShardTrace())
                trace.numbers.append(int(answer["SequenceNumber"]))
                trace.sent.append(began)
                trace.due.append(entry.due)
                self.records += 1

    def last_numbers(self) -> dict[str, int]:
        """The highest sequence number of each shard."""
        with self.lock:
            return {shard: max(trace.numbers) for shard, trace in self.shards.items()}


class Sender:
    """Threads that put what they are offered; use it as a context manager.

    Args:
        client: boto3's, with a connection for each thread.
        stream: its name.
        threads: how many calls there may be at a time.
        clock: the run's.
    """

    def __init__(self, client: KinesisClient, stream: str, threads: int, clock: Clock) -> None:
        self.sent = Sent()
        self._client = client
        self._stream = stream
        self._clock = clock
        # Without a limit: one would make the schedule wait for Kinesis.
        self._queues: list[queue.SimpleQueue[Entry | None]] = [
            queue.SimpleQueue() for _ in range(threads)
        ]
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(own,), name=f"sender {n}", daemon=True)
            for n, own in enumerate(self._queues)
        ]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def offer(self, due: float, key: str, data: bytes) -> None:
        """Hands over a record; returns at once."""
        thread = zlib.crc32(key.encode()) % len(self._queues)
        self._queues[thread].put(Entry(due, key, data))

    def waiting(self) -> int:
        """How many records wait for a thread, about."""
        return sum(own.qsize() for own in self._queues)

    def finish(self) -> None:
        """Returns when all that was offered has been put, or the clock was stopped.

        Raises what ended a thread.
        """
        self.close()
        self.check()

    def close(self) -> None:
        """Ends the threads, whatever waits; tell the clock to stop first. May be repeated."""
        for own in self._queues:
            own.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def check(self) -> None:
        """Raises what ended a thread, if one has ended."""
        if self._errors:
            raise self._errors[0]

    def _run(self, own: queue.SimpleQueue[Entry | None]) -> None:
        try:
            # A wait of no time: whether the run is to end.
            while not self._clock.wait(0) and (entries := _take(own)):
                self._put(entries)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._errors.append(error)

    def _put(self, entries: list[Entry]) -> None:
        delay = _RETRY_SECONDS
        while entries:
            began = self._clock.now()
            answers = self._call(entries)
            self.sent.add(entries, answers, began, self._clock.now())
            # What was refused comes after later records, as from DMS: positions put it right.
            entries = [e for e, a in zip(entries, answers, strict=True) if a.get("ErrorCode")]
            if entries:
                if self._clock.wait(delay):
                    return
                delay = min(2 * delay, _MAX_RETRY_SECONDS)

    def _call(self, entries: list[Entry]) -> list[Any]:
        records: list[PutRecordsRequestEntryTypeDef] = [
            {"PartitionKey": entry.key, "Data": entry.data} for entry in entries
        ]
        try:
            return list(
                self._client.put_records(StreamName=self._stream, Records=records)["Records"]
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code not in _THROTTLED:
                raise
            return [{"ErrorCode": code}] * len(entries)


def _take(own: queue.SimpleQueue[Entry | None]) -> list[Entry]:
    """Waits for a record and takes those behind it, up to a call's worth; empty at the end."""
    found: list[Entry] = []
    first = own.get()
    if first is None:
        return found
    found.append(first)
    while len(found) < RECORDS_PER_CALL:
        try:
            entry = own.get_nowait()
        except queue.Empty:
            break
        if entry is None:
            own.put(None)  # for the next look
            break
        found.append(entry)
    return found


def put_all(sender: Sender, entries: Iterable[tuple[str, bytes]]) -> None:
    """Puts everything as fast as it goes."""
    sender.start()
    for key, data in entries:
        sender.offer(0.0, key, data)
    sender.finish()
