"""What runs from the head of a `with` block to its end: services, clusters, threads that watch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Lifetime(ABC):
    """A context manager by `start` and `stop`."""

    def start(self) -> None:
        """Returns when it is ready. A start that fails leaves nothing behind."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    @abstractmethod
    def stop(self) -> None:
        """Returns when all of it is gone. May be repeated, and may follow half a start."""

    def _start(self) -> None:  # noqa: B027 - need not be overridden
        """Nothing to do for what runs as soon as it is made."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
