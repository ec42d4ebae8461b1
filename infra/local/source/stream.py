"""Puts records on a Kinesis stream, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from connectors.failures import StarjoinError

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

# What a PutRecords call takes, and a stream as a record unless it allows more.
_RECORDS_PER_CALL: Final = 500
_BYTES_PER_CALL: Final = 5 << 20
_KEY_CHARACTERS: Final = 256


class PutError(StarjoinError, RuntimeError):
    """Kinesis did not take all the records of a call."""


def put(
    client: KinesisClient,
    stream: str,
    entries: Iterable[tuple[str, bytes]],
    report: Callable[[int], None] = lambda _: None,
) -> int:
    """Puts records on a stream in order; gives their number.

    `report` is given how many are there after each call. Raises PutError when Kinesis refuses some
    of them.
    """
    count = size = 0
    call: list[PutRecordsRequestEntryTypeDef] = []
    for key, data in entries:
        bytes_of = len(data) + len(key.encode())
        if len(call) == _RECORDS_PER_CALL or (call and size + bytes_of > _BYTES_PER_CALL):
            count += _put_call(client, stream, call)
            report(count)
            call, size = [], 0
        call.append({"PartitionKey": key[:_KEY_CHARACTERS], "Data": data})
        size += bytes_of
    return count + (_put_call(client, stream, call) if call else 0)


def _put_call(client: KinesisClient, stream: str, call: list[PutRecordsRequestEntryTypeDef]) -> int:
    answer = client.put_records(StreamName=stream, Records=call)
    if answer.get("FailedRecordCount"):
        message = (
            f"Kinesis refused {answer['FailedRecordCount']} of {len(call)} records for stream "
            f"{stream}; the others of the call are on it"
        )
        raise PutError(message)
    return len(call)
