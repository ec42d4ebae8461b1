"""Pieces of the page: tables, durations, sizes. Whatever comes in as text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tests.load.figures import Percentiles


def percentile_table(rows: Iterable[tuple[str, Percentiles]]) -> str:
    """Durations by percentile, a row each."""
    return table(
        ("", "count", "p50", "p95", "p99", "max"),
        [
            (name, f"{p.count:,}", seconds(p.p50), seconds(p.p95), seconds(p.p99), seconds(p.max))
            for name, p in rows
        ],
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], raw: Sequence[int] = ()) -> str:
    """A table; cells are text but those of the columns in `raw`, which are markup."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{c if n in raw else escape(c)}</td>" for n, c in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def folded(heads: Sequence[str], rows: Sequence[Sequence[str]], title: str = "As a table") -> str:
    """A table that opens on a click."""
    return f"<details><summary>{escape(title)}</summary>{table(heads, rows)}</details>"


def seconds(value: float | None) -> str:
    """A duration as a reader likes it."""
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def size(count: float) -> str:
    """An amount of bytes."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.2f} GiB"
