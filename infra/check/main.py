"""Runs `starjoin check`: reads each file, and prints what is wrong in it or worth a look."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flink_app.declaration import Declaration, DeclarationError, Star
from flink_app.declaration.file import inspect_file
from flink_app.validation.words import suggest
from infra.arguments import ArgumentParser, ExitCode
from infra.check.command_line import parser
from infra.check.finding import Finding, Severity, count_in_words, count_of
from infra.check.records import Outcome, SampleError, decode_sample
from infra.check.warnings import count_statements, find_warnings, mirror_bytes


@dataclass(frozen=True)
class Checked:
    """A file that was checked; without a declaration where it has errors.

    Attributes:
        outcomes: what the records of a sample become, if there is one.
        facts: what else is good to know, a line each.
    """

    file: Path
    declaration: Declaration | None
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...] = ()
    facts: tuple[str, ...] = ()

    def summary(self) -> str:
        """What was found, in a line."""
        counted = count_in_words(count_of(self.findings, Severity.ERROR), "error")
        if self.declaration is None:
            return f"{self.file}: {counted}"
        warnings = count_in_words(count_of(self.findings, Severity.WARNING), "warning")
        tables = count_in_words(len(self.declaration.tables), "table")
        targets = count_in_words(len(self.declaration.targets), "target")
        return f"{self.file}: {counted}, {warnings}; {tables}, {targets}"

    def is_good(self, *, strict: bool) -> bool:
        """Whether it can be used; strictly, also whether nothing was warned of."""
        is_lost = any(outcome.became == "dead letter" for outcome in self.outcomes)
        worst = self.findings if strict else [f for f in self.findings if f.is_error]
        return not worst and not is_lost


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what is found; the exit code is as the help says."""
    argument_parser = parser()
    options = argument_parser.parse_args(arguments)
    files = list(dict.fromkeys(options.files))
    if options.records is not None and len(files) > 1:
        argument_parser.error("--records goes with one declaration; give one FILE")
    rows = dict(options.rows)
    try:
        checked = [check_file(path, rows, options.records) for path in files]
    except (DeclarationError, SampleError) as error:
        sys.stderr.write(f"check: {error}\n")
        return ExitCode.WRONG_ARGUMENTS
    _refuse_unknown_tables(argument_parser, rows, checked)
    if options.json:
        sys.stdout.write(f"{json.dumps(_as_json(checked), indent=2)}\n")
    else:
        for each in checked:
            _print(each, options.records)
    is_good = all(each.is_good(strict=options.strict) for each in checked)
    return ExitCode.DONE if is_good else ExitCode.FAILED


def check_file(path: Path, rows: Mapping[str, int], records: Path | None) -> Checked:
    """Checks one file. Raises DeclarationError or SampleError where one cannot be read."""
    inspection = inspect_file(path)
    if inspection.declaration is None:
        errors = (Finding(path, Severity.ERROR, fault) for fault in inspection.faults)
        return Checked(path, None, tuple(errors))
    star = Star(inspection.declaration)
    placed = inspection.document.locate_all(find_warnings(star, rows))
    warnings = tuple(Finding(path, Severity.WARNING, fault) for fault in placed)
    outcomes = () if records is None else tuple(decode_sample(star, records))
    return Checked(path, inspection.declaration, warnings, outcomes, tuple(_facts(star, rows)))


def _facts(star: Star, rows: Mapping[str, int]) -> list[str]:
    facts = [f"a load of all tables has {count_statements(star)} statements beside its bookkeeping"]
    if rows:
        size = mirror_bytes(star, rows) / 1e6
        facts.append(f"the mirror takes about {size:,.0f} MB of each subtask's memory")
    return facts


def _refuse_unknown_tables(
    argument_parser: ArgumentParser, rows: Mapping[str, int], checked: Sequence[Checked]
) -> None:
    """A table of `--rows` that no declaration has; nothing is known of one with errors."""
    declarations = [each.declaration for each in checked]
    if None in declarations:
        return
    known = {table for each in declarations if each is not None for table in each.tables}
    for table in rows:
        if table not in known:
            argument_parser.error(f"--rows: no table {table!r} is declared{suggest(table, known)}")


def _print(checked: Checked, records: Path | None) -> None:
    for finding in checked.findings:
        sys.stdout.write(f"{finding}\n")
    for outcome in checked.outcomes:
        sys.stdout.write(f"{records}:{outcome.line}: {outcome}\n")
    if checked.outcomes:
        became = Counter(outcome.became for outcome in checked.outcomes)
        counted = ", ".join(count_in_words(n, kind) for kind, n in sorted(became.items()))
        sys.stdout.write(f"{records}: {counted.replace('passed overs', 'passed over')}\n")
    sys.stdout.write(f"{checked.summary()}\n")
    for fact in checked.facts:
        sys.stdout.write(f"{checked.file}: {fact}\n")


def _as_json(checked: Sequence[Checked]) -> dict[str, Any]:
    findings = [finding for each in checked for finding in each.findings]
    return {
        "files": [str(each.file) for each in checked],
        "errors": count_of(findings, Severity.ERROR),
        "warnings": count_of(findings, Severity.WARNING),
        "findings": [finding.as_json() for finding in findings],
        "records": [asdict(outcome) for each in checked for outcome in each.outcomes],
    }
