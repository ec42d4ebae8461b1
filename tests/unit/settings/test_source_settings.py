"""What the application's settings mean to the Kinesis source."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

from connectors.kinesis.source_settings import (
    ConnectionSettings,
    GapPolicy,
    InitialPosition,
    KinesisSourceSettings,
    Reader,
)
from flink_app.settings import Application, Privacy, Redshift, Settings, Source, Staging
from flink_app.source_settings import source_settings

STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"
ROLE = "arn:aws:iam::210987654321:role/stream"


def settings(*, for_all: str | None = None, **source: Any) -> Settings:
    return Settings(
        application=Application(name="app", region="eu-west-1", endpoint=for_all),
        source=Source.model_validate({"stream_arn": STREAM, **source}),
        staging=Staging(bucket="bucket"),
        privacy=Privacy(secret_id="privacy"),
        redshift=Redshift(host="h", database="d", secret_id="login", copy_role="default"),
    )


def test_the_defaults_are_the_source_s_own() -> None:
    assert source_settings(settings()) == KinesisSourceSettings(STREAM)


def test_every_setting_reaches_the_source() -> None:
    found = source_settings(
        settings(
            initial_position="AT_TIMESTAMP",
            initial_timestamp="2026-11-23T11:00:00.5+01:00",
            on_gap="continue",
            fail_after_seconds="60",
            first_backoff_milliseconds="700",
            longest_backoff_seconds="7",
            prefetch_mib="128",
            poll_interval_milliseconds="250",
            discovery_interval_seconds="30",
            max_records_per_call="500",
            max_block_kib="64",
            reader="fan_out",
            consumer_name="tickets",
            endpoint="https://vpce.example.org",
            call_timeout_seconds="20",
            connect_timeout_seconds="3",
            max_connections="100",
            role_arn=ROLE,
            role_external_id="id",
            role_endpoint="https://sts.example.org",
            cbor="false",
        )
    )
    assert found == KinesisSourceSettings(
        STREAM,
        initial_position=InitialPosition.AT_TIMESTAMP,
        initial_timestamp_millis=1_795_428_000_500,
        on_gap=GapPolicy.CONTINUE,
        fail_after=timedelta(minutes=1),
        first_backoff=timedelta(milliseconds=700),
        longest_backoff=timedelta(seconds=7),
        prefetch_bytes=128 << 20,
        poll_interval=timedelta(milliseconds=250),
        shard_discovery_interval=timedelta(seconds=30),
        max_records_per_call=500,
        max_block_bytes=64 << 10,
        reader=Reader.FAN_OUT,
        consumer_name="tickets",
        connection=ConnectionSettings(
            endpoint="https://vpce.example.org",
            call_timeout=timedelta(seconds=20),
            connect_timeout=timedelta(seconds=3),
            max_connections=100,
            role_arn=ROLE,
            role_external_id="id",
            role_endpoint="https://sts.example.org",
            cbor=False,
        ),
    )
    # The four that exclude one that was given above.
    others = source_settings(
        settings(
            reader="fan_out",
            consumer_arn=f"{STREAM}/consumer/tickets:1",
            fips="true",
            role_arn=ROLE,
            web_identity_token_file="/token",
        )
    )
    assert others.consumer_arn == f"{STREAM}/consumer/tickets:1"
    assert others.connection.fips
    assert others.connection.web_identity_token_file == "/token"

    def differing(one: Any, default: Any) -> set[str]:
        return {f.name for f in fields(one) if getattr(one, f.name) != getattr(default, f.name)}

    default = KinesisSourceSettings(STREAM)
    reached = differing(found, default) | differing(others, default)
    assert reached == {each.name for each in fields(default)} - {"stream_arn"}
    reached = differing(found.connection, default.connection)
    reached |= differing(others.connection, default.connection)
    assert reached == {each.name for each in fields(default.connection)}


def test_an_endpoint_for_all_of_aws_is_that_of_kinesis_unless_it_has_its_own() -> None:
    moto, own = "http://127.0.0.1:5000", "http://127.0.0.1:4567"

    assert source_settings(settings(for_all=moto)).connection.endpoint == moto
    assert source_settings(settings(for_all=moto, endpoint=own)).connection.endpoint == own
