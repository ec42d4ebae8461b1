"""Runs `starjoin init`: reads the source, proposes a declaration, writes it, and sums up."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from connectors.failures import StarjoinError
from flink_app.declaration.inspection import inspect
from flink_app.validation.document import read_document
from infra.arguments import ExitCode
from infra.catalogue.control_records import read_records
from infra.catalogue.model import Catalogue, CatalogueError
from infra.init.command_line import parser
from infra.init.propose import propose
from infra.init.summary import summarise
from infra.init.writing import write


class OutputError(StarjoinError, OSError):
    """The file cannot be written; the message says why, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes a declaration; the exit code is as the help says."""
    argument_parser = parser()
    options = argument_parser.parse_args(arguments)
    if options.records is not None and (options.schema or options.no_samples):
        argument_parser.error("--schema and --no-samples are for --dsn; remove them")
    try:
        if options.output is not None:
            check_output(options.output, overwrite=options.overwrite)
        catalogue = _read(options)
        draft = propose(catalogue)
        text = write(draft, catalogue)
        faults = inspect(read_document(text)).faults
        if options.output is None:
            sys.stdout.write(text)
        else:
            save(options.output, text, overwrite=options.overwrite)
    except CatalogueError as error:
        sys.stderr.write(f"init: {error}\n")
        return ExitCode.WRONG_ARGUMENTS if error.is_of_arguments else ExitCode.FAILED
    except OutputError as error:
        sys.stderr.write(f"init: {error}\n")
        return ExitCode.WRONG_ARGUMENTS
    # Beside a declaration on standard output, what is said of it must not be part of it.
    stream = sys.stderr if options.output is None else sys.stdout
    stream.write(summarise(draft, options.output))
    for fault in faults:
        sys.stderr.write(f"init: the proposal has an error, please correct it: {fault}\n")
    return ExitCode.FAILED if faults else ExitCode.DONE


def _read(options: Namespace) -> Catalogue:
    if options.records is not None:
        return read_records(options.records)
    from infra.catalogue.databases import read_database
    from infra.progress import show

    with show("reading the source") as how_far:
        return read_database(
            options.dsn,
            options.schema,
            with_samples=not options.no_samples,
            report=lambda done, total: how_far.count(done, total, "tables"),
        )


def check_output(path: Path, *, overwrite: bool) -> None:
    """Raises OutputError where the file is there already, or can surely not be written."""
    if path.is_dir():
        message = f"--output: {path} is a folder; name a file in it"
        raise OutputError(message)
    if path.exists() and not overwrite:
        message = f"--output: {path} is there already; --overwrite replaces it"
        raise OutputError(message)
    if not path.parent.is_dir():
        message = f"--output: there is no folder {path.parent}; make it first"
        raise OutputError(message)


def save(path: Path, text: str, *, overwrite: bool) -> None:
    """Writes the file. One that is replaced stays whole until the new one is.

    Raises OutputError where it cannot be written, or is there meanwhile.
    """
    try:
        if not overwrite:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            return
        written = path.with_name(f"{path.name}.new")
        written.write_text(text, encoding="utf-8")
        written.replace(path)
    except FileExistsError as error:
        message = f"--output: {path} is there already; --overwrite replaces it"
        raise OutputError(message) from error
    except OSError as error:
        message = f"--output: {path} cannot be written: {error.strerror}"
        raise OutputError(message) from error
