"""Waiting until S3 takes an upload again, for a limited time in each epoch.

An upload holds up the checkpoint that it belongs to: it is done before the epoch's barrier goes on.
So the time of all uploads of an epoch that had to be repeated is added up, and stays below the
checkpoint's time-out. When it is used up the error is raised, the job restarts from its last
checkpoint, and what the epoch has staged is never referred to.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Final

from connectors.staging.errors import StagingUnavailableError
from connectors.staging.writer import Store

logger = logging.getLogger(__name__)

# Half of the checkpoint's time-out, 10 minutes on Managed Flink: an attempt that begins at the end
# of this time may itself take two minutes before the client takes it for failed, and the parts
# that are uploaded afterwards need their own time.
RETRY_SECONDS: Final = 300
_FIRST_PAUSE_SECONDS: Final = 0.5
# So that the first upload after an outage is not far behind its end.
_LONGEST_PAUSE_SECONDS: Final = 20.0


class WaitingStore:
    """A store that writes an object again while that may succeed.

    Args:
        store: what writes; its StagingUnavailableError is waited out, other errors pass.
        limit: seconds, in each epoch.
        on_repeat: called before an object is written again.
        clock: seconds, of which only differences count.
        sleep: waits so many seconds.
        chance: gives a number from 0 to 1: subtasks that failed together do not try together.
    """

    def __init__(  # noqa: PLR0913 - the last three only for tests
        self,
        store: Store,
        limit: float,
        on_repeat: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._limit = limit
        self._on_repeat = on_repeat
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._spent = 0.0

    def begin_epoch(self) -> None:
        """Gives the next epoch its own time."""
        self._spent = 0.0

    def put(self, key: str, body: bytes) -> str:
        """As that of the store. Raises StagingUnavailableError when the epoch's time is used up."""
        began, longest = self._clock(), _FIRST_PAUSE_SECONDS
        failures = 0
        while True:
            try:
                url = self._store.put(key, body)
            except StagingUnavailableError as error:
                failures += 1
                remaining = self._limit - self._spent - (self._clock() - began)
                if remaining <= 0:
                    raise StagingUnavailableError(self._gave_up(error, failures)) from None
                if failures == 1:
                    logger.warning("%s; the upload is repeated until it succeeds", error)
                self._sleep(
                    min(remaining, longest * (1 + self._chance()) / 2)
                )  # half of it by chance
                longest = min(2 * longest, _LONGEST_PAUSE_SECONDS)
                self._on_repeat()
            else:
                if failures:
                    waited = self._clock() - began
                    self._spent += waited
                    logger.warning(
                        "an upload succeeded after %d failures and %.0f s", failures, waited
                    )
                return url

    def _gave_up(self, error: StagingUnavailableError, failures: int) -> str:
        return (
            f"{error}; given up after {failures} failures, since the uploads of one epoch may be "
            f"repeated for {self._limit:.0f} s (`retry.seconds` of starjoin.staging). The job "
            "restarts from its last checkpoint and loses nothing. If this goes on, look at S3 and "
            "at the network between the application and S3"
        )
