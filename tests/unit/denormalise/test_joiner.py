"""The join of one subtask: when the mirror is rebuilt, who emits a patch, what passes."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.accounts import DIMENSION, Outcome, sum_by_group
from connectors.blocks import Block, Kind
from connectors.floors import Floors
from connectors.metrics import GROUP
from flink_app.declaration import Star
from flink_app.denormalise.joiner import Joiner
from flink_app.schemas import BlockSchemas
from tests.unit.denormalise.histories import Change, batch
from tests.unit.denormalise.test_durable import State, region
from tests.unit.denormalise.test_join import company, fact, port
from tests.unit.stars import freight, placed_freight
from tests.unit.test_metrics import Context as MetricsContext

STAR: Final = freight()
SCHEMAS: Final = BlockSchemas(STAR)


class Runtime(MetricsContext):
    """A runtime context: the subtask's place."""

    def __init__(self, subtask: int = 0, parallelism: int = 1) -> None:
        super().__init__()
        self._place = subtask, parallelism

    def get_index_of_this_subtask(self) -> int:
        return self._place[0]

    def get_number_of_parallel_subtasks(self) -> int:
        return self._place[1]


class Elements:
    """The context of an element: broadcast state, the same for every call."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get_broadcast_state(self, descriptor: Any) -> State:
        assert descriptor.name == "dimensions"
        return self._state


def outcomes(blocks: list[Block]) -> list[Outcome]:
    found = [block.batch for block in blocks if block.kind is Kind.OUTCOME]
    return [outcome for batch in found for outcome in Outcome.from_batch(batch)]


class Task:
    """One subtask, opened."""

    def __init__(
        self,
        state: State,
        runtime: Runtime | None = None,
        star: Star = STAR,
        floor: int = 0,
        key_id: str = "",
    ) -> None:
        self._context: Any = Elements(state)
        self.runtime = runtime or Runtime()
        self._joiner = Joiner(star, BlockSchemas(star), floors=Floors(floor), key_id=key_id)
        opened: Any = self.runtime
        self._joiner.open(opened)

    def facts(self, *changes: Change) -> list[Block]:
        return self.element(Block(Kind.FACTS, "consignment", batch(STAR, "consignment", changes)))

    def element(self, block: Block) -> list[Block]:
        return list(self._joiner.join(block, self._context))

    def dimension(self, *changes: Change) -> list[Block]:
        table = changes[0].table
        block = Block(Kind.DIMENSION, table, batch(STAR, table, changes))
        return list(self._joiner.take_changes(block, self._context))


def test_a_fact_becomes_a_row_of_every_target_of_its_table() -> None:
    found = Task(State()).facts(fact(1), fact(2))
    assert [(block.kind, block.table, len(block.batch)) for block in found] == [
        (Kind.ROWS, "consignment_report", 2),
        (Kind.ROWS, "sender_report", 2),
    ]


def test_facts_join_what_came_before_and_older_news_are_none() -> None:
    task = Task(State())
    patch, outcome = task.dimension(company(2))
    assert (patch.kind, patch.table) == (Kind.PATCHES, "company")
    assert outcomes([outcome]) == [Outcome("company", DIMENSION, 1, 0)]
    assert outcomes(task.dimension(company(1, name="older"))) == [
        Outcome("company", DIMENSION, 0, 1, older_keys=1)
    ]
    report = task.facts(fact(3))[0].batch.to_pylist()
    assert [row["receiver_name"] for row in report] == ["a"]


@pytest.mark.parametrize("first", ["fact", "dimension"])
def test_after_a_restore_the_mirror_is_there_for_the_first_element_of_either_input(
    first: str,
) -> None:
    state = State()
    before = Task(state)
    before.dimension(port(1))
    before.dimension(company(2))
    restored = Task(state)
    if first == "fact":
        (row,) = restored.facts(fact(3))[0].batch.to_pylist()
        assert (row["receiver_name"], row["receiver_harbour"]) == ("a", "Bergen")
    else:
        # Known in a newer version.
        assert [block.kind for block in restored.dimension(company(1))] == [Kind.OUTCOME]
        patch, _ = restored.dimension(company(4))
        assert patch.batch.column("home_port__harbour").to_pylist() == ["Bergen"]


def test_the_state_is_read_once_after_a_start() -> None:
    state = State()
    task = Task(state)
    task.facts(fact(1))
    state.reads = 0
    task.facts(fact(2))
    assert state.reads == 0


def test_each_patch_is_emitted_by_one_subtask_and_all_keep_the_change() -> None:
    changes = [region(1, code=f"{number}") for number in range(30)]
    states = [State() for _ in range(3)]
    tasks = [Task(state, Runtime(subtask, 3)) for subtask, state in enumerate(states)]
    emitted = [
        code
        for task in tasks
        for block in task.dimension(*changes)
        if block.kind is Kind.PATCHES
        for code in block.batch.column("code").to_pylist()
    ]
    assert sorted(emitted) == sorted(f"{number}" for number in range(30))
    assert states[0].values == states[1].values == states[2].values
    counts = [task.runtime.counts["kinesisanalytics", "dimensionChanges"] for task in tasks]
    assert sum(counts) == 30
    assert min(counts) > 0


def test_a_subtask_that_owns_nothing_emits_nothing() -> None:
    tasks = [Task(State(), Runtime(subtask, 3)) for subtask in range(3)]
    assert sorted(len(task.dimension(region(1))) for task in tasks) == [0, 0, 2]


def test_each_change_is_counted_by_the_owner_of_its_key_alone() -> None:
    news = [region(position, code=f"{code}") for code in range(20) for position in (2, 3, 1)]
    late = [region(1, code=f"{code}") for code in range(0, 20, 2)]
    tasks = [Task(State(), Runtime(subtask, 3)) for subtask in range(3)]
    turns = ((news, 20, 40, 0), (late, 0, 10, 10), (news, 0, 60, 20))
    for changes, loaded, superseded, older_keys in turns:
        found = [o for task in tasks for o in outcomes(task.dimension(*changes))]
        assert len(found) <= 3
        assert sum_by_group(found) == [Outcome("region", DIMENSION, loaded, superseded, older_keys)]
    counts = [task.runtime.counts for task in tasks]
    assert sum(c[GROUP, "dimensionChanges"] for c in counts) == 20
    assert sum(c[GROUP, "dimensionChangesSuperseded"] for c in counts) == 110


@pytest.mark.parametrize("kind", [Kind.DEAD_LETTERS, Kind.RESTRICTED, Kind.ACCOUNT])
def test_blocks_without_rows_of_a_table_pass(kind: Kind) -> None:
    block = Block(kind, "", pa.RecordBatch.from_pylist([{}], schema=SCHEMAS(kind, "")), route=3)
    assert Task(State()).element(block) == [block]


def test_changes_of_a_dimension_that_is_kept_in_the_warehouse_pass() -> None:
    state = State()
    block = Block(Kind.DIMENSION, "port", batch(STAR, "port", [port(1), port(1)]), route=3)
    assert Task(state, star=placed_freight()).element(block) == [block]
    assert state.values == {}


def test_what_the_state_has_of_a_dimension_that_was_moved_is_handed_on_by_every_subtask() -> None:
    states = [State(), State()]
    for state in states:
        Task(state).dimension(port(1))
        Task(state).dimension(region(1))
    tasks = [
        Task(state, Runtime(subtask, 2), placed_freight()) for subtask, state in enumerate(states)
    ]
    for task in tasks:
        *handed_on, _, _ = task.facts(fact(3))
        found = [(block.kind, block.table, len(block.batch)) for block in handed_on]
        outcome = (Kind.OUTCOME, "", 1)
        assert found == [
            (Kind.DIMENSION, "region", 1),
            outcome,
            (Kind.DIMENSION, "port", 1),
            outcome,
        ]
        # They were counted as loaded when they came, and the load will count them once more.
        assert outcomes(handed_on) == [
            Outcome("region", DIMENSION, -1, 0),
            Outcome("port", DIMENSION, -1, 0),
        ]
        assert len(task.facts(fact(4))) == 2  # rows of both targets


def test_what_was_handed_on_is_forgotten_with_the_next_broadcast_element() -> None:
    state = State()
    Task(state).dimension(port(1))
    moved = Task(state, star=placed_freight())
    kinds = [block.kind for block in moved.dimension(company(2))]
    assert kinds == [Kind.DIMENSION, Kind.OUTCOME, Kind.PATCHES, Kind.OUTCOME]
    assert {key.partition("#")[0] for key in state.values} == {"company"}
    later = Task(state, star=placed_freight())
    assert [block.kind for block in later.facts(fact(3))] == [Kind.ROWS, Kind.ROWS]
    assert later.facts(fact(4))[0].batch.column("receiver_name").to_pylist() == ["a"]


def test_what_is_below_the_floor_is_not_handed_on() -> None:
    state = State()
    Task(state).dimension(region(1))
    assert [b.kind for b in Task(state, star=placed_freight()).facts(fact(3))[:1]] == [
        Kind.DIMENSION
    ]
    block, *_ = Task(state, star=placed_freight(), floor=2).facts(fact(3))
    assert (block.kind, len(block.batch)) == (Kind.DIMENSION, 0)
