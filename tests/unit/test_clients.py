"""What the workers' AWS clients repeat by themselves, against real answers of a service."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connectors.staging.errors import StagingUnavailableError
from flink_app.clients import Clients
from flink_app.settings import Application, Privacy, Redshift, Settings, Source, Staging
from tests.http_outage import Outage


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr(time, "sleep", lambda _: None)


def settings(endpoint: str) -> Settings:
    return Settings(
        application=Application(name="app", region="eu-west-1", endpoint=endpoint),
        source=Source(stream_arn="arn:aws:kinesis:eu-west-1:123456789012:stream/changes"),
        staging=Staging(bucket="bucket"),
        privacy=Privacy(secret_id="privacy"),
        redshift=Redshift(host="h", database="d", secret_id="login", copy_role="default"),
    )


def refusing(times: int) -> Outage:
    left = iter([(503, "ThrottlingException")] * times)
    return Outage(0, lambda *_: next(left, (404, "ResourceNotFoundException")))


def test_the_privacy_secret_is_asked_for_ten_times() -> None:
    with refusing(9) as service, pytest.raises(ClientError, match="ResourceNotFoundException"):
        Clients(settings(service.endpoint)).privacy_keys()
    assert service.struck == 10


def test_an_upload_is_tried_three_times_before_staging_waits() -> None:
    with refusing(100) as service:
        store = Clients(settings(service.endpoint)).staging_store()
        with pytest.raises(StagingUnavailableError):
            store.put("rows/a.parquet", b"")
    assert service.struck == 3


def test_no_client_waits_a_minute_for_an_answer() -> None:
    clients = Clients(settings("http://127.0.0.1:1"))
    s3: Any = clients.staging_store()._client
    assert (s3.meta.config.connect_timeout, s3.meta.config.read_timeout) == (5, 30)
