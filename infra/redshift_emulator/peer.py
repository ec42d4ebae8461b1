"""What the parts of the front know of a session, and what all sessions share.

Owns the front's own questions to PostgreSQL on a client's session.
"""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from infra.redshift_emulator.backend import Address, Backend
from infra.redshift_emulator.errors import BackendError, RedshiftError, from_backend
from infra.redshift_emulator.faults import Action, FaultBoard
from infra.redshift_emulator.wire import Channel

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_FIRST_QUERY_ID = 1000


@dataclass
class Front:
    """What all sessions share."""

    address: Address
    s3: S3Client
    faults: FaultBoard = field(default_factory=FaultBoard)
    tls: ssl.SSLContext | None = None
    query_ids: Iterator[int] = field(default_factory=lambda: itertools.count(_FIRST_QUERY_ID))


class Peer(Protocol):
    """A session, as far as the emulation needs it."""

    front: Front
    client: Channel
    backend: Backend
    database: str
    transaction: list[str]
    statement_limit: float | None
    client_gone: bool

    def cut(self, action: Action) -> None:
        """Ends the client's connection."""


async def query(peer: Peer, sql: str) -> list[list[str | None]]:
    """Runs a statement of the front's own; the rows as texts. Raises RedshiftError."""
    try:
        return await peer.backend.query(sql)
    except BackendError as error:
        raise refusal(error) from error


def refusal(error: BackendError) -> RedshiftError:
    """PostgreSQL's refusal in Redshift's words."""
    fields = from_backend(error.fields)
    return RedshiftError(fields["M"], sqlstate=fields["C"], detail=fields.get("D"))
