from __future__ import annotations

import struct
from typing import Any

import pytest
from redshift_connector.error import InterfaceError, OperationalError, ProgrammingError

from connectors.redshift.errors import (
    FenceLost,
    LoadError,
    NeedsRepair,
    OutcomeUnknown,
    RetryLoad,
    classify,
)


def server(state: str, text: str, **fields: str) -> ProgrammingError:
    return ProgrammingError({"S": "ERROR", "C": state, "M": text, **fields})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (server("XX000", "1023"), RetryLoad),
        (server("XX000", "1023\nDETAIL: Serializable isolation violation on table"), RetryLoad),
        (server("XX000", "ERROR: 1018 Relation does not exist"), RetryLoad),
        (server("XX000", "could not complete because of conflict with concurrent tr"), NeedsRepair),
        (server("XX000", "conflict with concurrent transaction"), RetryLoad),
        (server("XX000", "S3ServiceException:Please reduce your rate,SlowDown"), RetryLoad),
        (server("XX000", "S3ServiceException:Service Unavailable,Status 503"), RetryLoad),
        (server("XX000", "S3ServiceException:Access Denied,Status 403"), NeedsRepair),
        *[
            (server(state, "any text"), RetryLoad)
            for state in ("40001", "40P01", "57014", "57P01", "57P02", "57P03", "53300", "55P03")
        ],
        (server("42703", 'column "x" does not exist'), NeedsRepair),
        (server("22001", "value too long for type character varying(1023)"), NeedsRepair),
        (server("28000", "password authentication failed"), NeedsRepair),
        (ProgrammingError({}), NeedsRepair),
        (InterfaceError("communication error"), OutcomeUnknown),
        (OperationalError("timed out"), OutcomeUnknown),
        (OSError("reset by peer"), OutcomeUnknown),
        (BrokenPipeError(), OutcomeUnknown),
        (TimeoutError(), OutcomeUnknown),
        (struct.error("unpack requires a buffer of 4 bytes"), OutcomeUnknown),
        # What the server says is known, whatever class the driver gives it.
        (OperationalError({"C": "42P01", "M": "relation does not exist"}), NeedsRepair),
        (ProgrammingError("no result set"), NeedsRepair),
        (ValueError("in the client"), NeedsRepair),
    ],
)
def test_an_error_says_what_to_do(error: Exception, kind: type[LoadError]) -> None:
    found = classify(error, "loading")
    assert type(found) is kind
    assert str(found).startswith("loading: ")


def test_what_the_server_says_is_passed_on_without_its_details() -> None:
    fields: dict[str, Any] = {"D": "Key (email)=(ilse@example.org)", "H": "ilse", "W": "ilse"}
    found = classify(server("23505", "duplicate key\nilse@example.org", **fields), "loading")
    assert str(found) == "loading: duplicate key (SQLSTATE 23505)"


@pytest.mark.parametrize("error", [OSError("ilse@example.org"), ValueError("ilse@example.org")])
def test_what_the_client_says_is_not_passed_on(error: Exception) -> None:
    assert "ilse" not in str(classify(error, "loading"))


def test_every_error_is_a_load_error() -> None:
    for kind in (RetryLoad, OutcomeUnknown, NeedsRepair, FenceLost):
        assert issubclass(kind, LoadError)
