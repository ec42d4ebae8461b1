"""What can go wrong with a load, as types that say what to do.

    LoadError
     +- RetryLoadError        nothing was applied; the same load may succeed later
     +- OutcomeUnknownError   the connection went; ask the ledger before anything else
     +- NeedsRepairError      the load cannot succeed until someone changes something
     +- FenceLostError        another attempt or application owns the target: end this one
     +- KeyChangedError       the target's values are of another key: end this attempt

Messages hold no value of any row: `said` puts what the server says into words of our own, and what
a client's library says is named by its kind.
"""

from __future__ import annotations

import enum
import re
import socket
import ssl
import struct
from typing import Final

from redshift_connector.error import InterfaceError, OperationalError

from connectors.failures import StarjoinError, named
from connectors.redshift.said import sentence, state_of

# An operator, a limit or a shutdown has ended the statement. Of a COMMIT that says nothing certain:
# Redshift documents for no statement at which point it looks at the limit.
_INTERVENTION: Final = "57"
# Serialisable violation, deadlock, cancelled, shutting down; 25006 is a cluster that is resized.
_RETRIED_STATES: Final = {
    "25006",
    "40001",
    "40P01",
    "53300",
    "55P03",
    "57014",
    "57P01",
    "57P02",
    "57P03",
}
# OpenSSL: another host name, another address.
_OTHER_NAME: Final = {62, 64}
_RETRIED_TEXTS: Final = re.compile(
    # At the start, where Redshift puts it: a width or a row may be 1023 as well.
    r"^(ERROR:\s*)?(1023|1018)\b|conflict with concurrent transaction"
    r"|S3ServiceException.*\b(Status 503|SlowDown|Status 500|InternalError)\b"
    r"|S3 Query Exception \(Fetch\)"
    r"|query monitoring rule",
    re.IGNORECASE,
)


class Step(enum.Enum):
    """What was asked of Redshift when the error came."""

    CONNECT = "connect"
    STATEMENT = "statement"
    COMMIT = "commit"


class LoadError(StarjoinError):
    """A load did not end in a known commit."""


class RetryLoadError(LoadError):
    """Nothing was applied, and the same load may succeed later."""


class OutcomeUnknownError(LoadError):
    """The connection was lost: the transaction may or may not have been committed.

    The next attempt locks the ledger, which waits until the old transaction has ended, and
    leaves out the parts that it finds there. Nothing is ever guessed.
    """


class NeedsRepairError(LoadError):
    """The load cannot succeed as things are; the message says what to change, and where."""


class FenceLostError(LoadError):
    """The target belongs to a later start of this application, or to another one."""


class KeyChangedError(LoadError):
    """The target was filled under another key; what this attempt makes must never reach it."""


# What redshift_connector raises when the connection is gone; struct.error comes from its reading
# of a message that was cut short.
CONNECTION_LOST: Final = (
    InterfaceError,
    OperationalError,
    OSError,
    struct.error,
)


def classify(
    error: Exception,
    doing: str,
    step: Step = Step.STATEMENT,
    known: frozenset[str] = frozenset(),
) -> LoadError:
    """The LoadError for an exception of redshift_connector raised while `doing` something.

    `known` are the names of tables and columns that the message may repeat. Raise it `from None`:
    the exception itself can quote values.
    """
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if fields is None:
        if not isinstance(error, CONNECTION_LOST):
            return NeedsRepairError(f"{doing}: {named(error)} in the client")
        if step is Step.CONNECT:
            return _unconnected(error, doing)
        return OutcomeUnknownError(f"{doing}: the connection to Redshift was lost")
    state, text = state_of(fields), fields.get("M", "").partition("\n")[0]
    message = f"{doing}: {sentence(fields, known)}"
    if step is Step.COMMIT and state.startswith(_INTERVENTION):
        return OutcomeUnknownError(message)
    if state in _RETRIED_STATES or _RETRIED_TEXTS.search(text):
        return RetryLoadError(message)
    return NeedsRepairError(message)


def _unconnected(error: Exception, doing: str) -> LoadError:
    """Why there is no connection: nothing was applied, so it is tried again or repaired."""
    begin = f"{doing}: no connection to Redshift: "
    # The driver wraps the socket's error as its second argument.
    inner = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], OSError) else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return NeedsRepairError(begin + _certificate(inner))
    if error.args[:1] == ("Server refuses SSL",):
        return NeedsRepairError(
            begin + "the server refuses TLS, and nothing was sent to it. Check host and port of "
            "starjoin.redshift: Redshift itself always offers TLS"
        )
    if isinstance(inner, socket.gaierror):
        why = "its name is not known; check host of starjoin.redshift, and DNS in the VPC"
    elif isinstance(inner, ConnectionRefusedError):
        why = "refused; check port of starjoin.redshift, and that the warehouse is not paused"
    elif isinstance(inner, TimeoutError) or error.args[:1] == ("connection time out",):
        why = "no answer in time; check security groups and routes, and that it is not paused"
    else:
        why = f"{named(inner)}; check that the warehouse is available"
    return RetryLoadError(begin + why)


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _OTHER_NAME:
        return (
            "the server's certificate is for another host than host of starjoin.redshift. Give the "
            "endpoint's own name as host; where a private name or a proxy stands before it, set "
            "ssl.mode to verify-ca"
        )
    return (
        f"the server's certificate is not from a trusted authority, or not valid (OpenSSL's code "
        f"{error.verify_code}). Check host of starjoin.redshift: something else answers there"
    )
