"""Asks one place again and again, and remembers what it has said last and since when it is away.

Whatever goes wrong with a question is shown in place of an answer, and the next question may have
one: a warehouse, a job or a stream that is away must not end the watch.
"""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.error import Error

from connectors.failures import StarjoinError, describe_error
from connectors.redshift.errors import CONNECTION_LOST
from infra.watch.picture import Reading

T = TypeVar("T")

_AWAY: Final = (
    StarjoinError,
    BotoCoreError,
    ClientError,
    Error,
    urllib3.exceptions.HTTPError,
    *CONNECTION_LOST,
)


def utc_now() -> dt.datetime:
    """The time, with its zone."""
    return dt.datetime.now(dt.UTC)


class Reader(Generic[T]):
    """One place.

    Args:
        ask: gives its answer, or raises.
        every: seconds from one question to the next, at least; the others are left out.
        now: the time.
    """

    def __init__(
        self, ask: Callable[[], T], every: float = 0.0, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self._ask = ask
        self._every = every
        self._now = now
        self._reading: Reading[T] = Reading()
        self._asked_at: dt.datetime | None = None

    @property
    def reading(self) -> Reading[T]:
        """What it has said last."""
        return self._reading

    def look(self) -> None:
        """Asks, unless it was asked a short while ago."""
        now = self._now()
        if self._asked_at is not None and (now - self._asked_at).total_seconds() < self._every:
            return
        self._asked_at = now
        before = self._reading
        try:
            value = self._ask()
        except Exception as error:  # noqa: BLE001 - shown, and the next question may do better
            self._reading = Reading(
                before.value, before.read_at, _explain(error), before.away_since or now
            )
        else:
            self._reading = Reading(value, self._now())


def _explain(error: Exception) -> str:
    """In one line: messages of our own hold no value of a row, those of others are described."""
    if isinstance(error, StarjoinError):
        said = str(error)
    elif isinstance(error, _AWAY):
        said = describe_error(error)
    else:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        said = (
            f"{describe_error(error)} in {frame.name}, line {frame.lineno} of {frame.filename}, "
            "which nobody foresaw: please report it"
        )
    return " ".join(said.split())
