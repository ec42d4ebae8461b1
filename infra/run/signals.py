"""What ends a run from outside: Ctrl-C, an end of the terminal, `kill`.

The first of them interrupts whatever is going on. Those that follow change nothing, so that what
the first has begun to take down is taken down: a publication in somebody's database, for one.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupt_once() -> Iterator[None]:
    """Within the block the first signal raises KeyboardInterrupt, and no other does.

    What the process was started to ignore, as under nohup, stays ignored.
    """
    former = {number: signal.getsignal(number) for number in _ENDINGS}
    heard = [number for number in _ENDINGS if former[number] is not signal.SIG_IGN]

    def interrupt(number: int, frame: FrameType | None) -> None:
        for other in heard:
            # Not SIG_IGN, which processes that are started from now on would have as well.
            signal.signal(other, lambda *_: None)
        signal.default_int_handler(number, frame)

    for number in heard:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, former[number])
