"""Waiting until S3 takes an upload again, for a limited time in each epoch.

An upload holds up the checkpoint that it belongs to: it is done before the epoch's barrier goes on.
So the time in which any upload of an epoch had to be repeated is added up, and stays below the
checkpoint's time-out. Uploads that wait at the same time spend it once. When it is used up the
error is raised, the job restarts from its last
checkpoint, and what the epoch has staged is never referred to.
"""

from __future__ import annotations

import logging
import random
import threading
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
    """A store that writes an object again while that may succeed. Several threads may put.

    Args:
        store: what writes; its StagingUnavailableError is waited out, other errors pass.
        limit: seconds, in each epoch.
        clock: seconds, of which only differences count.
        sleep: waits so many seconds.
        chance: gives a number from 0 to 1: subtasks that failed together do not try together.
    """

    def __init__(
        self,
        store: Store,
        limit: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._lock = threading.Lock()
        self._spent = 0.0
        # Uploads that have failed and are being repeated, and since when there are any.
        self._repeating, self._repeating_since = 0, 0.0
        self._repeats = 0

    def begin_epoch(self) -> None:
        """Gives the next epoch its own time. No upload may be under way."""
        self._spent = 0.0

    def take_repeats(self) -> int:
        """How often an object was written again since this was last asked."""
        with self._lock:
            repeats, self._repeats = self._repeats, 0
        return repeats

    def put(self, key: str, body: bytes) -> str:
        """As that of the store. Raises StagingUnavailableError when the epoch's time is used up."""
        began = self._clock()
        try:
            return self._store.put(key, body)
        except StagingUnavailableError as error:
            first = error
        with self._lock:
            if not self._repeating:
                self._repeating_since = began
            self._repeating += 1
        try:
            return self._repeat(first, key, body, began)
        finally:
            with self._lock:
                self._repeating -= 1
                if not self._repeating:
                    self._spent += self._clock() - self._repeating_since

    def _repeat(self, error: StagingUnavailableError, key: str, body: bytes, began: float) -> str:
        logger.warning("%s; the upload is repeated until it succeeds", error)
        longest = _FIRST_PAUSE_SECONDS
        failures = 1
        while (remaining := self._remaining_seconds()) > 0:
            pause = longest * (1 + self._chance()) / 2  # half of it by chance
            self._sleep(min(remaining, pause))
            longest = min(2 * longest, _LONGEST_PAUSE_SECONDS)
            with self._lock:
                self._repeats += 1
            try:
                url = self._store.put(key, body)
            except StagingUnavailableError as again:
                error = again
                failures += 1
            else:
                waited = self._clock() - began
                logger.warning("an upload succeeded after %d failures and %.0f s", failures, waited)
                return url
        raise StagingUnavailableError(self._gave_up(error, failures)) from None

    def _remaining_seconds(self) -> float:
        with self._lock:
            return self._limit - self._spent - (self._clock() - self._repeating_since)

    def _gave_up(self, error: StagingUnavailableError, failures: int) -> str:
        return (
            f"{error}; given up after {failures} failures, since the uploads of one epoch may be "
            f"repeated for {self._limit:.0f} s (`retry.seconds` of starjoin.staging). The job "
            "restarts from its last checkpoint and loses nothing. If this goes on, look at S3 and "
            "at the network between the application and S3"
        )
