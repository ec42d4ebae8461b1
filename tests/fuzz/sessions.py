"""A session from a seed and a number: which star, which blocks, how odd they are."""

from __future__ import annotations

import json
import re
from functools import cache
from random import Random
from typing import Final

from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from flink_app.decode.plan import DecodePlan
from flink_app.positions.position import make_position
from flink_app.records.plan import REPAIR, TablePlan
from flink_app.records.repair_marker import RepairMarker, lowest_position, position_above
from tests.fuzz.grammar import control, record, spread, text
from tests.fuzz.inputs import DECLARED, FIRST_ARRIVAL, WAYS, Block, Session, plan
from tests.fuzz.mutations import damaged, restructured
from tests.support.bad_records import aggregate

_BLOCKS: Final = (1, 1, 2, 3)
_SIZES: Final = (1, 2, 8, 24, 40, 80)
# The share of records that something happens to. In blocks of mostly good records the odd ones
# are cut out of what is read by columns; in the others most go record by record.
_ODDNESS: Final = (0.0, 0.02, 0.05, 0.2, 1.0)
# Where it happens: values, structure, bytes. Damaged bytes are mostly no JSON, so they are fewer.
_WHERE: Final = (
    *((True, False, False), (True, False, False), (False, True, False), (False, True, False)),
    *((False, False, True), (True, True, True)),
)
_OF_NO_CONCERN: Final = 0.05  # control records, undeclared tables
_SPREAD: Final = 0.15  # over many lines
_AGGREGATED: Final = 0.02  # by the Kinesis Producer Library
_REPLAYED: Final = 0.1  # says where it stood first
_REPAIRED: Final = 0.1  # says its position
_POSITIONS: Final = (
    position_above(make_position(1, 13 << 64, 5)),
    lowest_position(1),
    lowest_position(2),
    lowest_position(0xFFFF),
    make_position(1, 0, 9),
    make_position(1, 1, 9),
    "0" * 44,
    "F" * 44,
    "",
)


def session(seed: int, number: int) -> Session:
    """The session of that number below a seed; always the same one."""
    rng = Random(f"{seed}:{number}")  # noqa: S311 - inputs, no secrets
    star, way = rng.choice(list(DECLARED)), rng.randrange(len(WAYS))
    blocks = tuple(_block(_plan(star, way), rng) for _ in range(rng.choice(_BLOCKS)))
    return Session(star, way, blocks)


@cache
def _plan(star: str, way: int) -> DecodePlan:
    """To look up names and types; what is checked gets a plan of its own."""
    return plan(star, way)


def _block(of: DecodePlan, rng: Random) -> Block:
    oddness = rng.choice(_ODDNESS)
    one_table = rng.choice([None, *of.tables.values()])
    records: list[bytes] = []
    wanted = rng.choice(_SIZES)
    while len(records) < wanted:
        table = one_table or rng.choice(list(of.tables.values()))
        if rng.random() < oddness:
            records += _odd(table, of, records, rng)
        elif rng.random() < _OF_NO_CONCERN:
            records.append(text(control(of, rng)))
        else:
            records.append(text(record(table, of, rng, 0.0)))
    return Block(tuple(records), *_frame_damage(rng))


def _odd(table: TablePlan, of: DecodePlan, before: list[bytes], rng: Random) -> list[bytes]:
    """A record that something happened to: in its values, its structure, its bytes, or in all."""
    in_values, in_structure, in_bytes = rng.choice(_WHERE)
    made = record(table, of, rng, 0.2 if in_values else 0.0)
    for _ in range(rng.choice([1, 1, 2, 3]) if in_structure else 0):
        made = restructured(made, rng)
    found = [spread(made, rng) if rng.random() < _SPREAD else text(made)]
    for _ in range(rng.choice([1, 1, 2, 6]) if in_bytes else 0):
        *whole, last = found
        other = rng.choice(before) if before else b"{}"
        found = [*whole, *damaged(last, other, rng)]
    if rng.random() < _AGGREGATED:
        found[-1] = rng.choice([aggregate(found[-1]), aggregate(found[-1])[: rng.choice([3, -1])]])
    if rng.random() < _REPAIRED:
        found[0] = _repaired(found[0], rng)
    if rng.random() < _REPLAYED:
        arrival = rng.choice([None, FIRST_ARRIVAL, FIRST_ARRIVAL + 1_000, 1 << 47, (1 << 48) - 1])
        found[0] = (
            with_coordinates(found[0], Coordinates("changes", "shard-0", "7", arrival)) or found[0]
        )
    return found


def _repaired(data: bytes, rng: Random) -> bytes:
    """The record with a position of its own, mostly as an operation that may have one."""
    member = {REPAIR: RepairMarker(rng.choice(_POSITIONS), rng.random() < 0.4).as_member()}
    head = json.dumps(member, separators=(",", ":")).encode()[1:-1]
    start = data.find(b"{") + 1
    if not start:
        return data
    operation = rng.choice([b'"insert"', b'"delete"', b'"delete"', b'"update"'])
    marked = data[:start] + head + (b"," if data[start:].strip() != b"}" else b"") + data[start:]
    return re.sub(rb'("operation"\s*:\s*)"[a-z]+"', rb"\1" + operation, marked, count=1)


def _frame_damage(rng: Random) -> tuple[tuple[tuple[int, int], ...], int]:
    if rng.random() > 0.01:
        return (), 0
    flips = tuple((rng.randrange(1 << 16), rng.randrange(256)) for _ in range(rng.randint(0, 3)))
    return flips, rng.choice([0, 0, 1, 9, 300])
