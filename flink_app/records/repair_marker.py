"""The member by which a record of a repair says at which position it stands.

`repair` puts rows of the source onto the stream, which no log of the source orders: this member is
their position. The columnar reader refuses it, so such a record is read one by one, and no other
record is looked at for it.

The position is the successor of one that the warehouse has, (generation, commit + 1, 0): above what
is there, and below every later change. A key that is stored as a token cannot be had in clear once
its row is gone. So a delete may give its key as it is stored, and says so.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from flink_app.positions.position import (
    GENERATION_DIGITS,
    RECORD_DIGITS,
    WIDTH,
    generation_of,
    is_load,
    make_position,
)
from flink_app.records.envelope import Members, NotAChangeError
from flink_app.records.plan import REPAIR

OPERATIONS: Final = ("insert", "delete")
_DIGITS: Final = re.compile(rf"[0-9a-f]{{{WIDTH}}}")


@dataclass(frozen=True)
class RepairMarker:
    """Where a record of a repair stands.

    Attributes:
        position: of its change, as 44 digits.
        treated: whether its key is given as it is stored; only a delete's may be.
    """

    position: str
    treated: bool = False

    def as_member(self) -> dict[str, Any]:
        """What stands under `REPAIR` in the record."""
        return asdict(self)


def position_above(position: str) -> str:
    """The successor of a position: above it, and below that of every change that comes later.

    Positions of logs differ by more than one commit; those of one transaction, which share it,
    differ in what is 0 here.
    """
    commit = int(position[GENERATION_DIGITS : WIDTH - RECORD_DIGITS], 16)
    return make_position(generation_of(position), commit + 1, 0)


def lowest_position(generation: int) -> str:
    """The position of a repair where the warehouse has nothing: below every change."""
    return make_position(generation, 1, 0)


def read_repair_marker(envelope: Any) -> RepairMarker | None:
    """Where a record of a repair stands; None for every other record.

    Raises NotAChangeError when the member is not of the form that `repair` writes.
    """
    member = envelope.read(REPAIR) if isinstance(envelope, Members) else None
    if member is None:
        return None
    if isinstance(member, Members) and member.keys() == {"position", "treated"}:
        position, treated = member.read("position"), member.read("treated")
        if isinstance(treated, bool) and _is_successor(position):
            return RepairMarker(position, treated)
    message = f"{REPAIR!r} is not as repair writes it"
    raise NotAChangeError(message)


def is_repair(envelope: Any) -> bool:
    """Whether a record, as `envelope.load` reads it, has the member, of whatever form."""
    return isinstance(envelope, Members) and envelope.get(REPAIR) is not None


def _is_successor(position: Any) -> bool:
    """Whether it is the position of a repair: of a generation, after a load, before no change."""
    return (
        isinstance(position, str)
        and _DIGITS.fullmatch(position) is not None
        and generation_of(position) > 0
        and not is_load(position)
        and int(position[-RECORD_DIGITS:], 16) == 0
    )
