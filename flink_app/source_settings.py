"""The Kinesis source's settings, of the application's."""

from __future__ import annotations

from datetime import timedelta

from connectors.kinesis.source_settings import MIB, ConnectionSettings, KinesisSourceSettings
from flink_app.positions.generations import time_milliseconds
from flink_app.settings import Settings

_KIB = 1024


def source_settings(settings: Settings) -> KinesisSourceSettings:
    """What the source is given. An endpoint for all of AWS, of a local run, is Kinesis' too."""
    source = settings.source
    start = source.initial_timestamp
    return KinesisSourceSettings(
        stream_arn=source.stream_arn,
        initial_position=source.initial_position,
        initial_timestamp_millis=None if start is None else time_milliseconds(start),
        on_gap=source.on_gap,
        fail_after=timedelta(seconds=source.fail_after_seconds),
        first_backoff=timedelta(milliseconds=source.first_backoff_milliseconds),
        longest_backoff=timedelta(seconds=source.longest_backoff_seconds),
        prefetch_bytes=source.prefetch_mib * MIB,
        poll_interval=timedelta(milliseconds=source.poll_interval_milliseconds),
        shard_discovery_interval=timedelta(seconds=source.discovery_interval_seconds),
        max_records_per_call=source.max_records_per_call,
        max_block_bytes=source.max_block_kib * _KIB,
        reader=source.reader,
        consumer_name=source.consumer_name,
        consumer_arn=source.consumer_arn,
        connection=ConnectionSettings(
            endpoint=source.endpoint or settings.application.endpoint,
            fips=source.fips,
            call_timeout=timedelta(seconds=source.call_timeout_seconds),
            connect_timeout=timedelta(seconds=source.connect_timeout_seconds),
            max_connections=source.max_connections,
            role_arn=source.role_arn,
            role_external_id=source.role_external_id,
            role_endpoint=source.role_endpoint,
            web_identity_token_file=source.web_identity_token_file,
            cbor=source.cbor,
        ),
    )
