"""What goes wrong with records: in their structure, in their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from tests.fuzz.grammar import NUMBER_MARK, TEXT_MARK, Members, Node
from tests.unit.decode.twists import TEXTS

_NAMES: Final = (
    *("data", "metadata", "control", "before-image", "was", "_doc", "id", "ID", "BI_id"),
    *(
        "starjoin-repair",
        "position",
        "treated",
        "starjoin-replay",
        "stream",
        "shard",
        "sequence_number",
        "arrival_ms",
        "id_old",
        "BI_id#",
    ),
    *("operation", "table-name", "schema-name", "record-type", "stream-position", "timestamp"),
    *("", " ", "\0", "é", TEXT_MARK, f"BI_{TEXT_MARK}", "a" * 5000),
    *('"\\u0064ata"', '"i\\u0064"', '"\\ud800"', '"\\u0000"', '"metadata\\u0000"', '"data/id"'),
)
_LEAVES: Final = (
    *("null", "true", "false", "0", "-0", "1e5", "{}", "[]", "[{}]", '""', f'"{TEXT_MARK}"'),
    *("NaN", "-Infinity", "1" * 400, "1e400", "0." + "3" * 400, "-", "+1", ".5", "1.", "01", "0x1"),
    *(NUMBER_MARK, '"\\ud800"', '"\\u0000"', '"\\ud83d\\ude00"', f'"{TEXT_MARK * 20_000}"'),
    *("[" * 600 + "]" * 600, '{"a":' * 600 + "1" + "}" * 600, "tru", "nul", "'x'", "/**/1", ""),
)
_BYTES: Final = (
    *(
        b"\xff",
        b"\xc3",
        b"\xa6",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xf4\x90\x80\x80",
        b"\xc0\x80",
    ),
    *(b"\0", b"\n", b"\r", b"\r\n", b"\t", b" ", b"\x1a", b"\x7f", b"\xe2\x80\xa8"),
    *(
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"{}",
        b"}{",
        b"}\n{",
        b"e-5",
        b"E-99999999",
    ),
    *(b"-", b"0", b"1", b"e9", b".", b"null", b"NaN", b"\\u", b"\\ud800", b"\\u0000", b"//", b"#"),
)

Structural = Callable[[Members, Random], None]


def restructured(record: Members, rng: Random) -> Members:
    """The record with one thing changed in its structure."""
    copied = _copy(record)
    rng.choice(_STRUCTURAL)(copied, rng)
    return copied


def damaged(data: bytes, other: bytes, rng: Random) -> list[bytes]:
    """The record with one thing changed in its bytes; sometimes it is two records then."""
    at, to = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    at = max(at, to - 40) if rng.random() < 0.7 else at
    return rng.choice(_DAMAGES)(data, at, to, other, rng)


def _flip(data: bytes, at: int, _to: int, _other: bytes, rng: Random) -> list[bytes]:
    octet = bytes([octet ^ (1 << rng.randrange(8)) for octet in data[at : at + 1]])
    return [data[:at] + octet + data[at + 1 :]]


def _copy(record: Members) -> Members:
    return [(n, _copy(child) if isinstance(child, list) else child) for n, child in record]


def _objects(record: Members) -> Iterator[Members]:
    yield record
    for _, child in record:
        if isinstance(child, list):
            yield from _objects(child)


def _some(record: Members, rng: Random) -> tuple[Members, int] | None:
    """An object that has members, and a place in it; mostly not the record itself."""
    objects = [members for members in _objects(record) if members]
    if not objects:
        return None
    members = rng.choice(objects)
    return members, rng.randrange(len(members))


def _swap_type(record: Members, rng: Random) -> None:
    leaf = rng.choice(_LEAVES) if rng.random() < 0.6 else rng.choice(_any_texts(rng))
    if found := _some(record, rng):
        members, at = found
        members[at] = (members[at][0], leaf)


def _any_texts(rng: Random) -> list[str]:
    return TEXTS[rng.choice(list(TEXTS))]


def _rename(record: Members, rng: Random) -> None:
    if found := _some(record, rng):
        members, at = found
        name, child = members[at]
        other = rng.choice([rng.choice(_NAMES), name.upper(), f"{name} ", name[:-1], f"BI_{name}"])
        members[at] = (other, child)


def _repeat(record: Members, rng: Random) -> None:
    if found := _some(record, rng):
        members, at = found
        name, child = members[at]
        again: Node = child if rng.random() < 0.5 else rng.choice(_LEAVES)
        members.insert(rng.randint(0, len(members)), (name, again))


def _reorder(record: Members, rng: Random) -> None:
    for members in _objects(record):
        rng.shuffle(members)


def _leave_out(record: Members, rng: Random) -> None:
    if found := _some(record, rng):
        members, at = found
        del members[at]


def _add(record: Members, rng: Random) -> None:
    members = rng.choice(list(_objects(record)))
    node: Node = rng.choice(_LEAVES)
    if rng.random() < 0.2:
        node = [(rng.choice(_NAMES), rng.choice(_LEAVES))]
    members.insert(rng.randint(0, len(members)), (rng.choice(_NAMES), node))


def _exchange(record: Members, rng: Random) -> None:
    """Two members change their values."""
    if (one := _some(record, rng)) and (other := _some(record, rng)):
        (mine, at), (theirs, to) = one, other
        left, right = mine[at][1], theirs[to][1]
        if isinstance(left, str) and isinstance(right, str):
            mine[at], theirs[to] = (mine[at][0], right), (theirs[to][0], left)


def _nest(record: Members, rng: Random) -> None:
    if found := _some(record, rng):
        members, at = found
        members[at] = (members[at][0], [(rng.choice(_NAMES), members[at][1])])


def _empty(record: Members, rng: Random) -> None:
    rng.choice(list(_objects(record))).clear()


_STRUCTURAL: Final[tuple[Structural, ...]] = (
    *(_swap_type, _swap_type, _rename, _repeat, _reorder, _leave_out),
    *(_add, _exchange, _nest, _empty),
)

_Damage = Callable[[bytes, int, int, bytes, Random], list[bytes]]
_JOINTS: Final = (b"", b",", b"\n", b"\r\n", b" ")
_DAMAGES: Final[tuple[_Damage, ...]] = (
    _flip,
    _flip,
    lambda data, at, _to, _other, _rng: [data[:at]],
    lambda data, at, _to, _other, _rng: [data[:at], data[at:]],
    lambda data, at, _to, other, rng: [data[:at] + other[rng.randint(0, len(other)) :]],
    lambda data, at, to, _other, _rng: [data[:to] + data[at:]],
    lambda data, at, to, _other, _rng: [data[:at] + data[to:]],
    lambda data, _at, _to, other, rng: [data + rng.choice(_JOINTS) + other],
    lambda data, _at, _to, _other, rng: [rng.choice(_BYTES) + data],
    lambda data, _at, _to, _other, rng: [data + rng.choice(_BYTES)],
    lambda _data, _at, _to, _other, rng: [rng.randbytes(rng.randint(0, 60))],
    lambda data, at, to, _other, rng: [data[:at] + data[at:to] * rng.randint(2, 30) + data[to:]],
    lambda data, at, _to, _other, rng: [data[:at] + rng.choice(_BYTES) + data[at:]],
    lambda data, at, to, _other, rng: [data[:at] + rng.choice(_BYTES) + data[to:]],
)
