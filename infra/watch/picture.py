"""What one look has shown: typed, and without a value of any row.

Times are in UTC, with their zone. None stands for what is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

# On fields that other parts of a picture are made of, and nobody is shown.
UNSHOWN: Final = "unshown"
_UNSHOWN: Final[Mapping[str, Any]] = MappingProxyType({UNSHOWN: True})


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What one place has answered last.

    Attributes:
        value: the last answer; None before the first.
        read_at: when that was.
        fault: why the last look had no answer, in a sentence; empty where it had one.
        away_since: when it had none for the first time since the last answer.
    """

    value: T | None = None
    read_at: dt.datetime | None = None
    fault: str = ""
    away_since: dt.datetime | None = None


@dataclass(frozen=True)
class Destination:
    """What became of changes at one target, or of those of dimensions.

    Attributes:
        name: of the target; `(dimension)` for all dimensions.
    """

    name: str
    loaded: int
    superseded: int


@dataclass(frozen=True)
class Batch:
    """What one load has brought in.

    Attributes:
        name: of the batch.
        loaded_at: when it was written.
        first_epoch: of its epochs; None where the ledger no longer has it.
        last_epoch: the same.
        records: that were read.
        changes: that were loaded, once for each destination.
        dead_lettered: records that have become dead letters.
        after_arrival: seconds from the arrival of its newest record until it was written.
        after_checkpoint: seconds from the end of its last epoch until it was written, where Flink
            says when that was.
    """

    name: str
    loaded_at: dt.datetime
    first_epoch: int | None
    last_epoch: int | None
    records: int
    changes: int
    dead_lettered: int
    after_arrival: float | None
    after_checkpoint: float | None = None


@dataclass(frozen=True)
class Gap:
    """Records of a shard that were lost before they were read."""

    shard: str
    cause: str
    loaded_at: dt.datetime | None


@dataclass(frozen=True)
class LoadedShard:
    """How far a shard is in the warehouse.

    Attributes:
        last_sequence_number: the greatest that is loaded.
        loaded_until: what arrived before is loaded.
        complete_until: what the source had committed before is loaded.
        ended: whether all of it is.
    """

    shard: str
    last_sequence_number: str | None
    loaded_until: dt.datetime | None
    complete_until: dt.datetime | None
    ended: bool


@dataclass(frozen=True)
class LetterFile:
    """A loaded part of dead letters."""

    part: str
    url: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Loads:
    """What the bookkeeping tables say.

    Attributes:
        begun: whether the application has made its tables.
        read: records read from the stream, in all.
        split: of these, updates of a key, which are two changes.
        dead_lettered: dead letters, in all.
        passed_over: records that needed no change.
        destinations: what became of the changes.
        lately_seconds: how long ago `lately_read` and `lately_loaded` begin.
        lately_read: records of the loads since then.
        lately_loaded: changes of these loads.
        lately_dead_lettered: dead letters of the last hour.
        replayed: dead letters that were put back.
        batches: the newest, the newest first.
        gap_count: in all.
        gaps: the newest, the newest first.
        complete_until: what the source had committed before is loaded.
        evidence: what shows that; empty without a cut.
        shards: how far each is.
        letters: the newest parts of dead letters.
    """

    begun: bool
    read: int = 0
    split: int = 0
    dead_lettered: int = 0
    passed_over: int = 0
    destinations: tuple[Destination, ...] = ()
    lately_seconds: int = 0
    lately_read: int = 0
    lately_loaded: int = 0
    lately_dead_lettered: int = 0
    replayed: int = 0
    batches: tuple[Batch, ...] = ()
    gap_count: int = 0
    gaps: tuple[Gap, ...] = ()
    complete_until: dt.datetime | None = None
    evidence: str = ""
    shards: tuple[LoadedShard, ...] = ()
    letters: tuple[LetterFile, ...] = field(default=(), metadata=_UNSHOWN)

    @property
    def loaded(self) -> int:
        """Changes that were loaded, once for each destination."""
        return sum(destination.loaded for destination in self.destinations)


@dataclass(frozen=True)
class Letters:
    """Dead letters that are alike.

    Attributes:
        reason: why they are dead letters.
        table: the declared table; empty where it is not known.
        remedy: what to do; empty for a reason of another version.
    """

    reason: str
    table: str
    count: int
    remedy: str


@dataclass(frozen=True)
class LetterReasons:
    """Why the newest dead letters are dead letters.

    Attributes:
        counted: how many were looked at.
        alike: those that are alike together, the most first.
    """

    counted: int
    alike: tuple[Letters, ...]


@dataclass(frozen=True)
class ShardLag:
    """How far the warehouse is behind a shard.

    Attributes:
        seconds: the age of the oldest record that is not loaded; 0 without one.
    """

    shard: str
    seconds: float


@dataclass(frozen=True)
class Stream:
    """What Kinesis says.

    Attributes:
        name: of the stream.
        lags: of the shards that can have records that are not loaded.
    """

    name: str
    lags: tuple[ShardLag, ...]

    @property
    def worst(self) -> ShardLag | None:
        """The shard that is furthest behind."""
        return max(self.lags, key=lambda lag: lag.seconds, default=None)


@dataclass(frozen=True)
class JobMetrics:
    """The metrics that are watched, by the lists in `connectors.metrics`; see `metrics.WATCHED`."""

    pending_epochs: int | None = None
    oldest_pending_seconds: int | None = None
    stream_lag_milliseconds: int | None = None
    shards_held: int | None = None
    hash_range_holes: int | None = None
    tables_never_read: int | None = None
    loads_retried: int | None = None
    loads_need_repair: int | None = None
    records_unaccounted: int | None = None


@dataclass(frozen=True)
class Job:
    """What Flink, or the managed service, says of the job.

    Attributes:
        state: in its own words, as RUNNING.
        restarts: since it was started.
        metrics: what the job itself reports.
        checkpoint_seconds: how long the last completed checkpoint has taken.
        checkpoint_at: when that was complete.
        checkpoints_failed: of the last ones, since one has completed; on AWS since the start.
        alarms: those that are raised.
        epochs: of the last checkpoints, when each was complete.
    """

    state: str
    restarts: int | None = None
    metrics: JobMetrics = field(default_factory=JobMetrics)
    checkpoint_seconds: float | None = None
    checkpoint_at: dt.datetime | None = None
    checkpoints_failed: int | None = None
    alarms: tuple[str, ...] = ()
    epochs: Mapping[int, dt.datetime] = field(default_factory=dict, metadata=_UNSHOWN)


@dataclass(frozen=True)
class Limits:
    """What counts as too much, in seconds.

    Attributes:
        lag: the age of the oldest record that is not loaded.
        pending: the age of the oldest complete epoch that is not loaded.
    """

    lag: int
    pending: int


@dataclass(frozen=True)
class Picture:
    """One look.

    Attributes:
        seen_at: when.
        watched: what is watched, in words.
        limits: what counts as too much there.
        warehouse: the bookkeeping tables.
        letters: the files of dead letters.
        stream: Kinesis.
        job: Flink or the managed service; None where nobody was asked.
        ended: whether what is watched has ended.
    """

    seen_at: dt.datetime
    watched: str
    limits: Limits
    warehouse: Reading[Loads]
    letters: Reading[LetterReasons]
    stream: Reading[Stream]
    job: Reading[Job] | None = None
    ended: bool = False
