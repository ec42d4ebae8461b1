"""Arrow batches and columns of records, and numpy masks over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.failures import StarjoinError

Rows = npt.NDArray[np.int64]  # row numbers in a block
Mask = npt.NDArray[np.bool_]


def to_mask(condition: pa.Array) -> Mask:
    """A condition as numpy, NULL as no."""
    if condition.null_count:
        condition = pc.fill_null(condition, fill_value=False)
    mask: Mask = condition.to_numpy(zero_copy_only=False)
    return mask


class TextTooLargeError(StarjoinError, OverflowError):
    """Text does not fit Arrow's 2 GiB of one column; the message names columns."""


def concatenate(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One contiguous batch of one or more of one schema.

    Raises TextTooLargeError when a text column would have more than 2 GiB.
    """
    if len(batches) == 1:
        return batches[0]
    pieces = pa.Table.from_batches(batches).combine_chunks().to_batches()
    if len(pieces) > 1:
        names = ", ".join(f.name for f in batches[0].schema if pa.types.is_string(f.type))
        message = (
            f"text has more than 2 GiB in one of the columns {names}: if they are a dimension's, "
            "keep it in the warehouse (placement: warehouse in the declaration)"
        )
        raise TextTooLargeError(message)
    return pieces[0] if pieces else batches[0]


def members(struct: pa.StructArray) -> dict[str, pa.Array]:
    """The columns of a struct by name, NULL where the struct is."""
    return dict(zip((field.name for field in struct.type), struct.flatten(), strict=True))


def find_indices(values: pa.Array, known: pa.Array) -> npt.NDArray[np.int32]:
    """The index of each value in `known`, -1 for any other value and for NULL."""
    indices = pc.index_in(values, known)
    if indices.null_count:
        indices = pc.fill_null(indices, -1)
    numbers: npt.NDArray[np.int32] = indices.to_numpy()
    return numbers
