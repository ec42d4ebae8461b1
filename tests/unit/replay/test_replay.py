"""Originals back on the stream: in order, marked, and harmless when it ends half way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connectors.blocks import Kind
from connectors.redshift.replay_marks import LetterPart, Mark, Spot
from flink_app.decode.dead_letters import Originals, SealedOriginalError
from flink_app.decode.plan import REPLAY
from infra.replay.errors import ReplayError
from infra.replay.letters import OriginalReader, read_letters
from infra.replay.plan import ReplayPlan, Selection, plan_replay
from infra.replay.putting import Putter
from infra.replay.replay import STEP, replay
from tests.unit.decode.records import KEYS, OTHER_KEYS
from tests.unit.replay.staged import TOO_LONG, Files

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"


class Kinesis:
    """A stream that keeps order as Kinesis does: only what is asked for."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes]] = []
        self.unordered = 0
        self.refuses: set[str] = set()
        self._last: dict[str, str] = {}

    def put_record(self, **call: Any) -> dict[str, str]:
        assert call["StreamARN"] == ARN
        key = call["PartitionKey"]
        if key in self.refuses:
            error = {"Error": {"Code": "Throttled", "Message": f"Value {key!r} is Zq7"}}
            raise ClientError(error, "PutRecord")  # type: ignore[arg-type]
        self.unordered += call.get("SequenceNumberForOrdering") != self._last.get(key)
        self.records.append((key, call["Data"]))
        number = str(9_000 + len(self.records))
        self._last[key] = number
        return {"ShardId": "shard-new", "SequenceNumber": number}


class World:
    """Files, stream and marks, and one run of replay after another."""

    def __init__(self) -> None:
        self.files = Files()
        self.kinesis = Kinesis()
        self.marks: dict[Spot, Mark] = {}
        self.said: list[str] = []

    def plan(self, **selection: Any) -> ReplayPlan:
        return plan_replay(self.files.letters(), set(self.marks), Selection(**selection))

    def mark(self, marks: Sequence[Mark]) -> None:
        self.marks.update({mark.spot: mark for mark in marks})

    def replay(self, **selection: Any) -> None:
        reader = OriginalReader(
            self.files.read, self.files.parts[Kind.RESTRICTED], KEYS.dead_letters
        )
        client: Any = self.kinesis
        replay(self.plan(**selection), reader, Putter(client, ARN), self.mark, self.said.append)

    @property
    def numbers(self) -> list[int]:
        """First sequence numbers of what is on the stream, in its order."""
        places = [json.loads(data)[REPLAY] for _, data in self.kinesis.records]
        return [int(place["sequence_number"]) for place in places]


@pytest.mark.parametrize("originals", list(Originals))
def test_what_is_put_back_is_the_original_under_its_key(originals: Originals) -> None:
    world = World()
    world.files.stage([TOO_LONG, b"[1]"], originals=originals, keys=["a", "b"])
    world.replay()
    records = dict(world.kinesis.records)
    assert records["b"] == b"[1]"
    member = json.loads(records["a"])[REPLAY]
    assert member == {
        "stream": "changes",
        "shard": "shard-0",
        "sequence_number": "8",
        "arrival_ms": 0,
    }
    without = json.loads(records["a"])
    del without[REPLAY]
    assert without == json.loads(TOO_LONG)


def test_records_of_one_key_keep_their_order_over_shards_and_steps() -> None:
    world = World()
    world.files.stage([TOO_LONG] * STEP * 2, keys=["a", "b"] * STEP)
    world.files.stage([TOO_LONG] * 5, shard="shard-1", keys=["a"] * 5)
    world.replay()
    assert len(world.numbers) == 2 * STEP + 5
    assert world.kinesis.unordered == 0
    for key in "ab":
        own = [
            n for n, (k, _) in zip(world.numbers, world.kinesis.records, strict=True) if k == key
        ]
        assert own == sorted(own)
    assert world.said[-1] == f"put back: {2 * STEP + 5:,} of {2 * STEP + 5:,}"


def test_a_second_replay_puts_nothing() -> None:
    world = World()
    world.files.stage([TOO_LONG] * 3)
    world.replay()
    world.replay()
    assert world.numbers == [8, 9, 10]
    mark = world.marks["changes", "shard-0", "9"]
    assert (mark.shard, mark.sequence_number) == ("shard-new", "9002")


def test_an_end_between_putting_and_marking_puts_that_step_twice_and_no_other() -> None:
    world = World()
    world.files.stage([TOO_LONG] * (STEP + 10))
    mark, calls = world.mark, 0

    def dies(marks: Sequence[Mark]) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        mark(marks)

    world.mark = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.replay()
    world.mark = mark  # type: ignore[method-assign]
    world.replay()
    first, last = 8, 8 + STEP + 10
    assert world.numbers == [*range(first, last), *range(last - 10, last)]
    assert len(world.marks) == STEP + 10


def test_a_refusal_stops_its_key_marks_the_rest_and_says_no_value() -> None:
    world = World()
    world.files.stage([TOO_LONG] * 4, keys=["a", "b", "a", "b"])
    world.kinesis.refuses = {"b"}
    with pytest.raises(ReplayError) as caught:
        world.replay()
    assert str(caught.value) == (
        "record 9 of shard-0 was not put: Throttled (1 such in this step); 2 were put and marked: "
        "run it again to go on"
    )
    assert world.numbers == [8, 10]
    world.kinesis.refuses = set()
    world.replay()
    assert world.numbers == [8, 10, 9, 11]


def test_nothing_is_put_unless_a_step_opens_whole() -> None:
    world = World()
    world.files.stage([TOO_LONG], originals=Originals.SEALED)
    world.files.stage([TOO_LONG], originals=Originals.RESTRICTED)
    world.files.parts[Kind.RESTRICTED].clear()  # as in an epoch that the ledger does not have
    with pytest.raises(ReplayError, match="record 9 of shard-0 is neither in part"):
        world.replay()
    assert world.numbers == []


def test_another_secret_opens_nothing() -> None:
    world = World()
    world.files.stage([TOO_LONG])
    reader = OriginalReader(world.files.read, [], OTHER_KEYS.dead_letters)
    with pytest.raises(SealedOriginalError, match="sealed under another secret, or altered"):
        reader.original(world.plan().letters[0])


def test_a_part_of_another_version_is_refused_by_name() -> None:
    files = Files()
    files.stage([TOO_LONG])
    part = files.parts[Kind.DEAD_LETTERS][0]
    files.content[part.url] = files.content[part.url].replace(
        b"sealed_original", b"sealed_payload_"
    )
    with pytest.raises(ReplayError, match=f"part {part.name} .* lacks sealed_original: an older"):
        files.letters()


def test_a_file_that_was_cut_is_named() -> None:
    part = LetterPart("p", "s3://bucket/p")
    with pytest.raises(ReplayError, match=r"part p .* is no Parquet file"):
        list(read_letters([part], lambda _: b"PAR1"))
