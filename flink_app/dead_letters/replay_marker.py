"""The member by which a replayed record says where it stood first.

`replay` puts a dead letter's original back on the stream with this member at its head; everything
else stays byte for byte as it was. The columnar reader refuses the member, so such a record is read
one by one, and keeps the generation that its first arrival gave it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from flink_app.records.envelope import NOT_JSON, Members, NotAChangeError, load
from flink_app.records.plan import REPLAY

# As Kinesis gives them.
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SEQUENCE_NUMBER: Final = re.compile(r"[0-9]{1,129}")
_END_OF_TIME: Final = 253_402_300_800_000  # milliseconds: the year 10000, which Python has not


@dataclass(frozen=True)
class Place:
    """Where and when a record stood on a stream.

    Attributes:
        stream: its name.
        shard: its id.
        sequence_number: as Kinesis gave it.
        arrival_ms: approximate arrival, milliseconds since the epoch; None if unknown.
    """

    stream: str
    shard: str
    sequence_number: str
    arrival_ms: int | None


def first_place(envelope: Any) -> Place | None:
    """Where a replayed record stood first; None when it was not replayed.

    Raises NotAChangeError when the member is not of the form that `with_place` writes.
    """
    told = envelope.read(REPLAY) if isinstance(envelope, Members) else None
    if told is None:
        return None
    try:
        place = Place(**told)
    except TypeError:
        place = None
    if place is None or not _is_of_form(place):
        message = f"{REPLAY!r} is not as replay writes it"
        raise NotAChangeError(message)
    return place


def with_place(payload: bytes, place: Place) -> bytes | None:
    """The record with its place at its head; None when it is no JSON object, which has no room.

    A record that has been replayed before keeps its first place.
    """
    try:
        envelope = load(payload)
    except NOT_JSON:
        return None
    if not isinstance(envelope, Members):
        return None
    if envelope.get(REPLAY) is not None:
        return payload
    start = payload.index(b"{") + 1
    member = json.dumps({REPLAY: asdict(place)}, separators=(",", ":")).encode()[1:-1]
    return payload[:start] + member + (b"," if envelope else b"") + payload[start:]


def _is_of_form(place: Place) -> bool:
    texts = (place.stream, place.shard, place.sequence_number)
    time = place.arrival_ms
    return all(
        isinstance(text, str) and form.fullmatch(text)
        for text, form in zip(texts, (_NAME, _NAME, _SEQUENCE_NUMBER), strict=True)
    ) and (time is None or (type(time) is int and 0 <= time < _END_OF_TIME))
