"""Owns the settings of the Kinesis block source and how they reach the JVM's builder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pyflink.datastream.connectors import Source
from pyflink.java_gateway import get_gateway


class InitialPosition(StrEnum):
    """Where a job without a checkpoint begins. A restored job continues where it was."""

    TRIM_HORIZON = "TRIM_HORIZON"
    """The oldest record that the stream still holds."""
    LATEST = "LATEST"
    """What arrives from now on; after a failure before the first checkpoint, from then on."""


@dataclass(frozen=True, slots=True)
class KinesisSourceSettings:
    """What the source is given. Region and stream name are taken from the ARN.

    Attributes:
        stream_arn: ``arn:<partition>:kinesis:<region>:<account>:stream/<name>``.
        endpoint: URL of an emulator; None is the region's own.
        initial_position: where a job without a checkpoint begins.
        shard_discovery_interval: time between two listings of the shards, at least 1 ms.
        max_block_bytes: about how large an element with more than one record may become.
    """

    stream_arn: str
    endpoint: str | None = None
    initial_position: InitialPosition = InitialPosition.TRIM_HORIZON
    shard_discovery_interval: timedelta = timedelta(seconds=10)
    max_block_bytes: int = 4 * 1024 * 1024


def kinesis_block_source(settings: KinesisSourceSettings) -> Source:
    """Builds the source; its elements are bytes, read by `connectors.kinesis.frame.read_frame`.

    `starjoin-connectors.jar` must be on the job's class path. Credentials come from the SDK's
    default chain, in the JVM of the job manager and of each task manager.

    Raises:
        py4j.protocol.Py4JJavaError: a setting cannot be right; the message names it.
        TypeError: the jar is not on the class path.
    """
    builder: Any = get_gateway().jvm.io.starjoin.kinesis.KinesisBlockSource.builder()
    return Source(
        builder.streamArn(settings.stream_arn)
        .endpoint(settings.endpoint)
        .initialPosition(settings.initial_position.value)
        .shardDiscoveryIntervalMillis(
            settings.shard_discovery_interval // timedelta(milliseconds=1)
        )
        .maxBlockBytes(settings.max_block_bytes)
        .build()
    )
