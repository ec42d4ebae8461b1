"""Guards of the function that decodes facts, joins and stages: its markers, and what it sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.blocks import Block, Kind
from connectors.epochs.markers import EpochMarkers
from connectors.epochs.signals import Edge, EpochEnds
from connectors.kinesis.frame import read_frame
from flink_app.decode import decoder
from flink_app.decode.fact_names import find_fact_names
from flink_app.denormalise.operator import Denormalise
from infra.simulation import attempt
from tests.simulation.plan_mutations import Patch


def ended_by_facts_alone() -> list[Patch]:
    """Markers of one input suffice."""

    def add(_: EpochMarkers, marker: EpochEnds) -> int | None:
        return marker.epoch if marker.edge is Edge.FACTS else None

    return [(EpochMarkers, "add", add)]


def ended_by_one_sender_of_each_edge() -> list[Patch]:
    """The first marker of each edge is taken for those of all its senders."""

    def add(self: Any, marker: EpochEnds) -> int | None:
        seen = self.__dict__.setdefault("seen", {})
        edges = seen.setdefault(marker.epoch, set())
        if marker.edge in edges:
            return None
        edges.add(marker.edge)
        return marker.epoch if len(edges) == len(Edge) else None

    return [(EpochMarkers, "add", add)]


def counted_whatever_their_epoch() -> list[Patch]:
    """As many markers as there are channels end an epoch, also those of two checkpoints."""

    def add(self: Any, marker: EpochEnds) -> int | None:
        self.count = getattr(self, "count", 0) + 1
        if self.count < len(self._newest):
            return None
        self.count = 0
        return marker.epoch

    return [(EpochMarkers, "add", add)]


def patches_behind_a_marker_lost() -> list[Patch]:
    """What comes broadcast between the first marker of an epoch and its last is not staged."""
    broadcast = Denormalise.process_broadcast_element

    def process(self: Any, value: bytes, ctx: Any) -> Iterator[bytes]:
        stage = self._stager.add
        if any(newest > self._markers._ended for newest in self._markers._newest.values()):
            self._stager.add = lambda _: None
        yield from broadcast(self, value, ctx)
        self._stager.add = stage

    return [(Denormalise, "process_broadcast_element", process)]


def frames_held_over_a_barrier() -> list[Patch]:
    """The gatherer keeps what it holds when a barrier passes."""
    return [(attempt.Attempt, "_hand_on_before_barrier", lambda *_: None)]


def dimensions_pass_as_facts() -> list[Patch]:
    """The rule takes every table for one of facts, and the joining subtask drops dimensions."""

    def every_name(star: Any) -> tuple[str, ...]:
        names = {star.declaration.source_of(table)[1] for table in star.dimensions}
        return (*find_fact_names(star), *sorted(names - {*find_fact_names(star)}))

    def decode_facts(self: Any, frame: bytes) -> Iterator[Block]:
        decoded = self._decoder.decode(read_frame(frame))
        return (block for block in decoded if block.kind is not Kind.DIMENSION)

    return [
        (attempt, "find_fact_names", every_name),
        (decoder, "find_fact_names", every_name),
        (Denormalise, "_decode_facts", decode_facts),
    ]
