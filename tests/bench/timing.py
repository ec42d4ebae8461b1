"""How long a call takes, per record."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tests.bench import data

_ROUNDS: Final = 7


def micros(call: Callable[[], object], records: int = data.FRAME_RECORDS) -> float:
    """The best of some rounds, per record: the machine's noise only ever adds."""
    call()
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best / records * 1e6
