"""Which terminal pictures there are, and what of a recorded output each shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RECORDED: Final = Path(__file__).with_name("recorded")
PICTURES: Final = Path("docs/pictures")
REPORT: Final = RECORDED / "load-test.json"
# What stands for lines that a picture leaves out.
_LEFT_OUT: Final = "..."


@dataclass(frozen=True)
class Screen:
    """One picture of a terminal.

    Attributes:
        name: of the recorded file and of the picture, without their ends.
        command: what was typed.
        columns: of the terminal.
        left_out: where lines are left out: from the first that begins with one text to before the
            next that begins with the other.
        coloured: colours that a terminal shows and a recording through a pipe lacks: how a line
            begins, and its style.
    """

    name: str
    command: str
    columns: int = 96
    left_out: Sequence[tuple[str, str]] = ()
    coloured: Sequence[tuple[str, str]] = ()

    @property
    def recorded(self) -> Path:
        """The recorded output."""
        return RECORDED / f"{self.name}.txt"

    @property
    def picture(self) -> Path:
        """The picture, from the root of the repository."""
        return PICTURES / f"{self.name}.svg"

    def shown(self) -> list[str]:
        """The lines that the picture shows of the recorded output."""
        lines = self.recorded.read_text(encoding="utf-8").splitlines()
        for begin, end in self.left_out:
            first = next(n for n, line in enumerate(lines) if line.strip().startswith(begin))
            last = next(
                n for n, line in enumerate(lines) if n > first and line.strip().startswith(end)
            )
            lines[first:last] = [_LEFT_OUT]
        return lines


_ALL: Final = (
    Screen(
        "demo",
        "python3 build.py demo",
        left_out=[("ticket_id  phone_number", "Batches")],
        coloured=[("sport_event_activity: the warehouse equals", "green")],
    ),
    Screen("run", "starjoin run ticket_seller", columns=112),
    Screen("watch", "starjoin watch", columns=84),
)
SCREENS: Final = {screen.name: screen for screen in _ALL}
