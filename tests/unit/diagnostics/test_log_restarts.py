"""A log of the source that has started again is noticed before a change of it is lost."""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pytest

from connectors.accounts import Account
from connectors.blocks import Kind, decode
from connectors.floors import Floors
from connectors.kinesis.frame import write_frame
from connectors.log_points import LogPoint, LogRule, OnLogRestart, follow
from connectors.metrics import GROUP
from flink_app.decode.decoder import RecordDecoder
from flink_app.decode.operator import Decode
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics.log_restarts import LogRestartedError, LogWatch
from flink_app.positions.generations import Boundary, Generations
from flink_app.positions.position import make_position
from flink_app.schemas import BlockSchemas
from infra.simulation.doubles import decode_by_rows
from tests.support.decoding import decode_fully
from tests.unit.decode.records import KEYS, PORT, REGION, block, record
from tests.unit.stars import freight
from tests.unit.test_metrics import Context

START: Final = dt.datetime(2026, 3, 11, 9, tzinfo=dt.UTC)
CONTINUE: Final = LogRule(OnLogRestart.CONTINUE)
CONTROL: Final = b'{"metadata": {"record-type": "control", "operation": "create-table"}}'
GENERATIONS: Final = Generations(1, (Boundary(2, 5_000),))


def at(seconds: float) -> str:
    return (START + dt.timedelta(seconds=seconds)).replace(tzinfo=None).isoformat() + "Z"


def micros(seconds: float) -> int:
    return int((START + dt.timedelta(seconds=seconds)).timestamp() * 1_000_000)


def change(seconds: float | None, stream: str, table: str = "region", **more: Any) -> bytes:
    committed = None if seconds is None else at(seconds)
    row = REGION if table == "region" else PORT
    return record(table, row, commit_timestamp=committed, stream_position=stream, **more)


def load(seconds: float) -> bytes:
    return record("region", REGION, "load", timestamp=at(seconds))


def pg(lsn: int) -> str:
    text = f"{lsn >> 32:08X}/{lsn & 0xFFFFFFFF:08X}"
    return f"{text}.3.{text}"


def mysql(file: int, offset: int = 4, name: str = "mysql-bin-changelog", row: int = -1) -> str:
    return f"{name}.{file:06}:{offset}:{row}:{offset}:7:{name}.{file:06}:4"


def oracle(scn: int) -> str:
    return str(scn)


HOUR: Final = 3_600
RESTARTS: Final = {
    "PostgreSQL": [[change(0, pg(9 << 32)), change(HOUR, pg(200))]],
    "PostgreSQL, a new timeline that is a little lower": [
        [change(0, pg(9_000)), change(HOUR, pg(8_999))]
    ],
    "MySQL": [[change(0, mysql(157832, 3_000)), change(HOUR, mysql(3, 4_000))]],
    "MySQL, in the same file": [[change(0, mysql(3, 3_000)), change(HOUR, mysql(3, 200))]],
    "MySQL, a server with another base name that stands higher": [
        [change(0, mysql(3, name="mysql-bin")), change(1, mysql(9, name="binlog"))]
    ],
    "MySQL, another base name without commit times": [
        [change(None, mysql(3, name="mysql-bin")), change(None, mysql(9, name="binlog"))]
    ],
    "Oracle": [[change(0, oracle(90_000)), change(HOUR, oracle(200))]],
    "a later block": [[change(0, pg(9_000))], [change(HOUR, pg(200))]],
    "control records and loads in between": [
        [change(0, pg(9_000)), CONTROL, load(60)],
        [CONTROL],
        [load(90), change(HOUR, pg(200))],
    ],
    "a busy table: each change a little later than the one before": [
        [change(0, pg(9_000)), *(change(20 * n, pg(100 * n)) for n in range(1, 30))]
    ],
    "the same over many blocks": [
        [change(0, pg(9_000))], *([change(20 * n, pg(100 * n))] for n in range(1, 30))
    ],
    "late records of the former log in between": [
        [change(0, pg(9_000)), change(-5, pg(8_000)), change(HOUR, pg(200))],
    ],
    "a table with few changes, a year later": [
        [change(0, pg(9_000)), change(1, pg(9_100), "port")],
        [change(365 * 24 * HOUR, pg(200), "port")],
    ],
    "by commit time first, by position later": [
        [change(0, "unknown")], [change(HOUR, pg(200))]
    ],
}  # fmt: skip
NO_RESTARTS: Final = {
    "a log that goes on": [[change(n, pg(100 + n)) for n in range(9)]],
    "the next file": [[change(0, mysql(3, 9_000)), change(HOUR, mysql(4, 4))]],
    "late records": [[change(HOUR, pg(9_000)), change(0, pg(200)), change(7, pg(300))]],
    "late records of another shard, read hours after": [
        [change(n * HOUR, pg(9_000 + n)) for n in range(5)],
        [change(n * HOUR, pg(8_000 + n)) for n in range(-5, 1)],
    ],
    "a task that reads older positions again": [
        [change(n, pg(100 + n)) for n in range(9)],
        [change(n, pg(100 + n)) for n in range(3, 12)],
    ],
    "clocks that differ by a little": [[change(0, pg(200)), change(250, pg(100))]],
    "a long statement that commits last, and a neighbour that is late": [
        [change(HOUR, pg(100)), change(0, pg(300)), change(HOUR + 1, pg(200))]
    ],
    "a clock that was set back": [[change(HOUR, pg(100)), change(0, pg(200))]],
    "full loads": [[change(0, pg(9_000)), load(HOUR), load(2 * HOUR)], [load(3 * HOUR)]],
    "changes without commit time": [[change(0, pg(9_000)), change(None, pg(200))]],
    "another table's position": [[change(0, pg(9_000)), change(HOUR, pg(200), "port")]],
    "a short and a long form of one log": [
        [change(0, "mysql-bin.000003:400"), change(1, mysql(3, 500, name="mysql-bin"))]
    ],
    "a number behind the offset, which may be that of a row": [
        [change(0, mysql(3, 400, row=0)), change(0, mysql(3, 400, row=1))],
        [change(1, mysql(3, 500, row=7)), change(2, "mysql-bin-changelog.000003:600")],
    ],
}  # fmt: skip


