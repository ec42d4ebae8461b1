"""What is being waited for: shown at a terminal alone, and gone when the waiting is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass
class Steps:
    """Steps that follow each other, the last of which begins what the user waits for.

    Attributes:
        console: where they are shown, if that is a terminal.
        count: how many there are.
    """

    console: Console
    count: int
    _begun: int = 0

    @contextmanager
    def step(self, text: str) -> Iterator[Callable[[str], None]]:
        """Shows the next step, which of how many it is, and for how long it has been going on.

        Gives a function to which it can be said how far the step is.
        """
        self._begun += 1
        with self.show(f"{self._begun} of {self.count}: {text}") as report:
            yield report

    @contextmanager
    def show(self, title: str) -> Iterator[Callable[[str], None]]:
        """Shows what is no step of the way there."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(
            *columns,
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as shown:
            task = shown.add_task(title, total=None)
            yield lambda how_far: shown.update(task, description=f"{title}, {how_far}")
