"""What is said of other libraries' errors: no part of a value that their texts quote."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from connectors.blocks import BlockError, Kind, decode
from connectors.failures import UnexpectedError, describe_error, guard
from connectors.kinesis.frame import FrameError

VALUE = "ilse@example.org"


def refusal(**meta: Any) -> ClientError:
    answer: Any = {
        "Error": {"Code": "AccessDenied", "Message": f"no {VALUE}"},
        "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "5FA-7/x=", **meta},
    }
    return ClientError(answer, "PutObject")


def test_a_refusal_of_aws_is_named_by_operation_code_status_and_request() -> None:
    assert describe_error(refusal()) == (
        "AWS refused PutObject (code AccessDenied, HTTP 403, request 5FA-7/x=)"
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Error": {}},
        {"Error": {"Code": VALUE, "Message": VALUE}, "ResponseMetadata": {"RequestId": VALUE}},
        {"Error": {"Code": None}, "ResponseMetadata": {"HTTPStatusCode": VALUE}},
    ],
)
def test_a_refusal_that_is_not_in_the_usual_form_says_less(answer: Any) -> None:
    found = describe_error(ClientError(answer, f"{VALUE} {VALUE}"))
    assert VALUE not in found
    assert found == "AWS refused a call (code unknown)"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(104, VALUE), "ConnectionResetError (ECONNRESET)"),
        (OSError(VALUE), "OSError"),
        (ValueError(VALUE), "ValueError"),
        (UnicodeDecodeError("utf-8", VALUE.encode(), 3, 4, VALUE), "UnicodeDecodeError at byte 3"),
        (EndpointConnectionError(endpoint_url=VALUE), "EndpointConnectionError"),
        (pa.ArrowInvalid(VALUE), "ArrowInvalid"),
    ],
)
def test_other_errors_are_named_by_their_kind(error: Exception, words: str) -> None:
    assert describe_error(error) == words


def arrow() -> None:
    pc.cast(pa.array([VALUE]), pa.int64())


def number() -> None:
    int(VALUE)


def key() -> None:
    names: dict[str, int] = {}
    names[VALUE]


def own() -> None:
    try:
        number()
    except ValueError as error:
        message = "a frame of 3 bytes"
        raise FrameError(message) from error


def own_in_context() -> None:
    try:
        arrow()
    except pa.ArrowInvalid:
        message = "a frame of 3 bytes"
        raise FrameError(message)  # noqa: B904


def own_with_a_note() -> None:
    error = FrameError("a frame of 3 bytes")
    error.add_note(VALUE)
    raise error


@pytest.mark.parametrize(
    ("fails", "kind"),
    [
        (arrow, UnexpectedError),
        (number, UnexpectedError),
        (key, UnexpectedError),
        (own, FrameError),
        (own_in_context, FrameError),
        (own_with_a_note, FrameError),
    ],
)
@pytest.mark.parametrize("generator", [False, True])
def test_no_error_leaves_an_operator_with_a_value(
    fails: Callable[[], None], kind: type[Exception], *, generator: bool
) -> None:
    class Operator:
        @guard
        def once(self) -> None:
            fails()

        @guard
        def each(self) -> Iterator[int]:
            yield 1
            fails()

    with pytest.raises((ValueError, LookupError, FrameError)) as bare:
        fails()
    assert VALUE in "".join(traceback.format_exception(bare.value)), "else the test shows nothing"
    with pytest.raises(kind) as caught:
        list(Operator().each()) if generator else Operator().once()
    assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_an_unforeseen_error_is_reported_with_the_lines_it_passed() -> None:
    @guard
    def read() -> None:
        decode(b"\0", lambda *_: pa.schema([]))

    with pytest.raises(BlockError):
        read()

    @guard
    def stumble() -> None:
        class Bad:
            def __len__(self) -> int:
                raise LookupError(VALUE)

        decode(Bad(), lambda *_: pa.schema([]))  # type: ignore[arg-type]

    with pytest.raises(UnexpectedError, match=r"TypeError at connectors\.blocks:\d+; its text"):
        stumble()


def test_a_block_of_another_version_does_not_show_what_arrow_says() -> None:
    def schema_of(kind: Kind, stream: str) -> pa.Schema:
        del kind, stream
        raise ValueError(VALUE)

    with pytest.raises(BlockError, match="is not a block of this version: ") as caught:
        decode(b"F\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", schema_of)
    assert VALUE not in "".join(traceback.format_exception(caught.value))
