"""Owns the settings of the Kinesis block source. Needs neither PyFlink nor a JVM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

MIB: Final = 1024 * 1024


class InitialPosition(StrEnum):
    """Where a job without a checkpoint begins. A restored job continues where it was."""

    TRIM_HORIZON = "TRIM_HORIZON"
    """The oldest record that the stream still holds."""
    LATEST = "LATEST"
    """What arrives after the job has first started."""
    AT_TIMESTAMP = "AT_TIMESTAMP"
    """The first record that arrived at a given time or later."""


class GapPolicy(StrEnum):
    """What happens when records of the stream are lost to the job."""

    STOP = "stop"
    """The shard is held at the gap, other shards are read, and the job fails later."""
    CONTINUE = "continue"
    """The gap is reported as an element of its own, and reading continues after it."""


class Reader(StrEnum):
    """How the records of a shard are fetched."""

    POLLING = "polling"
    """GetRecords: all readers of a shard share 2 MiB/s and five calls a second."""
    FAN_OUT = "fan_out"
    """SubscribeToShard: each consumer has 2 MiB/s of a shard to itself, at a price."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """How AWS is reached.

    Attributes:
        endpoint: URL of Kinesis; None is the region's own.
        fips: whether the region's FIPS endpoint is used.
        call_timeout: after which a call has failed, 1 to 300 s.
        connect_timeout: after which connecting has failed, at most `call_timeout`.
        max_connections: of one subtask that polls, which has at most one call in flight for each
            shard.
        role_arn: the role that is assumed to read the stream; None uses the default credentials.
        role_external_id: what the role's trust policy asks for.
        role_endpoint: URL of STS; None is the region's own.
        web_identity_token_file: the token with which the role is assumed.
        cbor: whether records travel as CBOR; False is JSON, for emulators that know nothing else,
            and then holds for every client in the JVM.
    """

    endpoint: str | None = None
    fips: bool = False
    call_timeout: timedelta = timedelta(seconds=25)
    connect_timeout: timedelta = timedelta(seconds=5)
    max_connections: int = 500
    role_arn: str | None = None
    role_external_id: str | None = None
    role_endpoint: str | None = None
    web_identity_token_file: str | None = None
    cbor: bool = True


@dataclass(frozen=True, slots=True)
class KinesisSourceSettings:
    """What the source is given. Region and stream name are taken from the ARN.

    Attributes:
        stream_arn: ``arn:<partition>:kinesis:<region>:<account>:stream/<name>``.
        initial_position: where a job without a checkpoint begins.
        initial_timestamp_millis: since 1970; for `AT_TIMESTAMP` only.
        on_gap: what happens when records are lost.
        fail_after: how long a shard or the listing may go without an answer, or a shard be held
            at a gap, 30 s to 1 day.
        first_backoff: the wait after a first failure, 100 ms to the longest one; it doubles with
            each further failure in a row.
        longest_backoff: which it does not exceed, 1 s to 30 s.
        prefetch_bytes: bound of what a subtask has fetched and not emitted, 16 MiB to 4 GiB.
        poll_interval: from the start of one call for a shard to the next, 200 ms to 10 s.
        shard_discovery_interval: time between two listings of the shards, 100 ms to 1 hour.
        max_records_per_call: limit of one GetRecords, 1 to 10,000.
        max_block_bytes: about how large an element with more than one record may become.
        reader: how records are fetched.
        consumer_name: for fan-out: registered if it does not exist.
        consumer_arn: for fan-out, instead of the name: a consumer that exists.
        connection: how AWS is reached.
    """

    stream_arn: str
    initial_position: InitialPosition = InitialPosition.TRIM_HORIZON
    initial_timestamp_millis: int | None = None
    on_gap: GapPolicy = GapPolicy.STOP
    fail_after: timedelta = timedelta(minutes=15)
    first_backoff: timedelta = timedelta(milliseconds=400)
    longest_backoff: timedelta = timedelta(seconds=10)
    prefetch_bytes: int = 64 * MIB
    poll_interval: timedelta = timedelta(milliseconds=200)
    shard_discovery_interval: timedelta = timedelta(seconds=10)
    max_records_per_call: int = 10_000
    max_block_bytes: int = 4 * MIB
    reader: Reader = Reader.POLLING
    consumer_name: str | None = None
    consumer_arn: str | None = None
    connection: ConnectionSettings = ConnectionSettings()
