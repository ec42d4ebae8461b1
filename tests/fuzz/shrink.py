"""A session that is wrong, made small: fewer blocks, fewer records, fewer bytes, still as wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from tests.fuzz.inputs import Block, Session

_TRIES: Final = 4_000

IsWrong = Callable[[Session], bool]
_Sequence = TypeVar(
    "_Sequence", bytes, tuple[Block, ...], tuple[bytes, ...], tuple[tuple[int, int], ...]
)


def shrunk(session: Session, is_wrong: IsWrong, tries: int = _TRIES) -> Session:
    """The smallest session found that `is_wrong`; `session` itself must be."""
    left = tries
    smaller = True
    while smaller and left > 0:
        smaller = False
        for candidate in _smaller(session):
            left -= 1
            if is_wrong(candidate):
                session, smaller = candidate, True
                break
            if left <= 0:
                break
    return session


def _smaller(session: Session) -> Iterator[Session]:
    """Sessions with something less, the boldest first."""
    blocks = session.blocks
    for rest in _without(blocks):
        yield session.with_blocks(rest)
    for at, block in enumerate(blocks):
        for changed in _smaller_blocks(block):
            yield session.with_blocks((*blocks[:at], changed, *blocks[at + 1 :]))


def _smaller_blocks(block: Block) -> Iterator[Block]:
    if block.flips or block.cut:
        yield Block(block.records)
        for flips in _without(block.flips):
            yield Block(block.records, flips, block.cut)
    for records in _without(block.records):
        yield Block(records, block.flips, block.cut)
    for at, record in enumerate(block.records):
        for less in _without(record):
            records = (*block.records[:at], less, *block.records[at + 1 :])
            yield Block(records, block.flips, block.cut)


def _without(whole: _Sequence) -> Iterator[_Sequence]:
    """The sequence without each half, quarter, ... of it, down to single items."""
    size = len(whole)
    length = (size + 1) // 2
    while length:
        for start in range(0, size, length):
            yield whole[:start] + whole[start + length :]
        length = length // 2 if length > 1 else 0
