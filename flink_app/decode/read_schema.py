"""The schema of records, and the forms in which a source may write some columns otherwise.

A PostgreSQL source without MapBooleanAsBoolean writes booleans as text, MySQL writes them as
numbers, and numbers may come as text. All are exact, so all are read by columns.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.records.arrays import Mask
from flink_app.records.plan import METADATA
from flink_app.records.values import BLANK, FALSE, TRUE

_INTEGER: Final = r"^-?[0-9]{1,18}$"
# Neither too large for a double nor too small: a cast refuses all values for one that is.
_FLOAT: Final = r"^-?[0-9]{1,17}(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?$"
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

    def __init__(self, wanted: pa.Schema) -> None:
        self.wanted = wanted
        self.written = wanted

    def with_column(self, column_path: str, written_type: str) -> pa.Schema | None:
        """The written schema with a column as the reader found it; None where that is no option."""
        _, part, name = column_path.split("/", 2) if column_path.count("/") > 1 else ("", "", "")
        if part == METADATA or part not in self.wanted.names:
            return None  # what orders records is read to the letter
        struct = self.wanted.field(part).type
        at = struct.get_field_index(name)
        kind = _WRITTEN.get((struct.field(at).type, written_type)) if at >= 0 else None
        if kind is None:
            return None
        members = list(self.written.field(part).type)
        members[at] = members[at].with_type(kind)
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
            for at, member in enumerate(part.type):
                if arrays[at].type != member.type:
                    arrays[at], good = _convert_array(arrays[at], member.type)
                    fits &= good.to_numpy(zero_copy_only=False)
            wanted = pa.StructArray.from_arrays(
                arrays, fields=list(part.type), mask=struct.is_null()
            )
            table = table.set_column(number, part, wanted)
        return (table if fits.all() else table.filter(pa.array(fits))), fits


def _convert_array(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """Values that are written in another JSON type than `kind`'s, as `kind`; and where they fit."""
    none = pa.scalar(None, values.type)
    if kind == pa.bool_():
        if values.type == pa.string():
            values = pc.ascii_lower(pc.ascii_rtrim(values, BLANK))
            of_true, of_false = pa.array(TRUE), pa.array(FALSE)
        else:
            of_true, of_false = pa.array([1]), pa.array([0])
        is_true = pc.is_in(values, of_true)
        fits = pc.or_(pc.is_null(values), pc.or_(is_true, pc.is_in(values, of_false)))
        return pc.if_else(pc.is_valid(values), is_true, pa.scalar(None, pa.bool_())), fits
    form = _INTEGER if kind == pa.int64() else _FLOAT
    fits = pc.fill_null(pc.match_substring_regex(values, form), fill_value=True)
    return pc.if_else(fits, values, none).cast(kind), fits
