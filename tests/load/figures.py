"""The report's content, typed: what the JSON holds and the page shows.

Times are seconds since the first record was due, unless a name says otherwise.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

# Reports of format 1 are read as well: they lack what has a default here.
Format = Literal["starjoin-load-test-1", "starjoin-load-test-2"]
FORMAT: Final = "starjoin-load-test-2"
Outcome = Literal["equal", "different", "not compared", "interrupted", "failed"]


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Percentiles(_Figures):
    """Of so many values; by nearest rank, so each is a value that occurred."""

    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class Parameters(_Figures):
    """What was asked for."""

    rate: float
    minutes: float
    seed: int
    burst: float
    senders: int
    shards: int | None
    parallelism: int | None
    checkpoint_interval: str | None
    environment: str | None
    first_key: int
    weights: dict[str, float]
    declaration: str | None = None  # by its file's name; None: the ticket seller's business


class Second(_Figures):
    """Records per second of the run: due by the schedule, put, and become visible."""

    at: int
    due: int
    put: int
    loaded: int | None


class LatencySecond(_Figures):
    """Latency of the records that were put in one second."""

    at: int
    count: int
    p50: float
    p99: float


class Bucket(_Figures):
    """How many records had a latency of at least `begin` and less than `end` seconds."""

    begin: float
    end: float
    count: int


class Latency(_Figures):
    """How long until records were visible, and how exactly that is known."""

    from_arrival: Percentiles
    from_due: Percentiles
    over_time: list[LatencySecond]
    histogram: list[Bucket] = []  # of `from_arrival`; pydantic copies defaults
    put_calls: Percentiles
    between_looks: Percentiles
    not_visible: int


class Ceiling(_Figures):
    """What the generator can do by itself, apart from any job."""

    rendered_per_second: float
    put_per_second: float | None = None
    put_records: int | None = None
    generator_cpu: float | None = None  # cores
    kinesis_cpu: float | None = None  # cores


class Generator(_Figures):
    """What the generator did."""

    full_load: int
    due: int
    put: int
    lateness: Percentiles
    calls: int
    refused_at_first: int
    operations: dict[str, int]
    ceiling: Ceiling


class Checkpoint(_Figures):
    """One checkpoint of the job."""

    number: int
    at: float
    status: str
    seconds: float
    bytes: int


class Batch(_Figures):
    """One load transaction; `at` is when its ledger rows were written, shortly before its end.

    `after_checkpoint` is how long that was after its last epoch's checkpoint was complete.
    """

    at: float
    after_checkpoint: float | None
    first_epoch: int
    last_epoch: int
    parts: int
    fact_rows: int
    patches: int
    dead_letters: int
    bytes: int


class ProcessSample(_Figures):
    """CPU in cores and resident memory in bytes, at one time.

    `waited` is how many of its threads, on average, were ready to run and had no core.
    """

    at: float
    cpu: float
    waited: float
    memory: int


class Process(_Figures):
    """A process of the run, or several of one kind, while records were due."""

    name: str
    processes: int
    cpu_mean: float
    cpu_max: float
    waited_mean: float
    memory_max: int
    single_threaded: bool
    samples: list[ProcessSample]


class OperatorSample(_Figures):
    """Shares of their time that an operator's subtasks were busy and back-pressured, on average."""

    at: float
    busy: float
    back_pressured: float


class Operator(_Figures):
    """An operator of the job, or several that run in one task, while records were due.

    Shares of time: means are over the subtasks, maxima those of the busiest subtask at any time.
    """

    name: str
    subtasks: int
    busy_mean: float
    busy_max: float
    back_pressured_mean: float
    back_pressured_max: float
    samples: list[OperatorSample]


class Machine(_Figures):
    """The machine that all of it ran on."""

    cores: int
    cpu_mean: float  # cores in use, by everything on the machine


class Comparison(_Figures):
    """The warehouse's table against the true one, as multisets of rows; keys and columns only."""

    equal: bool
    expected_rows: int
    found_rows: int
    missing: int
    unexpected: int
    different: int
    first_differences: list[str]


class Reconciled(_Figures):
    """What `starjoin reconcile` has found after the run; `verdict` as its exit code says it."""

    verdict: str
    rows: int
    ranges: int
    different_keys: int
    bytes_moved: int
    seconds: float


class JudgedThreshold(_Figures):
    """A threshold that was asked for, and what became of it.

    `crossed` is None where the run has no such figure, so that nothing can be said.
    """

    text: str
    figure: str
    found: float | None
    crossed: bool | None


class Trial(_Figures):
    """One run of a search for the highest sustained rate.

    `why_not` is empty if it was sustained. `growth` is by how much the latency of the second half
    exceeds that of the first.
    """

    rate: float
    why_not: str
    p50: float | None
    p99: float | None
    growth: float | None


class Report(_Figures):
    """Everything."""

    format: Format = FORMAT
    version: str | None = None
    commit: str | None = None
    started_at: str
    outcome: Outcome
    reason: str
    parameters: Parameters
    machine: Machine
    seconds: list[Second]
    bursts: list[tuple[float, float]]
    generator: Generator
    records_read: int | None
    dead_lettered: int | None
    drive_seconds: float
    settled_seconds: float | None
    backlog_records: int | None
    latency: Latency | None
    checkpoints: list[Checkpoint]
    batches: list[Batch]
    processes: list[Process]
    operators: list[Operator] = []
    comparison: Comparison | None
    reconciled: Reconciled | None = None
    thresholds: list[JudgedThreshold] = []
    trials: list[Trial] = []
