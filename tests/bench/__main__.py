"""`build.py bench`: prints every figure, with what it was measured against."""

from __future__ import annotations

from rich.console import Console

from tests.bench.command_line import parser
from tests.bench.dimensions import measure_trickle
from tests.bench.engine import from_block_files, from_kinesis
from tests.bench.forms import measure_forms
from tests.bench.parts import Parts


def main() -> None:
    """Runs the benchmarks that were asked for."""
    arguments = parser().parse_args()
    console = Console(width=160, highlight=False)
    no_engine = Parts().measure(console)
    measure_forms(console)
    measure_trickle(console)
    if arguments.what != "parts":
        from_block_files(console, arguments.frames, no_engine)
        from_kinesis(console, arguments.records)


if __name__ == "__main__":
    main()
