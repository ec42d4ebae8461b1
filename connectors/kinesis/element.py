"""Owns what decode is given: frames of records, gaps between two, tips, what went past it."""

from __future__ import annotations

from connectors.accounts import Gap, Tip
from connectors.failures import StarjoinError
from connectors.kinesis import frame, gap, passed, tip
from connectors.kinesis.frame import RecordBlock, is_frame, read_frame
from connectors.kinesis.gap import read_gap
from connectors.kinesis.passed import Passed, read_passed
from connectors.kinesis.tip import read_tip


class ElementError(StarjoinError):
    """The bytes are no element of the source: a source of another release wrote them."""


def read_element(value: bytes) -> RecordBlock | Gap | Tip | Passed:
    """Reads one element.

    Raises:
        ElementError: none of these.
        FrameError: a frame of another version, or a damaged one.
        GapError: a gap of another version, or a damaged one.
        TipError: a tip of another version, or a damaged one.
        PassedError: the same of what has passed.
    """
    magic = bytes(value[:3])
    if is_frame(value):
        return read_frame(value)
    if magic == gap.MAGIC:
        return read_gap(value)
    if magic == tip.MAGIC:
        return read_tip(value)
    if magic == passed.MAGIC:
        return read_passed(value)
    message = (
        f"an element of {len(value)} bytes is neither a block frame ({frame.MAGIC.decode()}), a "
        f"gap ({gap.MAGIC.decode()}) nor a tip ({tip.MAGIC.decode()}): it begins with "
        f"{bytes(value[:4])!r}. The jar and the Python code of a release belong together; deploy "
        "both from one build"
    )
    raise ElementError(message)
