"""What can go wrong with a load, as types that say what to do.

    LoadError
     +- RetryLoadError        nothing was applied; the same load may succeed later
     +- OutcomeUnknownError   the connection went; ask the ledger before anything else
     +- NeedsRepairError      the load cannot succeed until someone changes something
     +- FenceLostError        another attempt or application owns the target: end this one
     +- KeyChangedError       the target's values are of another key: end this attempt

`known_errors` says which of them an error is. Messages hold no value of any row: `said` puts what
the server says into words of our own, and what a client's library says is named by its kind.
"""

from __future__ import annotations

import enum
import socket
import ssl
import struct
from typing import Final

from redshift_connector.error import InterfaceError, OperationalError

from connectors.failures import StarjoinError, describe_error
from connectors.redshift.known_errors import (
    LOST,
    NO_ANSWER,
    NO_DNS,
    NOT_TRUSTED,
    OTHER_HOST,
    PORT_CLOSED,
    TLS_REFUSED,
    UNCONNECTED,
    UNKNOWN_HOST,
    Remedy,
)
from connectors.redshift.said import understand

# OpenSSL: another host name, another address.
_OTHER_NAME: Final = {62, 64}


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

    The next attempt takes the load's lock, which waits until the old transaction has ended, and
    leaves out the parts that it finds in the ledger. Nothing is ever guessed.
    """


class NeedsRepairError(LoadError):
    """The load cannot succeed as things are; the message says what to change, and where."""


class FenceLostError(LoadError):
    """The target belongs to a later start of this application, or to another one."""


class KeyChangedError(LoadError):
    """The target was filled under another key; what this attempt makes must never reach it."""


_KINDS: Final[dict[Remedy, type[LoadError]]] = {
    Remedy.RETRY: RetryLoadError,
    Remedy.REPAIR: NeedsRepairError,
    Remedy.UNKNOWN: OutcomeUnknownError,
}
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
    added: str = "",
) -> LoadError:
    """The LoadError for an exception of redshift_connector raised while `doing` something.

    `known` are the names of tables and columns that the message may repeat, `added` is what the
    warehouse could say of it. Raise it `from None`: the exception itself can quote values.
    """
    fields = server_fields(error)
    if fields is None:
        if not isinstance(error, CONNECTION_LOST):
            return NeedsRepairError(f"{doing}: {describe_error(error)} in the client")
        if step is Step.CONNECT:
            return _classify_connection(error, doing)
        return _KINDS[LOST.remedy](f"{doing}: {LOST.words}")
    said = understand(fields)
    message = f"{doing}: {said.sentence(known, added)}"
    if step is Step.COMMIT and said.error.intervenes:
        return OutcomeUnknownError(message)
    return _KINDS[said.error.remedy](message)


def server_fields(error: Exception) -> dict[str, str] | None:
    """The fields of the server's error message; None for an error of the client's own."""
    fields = error.args[0] if error.args else None
    return fields if isinstance(fields, dict) else None


def _classify_connection(error: Exception, doing: str) -> LoadError:
    """Why there is no connection: nothing was applied, so it is tried again or repaired."""
    # The driver wraps the socket's error as its second argument.
    inner = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], OSError) else error
    cause, known = "", UNCONNECTED
    if isinstance(inner, ssl.SSLCertVerificationError):
        cause = str(inner.verify_code)
        known = OTHER_HOST if inner.verify_code in _OTHER_NAME else NOT_TRUSTED
    elif error.args[:1] == ("Server refuses SSL",):
        known = TLS_REFUSED
    elif isinstance(inner, socket.gaierror):
        known = NO_DNS if inner.errno == socket.EAI_AGAIN else UNKNOWN_HOST
    elif isinstance(inner, ConnectionRefusedError):
        known = PORT_CLOSED
    elif isinstance(inner, TimeoutError) or error.args[:1] == ("connection time out",):
        known = NO_ANSWER
    else:
        cause = describe_error(inner)
    return _KINDS[known.remedy](f"{doing}: no connection to Redshift: {known.words.format(cause)}")
