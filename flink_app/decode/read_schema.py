"""The schema of records, and the forms in which a source may write some columns otherwise.

A PostgreSQL source without MapBooleanAsBoolean writes booleans as text, MySQL writes them as
numbers, and numbers may come as text. Numbers may have zeros behind the digits that their column
keeps, and times nine digits of a fraction. All are exact, so all are read by columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.types import MAX_DECIMAL_DIGITS
from flink_app.decode.time_columns import TimeForm, times_from_text
from flink_app.records.arrays import Mask, to_mask
from flink_app.records.plan import METADATA, REPAIR, REPLAY
from flink_app.records.values import BLANK, FALSE, TRUE

# Members that are no columns of the source.
_ENVELOPE: Final = frozenset({METADATA, REPLAY, REPAIR})
_INTEGER: Final = r"^-?[0-9]{1,18}$"
# Neither too large for a double nor too small: a cast refuses all values for one that is.
_FLOAT: Final = r"^-?[0-9]{1,17}(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?$"
# With room for every whole number, and as many zeros behind its point.
_WIDER_INTEGER: Final = pa.decimal128(MAX_DECIMAL_DIGITS, MAX_DECIMAL_DIGITS // 2)
# So many digits more than it keeps the wider form of a decimal takes at least.
_MORE_DIGITS: Final = 12
# By the wanted type and the JSON type that the reader found: the type to read it as.
_WRITTEN: Final = {
    (pa.bool_(), "string"): pa.string(),
    (pa.bool_(), "number"): pa.int64(),
    (pa.bool_(), "boolean"): pa.bool_(),
    (pa.int64(), "string"): pa.string(),
    (pa.int64(), "number"): pa.int64(),
    (pa.float64(), "string"): pa.string(),
    (pa.float64(), "number"): pa.float64(),
}


class ReadSchema:
    """The schema that records are wanted in, and the one in which they are written.

    A source may write booleans as text or numbers, and numbers as text. Which form a column
    has is found out from what the reader refuses, and remembered for the next block: it decides
    only how fast records are read, never what they become.
    """

    def __init__(
        self, wanted: pa.Schema, times: Mapping[tuple[str, str], TimeForm] | None = None
    ) -> None:
        """`times` says by part and name what becomes of times that fit no timestamp."""
        self.wanted = wanted
        self.written = wanted
        self._times = times or {}

    @property
    def reads_integers_as_decimals(self) -> bool:
        """Whether a column of whole numbers is in its wider form."""
        if self.written is self.wanted:
            return False
        members = [
            zip(self.wanted.field(part).type, self.written.field(part).type, strict=True)
            for part in self._parts
        ]
        return any(
            pa.types.is_integer(wanted.type) and field.type == _WIDER_INTEGER
            for wanted, field in chain.from_iterable(members)
        )

    @cached_property
    def width(self) -> int:
        """How many columns of the source it has."""
        return sum(self.wanted.field(part).type.num_fields for part in self._parts)

    @cached_property
    def float_names(self) -> frozenset[str]:
        """The names under which there are floating-point numbers only."""
        fields = [field for part in self._parts for field in self.wanted.field(part).type]
        others = {field.name for field in fields if not pa.types.is_floating(field.type)}
        return frozenset(field.name for field in fields) - others

    @cached_property
    def _parts(self) -> list[str]:
        """The parts with columns of the source; what orders records is read to the letter."""
        return [part.name for part in self.wanted if part.name not in _ENVELOPE]

    def with_wider(self, kind: str) -> pa.Schema | None:
        """The written schema with wider types for all columns of a kind of type that are not yet.

        `kind` is how the JSON reader calls it. None where there are none.
        """
        written = self.written
        for part in self._parts:
            members = [
                field.with_type(_wider(field.type))
                if field.type == wanted.type and str(field.type).startswith(kind)
                else field
                for field, wanted in zip(
                    written.field(part).type, self.wanted.field(part).type, strict=True
                )
            ]
            index = written.get_field_index(part)
            written = written.set(index, pa.field(part, pa.struct(members)))
        return None if written.equals(self.written) else written

    def with_column(self, column_path: str, written_type: str) -> pa.Schema | None:
        """The written schema with a column as the reader found it; None where that is no option."""
        _, part, name = column_path.split("/", 2) if column_path.count("/") > 1 else ("", "", "")
        if part not in self._parts:
            return None
        struct = self.wanted.field(part).type
        index = struct.get_field_index(name)
        kind = _WRITTEN.get((struct.field(index).type, written_type)) if index >= 0 else None
        if kind is None:
            return None
        members = list(self.written.field(part).type)
        members[index] = members[index].with_type(kind)
        return self.written.set(
            self.written.get_field_index(part), pa.field(part, pa.struct(members))
        )

    def convert_table(self, table: pa.Table) -> tuple[pa.Table, Mask]:
        """The rows whose values can be had as they are wanted, and which of all rows these are."""
        fits = np.ones(len(table), np.bool_)
        if table.schema.equals(self.wanted):
            return table, fits
        for number, part in enumerate(self.wanted):
            if table.schema.field(number).equals(part):
                continue
            struct = table.column(number).combine_chunks()
            arrays = struct.flatten()
            for index, member in enumerate(part.type):
                if arrays[index].type != member.type:
                    form = self._times.get((part.name, member.name), TimeForm())
                    arrays[index], good = _convert_array(arrays[index], member.type, form)
                    fits &= good
            wanted = pa.StructArray.from_arrays(
                arrays, fields=list(part.type), mask=struct.is_null()
            )
            table = table.set_column(number, part, wanted)
        return (table if fits.all() else table.filter(pa.array(fits))), fits


def _wider(kind: pa.DataType) -> pa.DataType:
    """A type that takes more forms of the values of `kind`, or `kind` itself."""
    if kind == pa.int64():
        return _WIDER_INTEGER
    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_decimal(kind):
        scale = MAX_DECIMAL_DIGITS - (kind.precision - kind.scale)
        if scale - kind.scale >= _MORE_DIGITS:
            return pa.decimal128(MAX_DECIMAL_DIGITS, scale)
        return pa.decimal256(2 * MAX_DECIMAL_DIGITS, MAX_DECIMAL_DIGITS + scale)
    return kind


def _narrow(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Mask]:
    """Decimals as `kind`, and where that changes nothing, as with NULL."""
    narrow = values.cast(kind, safe=False)
    is_equal = pc.equal(narrow.cast(values.type), values)
    return narrow, to_mask(pc.fill_null(is_equal, fill_value=True))


def _convert_array(values: pa.Array, kind: pa.DataType, times: TimeForm) -> tuple[pa.Array, Mask]:
    """Values that are written in another JSON type than `kind`'s, as `kind`; and where they fit."""
    if pa.types.is_decimal(values.type):
        return _narrow(values, kind)
    if pa.types.is_timestamp(kind):
        return times_from_text(values, times)
    none = pa.scalar(None, values.type)
    if kind == pa.bool_():
        if values.type == pa.string():
            values = pc.ascii_lower(pc.ascii_rtrim(values, BLANK))
            of_true, of_false = pa.array(TRUE), pa.array(FALSE)
        else:
            of_true, of_false = pa.array([1]), pa.array([0])
        is_true = pc.is_in(values, of_true)
        fits = pc.or_(pc.is_null(values), pc.or_(is_true, pc.is_in(values, of_false)))
        booleans = pc.if_else(pc.is_valid(values), is_true, pa.scalar(None, pa.bool_()))
        return booleans, to_mask(fits)
    form = _INTEGER if kind == pa.int64() else _FLOAT
    fits = pc.fill_null(pc.match_substring_regex(values, form), fill_value=True)
    return pc.if_else(fits, values, none).cast(kind), to_mask(fits)
