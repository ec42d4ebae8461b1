"""Every commit of a load is compared, because none is acknowledged before it has been.

1. A rule of the emulator's holds the reply to the next load's COMMIT: it is done, and the loader
   does not know it. No other load can begin, since there is one loader and it waits.
2. While it waits, a second rule is set for the commit after it. So no commit is ever without one.
3. The warehouse is compared with the oracle, in one snapshot.
4. The reply is let go.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from infra.redshift_emulator import Fault, Faults, When

T = TypeVar("T")

# Only transactions that load write to the ledger; starts and questions do not.
_IN_A_LOAD: Final = r"^\s*insert\s+into\s+\S*ledger"
_LOOK_SECONDS: Final = 0.02
# Generous: it bounds a hanging run and judges no speed.
_PATIENCE_SECONDS = 300.0


class Commits:
    """Compares at each commit; everything happens in calls, on the caller's thread.

    Args:
        faults: of the emulator.
        compare: called once a commit, with the warehouse at rest.

    Attributes:
        seen: how many there were.
    """

    def __init__(self, faults: Faults, compare: Callable[[], None]) -> None:
        self.seen = 0
        self._faults = faults
        self._compare = compare
        self._rule = self._hold_next()

    def look(self) -> bool:
        """Compares if a commit waits for it; whether one did."""
        if not self._rule.hanging:  # 1
            return False
        held, self._rule = self._rule, self._hold_next()  # 2
        self.seen += 1
        self._compare()  # 3
        held.release()  # 4
        return True

    def look_for(self, seconds: float) -> None:
        """Compares what is committed in the time given."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._look_or_pause()

    def look_until(self, condition: Callable[[], bool], what: Callable[[], str]) -> None:
        """Compares until a condition holds. Raises AssertionError, saying `what`, if it never does.

        `condition` is asked between commits, never while one is held.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"waited {_PATIENCE_SECONDS:.0f} s for {what()}"
            self._look_or_pause()

    def during(self, act: Callable[[], T]) -> T:
        """Does `act`, which may itself wait for a load, and compares meanwhile."""
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(act)
            while not result.done():
                self._look_or_pause()
            return result.result()

    def _look_or_pause(self) -> None:
        if not self.look():
            time.sleep(_LOOK_SECONDS)

    def _hold_next(self) -> Fault:
        return self._faults.hang_commit(when=When.AFTER, having=_IN_A_LOAD)
