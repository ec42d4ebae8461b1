"""The real client against answers that S3 gives when it cannot or will not, over real sockets."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    ParamValidationError,
)

from connectors.staging.errors import (
    StagingError,
    StagingRefusedError,
    StagingUnavailableError,
    write_error,
)
from connectors.staging.store import S3Store
from connectors.staging.waiting import WaitingStore
from tests.support.http_outage import Outage

Strike = tuple[int, str] | str | None


class Service:
    """A store whose requests meet these answers, one after the other, and then succeed."""

    def __init__(self, *answers: Strike) -> None:
        self.answers = list(answers)
        self.outage = Outage(0, self._next)

    def _next(self, method: str, path: str) -> Strike:
        assert method == "PUT"
        assert path == "/bucket/staged/app/rows/part.parquet"
        return self.answers.pop(0) if self.answers else (200, "Done")

    def store(self, attempts: int = 1) -> S3Store:
        config = Config(
            connect_timeout=1,
            read_timeout=0.2,
            retries={"mode": "standard", "total_max_attempts": attempts},
            s3={"addressing_style": "path"},
        )
        client: Any = boto3.client(
            "s3",
            endpoint_url=self.outage.endpoint,
            region_name="eu-west-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=config,
        )
        return S3Store(client, "bucket", "staged/app")

    def waiting(self) -> WaitingStore:
        return WaitingStore(self.store(), 60, sleep=lambda _: None)


PASSING: list[Strike] = [
    (503, "SlowDown"),
    (503, "ServiceUnavailable"),
    (500, "InternalError"),
    (502, ""),
    (400, "RequestTimeout"),
    (400, "ExpiredToken"),
    (429, "TooManyRequestsException"),
    (409, "OperationAborted"),
    "reset",
    "hole",
]


@pytest.mark.parametrize("strike", PASSING, ids=str)
def test_what_can_pass_is_repeated_until_it_has(strike: Strike) -> None:
    service = Service(strike, strike, strike)
    store = service.waiting()
    with service.outage:
        url = store.put("rows/part.parquet", b"content")
    assert url == "s3://bucket/staged/app/rows/part.parquet"
    assert (store.take_repeats(), service.outage.struck) == (3, 4)


@pytest.mark.parametrize(
    ("strike", "remedy"),
    [
        ((403, "AccessDenied"), "Allow it s3:PutObject below this prefix"),
        ((404, "NoSuchBucket"), "there is no such bucket. Set `bucket` of starjoin.staging"),
        ((400, "AuthorizationHeaderMalformed"), "in another Region than the application's"),
        ((403, "InvalidAccessKeyId"), "Check its service role"),
        ((400, "KMS.DisabledException"), "look the code up"),
    ],
)
def test_what_cannot_pass_is_said_at_once(strike: tuple[int, str], remedy: str) -> None:
    service = Service(strike)
    with service.outage, pytest.raises(StagingRefusedError) as raised:
        service.waiting().put("rows/part.parquet", b"content")
    message = str(raised.value)
    assert "writing to s3://bucket/staged/app/ failed: AWS refused PutObject (" in message
    assert f"(code {strike[1]}, HTTP {strike[0]}, request R1)" in message
    assert remedy in message
    assert service.outage.struck == 1


def test_a_message_holds_nothing_of_what_s3_says() -> None:
    service = Service((503, "SlowDown"), (403, "AccessDenied"))
    with service.outage:
        for kind in (StagingUnavailableError, StagingRefusedError):
            with pytest.raises(kind) as raised:
                service.store().put("rows/part.parquet", b"content")
            assert "4711" not in str(raised.value)
            assert raised.value.__cause__ is None
            assert raised.value.__suppress_context__


def test_a_code_that_is_none_is_not_repeated() -> None:
    answer: Any = {"Error": {"Code": "ilse@example.org"}, "ResponseMetadata": {"RequestId": "Q q"}}
    found = str(write_error(ClientError(answer, "PutObject"), "bucket", "prefix"))
    assert "AWS refused PutObject (code unknown): look the code up" in found
    assert "ilse" not in found
    assert "Q q" not in found


def test_a_service_that_is_not_there_may_come_back() -> None:
    service = Service()
    store = service.store()
    service.outage._server.server_close()
    with pytest.raises(StagingUnavailableError, match="EndpointConnectionError"):
        store.put("rows/part.parquet", b"content")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CredentialRetrievalError(provider="x", error_msg="y"), StagingUnavailableError),
        (NoCredentialsError(), StagingRefusedError),
        (ParamValidationError(report="a value"), StagingRefusedError),
    ],
)
def test_without_an_answer_the_network_and_the_credentials_may_pass(
    error: BotoCoreError, kind: type[StagingError]
) -> None:
    found = write_error(error, "bucket", "prefix")
    assert type(found) is kind
    assert "a value" not in str(found)
