"""Which lines of decode the inputs reach: to see that the grammar is not blind somewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, Self

from tests.fuzz.check import check_session
from tests.fuzz.sessions import session
from tests.unit.stars import ROOT

_FOLDER: Final = ROOT / "flink_app" / "decode"
# What a block goes through; the operator and what it watches by stand around it.
_AROUND: Final = {"operator", "limit", "schema_watch", "similar_tables"}
MODULES: Final = tuple(
    str(path) for path in sorted(_FOLDER.glob("*.py")) if path.stem not in _AROUND
)


class Reach:
    """The lines of `MODULES` that run while it is entered, inside of functions."""

    def __init__(self) -> None:
        self.lines: set[tuple[str, int]] = set()
        self._before: Callable[..., Any] | None = None

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, *_: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in MODULES:
            return None
        name = frame.f_code.co_filename

        def line(frame: FrameType, *_: object) -> Any:
            self.lines.add((name, frame.f_lineno))
            return line

        return line


def reachable() -> set[tuple[str, int]]:
    """Every line inside of a function of `MODULES`."""
    found = set()
    for name in MODULES:
        module = compile(Path(name).read_text(), name, "exec")
        for code in _functions(module):
            found |= {
                (name, line)
                for _, _, line in code.co_lines()
                if line and line != code.co_firstlineno
            }
    return found


def _functions(code: CodeType) -> list[CodeType]:
    """Code objects below a module, without the bodies of classes, which run at the import."""
    inner = [child for child in code.co_consts if isinstance(child, CodeType)]
    own = [child for child in inner if child.co_flags & 0x02]  # CO_NEWLOCALS: a function
    return own + [deeper for child in inner for deeper in _functions(child)]


def unreached(seed: int, inputs: int) -> tuple[list[str], int, int]:
    """Lines that no input reached, how many there are, and the input that last reached a new one.

    Given as `file:line`.
    """
    records = last = known = number = 0
    with Reach() as reach:
        while records < inputs:
            records += check_session(session(seed, number)).records
            number += 1
            if len(reach.lines) > known:
                known, last = len(reach.lines), records
    every = reachable()
    left = sorted(every - reach.lines)
    return [f"{Path(name).relative_to(ROOT)}:{line}" for name, line in left], len(every), last
