"""Runs `starjoin simulate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flink_app.declaration import DeclarationError
from infra.arguments import ExitCode
from infra.progress import show
from infra.simulate.command_line import parser
from infra.simulation import HistoryError, check


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the report; the exit code is as the help says."""
    argument_parser = parser()
    options = argument_parser.parse_args(arguments)
    if options.histories < 1:
        argument_parser.error(f"--histories: at least 1, not {options.histories}")
    try:
        with show("running histories") as how_far:
            report = check(
                options.declaration,
                histories=options.histories,
                seed=options.seed,
                progress=how_far.count,
            )
    except DeclarationError as error:
        sys.stderr.write(f"simulate: {error}\n")
        return ExitCode.WRONG_ARGUMENTS
    except HistoryError as error:
        sys.stdout.write(f"{error}\n")
        return ExitCode.FAILED
    sys.stdout.write(f"{report}\n")
    return ExitCode.DONE
