"""Pydantic's faults as lines for people: the place and what is wrong, never the value given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import ValidationError


def fault_lines(
    error: ValidationError, place: Callable[[Sequence[str]], str] = ".".join
) -> list[str]:
    """One line a fault; `place` makes its place of the names on the way there."""
    return [
        f"  {place([str(part) for part in fault['loc']])}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    ]