class Subtask:
    """A decode subtask, and how many records it has read."""

    def __init__(
        self,
        rule: LogRule = LogRule(),  # noqa: B008 - it is immutable
        generations: Generations = Generations(1),  # noqa: B008 - it is immutable
        known: Mapping[str, LogPoint] = MappingProxyType({}),
        floor: int = 0,
    ) -> None:
        context: Any = Context()
        context.get_number_of_parallel_subtasks = lambda: 1
        context.get_index_of_this_subtask = lambda: 0
        self.context = context
        decoder = RecordDecoder(
            freight(),
            generations,
            lambda: KEYS,
            floors=Floors(floor),
            log_rule=rule,
            log_points=known,
        )
        self.decode = Decode(decoder)
        self.decode.open(self.context)
        self._read = 0

    def read(self, records: Sequence[bytes], arrival: int = 1_000) -> list[Any]:
        numbers = range(self._read, self._read + len(records))
        self._read += len(records)
        frame = write_frame(
            stream="changes",
            shard="shard-0",
            sequence_numbers=[str(n) for n in numbers],
            partition_keys=[None] * len(records),
            arrival_millis=[arrival + n for n in numbers],
            records=records,
        )
        return list(self.decode.process_element(frame, self.context))

    @property
    def counted(self) -> int:
        return int(self.context.counts.get((GROUP, "logRestarts"), 0))


@pytest.mark.parametrize("by_rows", [False, True], ids=["by columns", "one by one"])
@pytest.mark.parametrize("name", RESTARTS)
def test_a_restart_stops_the_job(name: str, by_rows: bool) -> None:
    subtask = Subtask()

    def read() -> None:
        with decode_by_rows() if by_rows else nullcontext():
            for records in RESTARTS[name]:
                subtask.read(records)

    with pytest.raises(LogRestartedError, match=r"table .*the source's log has started again"):
        read()


@pytest.mark.parametrize("by_rows", [False, True], ids=["by columns", "one by one"])
@pytest.mark.parametrize("name", NO_RESTARTS)
def test_what_is_no_restart_stops_nothing(name: str, by_rows: bool) -> None:
    subtask = Subtask()
    with decode_by_rows() if by_rows else nullcontext():
        for records in NO_RESTARTS[name]:
            subtask.read(records)
    assert subtask.counted == 0


