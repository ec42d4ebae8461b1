"""Where the warehouse is, how its certificate is verified, and how long it may take.

Settings and help read this, so it does not import the driver.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

# Five times what the largest statement of a catching-up batch has taken, and short enough that a
# statement that hangs costs a quarter of an hour.
STATEMENT_SECONDS: Final = 900


# A record can be in the stream for a week and its staged file in the bucket for two, by default.
BOOKKEEPING_DAYS: Final = 30
# Cuts are asked for by people, as of a day that they remember.
CUT_DAYS: Final = 30
# A record of a PutRecords call that was put again stands behind later ones.
DISORDER_SECONDS: Final = 5
# DMS is seconds behind as a rule; who sees more sets more.
LAG_SECONDS: Final = 300


class SslMode(enum.StrEnum):
    """How much of the server's certificate is verified. Without a TLS connection nothing is sent.

    The authorities are those of Amazon's bundle, which the driver brings, and of the system.
    """

    VERIFY_FULL = "verify-full"  # from a trusted authority, and for the host that was asked for
    VERIFY_CA = "verify-ca"  # from a trusted authority, for whatever host
    NONE = "none"  # no TLS at all: the local emulator


@dataclass(frozen=True)
class RedshiftAddress:
    """Where the warehouse is."""

    host: str
    port: int
    database: str
    ssl_mode: SslMode = SslMode.VERIFY_FULL


@dataclass(frozen=True)
class Limits:
    """How long Redshift may take, in seconds.

    Normally the server cancels what takes too long, so that the outcome is known. The client gives
    up only where no answer comes at all, and then the outcome is unknown.

    Attributes:
        connect: for each answer until the session is open (TCP, TLS, login): a healthy cluster
            takes well below a second, a paused or resizing one does not answer.
        statement: for each statement, on the server (`statement_timeout`).
        grace: how much longer the client waits for the server's answer: cancelling a large COPY
            rolls it back first.
        alter: for the ALTER of a table, on the server: whoever queries the table queues behind one
            that waits for its lock. It is tried again with the start that it belongs to.
    """

    connect: int = 20
    statement: int = STATEMENT_SECONDS
    grace: int = 60
    alter: int = 15


DEFAULT_LIMITS: Final = Limits()
