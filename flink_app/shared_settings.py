"""The settings that an environment's file gives and the application reads, declared once.

The property groups of `flink_app/settings.py` and the parts of `infra/aws/environment.py` inherit
these models, so that a field added here is a key of the file, a parameter of the template and a
property of the application.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from connectors.floors import Floors, TableFloors
from connectors.kinesis.source_settings import GapPolicy, InitialPosition, Reader
from connectors.log_points import TOLERANCE_SECONDS, OnLogRestart
from connectors.redshift.access import (
    BOOKKEEPING_DAYS,
    CUT_DAYS,
    DISORDER_SECONDS,
    LAG_SECONDS,
    STATEMENT_SECONDS,
)
from connectors.redshift.schedule import (
    IDLE_SECONDS,
    LOAD_MEGABYTES,
    LOAD_ROWS,
    TRANSACTION_MEGABYTES,
    TRANSACTION_ROWS,
)
from connectors.staging.waiting import RETRY_SECONDS
from flink_app.dead_letters.schema import Originals
from flink_app.positions.floors import TableFloorsSetting
from flink_app.positions.generations import (
    Generations,
    GenerationsSetting,
    time_milliseconds,
)
from flink_app.template_parameter import Location, Parameter
from flink_app.validation.addresses import (
    ConsumerArn,
    DatabaseName,
    Endpoint,
    HostName,
    RoleArn,
    SchemaName,
)

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]


def _check_time(text: str) -> str:
    time_milliseconds(text)
    return text


Time = Annotated[
    str,
    AfterValidator(_check_time),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*$"}),
]
ConsumerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
QueryGroup = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
# What STS takes.
ExternalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+=,.@:/_-]{2,1224}$")]
# `Generations.parse` reads the rest.
_GENERATIONS_SCHEMA: Final = WithJsonSchema({"type": "string", "pattern": "^[0-9].*$"})


class SharedApplication(BaseModel):
    """Property group `application` and part `application` of an environment."""

    name: Annotated[
        Name,
        Parameter("ApplicationName"),
        Location(
            "a new application replaces the old one, whose snapshots are deleted; its staged "
            "files, dead letters and fence in the warehouse stay under the old name"
        ),
    ] = Field(
        description="Name of the application, and of the owner of the bookkeeping tables' fence in "
        "the warehouse. Staged files, dead letters and the log lie under it. Never change it: an "
        "application of another name starts without state."
    )
    generations: Annotated[GenerationsSetting, _GENERATIONS_SCHEMA] = Field(
        Generations(),
        description="Generation of each record by its arrival on the stream, oldest first: `1`, or "
        "`1, 2 from 2026-11-23T10:00:00Z, 3 from 2026-11-24T10:00:00Z of invoice`, where the last "
        "is of one table and begins with its load. Only a reload raises it: an environment's value "
        "counts for a new application alone.",
    )
    floor: int = Field(
        0,
        ge=0,
        description="Lowest generation that still counts: records of older generations are "
        "ignored, and their rows are removed from the warehouse. 0 keeps all. Only a reload raises "
        "it: an environment's value counts for a new application alone.",
    )
    table_floors: TableFloorsSetting | None = Field(
        None,
        description="The same for single tables, where it is above `floor`: `invoice 3, payment "
        "4`. Only a reload of one table raises it: an environment's value counts for a new "
        "application alone.",
    )
    dead_letter_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Maximum share of dead letters per 10,000 records of a subtask, above 0 and at "
        "most 1, before the job stops. 1 disables the limit.",
    )
    dead_letter_run: int = Field(
        5_000,
        ge=0,
        description="Maximum number of consecutive dead letters of a subtask before the job stops. "
        "0 disables the limit.",
    )
    dead_letter_originals: Originals = Field(
        Originals.SEALED,
        description="How the original record of a dead letter is kept. `sealed`: encrypted, in the "
        "dead letter. `restricted`: unencrypted, below the prefix `restricted/`, which the "
        "bucket's policy opens to a single role.",
    )
    on_log_restart: OnLogRestart = Field(
        OnLogRestart.STOP,
        description="What happens where the source's log has started again, as after a promotion "
        "or a restore: changes are committed later and stand lower in the log. `stop`: the job "
        "stops there, and nothing of it is loaded. `continue`: it is counted, and changes of rows "
        "that were known before are discarded; only for the time until a reload.",
    )
    log_restart_seconds: int = Field(
        TOLERANCE_SECONDS,
        ge=1,
        le=86_400,
        description="Seconds by which a change must be committed later than those above it in the "
        "log before it counts as one of another log. For PostgreSQL and Oracle, set it above the "
        "duration of the longest transaction.",
    )
    metrics_by_table: bool = Field(
        default=True,
        description="Whether the balance of each table and destination is reported as metrics, up "
        "to six for each pair. CloudWatch bills every metric; `false` turns them off, and the "
        "bookkeeping tables keep the same numbers.",
    )

    @model_validator(mode="after")
    def _floors_are_generations(self) -> Self:
        newest = self.generations.newest_of_all
        if self.floor > newest:
            message = (
                f"floor {self.floor} is above the newest generation of all tables, {newest}, so "
                "that every record would be ignored: lower floor, or add the generation"
            )
            raise ValueError(message)
        for table, floor in self.floors.tables.entries:
            newest = self.generations.newest_of(table)
            if floor > newest:
                message = (
                    f"table_floors has {floor} for {table}, which is above its newest generation, "
                    f"{newest}, so that each of its records would be ignored: lower it, or add "
                    "the generation"
                )
                raise ValueError(message)
        return self

    @property
    def floors(self) -> Floors:
        """The floor of everything, and those of single tables."""
        return Floors(self.floor, self.table_floors or TableFloors())


class SharedSource(BaseModel):
    """Property group `source` and part `application` of an environment."""

    initial_position: InitialPosition = Field(
        InitialPosition.TRIM_HORIZON,
        description="Where a start without a snapshot begins to read the stream. `TRIM_HORIZON`: "
        "at the oldest record that the stream holds. `LATEST`: at the time of the start, so that "
        "all earlier changes are skipped. `AT_TIMESTAMP`: at `initial_timestamp`.",
    )
    initial_timestamp: Time | None = Field(
        None,
        description="Time at which `AT_TIMESTAMP` begins, with a time zone, such as "
        "`2026-11-23T10:00:00Z`: records that arrived on the stream earlier are skipped. A time "
        "that is longer ago than the stream keeps records is refused; with `on_gap: continue` the "
        "job begins at the oldest record, and what is lost is a gap. Only for `AT_TIMESTAMP`.",
    )

    @model_validator(mode="after")
    def _timestamp_is_given_where_it_counts(self) -> Self:
        at_timestamp = self.initial_position is InitialPosition.AT_TIMESTAMP
        if at_timestamp and self.initial_timestamp is None:
            message = "initial_position AT_TIMESTAMP needs initial_timestamp: add it"
            raise ValueError(message)
        if not at_timestamp and self.initial_timestamp is not None:
            message = (
                f"initial_timestamp has no effect with initial_position {self.initial_position}: "
                "remove it, or set initial_position to AT_TIMESTAMP"
            )
            raise ValueError(message)
        return self


class SharedReading(BaseModel):
    """Property group `source` and part `reading` of an environment."""

    on_gap: GapPolicy = Field(
        GapPolicy.STOP,
        description="What happens when records are lost because they left the stream before they "
        "were read. `stop`: the shard is held there and nothing after the gap is loaded, while "
        "other shards are read; after `fail_after_seconds` the job fails and restarts. `continue`: "
        "the gap is recorded in the bookkeeping tables, and reading continues after it.",
    )
    fail_after_seconds: int = Field(
        900,
        ge=30,
        le=86_400,
        description="Seconds for which a shard, or the list of shards, may go without a successful "
        "answer, and a shard may be held at a gap (`on_gap`), before the job fails with the cause. "
        "Throttling does not count as a failure, unless a shard cannot be read further before the "
        "shards are listed again.",
    )
    first_backoff_milliseconds: int = Field(
        400,
        ge=100,
        le=30_000,
        description="Milliseconds to wait after a call to Kinesis has failed for the first time; "
        "at most `longest_backoff_seconds`. The wait doubles with each further failure in a row. "
        "The number of attempts has no limit of its own: `fail_after_seconds` limits their time.",
    )
    longest_backoff_seconds: int = Field(
        10,
        ge=1,
        le=30,
        description="Maximum wait in seconds after a failed call, and so the longest delay before "
        "a recovered shard is read again.",
    )
    prefetch_mib: int = Field(
        64,
        ge=16,
        le=4_096,
        description="Maximum mebibytes that a subtask has fetched from the stream and not yet "
        "passed on, including what calls in flight can bring. It is memory of the JVM's heap. A "
        "call for a shard that is behind may bring 10 MiB, so where records are near 1 MiB, set 12 "
        "for each shard of a subtask, or shards wait for each other.",
    )
    poll_interval_milliseconds: int = Field(
        200,
        ge=200,
        le=10_000,
        description="Milliseconds between calls for the same shard. Kinesis allows five calls a "
        "second for each shard, shared by all applications that poll it. No effect with "
        "`reader: fan_out`.",
    )
    discovery_interval_seconds: int = Field(
        10,
        ge=1,
        le=3_600,
        description="Seconds between listings of the stream's shards. One that failed or lacks "
        "shards is repeated within 30 seconds.",
    )
    max_records_per_call: int = Field(
        10_000,
        ge=1,
        le=10_000,
        description="Maximum number of records that one call may return. No effect with "
        "`reader: fan_out`.",
    )
    max_block_kib: int = Field(
        4_096,
        ge=1,
        le=65_536,
        description="Maximum kibibytes of records that the source passes on as one element. A "
        "single record may be larger.",
    )
    reader: Reader = Field(
        Reader.POLLING,
        description="How records are fetched. `polling`: calls of GetRecords, which share 2 MiB/s "
        "of each shard with all other applications that poll. `fan_out`: enhanced fan-out, 2 MiB/s "
        "of each shard for this application alone, which AWS bills by shard hour and gigabyte; it "
        "needs `consumer_name` or `consumer_arn`.",
    )
    consumer_name: ConsumerName | None = Field(
        None,
        description="Name of the consumer of enhanced fan-out. It is registered when the job "
        "starts if it does not exist. Each application needs its own. It is never deregistered, "
        "and is billed until it is.",
    )
    consumer_arn: ConsumerArn | None = Field(
        None,
        description="ARN of a registered consumer of enhanced fan-out, instead of `consumer_name`.",
    )
    endpoint: Annotated[Endpoint | None, Parameter("KinesisEndpoint")] = Field(
        None,
        description="Endpoint of Kinesis alone, for a VPC endpoint without private DNS. Leave it "
        "out to use the region's own.",
    )
    fips: bool = Field(
        default=False,
        description="Whether the region's FIPS endpoint of Kinesis is used. Not together with "
        "`endpoint`.",
    )
    call_timeout_seconds: int = Field(
        25, ge=1, le=300, description="Seconds after which a call to Kinesis has failed."
    )
    connect_timeout_seconds: int = Field(
        5,
        ge=1,
        le=300,
        description="Seconds after which an attempt to connect to Kinesis has failed; at most "
        "`call_timeout_seconds`.",
    )
    max_connections: int = Field(
        500,
        ge=1,
        le=10_000,
        description="Maximum number of connections of a subtask to Kinesis while polling. Set it "
        "to at least the number of shards that one subtask reads, or shards wait for each other. "
        "With `fan_out` each shard has its own, without a limit.",
    )
    role_arn: Annotated[RoleArn | None, Parameter("StreamRoleArn")] = Field(
        None,
        description="ARN of the IAM role that is assumed to read the stream, if the application's "
        "own role may not. Its trust policy must admit the application's role, and the subnets "
        "need a route to STS. Leave it out to read with the application's own role.",
    )
    role_external_id: ExternalId | None = Field(
        None, description="External id that the trust policy of `role_arn` asks for."
    )
    role_endpoint: Annotated[Endpoint | None, Parameter("StsEndpoint")] = Field(
        None,
        description="Endpoint of STS, where `role_arn` is assumed, for a VPC endpoint without "
        "private DNS. Leave it out to use the region's own.",
    )

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        faults = {
            "reader fan_out needs consumer_name or consumer_arn: add one of them": (
                self.reader is Reader.FAN_OUT and not self._consumers
            ),
            "consumer_name and consumer_arn are both given: remove one of them": (
                len(self._consumers) > 1
            ),
            "consumer_name and consumer_arn apply only to reader fan_out: remove them, or set "
            "reader to fan_out": self.reader is not Reader.FAN_OUT and bool(self._consumers),
            "fips cannot be combined with endpoint: remove one of them": (
                self.fips and self.endpoint is not None
            ),
            f"connect_timeout_seconds is {self.connect_timeout_seconds} and must be at most "
            f"call_timeout_seconds, {self.call_timeout_seconds}": (
                self.connect_timeout_seconds > self.call_timeout_seconds
            ),
            f"first_backoff_milliseconds is {self.first_backoff_milliseconds} and must be at most "
            f"longest_backoff_seconds, {self.longest_backoff_seconds}": (
                self.first_backoff_milliseconds > self.longest_backoff_seconds * 1_000
            ),
            "role_external_id and role_endpoint have no effect without role_arn: add it, or remove "
            "them": (self.role_arn is None and bool(self.role_external_id or self.role_endpoint)),
        }
        for message, is_so in faults.items():
            if is_so:
                raise ValueError(message)
        return self

    @property
    def _consumers(self) -> list[str]:
        return [each for each in (self.consumer_name, self.consumer_arn) if each is not None]


class SharedStaging(BaseModel):
    """Property group `staging` and part `staging` of an environment."""

    prefix: Annotated[
        Name,
        Parameter("StagingPrefix"),
        Location(
            "files that are staged and not loaded yet stay under the old prefix, where COPY can no "
            "longer read them and no lifecycle rule deletes them"
        ),
    ] = Field(
        "staged",
        description="First part of the keys of staged files and dead letters in the bucket. Do not "
        "change it while files wait to be loaded: they stay under the old prefix.",
    )
    retry_seconds: int = Field(
        RETRY_SECONDS,
        ge=0,
        le=480,
        description="Seconds in each epoch for which failed uploads to S3 are retried, if the "
        "failure may pass, before the job restarts. Retries hold up the checkpoint, which Managed "
        "Flink ends after 600 seconds. 0 disables them; the S3 client's own three attempts remain.",
    )


class SharedRedshift(BaseModel):
    """Property group `redshift` and part `redshift` of an environment."""

    host: Annotated[HostName, Parameter("RedshiftHost")] = Field(
        description="Host name of the cluster's or workgroup's endpoint, without scheme and port."
    )
    port: Annotated[int, Parameter("RedshiftPort")] = Field(
        5439, ge=1, le=65_535, description="TCP port of the endpoint."
    )
    database: Annotated[DatabaseName, Parameter("RedshiftDatabase")] = Field(
        description="Database that holds the target tables."
    )
    bookkeeping_schema: Annotated[
        SchemaName,
        Location(
            "the record of what has been loaded stays in the old schema, and the application no "
            "longer knows of it"
        ),
    ] = Field(
        "starjoin",
        description="Schema of the bookkeeping tables, which say what has been loaded. Each "
        "application needs its own. Never change it: the application would not know what it has "
        "loaded.",
    )
    statement_seconds: int = Field(
        STATEMENT_SECONDS,
        ge=60,
        le=86_400,
        description="Seconds after which Redshift cancels a statement of a load; the load is then "
        "retried. Set it above the duration of the longest COPY after an outage. It cannot be "
        "turned off.",
    )
    bookkeeping_days: int = Field(
        BOOKKEEPING_DAYS,
        ge=0,
        le=36_500,
        description="Days after which a batch leaves the bookkeeping tables: its ledger rows are "
        "deleted, its accounts and outcomes are added to sums. Deletes of facts are remembered for "
        "twice as long, and dead letters can be replayed for as many days. No snapshot older than "
        "that can be restored. It must be longer than a record can be in the stream and, after "
        "that, its staged file in the bucket. 0 keeps everything.",
    )
    cut_days: int = Field(
        CUT_DAYS,
        ge=1,
        le=36_500,
        description="Days for which cuts are kept: until when everything was loaded, batch by "
        "batch, so that a report can say as of which cut it was made. The newest is always "
        "kept, and all are if `bookkeeping_days` is 0.",
    )
    cut_disorder_seconds: int = Field(
        DISORDER_SECONDS,
        ge=0,
        le=86_400,
        description="Seconds by which the commit times of a shard may be out of order: everything "
        "that was committed longer before the latest commit of the shard counts as loaded.",
    )
    cut_lag_seconds: int = Field(
        LAG_SECONDS,
        ge=0,
        le=604_800,
        description="Seconds after its commit within which a change reaches the stream, with what "
        "the source's clock is behind. Everything that was committed longer before a shard was "
        "found empty counts as loaded. Set it above the latency that DMS reports.",
    )
    idle_load_seconds: int = Field(
        IDLE_SECONDS,
        ge=60,
        le=86_400,
        description="Seconds between two loads while nothing is written to the stream, which only "
        "say until when everything is loaded. A warehouse that bills for the time that it works "
        "costs less the longer this is.",
    )
    query_group: QueryGroup | None = Field(
        None,
        description="Query group of the application's sessions (`SET query_group`), by which "
        "workload management assigns them to a queue. Leave it out to set none.",
    )
    load_interval_seconds: int = Field(
        0,
        ge=0,
        le=86_400,
        description="Seconds between the beginnings of two loads. 0 loads with every checkpoint. A "
        "warehouse that bills for the time that it works costs less the longer this is, and its "
        "rows are older by as much.",
    )
    load_rows: int = Field(
        LOAD_ROWS,
        ge=1,
        description="Staged rows that are loaded before the interval has passed.",
    )
    load_megabytes: int = Field(
        LOAD_MEGABYTES,
        ge=1,
        description="Megabytes of staged files that are loaded before the interval has passed.",
    )
    transaction_rows: int = Field(
        TRANSACTION_ROWS,
        ge=1,
        description="Most rows that one transaction loads: a longer backlog is loaded in several. "
        "The rows of a single checkpoint are never divided, nor is what waits when a reload "
        "removes old rows.",
    )
    transaction_megabytes: int = Field(
        TRANSACTION_MEGABYTES,
        ge=1,
        description="Most megabytes of staged files that one transaction loads, as "
        "`transaction_rows`.",
    )
