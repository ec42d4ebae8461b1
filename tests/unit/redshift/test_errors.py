from __future__ import annotations

import re
import socket
import ssl
import struct
from typing import Any

import pytest
from redshift_connector.error import InterfaceError, OperationalError, ProgrammingError

from connectors.redshift.errors import (
    FenceLostError,
    LoadError,
    NeedsRepairError,
    OutcomeUnknownError,
    RetryLoadError,
    Step,
    classify,
)


def server(state: str, text: str, **fields: str) -> ProgrammingError:
    return ProgrammingError({"S": "ERROR", "C": state, "M": text, **fields})


def certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: ilse")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (server("XX000", "1023"), RetryLoadError),
        (server("XX000", "S3 Query Exception (Fetch)"), RetryLoadError),
        (server("25006", "cannot execute COPY in a read-only transaction"), RetryLoadError),
        (
            server(
                "XX000", 'Query (9) cancelled by WLM abort action of Query Monitoring Rule "x".'
            ),
            RetryLoadError,
        ),
        (
            server("XX000", "1023\nDETAIL: Serializable isolation violation on table"),
            RetryLoadError,
        ),
        (server("XX000", "ERROR: 1018 Relation does not exist"), RetryLoadError),
        (
            server("XX000", "could not complete because of conflict with concurrent tr"),
            NeedsRepairError,
        ),
        (server("XX000", "conflict with concurrent transaction"), RetryLoadError),
        (server("XX000", "S3ServiceException:Please reduce your rate,SlowDown"), RetryLoadError),
        (server("XX000", "S3ServiceException:Service Unavailable,Status 503"), RetryLoadError),
        (server("XX000", "S3ServiceException:Access Denied,Status 403"), NeedsRepairError),
        (
            server("XX000", "S3ServiceException:x,Status 404,Error NoSuchBucket,Rid 500503"),
            NeedsRepairError,
        ),
        (
            server("XX000", "S3ServiceException:x,Status 500,Error InternalError,Rid 1"),
            RetryLoadError,
        ),
        *[
            (server(state, "any text"), RetryLoadError)
            for state in ("40001", "40P01", "57014", "57P01", "57P02", "57P03", "53300", "55P03")
        ],
        (server("42703", 'column "x" does not exist'), NeedsRepairError),
        (server("22001", "value too long for type character varying(1023)"), NeedsRepairError),
        (server("28000", "password authentication failed"), NeedsRepairError),
        (ProgrammingError({}), NeedsRepairError),
        (InterfaceError("communication error"), OutcomeUnknownError),
        (OperationalError("timed out"), OutcomeUnknownError),
        (OSError("reset by peer"), OutcomeUnknownError),
        (BrokenPipeError(), OutcomeUnknownError),
        (TimeoutError(), OutcomeUnknownError),
        (struct.error("unpack requires a buffer of 4 bytes"), OutcomeUnknownError),
        # What the server says is known, whatever class the driver gives it.
        (OperationalError({"C": "42P01", "M": "relation does not exist"}), NeedsRepairError),
        (ProgrammingError("no result set"), NeedsRepairError),
        (ValueError("in the client"), NeedsRepairError),
    ],
)
def test_an_error_says_what_to_do(error: Exception, kind: type[LoadError]) -> None:
    found = classify(error, "loading")
    assert type(found) is kind
    assert str(found).startswith("loading: ")


def test_what_the_server_says_is_replaced_by_what_it_means() -> None:
    fields: dict[str, Any] = {"D": "Key (email)=(ilse@example.org)", "H": "ilse", "W": "ilse"}
    found = str(classify(server("23505", "duplicate key ilse@example.org", **fields), "loading"))
    assert found.startswith("loading: a value breaks a constraint: ")
    assert "(SQLSTATE 23505)" in found
    assert "SYS_LOAD_ERROR_DETAIL" in found
    assert "ilse" not in found


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (InterfaceError("communication error", OSError(113, "x")), RetryLoadError, "EHOSTUNREACH"),
        (
            InterfaceError("communication error", socket.gaierror(socket.EAI_AGAIN, "x")),
            RetryLoadError,
            "DNS does not answer",
        ),
        (
            InterfaceError("communication error", socket.gaierror(socket.EAI_NONAME, "x")),
            NeedsRepairError,
            "host name cannot be resolved",
        ),
        (
            InterfaceError("communication error", ConnectionRefusedError(111)),
            RetryLoadError,
            "port",
        ),
        (
            OperationalError("connection time out", TimeoutError()),
            RetryLoadError,
            "security groups",
        ),
        (TimeoutError(), RetryLoadError, "security groups"),
        (struct.error("x"), RetryLoadError, "no connection to Redshift: error"),
        (InterfaceError("Server refuses SSL"), NeedsRepairError, "the server refuses TLS"),
        (
            InterfaceError("communication error", certificate(62)),
            NeedsRepairError,
            "does not match",
        ),
        (
            InterfaceError("communication error", certificate(20)),
            NeedsRepairError,
            "trusted.*code 20",
        ),
    ],
)
def test_why_there_is_no_connection(error: Exception, kind: type[LoadError], words: str) -> None:
    found = classify(error, "connecting", Step.CONNECT)
    assert type(found) is kind
    assert re.search(words, str(found))


@pytest.mark.parametrize(
    ("state", "kind"),
    [("57014", OutcomeUnknownError), ("57P01", OutcomeUnknownError), ("40001", RetryLoadError)],
)
def test_what_intervenes_in_a_commit_leaves_its_outcome_open(
    state: str, kind: type[LoadError]
) -> None:
    assert type(classify(server(state, "any text"), "loading", Step.COMMIT)) is kind


@pytest.mark.parametrize(
    "text",
    [
        'Query (9) cancelled by WLM abort action of Query Monitoring Rule "x".',
        "Query reached usage limit",
        "system requested abort",
    ],
)
def test_a_limit_that_ends_a_commit_leaves_its_outcome_open_whatever_its_state(text: str) -> None:
    assert type(classify(server("XX000", text), "loading", Step.COMMIT)) is OutcomeUnknownError
    assert type(classify(server("XX000", text), "loading")) is RetryLoadError


def test_a_value_that_reads_like_another_error_decides_nothing() -> None:
    quoted = "Invalid digit, Value 'conflict with concurrent transaction', Pos 0, Type: Integer"
    assert type(classify(server("22P02", quoted), "loading")) is NeedsRepairError


@pytest.mark.parametrize("error", [OSError("ilse@example.org"), ValueError("ilse@example.org")])
def test_what_the_client_says_is_not_passed_on(error: Exception) -> None:
    assert "ilse" not in str(classify(error, "loading"))


def test_every_error_is_a_load_error() -> None:
    for kind in (RetryLoadError, OutcomeUnknownError, NeedsRepairError, FenceLostError):
        assert issubclass(kind, LoadError)
