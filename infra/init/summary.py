"""What somebody should know who has just run `starjoin init`: what was proposed, what was not."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flink_app.declaration.model import Placement
from infra.check.finding import count_in_words
from infra.init.draft import Draft

_WIDTH: Final = 80
_MOST_LISTED: Final = 40


def summarise(draft: Draft, output: Path | None) -> str:
    """Lines for the terminal."""
    facts = [draft.tables[target.fact].name for target in draft.targets]
    tables = count_in_words(len(draft.tables), "table")
    shown = sum(len(target.columns) for target in draft.targets)
    columns = f"{count_in_words(shown, 'column')} in targets"
    lines = [
        f"{draft.name}: {tables}, {count_in_words(len(facts), 'fact')}, {columns}",
        f"facts: {', '.join(facts)}",
        *_describe_placement(draft),
        *_count_treatments(draft),
        *(f"note: {note}" for note in draft.notes),
        *_not_sampled(draft),
        *_left_out(draft),
    ]
    wrapped = [part for line in lines for part in _wrap(line)]
    return "\n".join([*wrapped, *_next_steps(output)]) + "\n"


def _wrap(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.lstrip(),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _describe_placement(draft: Draft) -> Iterator[str]:
    placed = [t.name for t in draft.tables.values() if t.placement is Placement.WAREHOUSE]
    if placed:
        yield f"kept in the warehouse for their size: {', '.join(placed)}"


def _count_treatments(draft: Draft) -> Iterator[str]:
    treatments = Counter(
        str(column.treatment)
        for table in draft.tables.values()
        for column in table.columns.values()
        if column.treatment
    )
    if treatments:
        count = count_in_words(treatments.total(), "column")
        by_treatment = ", ".join(f"{number} {name}" for name, number in treatments.most_common())
        yield f"{count} treated because of what they look like: {by_treatment}"


def _not_sampled(draft: Draft) -> Iterator[str]:
    for table in draft.tables.values():
        if table.source.not_sampled:
            yield f"no value of {table.name} was looked at: {table.source.not_sampled}"


def _left_out(draft: Draft) -> Iterator[str]:
    if not draft.left_out:
        return
    yield "left out:"
    for each in draft.left_out[:_MOST_LISTED]:
        yield f"  {each.name}: {each.reason}"
    if (more := len(draft.left_out) - _MOST_LISTED) > 0:
        yield f"  and {more} more, which the file lists"


def _next_steps(output: Path | None) -> Iterator[str]:
    if output is not None:
        yield f"written to {output}; next:"
        yield f"  starjoin check {output}"
        yield f"  starjoin simulate {output} --histories 20"
