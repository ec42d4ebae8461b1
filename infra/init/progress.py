"""How far the reading of a large source is: shown at a terminal that waits, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

_PATIENCE_SECONDS: Final = 2.0  # who waits longer wants to know for what
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """One line that is written over, and cleared at the end; nothing of it goes into a pipe.

    Args:
        stream: where it is shown, if that is a terminal.
        clock: seconds that only increase.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._begin = clock()
        self._is_shown = False

    def show(self, done: int, total: int) -> None:
        """So many tables of so many have been read."""
        if self._stream.isatty() and self._clock() - self._begin >= _PATIENCE_SECONDS:
            self._stream.write(f"{_CLEAR}reading tables: {done} of {total}")
            self._stream.flush()
            self._is_shown = True

    def clear(self) -> None:
        """The line goes away, if there is one."""
        if self._is_shown:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._is_shown = False