def test_it_says_where_it_is_and_when_the_new_log_began() -> None:
    subtask = Subtask()
    subtask.read([change(0, pg(9_000)), change(1, pg(9_001), "port")])
    subtask.read([change(60, pg(100)), change(120, pg(110))])
    with pytest.raises(LogRestartedError) as caught:
        subtask.read([CONTROL, change(HOUR, pg(200))])
    said = str(caught.value)
    assert "table region" in said
    assert "shard shard-0, sequence number 5" in said
    assert "committed at 2026-03-11T10:00:00Z" in said
    assert "up to 2026-03-11T09:00:00Z" in said
    assert "arrived at 1970-01-01T00:00:01.002Z" in said  # the first that was behind
    assert "operations.md" in said
    assert "a transaction longer than log.restart.seconds" in said
    assert "Vest" not in said


def test_what_the_warehouse_knew_at_the_start_counts() -> None:
    known = LogPoint(1, make_position(1, 9_000 << 32, 0), micros(0), "")
    Subtask(known={"region": known}).read([change(1, pg(9_001)), change(2, pg(9_002))])
    Subtask(known={"port": known}).read([change(HOUR, pg(200))])
    with pytest.raises(LogRestartedError):
        Subtask(known={"region": known}).read([change(HOUR, pg(200))])


def test_a_generation_from_then_on_is_the_way_out() -> None:
    subtask = Subtask(generations=GENERATIONS)
    subtask.read([change(0, pg(9_000))])
    subtask.read([change(HOUR, pg(200)), change(HOUR + 9, pg(210))], arrival=5_000)
    assert subtask.counted == 0
    subtask.read([change(HOUR, pg(100))])  # of the former generation, read late
    assert subtask.counted == 0
    with pytest.raises(LogRestartedError):  # and the new log may start again as well
        subtask.read([change(2 * HOUR, pg(50))], arrival=5_000)


