"""Progress is for people who wait at a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count

import pytest

from infra.init.progress import Progress


class Terminal(io.StringIO):
    """A stream at which somebody sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def seconds() -> Iterator[int]:
    return count()


def test_it_is_shown_once_somebody_waits_and_is_cleared(seconds: Iterator[int]) -> None:
    terminal = Terminal()
    progress = Progress(terminal, lambda: next(seconds))
    progress.show(0, 9)
    assert terminal.getvalue() == ""
    progress.show(1, 9)
    progress.show(2, 9)
    assert terminal.getvalue().endswith("\r\x1b[Kreading tables: 2 of 9")
    progress.clear()
    progress.clear()
    assert terminal.getvalue().endswith("of 9\r\x1b[K")
    assert terminal.getvalue().count("\n") == 0


def test_nothing_of_it_goes_into_a_pipe(seconds: Iterator[int]) -> None:
    pipe = io.StringIO()
    progress = Progress(pipe, lambda: next(seconds))
    for done in range(9):
        progress.show(done, 9)
    progress.clear()
    assert pipe.getvalue() == ""
