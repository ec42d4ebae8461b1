"""Owns what an element of the source can be: a frame of records, or a gap between two of them."""

from __future__ import annotations

from connectors.accounts import Gap
from connectors.failures import StarjoinError
from connectors.kinesis import frame, gap
from connectors.kinesis.frame import RecordBlock, read_frame
from connectors.kinesis.gap import read_gap


class ElementError(StarjoinError):
    """The bytes are neither a frame nor a gap: a source of another release wrote them."""


def read_element(value: bytes) -> RecordBlock | Gap:
    """Reads one element of the source.

    Raises:
        ElementError: neither a frame nor a gap.
        FrameError: a frame of another version, or a damaged one.
        GapError: a gap of another version, or a damaged one.
    """
    magic = bytes(value[:3])
    if magic == frame.MAGIC:
        return read_frame(value)
    if magic == gap.MAGIC:
        return read_gap(value)
    message = (
        f"an element of {len(value)} bytes is neither a block frame ({frame.MAGIC.decode()}) nor a "
        f"gap ({gap.MAGIC.decode()}): it begins with {bytes(value[:4])!r}. The jar and the Python "
        "code of a release belong together; deploy both from one build"
    )
    raise ElementError(message)
