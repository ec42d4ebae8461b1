"""How long Redshift may take to answer before somebody gives up, and who."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Five times what the largest statement of a catching-up batch has taken, and short enough that a
# statement that hangs costs a quarter of an hour.
STATEMENT_SECONDS: Final = 900


@dataclass(frozen=True)
class Limits:
    """How long Redshift may take, in seconds.

    Normally the server ends what takes too long, so that the outcome is known. The client gives up
    only where no answer comes at all, and then the outcome is unknown.

    Attributes:
        connect: for each answer until the session is there (TCP, TLS, login): a healthy cluster
            takes well below a second, a paused or resizing one does not answer.
        statement: for each statement, on the server (`statement_timeout`).
        grace: how much longer the client waits for the server's answer: ending a large COPY
            undoes it first.
    """

    connect: int = 20
    statement: int = STATEMENT_SECONDS
    grace: int = 60


DEFAULT_LIMITS: Final = Limits()
