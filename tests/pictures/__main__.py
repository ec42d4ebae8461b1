"""`build.py pictures`: draws the README's pictures from what was recorded, or records first."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.bootstrap import ROOT
from tests.pictures.command_line import parser
from tests.pictures.record import RecordingError, record_all
from tests.pictures.report import photograph
from tests.pictures.screens import SCREENS
from tests.pictures.terminal import draw
from tests.support.browser import HOW_TO_GET_ONE, find_chromium


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the pictures; gives the exit code."""
    options = parser().parse_args(arguments)
    if options.record:
        try:
            with tempfile.TemporaryDirectory(prefix="starjoin-") as folder:
                record_all(_tell, Path(folder))
        except RecordingError as error:
            sys.stderr.write(f"build.py pictures: {error}\n")
            return 1
    for screen in SCREENS.values():
        (ROOT / screen.picture).write_text(draw(screen), encoding="utf-8")
        _tell(f"Wrote {screen.picture}")
    program = find_chromium()
    if program is None:
        sys.stderr.write(f"build.py pictures: the report's are as they were: {HOW_TO_GET_ONE}\n")
        return 1
    for path in photograph(program):
        _tell(f"Wrote {path.relative_to(ROOT)}")
    return 0


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
