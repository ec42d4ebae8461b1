"""What a check has found: for people a line as compilers write it, for scripts an object."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flink_app.validation.document import PlacedFault


class Severity(enum.StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # the declaration cannot be used
    WARNING = "warning"  # it can, and may do what nobody meant


@dataclass(frozen=True)
class Finding:
    """One thing that was found in a file."""

    file: Path
    severity: Severity
    placed: PlacedFault

    @property
    def is_error(self) -> bool:
        """Whether the declaration cannot be used for it."""
        return self.severity is Severity.ERROR

    @property
    def _position(self) -> tuple[int, int]:
        mark = self.placed.mark
        return (1, 1) if mark is None else (mark.line, mark.column)

    def __str__(self) -> str:
        line, column = self._position
        return f"{self.file}:{line}:{column}: {self.severity}: {self.placed.fault}"

    def as_json(self) -> dict[str, Any]:
        """The same as an object; docs/command-line.md lists its keys."""
        fault, (line, column) = self.placed.fault, self._position
        return {
            "file": str(self.file),
            "line": line,
            "column": column,
            "severity": self.severity,
            "place": ".".join(map(str, fault.key_path)),
            "message": str(fault),
            "problem": fault.problem,
            "remedy": fault.remedy,
        }


def count_of(findings: Sequence[Finding], severity: Severity) -> int:
    """How many are as severe."""
    return sum(finding.severity is severity for finding in findings)


def count_in_words(number: int, thing: str) -> str:
    """`1 error`, `2 errors`, `no errors`."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"
