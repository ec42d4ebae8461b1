"""Raw records to Arrow tables: which of them pyarrow's JSON reader can be trusted with.

The reader is strict in types and blind to record boundaries. So records are screened first: one
that does not start with `{` and end with `}` and at most a line's end is left out. Of the rest no
value can reach over a boundary (a `}` followed by a `{` is valid nowhere inside a value, and a raw
line feed nowhere inside text), so as many rows as records means one row each. A record that the
reader refuses fails its whole stretch; it is found and left out, and the rest of the stretch is
read by columns again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from flink_app.decode.exponents import find_exponents
from flink_app.decode.lines import Lines
from flink_app.decode.read_schema import ReadSchema
from flink_app.records.arrays import Mask, Rows

# Faults of syntax and of type name the row; faults of conversion do not.
_REFUSED: Final = re.compile(
    r"(?:Column\((?P<path>.*)\) changed from \w+ to (?P<type>\w+) )?in row (?P<row>\d+)$",
    re.DOTALL,
)
# A fault of conversion names the type alone, and the value: no more is read of it.
_INTEGERS: Final = "int"
_UNCONVERTED: Final = re.compile(r"Failed to convert JSON to (?P<kind>[a-z]+)")
_WHITE: Final = np.isin(np.arange(256), np.frombuffer(b" \t\r\n", np.uint8)).astype(np.int32)
_LINE_END: Final = 2  # a carriage return, a line feed
# How often a block is cut at the row that the reader names. Each cut parses what follows once
# more; where there are more odd records than this, blind cutting is cheaper.
_NAMED_CUTS: Final = 16
# How often a block is read once more in another form of a column.
_TRIES: Final = 16
# A stretch that is cut blindly gets this many pieces.
_PIECES: Final = 8
# Below this many records a stretch is not cut blindly: a parse of its own costs more than reading
# them one by one.
_SMALL: Final = 16


@dataclass(frozen=True)
class Reading:
    """What became of records: row i of `table` is record i of `lines`; `odd` are row numbers."""

    lines: Lines
    table: pa.Table
    odd: Rows


@dataclass(frozen=True)
class _Refused:
    """Where the reader stopped; for a fault of type also the column and the JSON type in it."""

    row: int
    column_path: str
    written_type: str

    def is_no_further_than(self, other: _Stopped) -> bool:
        """Whether another form of the column led no further."""
        return (
            isinstance(other, _Refused)
            and self.column_path == other.column_path
            and self.row <= other.row
        )

    def other_form(self, schema: ReadSchema) -> pa.Schema | None:
        """The schema with the column as it is written; None where that is no option."""
        return schema.with_column(self.column_path, self.written_type)


@dataclass(frozen=True)
class _Unconverted:
    """That a value did not fit the type of its column; neither is named, but the kind of type."""

    kind: str

    def is_no_further_than(self, other: _Stopped) -> bool:
        """Whether another form of such columns led no further."""
        return self == other

    def other_form(self, schema: ReadSchema) -> pa.Schema | None:
        """The schema with wider types for these columns; None where that is no option."""
        return None if self.is_of_integers else schema.with_wider(self.kind)

    @property
    def is_of_integers(self) -> bool:
        """Whether it is one of whole numbers, for whose wider form records must be screened."""
        return self.kind == _INTEGERS


_Stopped = _Refused | _Unconverted


def screen(lines: Lines) -> Mask:
    """Where a record starts with `{` and ends with `}`, a line's end of its own allowed."""
    if not len(lines):
        return np.zeros(0, np.bool_)
    octets = np.frombuffer(lines.text, np.uint8)
    start, end = lines.offsets[:-1], lines.offsets[1:] - 1  # without the frame's line feed
    closed = octets[np.maximum(end - 1, 0)] == ord("}")
    if not closed.all():
        for _ in range(_LINE_END):
            end = end - _WHITE[octets[np.maximum(end - 1, 0)]]
        closed = octets[np.maximum(end - 1, 0)] == ord("}")
    whole: Mask = (end - start >= 2) & (octets[start] == ord("{")) & closed
    return whole


