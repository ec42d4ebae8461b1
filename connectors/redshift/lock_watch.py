"""While a load goes on for long: whether it waits for a lock, and who holds that.

A statement that waits says nothing until it has its lock or is cancelled. So another session looks,
on a thread of its own, and what it finds is logged and counted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from connectors.metrics import LoadMetric, Metric
from connectors.redshift.coordinator import Background
from connectors.redshift.errors import LoadError
from connectors.redshift.locks import RELEASE

logger = logging.getLogger(__name__)

# A load takes its locks within a second where nobody else has them.
LOOK_SECONDS: Final = 60.0


class LockWatch:
    """Looks once a minute, for as long as calls of the loader follow one another.

    Args:
        look: a sentence for each lock that is waited for; raises LoadError.
        clock: seconds, monotonic.
        count: takes the metric, once for each look that finds a load waiting.
    """

    def __init__(
        self,
        look: Callable[[], Sequence[str]],
        *,
        clock: Callable[[], float],
        count: Callable[[Metric, int], None],
    ) -> None:
        self._look = look
        self._clock = clock
        self._count = count
        self._looking: Background[Sequence[str]] = Background("starjoin lock watch")
        self._next: float | None = None

    def note(self, *, working: bool) -> None:
        """Called often: whether a call of the loader is under way, the same one or the next."""
        self._take(working=working)
        now = self._clock()
        if not working:
            self._next = None
        elif self._next is None:
            self._next = now + LOOK_SECONDS
        elif now >= self._next and not self._looking.busy:
            self._next = now + LOOK_SECONDS
            self._looking.submit(self._look)

    def _take(self, *, working: bool) -> None:
        try:
            awaited = self._looking.take()
        except LoadError as error:
            logger.warning("Could not check whether the load is waiting for a lock: %s", error)
            return
        if awaited and working:
            self._count(LoadMetric.LOCKS_AWAITED, 1)
            logger.warning("The load waits for a lock: %s. %s", "; ".join(awaited), RELEASE)
