"""Parts as releases before 0.2.0 staged them: their positions are text of hexadecimal digits."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.blocks import Block
from connectors.positions import is_position
from connectors.staging.part import Part
from connectors.staging.shape import Shape, shape_of
from connectors.staging.writer import Store


def stage_digits(store: Store, block: Block, epoch: int) -> Part:
    """Stages one block, and gives its part as it waits for its load."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_batches([block.batch]), sink, compression="snappy")
    body = bytes(sink.getvalue())
    name = Part.new_name()
    url = store.put(f"{block.kind.name.lower()}-{block.table}/{name}.parquet", body)
    rows, shape = len(block.batch), shape_in_digits(shape_of(block.batch.schema))
    return Part(name, block.kind, block.table, rows, url, len(body), epoch=epoch, shape=shape)


def shape_in_digits(shape: Shape) -> Shape:
    """The shape of a part then, whose columns are those of `shape` today."""
    return tuple((name, "string" if is_position(made) else made) for name, made in shape)
