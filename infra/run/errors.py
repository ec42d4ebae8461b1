"""Why a run does not start, or does not go on."""

from __future__ import annotations

from connectors.failures import StarjoinError


class RunError(StarjoinError, RuntimeError):
    """The run cannot start, or cannot go on; the message is written for whoever started it.

    Attributes:
        is_of_arguments: whether what was asked for is wrong.
    """

    def __init__(self, message: str, *, is_of_arguments: bool = False) -> None:
        super().__init__(message)
        self.is_of_arguments = is_of_arguments
