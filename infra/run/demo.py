"""Runs `starjoin demo`: once by itself, or with --interactive for changes of the user's."""

from __future__ import annotations

from collections.abc import Sequence

from infra.local import demo
from infra.local.command_line import parser
from infra.run.main import main as run


def main(arguments: Sequence[str] | None = None) -> int:
    """The demo, or its example as `starjoin run` has it; the exit code is that of either."""
    options = parser().parse_args(arguments)
    if not options.interactive:
        return demo.main(arguments)
    example = [options.example, "--parallelism", str(options.parallelism)]
    return run(example if options.keep is None else [*example, "--keep", str(options.keep)])
