"""Runs `starjoin check`: reads each file, and prints what is wrong in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flink_app.declaration import Declaration, DeclarationError
from flink_app.declaration.file import inspect_file
from infra.arguments import ExitCode
from infra.check.command_line import parser
from infra.check.finding import Finding, Severity, count_in_words, count_of


@dataclass(frozen=True)
class Checked:
    """A file that was checked; without a declaration where it has errors."""

    file: Path
    declaration: Declaration | None
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """Whether it can be used."""
        return not count_of(self.findings, Severity.ERROR)

    def summary(self) -> str:
        """What was found, in a line."""
        counted = count_in_words(count_of(self.findings, Severity.ERROR), "error")
        if self.declaration is None:
            return f"{self.file}: {counted}"
        tables = count_in_words(len(self.declaration.tables), "table")
        targets = count_in_words(len(self.declaration.targets), "target")
        return f"{self.file}: {counted}; {tables}, {targets}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what is found; the exit code is as the help says."""
    options = parser().parse_args(arguments)
    try:
        checked = [check_file(path) for path in dict.fromkeys(options.files)]
    except DeclarationError as error:
        sys.stderr.write(f"check: {error}\n")
        return ExitCode.WRONG_ARGUMENTS
    if options.json:
        sys.stdout.write(f"{_as_json(checked)}\n")
    else:
        for each in checked:
            for finding in each.findings:
                sys.stdout.write(f"{finding}\n")
            sys.stdout.write(f"{each.summary()}\n")
    return ExitCode.DONE if all(each.is_good for each in checked) else ExitCode.FAILED


def check_file(path: Path) -> Checked:
    """Checks one file. Raises DeclarationError where it cannot be read."""
    inspection = inspect_file(path)
    findings = tuple(Finding(path, Severity.ERROR, fault) for fault in inspection.faults)
    return Checked(path, inspection.declaration, findings)


def _as_json(checked: Sequence[Checked]) -> str:
    findings = [finding for each in checked for finding in each.findings]
    whole = {
        "files": [str(each.file) for each in checked],
        "errors": count_of(findings, Severity.ERROR),
        "findings": [finding.as_json() for finding in findings],
    }
    return json.dumps(whole, indent=2)
