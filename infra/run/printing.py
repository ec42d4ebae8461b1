"""The lines that a run prints. They go to a pipe as they go to a terminal, each at once."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, TextIO

from infra.check.finding import count_in_words
from infra.run.batches import Batch
from infra.run.wide_rows import ChangedRows

_INDENT: Final = " " * 10
_LABEL: Final = 12


class Printer:
    """Writes lines to a stream.

    Args:
        stream: where to.
        width: of a line of values; the terminal's, or 80 where there is none.
    """

    def __init__(self, stream: TextIO, width: int | None = None) -> None:
        self._stream = stream
        self._width = width or shutil.get_terminal_size((80, 24)).columns

    def print(self, text: str = "") -> None:
        """One line, at once."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def print_labelled(self, label: str, *lines: str) -> None:
        """Lines under a label, which stands before the first of them."""
        for number, line in enumerate(lines):
            self.print(f"{label if number == 0 else '':{_LABEL}}{line}")

    def print_event(self, text: str) -> None:
        """Something that has happened, with the time of the clock."""
        self.print(f"{time.strftime('%H:%M:%S')}  {text}")

    def print_loaded(self, loaded: Batch, seconds: float) -> None:
        """That the full load is in the warehouse, and what has become of it."""
        counted = f"{loaded.records:,} records"
        self.print_event(f"the full load is in the warehouse: {counted}, after {seconds:.0f} s")
        targets = [target for _, target in loaded.loaded if not target.startswith("(")]
        for target in dict.fromkeys(targets):
            self.print(f"{_INDENT}{target}: {_count_rows(loaded.rows_of(target))}")
        self._print_dead_letters(loaded)

    def print_batch(self, batch: Batch, changes: Mapping[str, ChangedRows]) -> None:
        """A line for a batch, then some of the rows that it has changed, then its dead letters."""
        self.print_event(describe(batch, changes))
        for target, changed in changes.items():
            for row in changed.shown:
                self._print_row(target if len(changes) > 1 else "", row)
            hidden = changed.written + changed.joined - len(changed.shown)
            if hidden > 0 and changed.shown:
                self.print(f"{_INDENT}... and {hidden:,} more row{'' if hidden == 1 else 's'}")
        self._print_dead_letters(batch)

    def _print_dead_letters(self, batch: Batch) -> None:
        for letter in batch.dead_letters:
            table = f"table {letter.table}, " if letter.table else ""
            counted = count_in_words(letter.count, "dead letter")
            self._print_wrapped(f"{counted}: {table}{letter.reason}: {letter.detail}")

    def _print_row(self, target: str, row: Mapping[str, Any]) -> None:
        values = ", ".join(f"{name} = {_show(value)}" for name, value in row.items())
        self._print_wrapped(f"{target}: {values}" if target else values)

    def _print_wrapped(self, text: str) -> None:
        lines = textwrap.wrap(
            text,
            max(self._width, 40),
            initial_indent=_INDENT,
            subsequent_indent=f"{_INDENT}  ",
            break_on_hyphens=False,
        )
        for line in lines:
            self.print(line)


def describe(batch: Batch, changes: Mapping[str, ChangedRows]) -> str:
    """What a batch has done to each target, in a line.

    `changes` has the targets that were looked at; of the others only the facts are known.
    """
    parts = [
        f"{target}: {', '.join(said)}"
        for target in _targets(batch, changes)
        if (said := list(_describe_target(batch, target, changes.get(target))))
    ]
    dimensions = batch.dimensions()
    if dimensions:
        counted = [f"{table} {count:,}" for table, count in dimensions.items()]
        parts.append(f"changes of dimensions: {', '.join(counted)}")
    if batch.dead_lettered:
        parts.append(count_in_words(batch.dead_lettered, "dead letter"))
    described = "; ".join(parts) or f"{count_in_words(batch.records, 'record')}, nothing to load"
    return f"{described} ({batch.seen_after:.1f} s)"


def _targets(batch: Batch, changes: Mapping[str, ChangedRows]) -> Iterable[str]:
    of_facts = [to for _, to in batch.loaded if not to.startswith("(")]
    return dict.fromkeys([*changes, *of_facts])


def _describe_target(batch: Batch, target: str, changed: ChangedRows | None) -> Iterable[str]:
    loaded = batch.rows_of(target)
    if changed is None:
        if loaded:
            yield f"{_count_rows(loaded)} written or deleted"
        return
    if changed.written:
        yield f"{_count_rows(changed.written)} written"
    if loaded > changed.written:
        yield f"{_count_rows(loaded - changed.written)} deleted"
    if changed.joined:
        yield f"{_count_rows(changed.joined)} changed with a dimension"


def _count_rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _show(value: Any) -> str:
    return "null" if value is None else str(value)
