"""The JVM's builder is told every setting; what it builds is tested in Java and in job tests."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import MagicMock, call

import pytest

from connectors.kinesis import source
from connectors.kinesis.source import InitialPosition, KinesisSourceSettings, kinesis_block_source

ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/tickets"


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    gateway = MagicMock()
    monkeypatch.setattr(source, "get_gateway", lambda: gateway)
    builder: MagicMock = gateway.jvm.io.starjoin.kinesis.KinesisBlockSource.builder.return_value
    for method in (
        "streamArn",
        "endpoint",
        "initialPosition",
        "shardDiscoveryIntervalMillis",
        "maxBlockBytes",
    ):
        getattr(builder, method).return_value = builder
    return builder


def test_defaults(builder: MagicMock) -> None:
    built = kinesis_block_source(KinesisSourceSettings(ARN))

    assert built.get_java_function() is builder.build.return_value
    assert builder.method_calls == [
        call.streamArn(ARN),
        call.endpoint(None),
        call.initialPosition("TRIM_HORIZON"),
        call.shardDiscoveryIntervalMillis(10_000),
        call.maxBlockBytes(4 * 1024 * 1024),
        call.build(),
    ]


def test_all_settings(builder: MagicMock) -> None:
    kinesis_block_source(
        KinesisSourceSettings(
            ARN,
            endpoint="http://127.0.0.1:4567",
            initial_position=InitialPosition.LATEST,
            shard_discovery_interval=timedelta(seconds=1.5),
            max_block_bytes=7,
        )
    )

    assert builder.method_calls == [
        call.streamArn(ARN),
        call.endpoint("http://127.0.0.1:4567"),
        call.initialPosition("LATEST"),
        call.shardDiscoveryIntervalMillis(1_500),
        call.maxBlockBytes(7),
        call.build(),
    ]
