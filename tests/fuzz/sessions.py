"""A session from a seed and a number: which star, which blocks, how odd they are."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Final

from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from flink_app.decode.plan import DecodePlan
from flink_app.records.plan import TablePlan
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
    if rng.random() < _REPLAYED:
        arrival = rng.choice([None, FIRST_ARRIVAL, FIRST_ARRIVAL + 1_000, 1 << 47, (1 << 48) - 1])
        found[0] = (
            with_coordinates(found[0], Coordinates("changes", "shard-0", "7", arrival)) or found[0]
        )
    return found


def _frame_damage(rng: Random) -> tuple[tuple[tuple[int, int], ...], int]:
    if rng.random() > 0.01:
        return (), 0
    flips = tuple((rng.randrange(1 << 16), rng.randrange(256)) for _ in range(rng.randint(0, 3)))
    return flips, rng.choice([0, 0, 1, 9, 300])
