"""What can go wrong with a load, as types that say what to do.

    LoadError
     +- RetryLoad        nothing was applied; the same load may succeed later
     +- OutcomeUnknown   the connection went; ask the ledger before anything else
     +- NeedsRepair      the load cannot succeed until someone changes something
     +- FenceLost        another attempt or application owns the target: end this one
     +- KeyChanged       the target's values are of another key: end this attempt

Messages hold no value of any row: Redshift's own text is passed on only up to its first line, and
only where it names places.
"""

from __future__ import annotations

import enum
import re
import struct
from typing import Final

from redshift_connector.error import InterfaceError, OperationalError

# An operator, a limit or a shutdown has ended the statement. Of a COMMIT that says nothing certain:
# Redshift documents for no statement at which point it looks at the limit.
_INTERVENTION: Final = "57"
# Serialisable violation, table younger than the snapshot, deadlock, cancelled, shutting down.
_RETRIED_STATES: Final = {"40001", "40P01", "57014", "57P01", "57P02", "57P03", "53300", "55P03"}
_RETRIED_TEXTS: Final = re.compile(
    # At the start, where Redshift puts it: a width or a row may be 1023 as well.
    r"^(ERROR:\s*)?(1023|1018)\b|conflict with concurrent transaction"
    r"|S3ServiceException.*(503|SlowDown|500)",
    re.IGNORECASE,
)


class Step(enum.Enum):
    """What was asked of Redshift when the error came."""

    CONNECT = "connect"
    STATEMENT = "statement"
    COMMIT = "commit"


class LoadError(Exception):
    """A load did not end in a known commit."""


class RetryLoad(LoadError):  # noqa: N818
    """Nothing was applied, and the same load may succeed later."""


class OutcomeUnknown(LoadError):  # noqa: N818
    """The connection was lost: the transaction may or may not have been committed.

    The next attempt locks the ledger, which waits until the old transaction has ended, and
    leaves out the parts that it finds there. Nothing is ever guessed.
    """


class NeedsRepair(LoadError):  # noqa: N818
    """The load cannot succeed as things are; the message says what to change, and where."""


class FenceLost(LoadError):  # noqa: N818
    """The target belongs to a later start of this application, or to another one."""


class KeyChanged(LoadError):  # noqa: N818
    """The target was filled under another key; what this attempt makes must never reach it."""


# What redshift_connector raises when the connection is gone; struct.error comes from its reading
# of a message that was cut short.
CONNECTION_LOST: Final = (
    InterfaceError,
    OperationalError,
    OSError,
    struct.error,
)


def classify(error: Exception, doing: str, step: Step = Step.STATEMENT) -> LoadError:
    """The LoadError for an exception of redshift_connector raised while `doing` something."""
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if fields is None:
        if isinstance(error, CONNECTION_LOST) and step is Step.CONNECT:
            return RetryLoad(f"{doing}: no connection to Redshift")
        if isinstance(error, CONNECTION_LOST):
            return OutcomeUnknown(f"{doing}: the connection to Redshift was lost")
        return NeedsRepair(f"{doing}: {type(error).__name__} in the client")
    state, text = fields.get("C", ""), fields.get("M", "").partition("\n")[0]
    message = f"{doing}: {text} (SQLSTATE {state})"
    if step is Step.COMMIT and state.startswith(_INTERVENTION):
        return OutcomeUnknown(message)
    if state in _RETRIED_STATES or _RETRIED_TEXTS.search(text):
        return RetryLoad(message)
    return NeedsRepair(message)
