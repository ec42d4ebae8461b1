"""The member by which a replayed record says where it first stood.

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
_END_OF_TIME: Final = 253_402_300_800_000  # milliseconds: beyond datetime.MAXYEAR


@dataclass(frozen=True)
class Coordinates:
    """Where a record stands on a stream, and when it arrived there.

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


def first_coordinates(envelope: Any) -> Coordinates | None:
    """The first coordinates of a replayed record; None when it was not replayed.

    Raises NotAChangeError when the member is not of the form that `with_coordinates` writes.
    """
    member = envelope.read(REPLAY) if isinstance(envelope, Members) else None
    if member is None:
        return None
    try:
        coordinates = Coordinates(**member)
    except TypeError:
        coordinates = None
    if coordinates is None or not _is_of_form(coordinates):
        message = f"{REPLAY!r} is not as replay writes it"
        raise NotAChangeError(message)
    return coordinates


def with_coordinates(payload: bytes, coordinates: Coordinates) -> bytes | None:
    """The record with these coordinates at its head; None if it is not a JSON object.

    A record that has been replayed before keeps its first coordinates.
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
    head = json.dumps({REPLAY: asdict(coordinates)}, separators=(",", ":")).encode()[1:-1]
    return payload[:start] + head + (b"," if envelope else b"") + payload[start:]


def _is_of_form(coordinates: Coordinates) -> bool:
    texts = (coordinates.stream, coordinates.shard, coordinates.sequence_number)
    time = coordinates.arrival_ms
    return all(
        isinstance(text, str) and form.fullmatch(text)
        for text, form in zip(texts, (_NAME, _NAME, _SEQUENCE_NUMBER), strict=True)
    ) and (time is None or (type(time) is int and 0 <= time < _END_OF_TIME))
