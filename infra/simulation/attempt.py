"""One start of the job: the real operators, wired as `flink_app.job` wires them.

    source+gather+split+decode (P)
      == facts, blocks by route, dimensions broadcast ==> denormalise (P)
      -- staged --> signal (1) -- signalled --> load (1)

Every method is one thing that can happen next; the history chooses which.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.accounts import Tip
from connectors.blocks import route_of
from connectors.epochs.signals import Edge
from connectors.floors import NO_FLOORS, Floors
from connectors.kinesis.frame import write_frame
from connectors.kinesis.gap import write_gap
from connectors.kinesis.gathering import FrameGatherer
from connectors.kinesis.sure_facts import FactSplitter
from connectors.kinesis.tip import write_tip
from connectors.metrics import GROUP, Gauge
from connectors.redshift.cuts import CutRule
from connectors.redshift.loader import Loader
from connectors.redshift.operator import Load
from connectors.redshift.pruning import Cutoffs
from connectors.redshift.schedule import AT_EVERY_CHECKPOINT, Schedule
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.sweep import Floor
from connectors.staging.stager import Stager
from flink_app.declaration import Star
from flink_app.decode.decoder import RecordDecoder
from flink_app.decode.fact_names import find_fact_names
from flink_app.decode.operator import DIMENSIONS, Decode
from flink_app.denormalise.joiner import Joiner
from flink_app.denormalise.operator import Denormalise
from flink_app.positions.position import floor_position
from flink_app.privacy.keys import PrivacyKeys
from flink_app.schemas import BlockSchemas
from infra.simulation.channels import Barrier, Checkpoint, Element, Gate
from infra.simulation.database import BOOKKEEPING
from infra.simulation.doubles import Context, Deferred, DictState
from infra.simulation.faults import Warehouse
from infra.simulation.gaps import gap_at
from infra.simulation.source import FIRST_SEQUENCE, Source


@dataclass(frozen=True)
class Job:
    """What all attempts share.

    Attributes:
        pruning: what the bookkeeping tables need no more, for as long as an attempt prunes them.
        prunes: whether attempts prune them by themselves.
        cut_rule: what cuts assume of the stream; None where it has no tips.
    """

    star: Star
    spec: WarehouseSpec
    schemas: BlockSchemas
    keys: PrivacyKeys
    source: Source
    database: Warehouse
    pruning: Callable[[Attempt], AbstractContextManager[Cutoffs]]
    prunes: bool = False
    schedule: Schedule = AT_EVERY_CHECKPOINT
    cut_rule: CutRule | None = None

    @property
    def key_id(self) -> str:
        """Of the key of the tokens, as the graph has it."""
        return self.keys.key_id if self.star.tokenises else ""


class _Loader(Loader):
    """The loader, and what may be pruned while it prunes."""

    def __init__(self, attempt: Attempt, **settings: Any) -> None:
        super().__init__(attempt.job.spec, pruning=lambda _: self._cutoffs, **settings)
        self._attempt = attempt
        self._cutoffs: Cutoffs

    @property
    def prunes(self) -> bool:
        return self._attempt.job.prunes

    def prune(self, number: int) -> Cutoffs | None:
        with self._attempt.job.pruning(self._attempt) as self._cutoffs:
            return super().prune(number)


class Attempt:
    """One start.

    Args:
        job: what all attempts share.
        number: of the start; later ones have greater numbers.
        parallelism: of all stages but signal and load.
        restored: the checkpoint that the state comes from; number 0 is the empty beginning.
        clock: seconds, for the load's back-off.
        floors: the setting at the start; the generations are those of the source.
    """

    def __init__(  # noqa: PLR0917
        self,
        job: Job,
        number: int,
        parallelism: int,
        restored: Checkpoint,
        clock: Any,
        floors: Floors = NO_FLOORS,
    ) -> None:
        self.job = job
        self.number = number
        self.parallelism = parallelism
        self.restored = restored
        self.floors = floors
        shards = range(len(job.source.shards))
        self.offsets = {shard: restored.offsets.get(shard, 0) for shard in shards}
        self.gaps = {shard: restored.gaps.get(shard, 0) for shard in shards}
        self.checkpoint: Checkpoint | None = None
        self.announced = self.failed = False
        self._announced_shards: set[int] = set()
        self._injected: set[int] = set()
        generations, key_id = job.source.generations, job.key_id
        known = self._open_loader().log_points()

        def make_decoder() -> RecordDecoder:
            return RecordDecoder(
                job.star,
                generations,
                lambda: job.keys,
                floors=floors,
                key_id=key_id,
                log_points=known,
            )

        self._gatherers = [FrameGatherer() for _ in self._all]
        self._splitters = [FactSplitter(find_fact_names(job.star)) for _ in self._all]
        self._decode = [Decode(make_decoder()) for _ in self._all]
        self._denormalise = [
            Denormalise(
                make_decoder(),
                Joiner(job.star, job.schemas, floors=floors, key_id=key_id),
                # The database is of one thread, and an attempt is repeated from its seed.
                Stager(lambda: job.database, floors=floors, key_id=key_id, uploads=1),
                job.schemas,
            )
            for _ in self._all
        ]
        self._contexts = [Context(i, parallelism, self._dimensions(i)) for i in self._all]
        for i, context in enumerate(self._contexts):
            self._decode[i].open(context)
            self._denormalise[i].open(context)
        self.joins = [
            Gate([(edge, sender) for edge in Edge for sender in self._senders(edge, i)])
            for i in self._all
        ]
        self.signal = Gate(self._all)
        self.loading = Gate(["signalled"])
        self.work = Deferred()
        self._completed = DictState(restored.completed)
        further = {"completed checkpoints": self._completed}
        self._load_context = Context(0, 1, DictState(restored.pending), further)
        self._load = Load(self._open_loader, self.job.spec.sources, schedule=job.schedule)
        self._load.open(self._load_context)
        self._load._coordinator._work = self.work  # type: ignore[assignment]
        self._load._coordinator._clock = clock

    @property
    def _all(self) -> range:
        return range(self.parallelism)

    def _senders(self, edge: Edge, subtask: int) -> Iterable[int]:
        """Whom a joining subtask is sent something by."""
        return [subtask] if edge is Edge.FACTS else self._all

    def _dimensions(self, subtask: int) -> DictState[str, bytes]:
        """Each subtask gets its own broadcast state back, new ones that of another."""
        kept = self.restored.dimensions
        return DictState(kept[subtask % len(kept)] if kept else None)

    def _open_loader(self) -> Loader:
        return _Loader(
            self,
            application="simulation",
            bookkeeping_schema=BOOKKEEPING,
            copy_role="default",
            connect=partial(self.job.database.connect, self.number),
            manifests=self.job.database,
            floor=Floor(self.floors, floor_position),
            key_id=self.job.key_id,
            cut_rule=self.job.cut_rule or CutRule(),
        )

    # -- records

    def count_unread(self, shard: int) -> int:
        """Records and gaps of the shard."""
        source = self.job.source
        records = len(source.shards[shard]) - self.offsets[shard]
        return records + len(source.gaps[shard]) - self.gaps[shard]

    def read(self, shard: int, count: int, *, holds: bool = False) -> None:
        """What is next in the shard: a gap, or the records up to the next one.

        Where it `holds`, records wait for `hand_on`, or for the next barrier.
        """
        start, gaps = self.offsets[shard], self.job.source.gaps[shard][self.gaps[shard] :]
        if gaps and gaps[0] == start:
            self.gaps[shard] += 1
            self._into_decode(shard, write_gap(gap_at(shard, start, FIRST_SEQUENCE)))
        else:
            self._read_records(shard, start, min([start + count, *gaps]))
        if not holds:
            self.hand_on(shard % self.parallelism)

    def _read_records(self, shard: int, start: int, end: int) -> None:
        records = self.job.source.shards[shard][start:end]
        numbers = range(FIRST_SEQUENCE + start, FIRST_SEQUENCE + start + len(records))
        self.offsets[shard] += len(records)
        frame = write_frame(
            stream="changes",
            shard=str(shard),
            sequence_numbers=[str(number) for number in numbers],
            partition_keys=[None] * len(records),
            arrival_millis=[
                record.arrival_ms(number) for record, number in zip(records, numbers, strict=True)
            ],
            records=[record.data for record in records],
        )
        self._into_decode(shard, frame)
        if self.job.cut_rule is not None and shard not in self._announced_shards:
            self._announce(shard, None)

    def tip(self, shard: int) -> None:
        """The shard was read to its end, and as much as that says was committed before."""
        assert self.job.cut_rule is not None
        until = self.job.source.complete_until(shard) // 1_000
        self._announce(shard, until + self.job.cut_rule.lag_seconds * 1_000)

    def _announce(self, shard: int, read_until_ms: int | None) -> None:
        self._announced_shards.add(shard)
        width = 2**128 // len(self.offsets)
        first, last = shard * width, (shard + 1) * width - 1
        if shard == len(self.offsets) - 1:
            last = 2**128 - 1
        tip = Tip(
            "changes",
            str(shard),
            read_until_ms,
            first_hash_key=str(first),
            last_hash_key=str(last),
        )
        self._into_decode(shard, write_tip(tip))

    def _into_decode(self, shard: int, element: bytes) -> None:
        """An element of the source goes into its subtask."""
        subtask = shard % self.parallelism
        for gathered in self._gatherers[subtask].add(element):
            self._split_and_decode(subtask, gathered)

    def list_holding(self) -> list[int]:
        """Subtasks that hold records which were read."""
        return [i for i in self._all if self._gatherers[i].holds]

    def hand_on(self, subtask: int) -> None:
        """The time for which records are held has passed."""
        for gathered in self._gatherers[subtask].hand_on():
            self._split_and_decode(subtask, gathered)

    def _split_and_decode(self, subtask: int, element: bytes) -> None:
        facts, rest = self._splitters[subtask].split(element)
        if facts is not None:
            self.joins[subtask].channels[Edge.FACTS, subtask].append(facts)
        for output in (
            output
            for element in rest
            for output in self._decode[subtask].process_element(element, None)
        ):
            if isinstance(output, tuple):
                assert output[0] == DIMENSIONS
                for join in self.joins:
                    join.channels[Edge.DIMENSIONS, subtask].append(output[1])
            else:
                join = self.joins[route_of(output)]
                join.channels[Edge.BLOCKS, subtask].append(output)

    def move(self, gate: Gate, name: Hashable) -> None:
        """The next element of a channel is processed."""
        element = gate.take(name)
        if element is None:
            return
        if gate is self.loading:
            self._into_load(element)
        elif gate is self.signal:
            self.loading.channels["signalled"].append(element)
        else:
            self._into_join(self.joins.index(gate), name, element)

    def _into_join(self, subtask: int, name: Any, element: Element) -> None:
        staged = self.signal.channels[subtask]
        if isinstance(element, Barrier):
            if not element.cancelled and self._is_current(element):
                content = dict(self._contexts[subtask].state.content)
                self.checkpoint.dimensions[subtask] = content  # type: ignore[union-attr]
            staged.append(element)
            return
        join, context = self._denormalise[subtask], self._contexts[subtask]
        edge, _ = name
        process = (
            join.process_broadcast_element if edge is Edge.DIMENSIONS else join.process_element
        )
        staged.extend(process(element, context))

    def _into_load(self, element: Element) -> None:
        if not isinstance(element, Barrier):
            self._load.process_element(element, self._load_context)
        elif self._is_current(element) and not element.cancelled:
            assert self.checkpoint is not None
            self.checkpoint.pending = dict(self._load_context.state.content)
            self.checkpoint.completed = dict(self._completed.content)

    def _is_current(self, barrier: Barrier) -> bool:
        return self.checkpoint is not None and self.checkpoint.number == barrier.checkpoint

    # -- checkpoints

    def trigger(self, number: int) -> None:
        """The job manager begins a checkpoint."""
        self.checkpoint = Checkpoint(number)
        self._injected = set()

    def list_uninjected(self) -> list[int]:
        return [i for i in self._all if self.checkpoint and i not in self._injected]

    def inject(self, subtask: int) -> None:
        """A source writes its offsets and sends the barrier."""
        assert self.checkpoint is not None
        self._hand_on_before_barrier(subtask)
        self._injected.add(subtask)
        for shard, offset in self.offsets.items():
            if shard % self.parallelism == subtask:
                self.checkpoint.offsets[shard] = offset
                self.checkpoint.gaps[shard] = self.gaps[shard]
        number = self.checkpoint.number
        for receiver, join in enumerate(self.joins):
            for edge in Edge:
                if subtask in self._senders(edge, receiver):
                    channel = join.channels[edge, subtask]
                    channel.append(self._marker(number, edge, receiver, subtask))
                    channel.append(Barrier(number))

    def _hand_on_before_barrier(self, subtask: int) -> None:
        """As `FrameGatherer.java` does it."""
        self.hand_on(subtask)

    def _marker(self, epoch: int, edge: Edge, route: int, subtask: int) -> bytes:
        """As `EpochMarker.java` makes it."""
        head = struct.pack("<ccH", b"E", edge.value, route if edge is Edge.BLOCKS else 0)
        return head + struct.pack(">qqq", epoch, subtask, self.parallelism)

    def is_acknowledged(self) -> bool:
        checkpoint = self.checkpoint
        return (
            checkpoint is not None
            and not self.list_uninjected()
            and len(checkpoint.dimensions) == self.parallelism
            and checkpoint.pending is not None
        )

    def abort(self, heard: list[Gate]) -> None:
        """The checkpoint is given up; `heard` learn it at once, the others never."""
        assert self.checkpoint is not None
        for gate in heard:
            gate.aborted.add(self.checkpoint.number)
        self.checkpoint = None

    # -- signals and the load

    def announce(self) -> None:
        """The signal operator's timer: the job runs, and where it was restored from."""
        self.announced = True
        restored = self.restored.number or -1
        started = b"R" + struct.pack(">qq", restored, self.number)
        self.loading.channels["signalled"].append(started)

    def notify(self, number: int) -> None:
        """The signal operator learns that a checkpoint is complete."""
        self.loading.channels["signalled"].append(b"C" + struct.pack(">q", number))

    def prune(self) -> None:
        """The load's task prunes the bookkeeping tables, whatever else it does."""
        self._load._coordinator._loader.prune(self.number)

    def end(self) -> None:
        """The load's task has failed: nothing of it goes on."""
        self._load_context.timer_set = False
        self.loading.channels["signalled"].clear()

    @property
    def timer_set(self) -> bool:
        return self._load_context.timer_set

    def look(self) -> None:
        """The load's timer."""
        self._load_context.timer_set = False
        list(self._load.on_timer(0, self._load_context))

    @property
    def load_metrics(self) -> Counter[tuple[str, ...]]:
        """What the load has counted, by group and name."""
        return self._load_context.metrics

    def load_gauge(self, gauge: Gauge) -> int:
        """What the load reports now."""
        return self._load_context.gauges[GROUP, gauge.label]()

    def list_pending(self) -> list[str]:
        """Names of the parts that wait to be loaded."""
        return list(self._load_context.state.content)

    def is_idle(self) -> bool:
        """Whether nothing waits to be loaded, and nothing is under way."""
        return not self.list_pending() and not self.work.busy

    def gates(self) -> list[Gate]:
        return [self.loading, self.signal, *self.joins]
