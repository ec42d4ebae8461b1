"""Owns how the settings of the Kinesis block source reach the JVM's builder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyflink.datastream.connectors import Source
from pyflink.java_gateway import get_gateway

from connectors.kinesis.source_settings import KinesisSourceSettings


def kinesis_block_source(settings: KinesisSourceSettings) -> Source:
    """Builds the source; its elements are bytes, read by `element.read_element`.

    `starjoin-connectors.jar` must be on the job's class path. Credentials come from the SDK's
    default chain, in the JVM of the job manager and of each task manager, unless a role is given.

    Raises:
        py4j.protocol.Py4JJavaError: a setting cannot be right; the message names it.
        TypeError: the jar is not on the class path.
    """
    builder: Any = get_gateway().jvm.io.starjoin.kinesis.KinesisBlockSource.builder()
    connection = settings.connection
    return Source(
        builder.streamArn(settings.stream_arn)
        .initialPosition(settings.initial_position.name)
        .initialTimestampMillis(settings.initial_timestamp_millis)
        .onGap(settings.on_gap.name)
        .failAfterMillis(_millis(settings.fail_after))
        .firstBackoffMillis(_millis(settings.first_backoff))
        .longestBackoffMillis(_millis(settings.longest_backoff))
        .prefetchBytes(settings.prefetch_bytes)
        .pollIntervalMillis(_millis(settings.poll_interval))
        .shardDiscoveryIntervalMillis(_millis(settings.shard_discovery_interval))
        .maxRecordsPerFetch(settings.max_records_per_call)
        .maxBlockBytes(settings.max_block_bytes)
        .reader(settings.reader.name)
        .consumerName(settings.consumer_name)
        .consumerArn(settings.consumer_arn)
        .endpoint(connection.endpoint)
        .fips(connection.fips)
        .callTimeoutMillis(_millis(connection.call_timeout))
        .connectTimeoutMillis(_millis(connection.connect_timeout))
        .maxConnections(connection.max_connections)
        .roleArn(connection.role_arn)
        .roleExternalId(connection.role_external_id)
        .roleEndpoint(connection.role_endpoint)
        .webIdentityTokenFile(connection.web_identity_token_file)
        .cbor(connection.cbor)
        .build()
    )


def _millis(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
