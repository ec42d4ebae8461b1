"""Originals back on the stream: in order, marked, and harmless when it ends half way."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.blocks import Kind
from connectors.redshift.replay_marks import LetterPart, Mark, RecordId
from flink_app.dead_letters.schema import Originals
from flink_app.dead_letters.sealing import Original
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.plan import REPLAY
from infra.replay.errors import ReplayError
from infra.replay.letters import OriginalReader, read_letters
from infra.replay.plan import ReplayPlan, Selection, plan_replay
from infra.replay.runner import STEP, replay
from infra.replay.stream_writer import StreamWriter
from tests.unit.decode.records import KEYS, OTHER_KEYS
from tests.unit.replay.staged import APPLICATION, TOO_LONG, Files

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
        self.marks: dict[RecordId, Mark] = {}
        self.said: list[str] = []
        self.counted: list[tuple[int, int]] = []

    def plan(self, **selection: Any) -> ReplayPlan:
        return plan_replay(self.files.letters(), set(self.marks), Selection(**selection))

    def mark(self, marks: Sequence[Mark]) -> None:
        self.marks.update({mark.record_id: mark for mark in marks})

    def replay(self, keys: PrivacyKeys = KEYS, **selection: Any) -> None:
        restricted = self.files.parts[Kind.RESTRICTED]
        reader = OriginalReader(self.files.read, restricted, keys, APPLICATION)
        client: Any = self.kinesis
        replay(self.plan(**selection), reader, StreamWriter(client, ARN), self.mark, self)

    def say(self, line: str) -> None:
        self.said.append(line)

    def count(self, done: int, total: int) -> None:
        self.counted.append((done, total))

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
    whole = 2 * STEP + 5
    assert world.said == [f"put back: {whole:,} of {whole:,}"]
    assert world.counted == [(STEP, whole), (2 * STEP, whole), (whole, whole)]


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
        "run it again to continue"
    )
    assert world.numbers == [8, 10]
    world.kinesis.refuses = set()
    world.replay()
    assert world.numbers == [8, 10, 9, 11]


def test_nothing_of_a_step_is_put_where_an_original_is_missing() -> None:
    world = World()
    world.files.stage([TOO_LONG], originals=Originals.SEALED)
    world.files.stage([TOO_LONG], originals=Originals.RESTRICTED)
    world.files.parts[Kind.RESTRICTED].clear()  # as in an epoch that the ledger does not have
    with pytest.raises(ReplayError, match="record 9 of shard-0 is neither in part"):
        world.replay()
    assert world.numbers == []


def test_letters_of_another_key_are_left_out_and_reported_and_the_others_are_put() -> None:
    world = World()
    world.files.stage([TOO_LONG, TOO_LONG], sealed_by=OTHER_KEYS)
    world.files.stage([TOO_LONG], originals=Originals.RESTRICTED, sealed_by=OTHER_KEYS)
    world.files.stage([TOO_LONG])
    with pytest.raises(ReplayError) as caught:
        world.replay()
    assert str(caught.value) == (
        f"2 dead letters were sealed under key {OTHER_KEYS.key_id}, and the privacy secret has key "
        f"id {KEYS.key_id}: they were left out. Replay them with --properties, a file whose "
        f"secret.id names a secret with the text of key {OTHER_KEYS.key_id}"
    )
    assert world.numbers == [10, 11]
    world.replay(OTHER_KEYS)
    assert world.numbers == [10, 11, 8, 9]


def test_two_originals_that_were_swapped_in_the_bucket_are_not_put() -> None:
    world = World()
    world.files.stage([TOO_LONG, TOO_LONG, TOO_LONG])
    world.files.rewrite(lambda rows: swap(rows, "sealed_original"))
    with pytest.raises(ReplayError) as caught:
        world.replay()
    assert str(caught.value) == (
        f"2 dead letters do not open under key {KEYS.key_id} and were left out; the first: the "
        "original of record 8 of shard shard-0 of stream changes does not open as one of "
        "application shop: it was sealed under another secret, altered, or moved here from another "
        "dead letter"
    )
    assert world.numbers == [10]


def test_another_time_of_arrival_would_be_another_generation_so_it_does_not_open() -> None:
    world = World()
    world.files.stage([TOO_LONG, TOO_LONG])
    world.files.rewrite(lambda rows: swap(rows, "arrival"))
    with pytest.raises(ReplayError, match="2 dead letters do not open"):
        world.replay()


@pytest.mark.parametrize("names_key", [True, False])
def test_bound_originals_do_not_pass_for_those_of_an_earlier_version(names_key: bool) -> None:
    world = World()
    world.files.stage([TOO_LONG, TOO_LONG])

    def as_earlier(rows: list[dict[str, Any]]) -> None:
        swap(rows, "sealed_original")
        for row in rows:
            row["sealed_original"] = row["sealed_original"][8:]
            row["key_id"] = row["key_id"] if names_key else None

    world.files.rewrite(as_earlier)
    with pytest.raises(ReplayError, match="2 dead letters do not open"):
        world.replay()
    assert world.numbers == []


def earlier(rows: list[dict[str, Any]]) -> None:
    """As the version before wrote them: bound to nothing, and without the column `key_id`."""
    for row in rows:
        key = KEYS.dead_letters
        original = Original.open_sealed(row, APPLICATION, key)
        content = struct.pack(">H", len(original.partition_key)) + original.partition_key.encode()
        nonce = os.urandom(12)
        row["sealed_original"] = nonce + AESGCM(key).encrypt(
            nonce, content + original.payload, None
        )
        del row["key_id"]


def test_originals_of_an_earlier_version_are_put_back() -> None:
    world = World()
    world.files.stage([TOO_LONG, TOO_LONG])
    world.files.rewrite(earlier)
    with pytest.raises(ReplayError, match="2 dead letters do not open under key"):
        world.replay(OTHER_KEYS)
    world.replay()
    assert world.numbers == [8, 9]


def test_an_original_of_an_earlier_version_does_not_open_beside_a_key() -> None:
    world = World()
    world.files.stage([TOO_LONG])

    def planted(rows: list[dict[str, Any]]) -> None:
        key_id = rows[0]["key_id"]
        earlier(rows)
        rows[0]["key_id"] = key_id

    world.files.rewrite(planted)
    with pytest.raises(
        ReplayError, match="is not bound to its coordinates, although its dead letter"
    ):
        world.replay()


def swap(rows: list[dict[str, Any]], column: str) -> None:
    rows[0][column], rows[1][column] = rows[1][column], rows[0][column]


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
    with pytest.raises(ReplayError, match=r"part p .* cannot be read as Parquet"):
        list(read_letters([part], lambda _: b"PAR1"))
