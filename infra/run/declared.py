"""Which declaration is run: a file anywhere on disk, or a shipped example by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flink_app.declaration import DeclarationError, Star
from flink_app.declaration.file import inspect_file
from flink_app.validation.document import Document, PlacedFault
from flink_app.validation.words import suggest
from infra.check.finding import Finding, Severity, count_in_words
from infra.check.warnings import find_warnings
from infra.local.example import declaration_of
from infra.local.examples import EXAMPLES, FOLDER
from infra.local.toolchain import ROOT
from infra.run.errors import RunError


@dataclass(frozen=True)
class Declared:
    """A declaration without faults.

    Attributes:
        path: of its file, as it was given.
        warnings: how many `starjoin check` has of it.
        script: the SQL of its source, where it is a shipped example.
    """

    path: Path
    document: Document
    star: Star
    warnings: int
    script: Path | None = None

    def summary(self) -> str:
        """What it declares, in a line."""
        tables = count_in_words(len(self.star.tables), "table")
        targets = count_in_words(len(self.star.targets), "target")
        warned = f"; {count_in_words(self.warnings, 'warning')}, see `starjoin check`"
        return f"{tables}, {targets}{warned if self.warnings else ''}"


def read_declared(name: str) -> Declared:
    """The declaration that `name` stands for.

    Raises RunError where there is none, or where it has faults, which it lists with their places.
    """
    path = Path(name)
    if path.exists():
        return _read(path)
    if name in EXAMPLES:
        return _read(ROOT / declaration_of(name), FOLDER / name / "source.sql")
    meant = suggest(name, EXAMPLES) or f"; shipped examples are {' and '.join(EXAMPLES)}"
    message = f"there is no file {name}{meant}"
    raise RunError(message, is_of_arguments=True)


def _read(path: Path, script: Path | None = None) -> Declared:
    try:
        inspection = inspect_file(path)
    except DeclarationError as error:
        raise RunError(str(error), is_of_arguments=True) from error
    if inspection.declaration is None:
        raise refuse(path, inspection.faults, "the declaration cannot be used")
    star = Star(inspection.declaration)
    warnings = len(list(find_warnings(star, {})))
    return Declared(path, inspection.document, star, warnings, script)


def refuse(path: Path, faults: Sequence[PlacedFault], problem: str) -> RunError:
    """The error that lists faults of a declaration as `starjoin check` does."""
    listed = [str(Finding(path, Severity.ERROR, fault)) for fault in faults]
    counted = count_in_words(len(listed), "error")
    message = "\n".join([f"{problem}: {counted}", *listed])
    return RunError(message, is_of_arguments=True)
