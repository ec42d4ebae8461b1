"""Arrow columns of records, and numpy masks over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]  # row numbers in a block
Mask = npt.NDArray[np.bool_]


def true(condition: pa.Array) -> Mask:
    """A condition as numpy, NULL as no."""
    if condition.null_count:
        condition = pc.fill_null(condition, fill_value=False)
    found: Mask = condition.to_numpy(zero_copy_only=False)
    return found


def combined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One contiguous batch of one or more of one schema."""
    if len(batches) == 1:
        return batches[0]
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def members(struct: pa.StructArray) -> dict[str, pa.Array]:
    """The columns of a struct by name, NULL where the struct is."""
    return dict(zip((field.name for field in struct.type), struct.flatten(), strict=True))


def codes(values: pa.Array, known: pa.Array) -> npt.NDArray[np.int32]:
    """The place of each value in `known`, -1 for any other value and for NULL."""
    found = pc.index_in(values, known)
    if found.null_count:
        found = pc.fill_null(found, -1)
    numbers: npt.NDArray[np.int32] = found.to_numpy()
    return numbers
