"""Runs `build.py check`."""

from __future__ import annotations

import sys

from flink_app.declaration import DeclarationError
from infra.check.command_line import parser
from infra.simulation import HistoryError, check

_WRONG, _UNUSABLE = 1, 2


def main() -> int:
    """Prints the report; the exit code is as the help says."""
    argument_parser = parser()
    options = argument_parser.parse_args()
    if options.histories < 1:
        argument_parser.error(f"--histories: at least 1, not {options.histories}")
    try:
        report = check(options.declaration, histories=options.histories, seed=options.seed)
    except DeclarationError as error:
        sys.stderr.write(f"check: {error}\n")
        return _UNUSABLE
    except HistoryError as error:
        sys.stdout.write(f"{error}\n")
        return _WRONG
    sys.stdout.write(f"{report}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
