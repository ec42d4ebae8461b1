"""What `build.py bench load` prints: a line for each load and plan, and how figures grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console

from tests.bench.loads.figures import Figures, growth
from tests.bench.loads.shapes import Shape
from tests.bench.loads.warehouse import BLOCK_ROWS
from tests.bench.spread import Spread

_COLUMNS: Final = (
    f"  {'plan':8}  {'seconds':>20}  {'less COPY':>9}  {'CPU s of the database':>21}  "
    f"{'emulator':>8}  {'loader':>6}  {'statements':>10}  {'scans':>5}  "
    f"{'read':>11}  {'written':>9}  {'removed':>9}"
)

_GROWING: Final[dict[str, Callable[[Figures], float]]] = {
    "seconds less COPY": lambda figures: figures.planned.median,
    "CPU of the database": lambda figures: figures.database.median,
    "rows read": lambda figures: figures.read,
    "rows written and removed": lambda figures: figures.written + figures.removed,
    "statements": lambda figures: figures.statements,
}


def print_head(console: Console, repeats: int) -> None:
    """What the columns are."""
    console.print(
        f"loads into the Redshift emulator (PostgreSQL), medians of {repeats} with the least and "
        "the most,\nboth plans in turns from the same state, which both leave alike; a target has "
        f"a zone map of its key,\n{BLOCK_ROWS:,} rows a zone, a model of Redshift's of a BIGINT, "
        "and no other index\n"
        "  scans: of the whole target\n"
        "  read, written, removed: rows of the target, by PostgreSQL's counters; an UPDATE removes "
        "and writes"
    )
    for shape in Shape:
        console.print(f"  {shape:10}  {shape.meaning}")


def print_target(console: Console, rows: int, size: int, scan: float) -> None:
    """A target, ahead of its loads."""
    console.print(
        f"\ntarget of {rows:,} rows, {size / rows:.0f} bytes each; to scan it once takes the "
        f"database {scan:.2f} s of CPU\n{_COLUMNS}"
    )


def print_case(console: Console, pair: Sequence[Figures]) -> None:
    """One load under both plans, and the present one as a multiple of the former."""
    former, present = pair
    console.print(
        f"{former.case.batch_rows:,} rows, {former.case.shape}; present / former: seconds "
        f"{_ratio(former.seconds, present.seconds)}, less COPY "
        f"{_ratio(former.planned, present.planned)}, CPU of the database "
        f"{_ratio(former.database, present.database)}"
    )
    for figures in pair:
        console.print(
            f"  {figures.plan:8}  {_show(figures.seconds):>20}  {figures.planned.median:9.2f}  "
            f"{_show(figures.database):>21}  "
            f"{figures.emulator.median:8.2f}  {figures.loader.median:6.2f}  "
            f"{figures.statements:10}  {figures.scans:5}  {figures.read:11,}  "
            f"{figures.written:9,}  {figures.removed:9,}"
        )


def print_commits(console: Console, batch_rows: int, commits: Mapping[str, Spread]) -> None:
    """COMMIT, which the lines above do not contain."""
    shown = ", ".join(
        f"{name} {1_000 * spread.median:.1f} ms ({1_000 * spread.least:.1f} to "
        f"{1_000 * spread.most:.1f})"
        for name, spread in commits.items()
    )
    console.print(f"COMMIT of {batch_rows:,} new facts, which the lines leave out: {shown}")


def print_growth(console: Console, measured: Sequence[Figures]) -> None:
    """For each batch that met several targets, from the smallest to the largest of them."""
    met: dict[tuple[int, Shape, str], list[Figures]] = defaultdict(list)
    for figures in measured:
        met[figures.case.batch_rows, figures.case.shape, figures.plan].append(figures)
    several = {batch: met_by for batch, met_by in met.items() if len(met_by) > 1}
    if not several:
        return
    console.print(
        "\ngrowth of one batch with the target, as an exponent (0: not at all, 1: in proportion)\n"
        f"  {'batch':>9}  {'shape':10}  {'plan':8}  {'target from':>11}  {'to rows':>11}"
        + "".join(f"  {name}" for name in _GROWING)
    )
    for (batch_rows, shape, plan), met_by in several.items():
        ordered = sorted(met_by, key=lambda figures: figures.case.target_rows)
        low, high = ordered[0], ordered[-1]
        console.print(
            f"  {batch_rows:9,}  {shape:10}  {plan:8}  {low.case.target_rows:11,}  "
            f"{high.case.target_rows:11,}"
            + "".join(
                f"  {growth(low, high, value):{len(name)}.2f}" for name, value in _GROWING.items()
            )
        )


def _show(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f}-{spread.most:.2f})"


def _ratio(former: Spread, present: Spread) -> str:
    return f"{present.median / former.median:.2f} x"
