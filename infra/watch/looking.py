"""What is watched: the places that are asked, and the picture that their answers make."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from infra.watch.bookkeeping import Bookkeeping
from infra.watch.letters import LetterCounts, ReadFile
from infra.watch.picture import (
    Job,
    LetterReasons,
    Limits,
    Loads,
    Picture,
    Reading,
    Stream,
)
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
        now: the time.
    """

    def __init__(self, places: Places, now: Callable[[], dt.datetime] = utc_now) -> None:
        self._places = places
        self._now = now
        self._bookkeeping = Bookkeeping(places.names)
        self._letter_counts = LetterCounts(places.read_file)
        self._stream_lags = StreamLags(places.stream_arn, places.kinesis)
        self._warehouse = Reader(self._read_warehouse, now=now)
        self._letters = Reader(self._read_letters, now=now)
        self._stream = Reader(self._read_stream, now=now)
        self._job = None
        if places.read_job is not None:
            self._job = Reader(places.read_job, places.job_seconds, now)
        self._stop = threading.Event()

    def look(self) -> Picture:
        """Asks everybody, one after the other."""
        self._look_at_data()
        self._look_at_job()
        return self.picture()

    def start(self, every: float) -> None:
        """From now on asks every so many seconds, on threads, so that one that hangs delays few."""
        for look in (self._look_at_data, self._look_at_job):
            threading.Thread(target=self._go_on, args=(look, every), daemon=True).start()

    def stop(self) -> None:
        """Asks nobody any more; a question that is under way is not waited for."""
        self._stop.set()

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

    def _go_on(self, look: Callable[[], None], every: float) -> None:
        while not self._stop.is_set():
            look()
            self._stop.wait(every)

    def _look_at_data(self) -> None:
        """The warehouse first: it says behind which records to ask, and which files there are."""
        self._warehouse.look()
        loads = self._warehouse.reading.value
        if loads is None:
            return
        # Without a cut it is not known where a shard goes on.
        if loads.shards or not loads.read:
            self._stream.look()
        self._letters.look()

    def _look_at_job(self) -> None:
        if self._job is not None:
            self._job.look()

    def _read_warehouse(self) -> Loads:
        with self._places.open_warehouse() as cursor:
            return self._bookkeeping.read(cursor, self._now())

    def _read_stream(self) -> Stream:
        shards = self._known_loads().shards
        return self._stream_lags.read({shard.shard: shard for shard in shards}, self._now())

    def _read_letters(self) -> LetterReasons:
        return self._letter_counts.count(self._known_loads().letters)

    def _known_loads(self) -> Loads:
        return self._warehouse.reading.value or Loads(begun=False)


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
