"""Columns of text in the form that stands for all texts which their source takes for equal."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.collation import Collation, canonical_form
from flink_app.records.arrays import to_mask

_ASCII_END: Final = 0x80


def canonical_column(values: pa.Array, ignored: frozenset[Collation]) -> pa.Array:
    """The canonical form of each text, as `canonical_form` has it; NULL for NULL."""
    lower = pc.ascii_lower(values) if Collation.CASE_INSENSITIVE in ignored else values
    if not ignored or _is_ascii(values):
        return lower
    beyond = pc.invert(pc.string_is_ascii(values))
    encoded = values.filter(beyond).dictionary_encode()
    texts = [canonical_form(text, ignored) for text in encoded.dictionary.to_pylist()]
    forms = pa.array(texts, pa.string()).take(encoded.indices)
    return pc.replace_with_mask(lower, pa.array(to_mask(beyond)), forms)


def _is_ascii(values: pa.Array) -> bool:
    """Whether all texts are, and what stands beside them in their buffer."""
    data = values.buffers()[2]
    return data is None or data.size == 0 or np.frombuffer(data, np.uint8).max() < _ASCII_END
