"""What the workers' AWS clients repeat by themselves, against real answers of a service."""

from __future__ import annotations

import time
from typing import Any

import pytest

from connectors.redshift.errors import LoadError, NeedsRepairError, RetryLoadError
from connectors.secrets import SecretReadError, SecretRefusedError, SecretUnavailableError
from connectors.staging.errors import StagingUnavailableError
from flink_app.clients import Clients
from flink_app.settings import Application, Privacy, Redshift, Settings, Source, Staging
from tests.support.http_outage import Outage
from tests.unit.stars import ticket_seller


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
    with refusing(9) as service, pytest.raises(SecretRefusedError, match="ResourceNotFoundExcepti"):
        Clients(settings(service.endpoint)).privacy_keys()
    assert service.struck == 10


REFUSED = [
    (
        400,
        "ResourceNotFoundException",
        "Check secret.id of starjoin.{} and region of starjoin",
    ),
    (400, "AccessDeniedException", "secretsmanager:GetSecretValue"),
    (400, "DecryptionFailure", "encryption key cannot be used"),
    (400, "InvalidRequestException", "restore it"),
    (400, "UnrecognizedClientException", "Check the application's service role"),
    (400, "InvalidParameterException", "look the code up"),
]
PASSING = [(400, "ThrottlingException"), (500, "InternalServiceError"), (503, ""), "reset"]


TOKENISING = ticket_seller()


def answering(answer: tuple[int, str] | str) -> Outage:
    return Outage(0, lambda *_: answer)


@pytest.mark.parametrize(("status", "code", "remedy"), REFUSED)
def test_a_secret_that_is_refused_is_named_with_the_remedy(
    status: int, code: str, remedy: str
) -> None:
    """`job.build` asks for the key's id outside of every operator."""
    with answering((status, code)) as service, pytest.raises(SecretRefusedError) as caught:
        Clients(settings(service.endpoint)).value_key_id(TOKENISING)
    begin = "reading secret privacy (secret.id of starjoin.privacy) failed: AWS refused GetSecretV"
    assert str(caught.value).startswith(begin)
    assert f"code {code}, HTTP {status}" in str(caught.value)
    assert remedy.format("privacy") in str(caught.value)
    assert "4711" not in str(caught.value)
    assert caught.value.__suppress_context__, "AWS's own words would follow"


@pytest.mark.parametrize("answer", PASSING, ids=str)
def test_a_secret_that_cannot_be_read_for_now_may_be_read_later(
    answer: tuple[int, str] | str,
) -> None:
    kinds: list[type[SecretReadError]] = [SecretUnavailableError]
    with answering(answer) as service, pytest.raises(SecretReadError, match="secret privacy") as e:
        Clients(settings(service.endpoint)).privacy_keys()
    assert [type(e.value)] == kinds


def load(endpoint: str) -> LoadError:
    loader = Clients(settings(endpoint)).loader(TOKENISING)
    with pytest.raises(LoadError) as caught:
        loader.start(1)
    return caught.value


def test_a_start_asks_s3_where_the_staging_bucket_is() -> None:
    """So a bucket in another Region than the warehouse is found before the first COPY."""
    asked: list[tuple[str, str]] = []

    def answer(method: str, path: str) -> tuple[int, str]:
        asked.append((method, path))
        return 503, "SlowDown"

    with Outage(0, answer) as service:
        found = settings(service.endpoint)
        host = {"host": "etl.abc123.eu-central-1.redshift.amazonaws.com"}
        redshift = found.redshift.model_copy(update=host)
        loader = Clients(found.model_copy(update={"redshift": redshift})).loader(TOKENISING)
        with pytest.raises(RetryLoadError, match="asking S3 for the Region of bucket bucket"):
            loader.start(1)
    assert {*asked} == {("HEAD", "/bucket")}


@pytest.mark.parametrize(("status", "code", "remedy"), REFUSED)
def test_a_login_that_is_refused_needs_repair(status: int, code: str, remedy: str) -> None:
    with answering((status, code)) as service:
        found = load(service.endpoint)
    assert type(found) is NeedsRepairError
    assert "reading secret login (secret.id of starjoin.redshift) failed: " in str(found)
    assert remedy.format("redshift") in str(found)


@pytest.mark.parametrize("answer", PASSING, ids=str)
def test_a_login_that_cannot_be_read_for_now_is_read_again(answer: tuple[int, str] | str) -> None:
    with answering(answer) as service:
        found = load(service.endpoint)
    assert type(found) is RetryLoadError
    assert "secret login" in str(found)


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


@pytest.mark.parametrize(("days", "prunes"), [(30, True), (1, True), (0, False)])
def test_bookkeeping_tables_are_pruned_unless_everything_is_kept(
    days: int, *, prunes: bool
) -> None:
    configured = settings("http://127.0.0.1:1")
    redshift = configured.redshift.model_copy(update={"bookkeeping_days": days})
    clients = Clients(configured.model_copy(update={"redshift": redshift}))
    assert clients.loader(TOKENISING).prunes is prunes
