"""A clock whose sleep moves it, so that no test waits."""

from __future__ import annotations


class FakeClock:
    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def milliseconds(self) -> int:
        return int(self.time * 1_000)
