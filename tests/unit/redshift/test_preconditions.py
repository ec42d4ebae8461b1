"""A start in a database or with a bucket that cannot work says so, before it touches any table."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from connectors.redshift.errors import NeedsRepairError, RetryLoadError
from connectors.redshift.preconditions import check_region
from connectors.staging.errors import StagingRefusedError, StagingUnavailableError
from connectors.staging.store import S3Store
from tests.unit.redshift.warehouse import FakeWarehouse, loader

FRANKFURT = "etl.abc123.eu-central-1.redshift.amazonaws.com"


def test_a_database_that_ignores_case_is_refused() -> None:
    warehouse = FakeWarehouse()
    warehouse.collation = "case_insensitive"
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse).start(1)
    assert "keys differ in case alone, as AB and ab, would replace each other" in str(caught.value)
    assert "`database` of starjoin.redshift" in str(caught.value)
    assert not [one for one in warehouse.said if one.startswith(("CREATE", "INSERT", "ALTER"))]


@pytest.mark.parametrize("found", ["eu-central-1", ""])
def test_a_bucket_in_the_region_of_the_warehouse_or_in_an_unknown_one_is_taken(found: str) -> None:
    check_region(FRANKFURT, "staging", lambda: found)


def test_a_bucket_in_another_region_is_refused() -> None:
    with pytest.raises(NeedsRepairError) as caught:
        check_region(FRANKFURT, "staging", lambda: "eu-west-1")
    assert "bucket staging is in eu-west-1, and the warehouse in eu-central-1" in str(caught.value)
    assert "Use one in eu-central-1: `bucket` of starjoin.staging" in str(caught.value)


def test_nothing_is_asked_where_the_host_does_not_tell_its_region() -> None:
    def never() -> str:
        pytest.fail("S3 was asked")

    check_region("warehouse.example.com", "staging", never)


def test_a_start_checks_the_bucket_first() -> None:
    warehouse = FakeWarehouse()

    def refuse() -> None:
        check_region(FRANKFURT, "staging", lambda: "eu-west-1")

    with pytest.raises(NeedsRepairError, match="Parquet only from a bucket in the warehouse's"):
        loader(warehouse, check_bucket=refuse).start(1)
    assert warehouse.said == []


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(StagingUnavailableError, RetryLoadError), (StagingRefusedError, NeedsRepairError)],
)
def test_what_s3_answers_instead_is_tried_again_or_repaired(
    raised: type[Exception], expected: type[Exception]
) -> None:
    def fail() -> str:
        raise raised

    with pytest.raises(expected):
        check_region(FRANKFURT, "staging", fail)


class Client:
    """S3's client; `answer` is returned, or raised."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def head_bucket(self, **_: str) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answered(status: int, headers: dict[str, str]) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers}}


def refused(status: int, headers: dict[str, str]) -> ClientError:
    response: Any = {"Error": {"Code": str(status)}, **answered(status, headers)}
    return ClientError(response, "HeadBucket")


HEADER = {"x-amz-bucket-region": "eu-west-1"}


@pytest.mark.parametrize(
    ("answer", "region"),
    [
        (answered(200, HEADER), "eu-west-1"),
        (answered(200, {}), ""),
        (refused(301, HEADER), "eu-west-1"),
        (refused(403, HEADER), "eu-west-1"),
    ],
)
def test_s3_says_where_a_bucket_is_in_refusals_too(answer: Any, region: str) -> None:
    client: Any = Client(answer)
    assert S3Store(client, "staging", "staged").region() == region


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(404, {}), StagingRefusedError),
        (refused(503, {}), StagingUnavailableError),
        (EndpointConnectionError(endpoint_url="https://s3"), StagingUnavailableError),
    ],
)
def test_a_store_that_does_not_say_is_an_error(answer: Any, expected: type[Exception]) -> None:
    client: Any = Client(answer)
    with pytest.raises(expected, match="asking S3 for the Region of bucket staging failed"):
        S3Store(client, "staging", "staged").region()
