"""The operator without Flink: frames of facts and blocks in, parts out when an epoch has ended."""

from __future__ import annotations

import struct
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.accounts import Account
from connectors.blocks import Block, BlockError, Kind
from connectors.epochs.markers import EpochOrderError
from connectors.epochs.signals import Edge
from connectors.kinesis.frame import FrameError, read_frame
from connectors.metrics import GROUP
from connectors.staging.part import Part
from connectors.staging.stager import Stager
from flink_app.decode.decoder import RecordDecoder
from flink_app.denormalise.joiner import Joiner
from flink_app.denormalise.operator import Denormalise, DimensionAmongFactsError
from flink_app.schemas import BlockSchemas
from tests.unit.decode.records import GENERATIONS, KEYS, line, region
from tests.unit.decode.subtask import frame
from tests.unit.denormalise.histories import batch
from tests.unit.denormalise.test_durable import State
from tests.unit.denormalise.test_join import company
from tests.unit.denormalise.test_joiner import SCHEMAS, STAR, Elements, Runtime
from tests.unit.staging.test_writer import Store

REPORTS: Final = {"consignment_report", "sender_report"}


def marker(edge: Edge, epoch: int, subtask: int = 0, subtasks: int = 1) -> bytes:
    return b"E" + edge.value + b"\0\0" + struct.pack(">qqq", epoch, subtask, subtasks)


class Task:
    """One subtask, opened."""

    def __init__(self, subtask: int = 0, subtasks: int = 1) -> None:
        self.store, self.runtime = Store(), Runtime(subtask, subtasks)
        self._operator = Denormalise(
            RecordDecoder(STAR, GENERATIONS, lambda: KEYS),
            Joiner(STAR, SCHEMAS),
            Stager(lambda: self.store),
            BlockSchemas(STAR),
        )
        opened: Any = self.runtime
        self._operator.open(opened)
        self._context: Any = Elements(State())

    def element(self, value: bytes) -> list[Part]:
        return [*map(Part.decode, self._operator.process_element(value, self._context))]

    def broadcast(self, value: bytes) -> list[Part]:
        found = self._operator.process_broadcast_element(value, self._context)
        return [*map(Part.decode, found)]

    def end_epoch(self, epoch: int) -> dict[tuple[Kind, str], Part]:
        """The parts of an epoch, of which the markers are the last elements."""
        assert self.element(marker(Edge.FACTS, epoch)) == []
        assert self.broadcast(marker(Edge.DIMENSIONS, epoch)) == []
        parts = self.element(marker(Edge.BLOCKS, epoch))
        assert {part.epoch for part in parts} <= {epoch}
        return {(part.kind, part.table): part for part in parts}


def company_block() -> bytes:
    return Block(Kind.DIMENSION, "company", batch(STAR, "company", [company(2)])).encode()


def test_a_frame_of_facts_is_decoded_joined_and_staged() -> None:
    task = Task()
    assert task.element(frame(line(), line("update"), line(weight="heavy"))) == []
    parts = task.end_epoch(7)
    assert {table for kind, table in parts if kind is Kind.ROWS} == REPORTS
    assert parts[Kind.ROWS, "sender_report"].rows == 2
    assert parts[Kind.DEAD_LETTERS, ""].rows == 1
    (account,) = parts[Kind.ACCOUNT, ""].accounts
    assert (account.table, account.read, account.dead_lettered) == ("consignment", 3, 1)
    counts = task.runtime.counts
    for metric, count in (("recordsRead", 3), ("factsJoined", 2), ("rowsStaged", 6)):
        assert counts[GROUP, metric] == count


def test_what_comes_between_the_markers_of_an_epoch_belongs_to_it() -> None:
    task = Task()
    task.element(marker(Edge.FACTS, 1))
    task.broadcast(company_block())
    task.broadcast(marker(Edge.DIMENSIONS, 1))
    account = Account("s", "0", "consignment", "1", "2", 2, 0, 2, 0, None)
    task.element(Block(Kind.ACCOUNT, "", Account.to_batch([account])).encode())
    parts = {part.kind: part for part in task.element(marker(Edge.BLOCKS, 1))}
    assert parts[Kind.PATCHES].rows == 1
    assert parts[Kind.ACCOUNT].accounts == (account,)
    assert task.end_epoch(2) == {}


def test_a_routed_block_of_facts_is_joined_like_a_frame() -> None:
    task = Task()
    task.broadcast(company_block())
    facts = Block(Kind.FACTS, "consignment", fact_batch())
    task.element(facts.encode())
    assert {table for kind, table in task.end_epoch(1) if kind is Kind.ROWS} == REPORTS


def fact_batch() -> pa.RecordBatch:
    decoder = RecordDecoder(STAR, GENERATIONS, lambda: KEYS)
    context: Any = Runtime()
    decoder.open(context)
    (block, *_) = decoder.decode(read_frame(frame(line())))
    assert block.kind is Kind.FACTS
    return block.batch


def test_markers_of_every_sender_are_awaited() -> None:
    task = Task(subtask=1, subtasks=2)
    task.element(frame(line()))
    found = [
        task.element(marker(Edge.FACTS, 1, 1, 2)),
        *(task.element(marker(Edge.BLOCKS, 1, sender, 2)) for sender in range(2)),
        *(task.broadcast(marker(Edge.DIMENSIONS, 1, sender, 2)) for sender in range(2)),
    ]
    assert [len(parts) for parts in found] == [0, 0, 0, 0, 3]


def test_a_dimension_change_in_a_frame_of_facts_stops_the_job() -> None:
    with pytest.raises(DimensionAmongFactsError, match=r"changes of dimension region \(<2 records"):
        Task().element(frame(line(), region()))


def test_what_is_neither_frame_nor_block_nor_marker_is_refused() -> None:
    for value in (b"", b"C" + b"\0" * 8, b"SJP\x01" + b"\0" * 8):
        with pytest.raises(BlockError):
            Task().element(value)
    with pytest.raises(FrameError):
        Task().element(frame(line())[:-1])
    with pytest.raises(EpochOrderError):
        Task().element(marker(Edge.FACTS, 1, 1, 2))
