"""What emulated statements may use of a client's session, and what all sessions share.

Owns the emulator's own queries on a client's session.
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
class Shared:
    """What all sessions share; `varbyte` is the number of that type in PostgreSQL."""

    address: Address
    s3: S3Client
    password: str
    varbyte: int
    faults: FaultBoard = field(default_factory=FaultBoard)
    tls: ssl.SSLContext | None = None
    query_ids: Iterator[int] = field(default_factory=lambda: itertools.count(_FIRST_QUERY_ID))


class ClientSession(Protocol):
    """A session, as far as emulated statements need it."""

    shared: Shared
    client: Channel
    backend: Backend
    database: str
    transaction: list[str]
    statement_limit: float | None
    client_gone: bool

    def cut(self, action: Action) -> None:
        """Ends the client's connection."""


async def query(session: ClientSession, sql: str) -> list[list[str | None]]:
    """Runs a statement of the emulator's own; returns rows as texts. Raises RedshiftError."""
    try:
        return await session.backend.query(sql)
    except BackendError as error:
        raise refusal(error) from error


def refusal(error: BackendError) -> RedshiftError:
    """PostgreSQL's error as Redshift would report it."""
    fields = from_backend(error.fields)
    return RedshiftError(fields["M"], sqlstate=fields["C"], detail=fields.get("D"))