@pytest.mark.parametrize("by_rows", [False, True], ids=["by columns", "one by one"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_log_of_a_new_generation_may_have_another_name(size: int, by_rows: bool) -> None:
    subtask = Subtask(generations=GENERATIONS)
    subtask.read([change(0, mysql(3, name="mysql-bin"))])
    changes = [change(HOUR + n, mysql(1, 100 + n, name="binlog")) for n in range(4)]
    with decode_by_rows() if by_rows else nullcontext():
        for start in range(0, len(changes), size):
            subtask.read(changes[start : start + size], arrival=5_000)
        subtask.read([change(1, mysql(3, 9, name="mysql-bin"))])  # of the former one, read late
        with pytest.raises(LogRestartedError, match=r"of log mysql-bin, and .* of log binlog"):
            subtask.read([change(2 * HOUR, mysql(9, name="mysql-bin"))], arrival=5_000)


def test_a_new_generation_has_a_clock_of_its_own() -> None:
    subtask = Subtask(generations=GENERATIONS)
    subtask.read([change(24 * HOUR, pg(9_000))])  # the old server's clock was a day ahead
    subtask.read([change(0, pg(200))], arrival=5_000)
    with pytest.raises(LogRestartedError):
        subtask.read([change(HOUR, pg(100))], arrival=5_000)


def test_what_is_below_the_floor_shows_nothing() -> None:
    for by_rows in (False, True):
        subtask = Subtask(generations=GENERATIONS, floor=2)
        with decode_by_rows() if by_rows else nullcontext():
            subtask.read([change(0, pg(9_000)), change(HOUR, pg(200))])
        assert subtask.counted == 0


def test_to_continue_is_to_count_and_to_warn_once(caplog: pytest.LogCaptureFixture) -> None:
    subtask = Subtask(CONTINUE)
    with caplog.at_level(logging.WARNING):
        subtask.read([change(0, pg(9_000))])
        for turn in range(3):
            subtask.read([change(HOUR + turn, pg(200 + turn))])
    assert subtask.counted == 3
    messages = [m for m in (entry.getMessage() for entry in caplog.records) if "started" in m]
    assert len(messages) == 1
    assert "are discarded until a reload" in messages[0]


def test_accounts_say_how_far_the_log_has_been_read() -> None:
    subtask = Subtask()
    *_, last = subtask.read(
        [change(5, mysql(3, 9)), change(9, mysql(3, 7)), load(0), CONTROL, change(7, "1", "port")]
    )
    accounts = Account.from_batch(decode(last, BlockSchemas(freight())).batch)
    points = {account.table: account.log_point for account in accounts}
    assert points == {
        "region": LogPoint(1, make_position(1, (3 << 64) + 9, 1), micros(5), "mysql-bin-changelog"),
        "port": LogPoint(1, make_position(1, 1 << 32, 1), micros(7), ""),
        "(control)": None,
    }
    assert decode(last, BlockSchemas(freight())).kind is Kind.ACCOUNT


# -- the columns against a plain loop


@dataclass
class Plain:
    """The rule, record by record."""

    tolerance: int
    generation: int = 0
    position: str = ""
    committed: int = 0
    log: str = ""

    def shows_restart(self, point: LogPoint) -> bool:
        shown = False
        if point.generation > self.generation:
            self.generation, self.committed, self.log = point.generation, 0, ""
        if point.generation == self.generation:
            other = point.log and self.log and point.log != self.log
            goes_on = not point.committed or point.committed >= self.committed
            later = self.committed and point.committed > self.committed + self.tolerance
            shown = bool((other and goes_on) or (later and point.position < self.position))
        if point.position >= self.position:
            self.position = point.position
            self.committed = max(self.committed, point.committed)
        if point.generation == self.generation:
            self.log = self.log or point.log
        return shown


@pytest.mark.parametrize("seed", range(150))
def test_blocks_of_any_size_show_what_a_plain_loop_does(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    plan = DecodePlan(freight(), GENERATIONS)
    rule = LogRule(tolerance_seconds=10)
    records, arrivals = [], []
    names = (["mysql-bin", "mysql-bin", "binlog"], [])[seed % 2]
    for number in range(chance.randrange(1, 25)):
        fell = chance.random() < 0.3
        lsn = chance.randrange(1, 50) if fell else 100 + number
        seconds = None if chance.random() < 0.1 else number + chance.choice((0, 0, -30, 30))
        stream = mysql(3, lsn, chance.choice(names)) if names else pg(lsn)
        records.append(change(seconds, stream) if chance.random() < 0.9 else CONTROL)
        arrivals.append(chance.choice((1_000, 1_000, 6_000)))
    plain = Plain(rule.tolerance)
    expected: list[int] = []
    for number, (data, arrival) in enumerate(zip(records, arrivals, strict=True)):
        reads = decode_fully(block([data], [arrival]), plan, KEYS).seen.log_reads.points()
        expected += [number for read in reads if plain.shows_restart(read.point)]
    watch, shown, start = LogWatch(rule, {}), [], 0
    while start < len(records):
        end = start + chance.randrange(1, 9)
        given = block(records[start:end], arrivals[start:end])
        restarts, _ = watch.add(given, decode_fully(given, plan, KEYS).seen.log_reads)
        shown += [start + restart.row for restart in restarts]
        assert bool(restarts) == any(start <= number < end for number in expected)
        start = end
    assert set(shown) <= set(expected)
    assert shown[:1] == expected[:1]


# -- points of several shards, as a load sees them


def point(position: int, seconds: float, log: str = "", generation: int = 1) -> LogPoint:
    return LogPoint(generation, make_position(generation, position, 0), micros(seconds), log)


TOLERANCE: Final = LogRule().tolerance


@pytest.mark.parametrize(
    ("known", "read", "restarted"),
    [
        ({}, [point(900, 0), point(5, HOUR)], 1),
        ({}, [point(5, HOUR), point(900, 0)], 1),  # whatever shard is counted first
        ({"t": point(900, 0)}, [point(5, HOUR)], 1),
        ({"t": point(900, 0)}, [point(5, -HOUR), point(901, 1)], 0),
        ({"t": point(900, 0)}, [point(5, 60)], 0),
        ({"t": point(900, 0)}, [point(950, HOUR), point(940, HOUR + 60)], 0),
        ({"t": point(900, 0)}, [point(5, HOUR, generation=2)], 0),
        ({"t": point(5, HOUR, generation=2)}, [point(900, 0), point(901, 3 * HOUR)], 0),
        ({"t": point(900, 9 * HOUR)}, [point(7, 0, generation=2), point(5, HOUR, generation=2)], 1),
        ({"t": point(3, 0, "mysql-bin")}, [point(4, 1), point(9, 2, "binlog")], 1),
        ({"t": point(3, 0, "mysql-bin")}, [point(9, 1, "binlog")], 1),
        ({"u": point(900, 0)}, [point(5, HOUR)], 0),
    ],
)
def test_points_of_shards(known: dict[str, LogPoint], read: list[LogPoint], restarted: int) -> None:
    points, shown = follow(known, [("t", each) for each in read], TOLERANCE)
    assert len(shown) == restarted
    furthest = max([*([known["t"]] if "t" in known else []), *read], key=lambda p: p.position)
    if not restarted:
        assert points["t"].position == furthest.position
