"""What is being waited for, and what remains of it: at a terminal alone, and gone afterwards.

Whatever takes longer than a second or two is shown by one of these. Nothing of it goes into a pipe
or a file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from infra.words import write_whole_seconds

_BAR_WIDTH: Final = 16
# Below it the bar leaves too little for the words.
_LEAST_WIDTH_OF_BAR: Final = 70


def console_on(stream: TextIO, **options: Any) -> Console:
    """A console that takes a stream for a terminal only if it is one.

    rich also goes by FORCE_COLOR, which some have set wherever nobody sits.
    """
    return Console(file=stream, force_terminal=stream.isatty(), **options)


class _Remaining(ProgressColumn):
    """How long it will take, as far as the last half minute shows it; nothing if that is open."""

    def render(self, task: Task) -> Text:
        remaining = task.time_remaining
        if task.total is None or not remaining:
            return Text()
        return Text(f"{write_whole_seconds(max(remaining, 1))} left")


class _Bar(ProgressColumn):
    """A bar where the end is known, and nothing elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = BarColumn(bar_width=_BAR_WIDTH)

    def render(self, task: Task) -> RenderableType:
        return Text() if task.total is None else self._bar.render(task)


class HowFar:
    """To whom it is said how far something is.

    Args:
        title: what it is.
        shown: shown_on.
        task: which line.
    """

    def __init__(self, title: str, shown: Progress, task: TaskID) -> None:
        self._title = title
        self._shown = shown
        self._task = task

    def say(self, words: str) -> None:
        """So far, in words."""
        self._shown.update(self._task, description=f"{self._title}, {words}")

    def replace(self, words: str) -> None:
        """Words that stand for themselves, without the title."""
        self._shown.update(self._task, description=words)

    def count(self, done: int, total: int | None, thing: str = "") -> None:
        """So many of so many, or of a number that is not known."""
        of = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        # rich estimates from what was completed between calls.
        self._shown.update(self._task, completed=done, total=total)
        self.say(f"{of} {thing}".rstrip())

    def rename(self, title: str) -> None:
        """From now on it is something else, and takes its own time."""
        self._title = title
        self._shown.reset(self._task, description=title, total=None)


@contextmanager
def show(
    title: str, console: Console | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[HowFar]:
    """Shows what goes on within the block, and for how long; on standard error unless given."""
    shown_on = console or console_on(sys.stderr)
    columns: list[ProgressColumn] = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
    ]
    columns += [_Bar()] if shown_on.width >= _LEAST_WIDTH_OF_BAR else []
    columns += [TimeElapsedColumn(), _Remaining()]
    with Progress(
        *columns,
        console=shown_on,
        transient=True,
        get_time=clock,
        disable=not shown_on.is_terminal,
    ) as progress:
        yield HowFar(title, progress, progress.add_task(title, total=None))


class Steps:
    """Steps that follow each other, the last of which begins what somebody waits for.

    Args:
        console: where they are shown, if that is a terminal.
        count: how many there are.
    """

    def __init__(self, console: Console, count: int) -> None:
        self._console = console
        self._count = count
        self._begun = 0

    @contextmanager
    def step(self, text: str) -> Iterator[HowFar]:
        """Shows the next step, and which of how many it is."""
        self._begun += 1
        with show(f"{self._begun} of {self._count}: {text}", self._console) as how_far:
            yield how_far


class Narration:
    """Lines that stay, and below them for how long the last of them has been going on."""

    def __init__(self, console: Console, how_far: HowFar) -> None:
        self._console = console
        self._how_far = how_far

    def say(self, line: str) -> None:
        """A line to keep."""
        # As Text: what stands in brackets or between colons is neither markup nor an emoji.
        self._console.print(Text(line), soft_wrap=True)
        self._how_far.rename(line.strip().partition("\n")[0])

    def count(self, done: int, total: int, thing: str = "") -> None:
        """How far it is what the last line says."""
        self._how_far.count(done, total, thing)


@contextmanager
def narrate(title: str) -> Iterator[Narration]:
    """Lines on standard output, each with the time that it takes while it takes it."""
    console = console_on(sys.stdout)
    with show(title, console) as how_far:
        yield Narration(console, how_far)
