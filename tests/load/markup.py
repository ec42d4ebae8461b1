"""Pieces of the page: tables, durations, sizes. Whatever comes in as text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from tests.load.figures import Percentiles

_STYLE: Final = Path(__file__).with_name("style.css")
# A table of more columns becomes a card for each row where the page is narrow.
_MOST_NARROW_COLUMNS: Final = 3


def document(title: str, body: Iterable[str]) -> str:
    """A page that needs nothing else: no script, no network."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>\n{_STYLE.read_text()}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, body))
        + "\n</body>\n</html>\n"
    )


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
    """A table; cells are text but those of the columns in `raw`, which are markup.

    A cell knows the head of its column: where the page is narrow and rows become cards, it stands
    beside the value.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-head="{escape(heads[n])}">{c if n in raw else escape(c)}</td>'
            for n, c in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    kind = ' class="cards"' if len(heads) > _MOST_NARROW_COLUMNS else ""
    return f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def folded(heads: Sequence[str], rows: Sequence[Sequence[str]], title: str = "As a table") -> str:
    """A table that opens on a click."""
    return f"<details><summary>{escape(title)}</summary>{table(heads, rows)}</details>"


def tile(value: str, text: str) -> str:
    """A figure that matters, above what it is."""
    return f"<div><b>{escape(value)}</b><span>{escape(text)}</span></div>"


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


def in_words(count: int, thing: str, many: str = "") -> str:
    """`1 record`, `1,200 records`; `many` where it is not the word with an s."""
    return f"{count:,} {thing if count == 1 else many or f'{thing}s'}"
