"""What is watched: the places that are asked, and the picture that their answers make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from infra.watch.bookkeeping import Bookkeeping
from infra.watch.letters import LetterCounts, ReadFile
from infra.watch.picture import Job, Limits, LoadedShard, Loads, Picture, Reading
from infra.watch.reader import Reader, utc_now
from infra.watch.shards import StreamLags


@dataclass(frozen=True)
class Places:
    """Where an application's facts are.

    Attributes:
        title: what is watched, in words.
        limits: what counts as too much.
        names: of the bookkeeping tables.
        open_warehouse: opens a transaction that only reads, or the like.
        read_file: gives a staged file by its address.
        kinesis: boto3's client.
        stream_arn: of the stream.
        read_job: asks for the job; None where nobody can be asked.
        job_seconds: from one question for the job to the next, at least.
        has_ended: whether what is watched has ended.
    """

    title: str
    limits: Limits
    names: Names
    open_warehouse: Callable[[], AbstractContextManager[Cursor]]
    read_file: ReadFile
    kinesis: Any
    stream_arn: str
    read_job: Callable[[], Job] | None = None
    job_seconds: float = 0.0
    has_ended: Callable[[], bool] = lambda: False


class Watch:
    """Looks at an application.

    Args:
        places: where its facts are.
        every: seconds from one look to the next; 0 for each time that `look` is called.
        now: the time.
    """

    def __init__(
        self, places: Places, every: float = 0.0, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self._places = places
        self._now = now
        self._bookkeeping = Bookkeeping(places.names)
        self._letter_counts = LetterCounts(places.read_file)
        self._stream_lags = StreamLags(places.stream_arn, places.kinesis)
        self._warehouse = Reader(self._read_warehouse, every, now)
        self._letters = Reader(
            lambda: self._letter_counts.count(self._last_loads().letters), every, now
        )
        self._stream = Reader(
            lambda: self._stream_lags.read(self._loaded_shards(), now()), every, now
        )
        self._job = None
        if places.read_job is not None:
            self._job = Reader(places.read_job, max(every, places.job_seconds), now)

    def look(self) -> Picture:
        """Asks everybody, one after the other."""
        for reader in self._readers():
            reader.look()
        return self.picture()

    def start(self) -> None:
        """Asks everybody from now on, each on a thread of its own."""
        for reader in self._readers():
            reader.start()

    def stop(self) -> None:
        """Asks nobody any more."""
        for reader in self._readers():
            reader.stop()

    def picture(self) -> Picture:
        """What they have said last."""
        job = None if self._job is None else self._job.reading
        return Picture(
            seen_at=self._now(),
            watched=self._places.title,
            limits=self._places.limits,
            warehouse=_with_durations(self._warehouse.reading, job),
            letters=self._letters.reading,
            stream=self._stream.reading,
            job=job,
            ended=self._places.has_ended(),
        )

    def _readers(self) -> Iterator[Reader[Any]]:
        """The warehouse first: what the others ask for depends on it."""
        yield from (self._warehouse, self._stream, self._letters)
        if self._job is not None:
            yield self._job

    def _read_warehouse(self) -> Loads:
        with self._places.open_warehouse() as cursor:
            return self._bookkeeping.read(cursor, self._now())

    def _last_loads(self) -> Loads:
        return self._warehouse.reading.value or Loads(begun=False)

    def _loaded_shards(self) -> Mapping[str, LoadedShard]:
        return {shard.shard: shard for shard in self._last_loads().shards}


def _with_durations(warehouse: Reading[Loads], job: Reading[Job] | None) -> Reading[Loads]:
    """The loads, with how long each has taken since the end of its last epoch."""
    if warehouse.value is None or job is None or job.value is None:
        return warehouse
    batches = []
    for batch in warehouse.value.batches:
        completed = job.value.epochs.get(batch.last_epoch or 0)
        if completed is not None:
            taken = max((batch.loaded_at - completed).total_seconds(), 0.0)
            batches.append(replace(batch, after_checkpoint=taken))
        else:
            batches.append(batch)
    return replace(warehouse, value=replace(warehouse.value, batches=tuple(batches)))
