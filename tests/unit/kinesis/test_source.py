"""The JVM's builder gets every setting; what it builds is tested in Java and in job tests."""

from __future__ import annotations

from datetime import timedelta
from re import findall
from unittest.mock import MagicMock, call

import pytest

from connectors.kinesis import source
from connectors.kinesis.source import kinesis_block_source
from connectors.kinesis.source_settings import (
    ConnectionSettings,
    GapPolicy,
    InitialPosition,
    KinesisSourceSettings,
    Reader,
)
from tests.unit.stars import ROOT

ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/tickets"
JAVA = ROOT / "connectors" / "jvm" / "src" / "main" / "java" / "io" / "starjoin" / "kinesis"


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    gateway = MagicMock()
    monkeypatch.setattr(source, "get_gateway", lambda: gateway)
    builder: MagicMock = gateway.jvm.io.starjoin.kinesis.KinesisBlockSource.builder.return_value
    for method in setters():
        getattr(builder, method).return_value = builder
    return builder


def setters() -> list[str]:
    text = (JAVA / "KinesisBlockSourceBuilder.java").read_text()
    return findall(r"public KinesisBlockSourceBuilder (\w+)\(", text)


def test_defaults(builder: MagicMock) -> None:
    built = kinesis_block_source(KinesisSourceSettings(ARN))

    assert built.get_java_function() is builder.build.return_value
    assert builder.method_calls == [
        call.streamArn(ARN),
        call.initialPosition("TRIM_HORIZON"),
        call.initialTimestampMillis(None),
        call.onGap("STOP"),
        call.failAfterMillis(900_000),
        call.firstBackoffMillis(400),
        call.longestBackoffMillis(10_000),
        call.prefetchBytes(64 << 20),
        call.pollIntervalMillis(200),
        call.shardDiscoveryIntervalMillis(10_000),
        call.maxRecordsPerFetch(10_000),
        call.maxBlockBytes(4 << 20),
        call.reader("POLLING"),
        call.consumerName(None),
        call.consumerArn(None),
        call.endpoint(None),
        call.fips(False),
        call.callTimeoutMillis(25_000),
        call.connectTimeoutMillis(5_000),
        call.maxConnections(500),
        call.roleArn(None),
        call.roleExternalId(None),
        call.roleEndpoint(None),
        call.webIdentityTokenFile(None),
        call.cbor(True),
        call.build(),
    ]


def test_all_settings(builder: MagicMock) -> None:
    kinesis_block_source(
        KinesisSourceSettings(
            ARN,
            initial_position=InitialPosition.AT_TIMESTAMP,
            initial_timestamp_millis=1_700_000_000_005,
            on_gap=GapPolicy.CONTINUE,
            fail_after=timedelta(minutes=2),
            first_backoff=timedelta(seconds=0.5),
            longest_backoff=timedelta(seconds=5),
            prefetch_bytes=16 << 20,
            poll_interval=timedelta(seconds=1),
            shard_discovery_interval=timedelta(seconds=1.5),
            max_records_per_call=11,
            max_block_bytes=7,
            reader=Reader.FAN_OUT,
            consumer_name="name",
            consumer_arn="arn",
            connection=ConnectionSettings(
                endpoint="http://127.0.0.1:4567",
                fips=True,
                call_timeout=timedelta(seconds=3),
                connect_timeout=timedelta(seconds=2),
                max_connections=9,
                role_arn="role",
                role_external_id="id",
                role_endpoint="http://127.0.0.1:4568",
                web_identity_token_file="/token",
                cbor=False,
            ),
        )
    )

    assert builder.method_calls == [
        call.streamArn(ARN),
        call.initialPosition("AT_TIMESTAMP"),
        call.initialTimestampMillis(1_700_000_000_005),
        call.onGap("CONTINUE"),
        call.failAfterMillis(120_000),
        call.firstBackoffMillis(500),
        call.longestBackoffMillis(5_000),
        call.prefetchBytes(16 << 20),
        call.pollIntervalMillis(1_000),
        call.shardDiscoveryIntervalMillis(1_500),
        call.maxRecordsPerFetch(11),
        call.maxBlockBytes(7),
        call.reader("FAN_OUT"),
        call.consumerName("name"),
        call.consumerArn("arn"),
        call.endpoint("http://127.0.0.1:4567"),
        call.fips(True),
        call.callTimeoutMillis(3_000),
        call.connectTimeoutMillis(2_000),
        call.maxConnections(9),
        call.roleArn("role"),
        call.roleExternalId("id"),
        call.roleEndpoint("http://127.0.0.1:4568"),
        call.webIdentityTokenFile("/token"),
        call.cbor(False),
        call.build(),
    ]


def test_every_setting_of_the_builder_is_given(builder: MagicMock) -> None:
    kinesis_block_source(KinesisSourceSettings(ARN))

    given = [name for name, _, _ in builder.method_calls]
    assert sorted(given) == sorted([*setters(), "build"])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (InitialPosition, "InitialPosition"),
        (GapPolicy, "GapPolicy"),
        (Reader, "ReaderKind"),
    ],
)
def test_names_of_enums_are_those_of_java(
    ours: type[InitialPosition | GapPolicy | Reader], theirs: str
) -> None:
    constants = findall(r"(?m)^  ([A-Z_]+)[,;]?$", (JAVA / f"{theirs}.java").read_text())
    assert [each.name for each in ours] == constants
