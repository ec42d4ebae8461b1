"""`build.py bench`: prints every figure, with what it was measured against."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from tests.bench.command_line import parser
from tests.bench.dimensions import measure_trickle
from tests.bench.engine import from_block_files, from_kinesis
from tests.bench.forms import measure_forms
from tests.bench.loads.run import Choice, measure_loads
from tests.bench.loads.shapes import Shape
from tests.bench.parts import Parts
from tests.bench.peers.run import PeerChoice, measure_peers
from tests.bench.reconcile import measure_reconcile
from tests.bench.widths import measure_widths

# Beside everything else loads are measured at one moderate size.
_MODERATE: Final = (200_000,)
_LOAD_REPEATS: Final = 3
_PEER_REPEATS: Final = 5


def main() -> None:
    """Runs the benchmarks that were asked for."""
    arguments = parser().parse_args()
    console = Console(width=160, highlight=False)
    shapes = [Shape(name) for name in arguments.shapes]
    repeats = arguments.repeats or _LOAD_REPEATS
    if arguments.what == "peers":
        measure_peers(
            console,
            PeerChoice(
                arguments.cases,
                arguments.peers,
                arguments.records,
                arguments.repeats or _PEER_REPEATS,
            ),
            json_file=arguments.json,
            markdown_file=arguments.markdown,
            plot_file=arguments.plot,
        )
        return
    if arguments.what == "reconcile":
        measure_reconcile(console, arguments.rows, arguments.damaged)
        return
    if arguments.what == "load":
        choice = Choice(arguments.target_rows, arguments.batch_rows, repeats, shapes)
        choice = choice.make_full() if arguments.full else choice
        measure_loads(console, choice, arguments.json)
        return
    no_engine = Parts().measure(console)
    measure_forms(console)
    measure_widths(console)
    measure_trickle(console)
    if arguments.what != "parts":
        from_block_files(console, arguments.frames, no_engine)
        from_kinesis(console, arguments.stream_records)
    if arguments.what == "all":
        choice = Choice(_MODERATE, arguments.batch_rows, repeats, shapes)
        measure_loads(console, choice, arguments.json)


if __name__ == "__main__":
    main()