def read(lines: Lines, schema: ReadSchema) -> Reading:
    """Reads records by columns; those that make the reader refuse are odd."""
    every, unread = lines, lines.rows[:0]
    if schema.reads_integers_as_decimals:
        alone = find_exponents(lines, schema.float_names).anywhere
        unread, lines = lines.rows[alone], lines.take(np.flatnonzero(~alone))
    tables: list[pa.Table] = []
    tries = iter(range(_TRIES))
    good = np.ones(len(lines), np.bool_)
    todo = [(0, len(lines))]
    named_cuts = _NAMED_CUTS
    while todo:
        start, stop = todo.pop()
        if start == stop:
            continue
        outcome = _parse_as_written(lines.stretch(start, stop), schema, tries)
        if isinstance(outcome, pa.Table):
            table, fits = schema.convert_table(outcome)
            good[start:stop] &= fits
            tables.append(table)
        elif _widens_integers(outcome, schema):
            return read(every, schema)  # once for each column at most, which stays wider
        elif isinstance(outcome, _Refused) and named_cuts:
            named_cuts -= 1
            refused = start + outcome.row
            good[refused] = False
            todo += [(refused + 1, stop), (start, refused)]
        elif stop - start <= _SMALL:
            good[start:stop] = False
        else:
            todo += reversed(list(_cut(start, stop)))
    table = (
        tables[0] if len(tables) == 1 else pa.concat_tables([schema.wanted.empty_table(), *tables])
    )
    odd = np.concatenate([unread, lines.rows[~good]])
    return Reading(lines.take(np.flatnonzero(good)), table, odd)


def _widens_integers(outcome: _Stopped | None, schema: ReadSchema) -> bool:
    """Gives columns of whole numbers their wider form if one of them was refused."""
    if not isinstance(outcome, _Unconverted) or not outcome.is_of_integers:
        return False
    wider = schema.with_wider(outcome.kind)
    if wider is None:
        return False
    schema.written = wider
    return True


def _cut(start: int, stop: int) -> Iterator[tuple[int, int]]:
    length = -(-(stop - start) // _PIECES)
    for begin in range(start, stop, length):
        yield begin, min(begin + length, stop)


def _parse_as_written(
    lines: Lines, schema: ReadSchema, tries: Iterator[int]
) -> pa.Table | _Stopped | None:
    """Parses; where a column is refused, tries to read it in the form in which it is written.

    Where both forms stand in a stretch, the one that gets further is kept.
    """
    outcome = _parse(lines, schema.written)
    while isinstance(outcome, _Refused | _Unconverted):
        other = outcome.other_form(schema)
        if other is None or next(tries, None) is None:
            break
        second = _parse(lines, other)
        if isinstance(second, _Refused | _Unconverted) and second.is_no_further_than(outcome):
            break
        schema.written, outcome = other, second
    return outcome


def _parse(lines: Lines, schema: pa.Schema) -> pa.Table | _Stopped | None:
    """The table of a stretch; or the row where the reader stopped, if it says so."""
    start, end = int(lines.offsets[0]), int(lines.offsets[-1])
    try:
        table = pj.read_json(
            pa.BufferReader(lines.text.slice(start, end - start)),
            read_options=pj.ReadOptions(use_threads=False, block_size=end - start + 1),
            parse_options=pj.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
        table.validate(full=True)  # the reader lets decimals pass that have too many digits
        _check_encoding(lines)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        named = _REFUSED.search(str(error))
        if named is None:
            unconverted = _UNCONVERTED.match(str(error))
            return None if unconverted is None else _Unconverted(unconverted["kind"])
        # Rows are counted as the reader sees them; a record of two objects shifts the count.
        row = min(int(named["row"]), len(lines) - 1)
        return _Refused(row, named["path"] or "", named["type"] or "")
    return table if table.num_rows == len(lines) else None


def _check_encoding(lines: Lines) -> None:
    """Raises ArrowInvalid unless all text is UTF-8, which the reader does not look at."""
    offsets = pa.py_buffer(lines.offsets)
    pa.StringArray.from_buffers(len(lines), offsets, lines.text).validate(full=True)
