"""Owns what an element of the source can be: a frame of records, a gap between two, or a tip."""

from __future__ import annotations

from connectors.accounts import Gap, Tip
from connectors.failures import StarjoinError
from connectors.kinesis import frame, gap, tip
from connectors.kinesis.frame import RecordBlock, read_frame
from connectors.kinesis.gap import read_gap
from connectors.kinesis.tip import read_tip


class ElementError(StarjoinError):
    """The bytes are no frame, gap or tip: a source of another release wrote them."""


def read_element(value: bytes) -> RecordBlock | Gap | Tip:
    """Reads one element of the source.

    Raises:
        ElementError: no frame, gap or tip.
        FrameError: a frame of another version, or a damaged one.
        GapError: a gap of another version, or a damaged one.
        TipError: a tip of another version, or a damaged one.
    """
    magic = bytes(value[:3])
    if magic == frame.MAGIC:
        return read_frame(value)
    if magic == gap.MAGIC:
        return read_gap(value)
    if magic == tip.MAGIC:
        return read_tip(value)
    message = (
        f"an element of {len(value)} bytes is neither a block frame ({frame.MAGIC.decode()}), a "
        f"gap ({gap.MAGIC.decode()}) nor a tip ({tip.MAGIC.decode()}): it begins with "
        f"{bytes(value[:4])!r}. The jar and the Python code of a release belong together; deploy "
        "both from one build"
    )
    raise ElementError(message)
