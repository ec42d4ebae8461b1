"""What follows from a declaration is derived once: at the start, never again for a block."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

import flink_app.declaration
from connectors.blocks import Block, Kind, decode
from flink_app.declaration import Star
from flink_app.decode.operator import DIMENSIONS
from flink_app.decode.plan import DecodePlan
from flink_app.denormalise.joiner import Joiner
from flink_app.denormalise.plan import JoinPlan
from flink_app.schemas import BlockSchemas
from flink_app.warehouse import warehouse_spec
from tests.unit.decode.records import GENERATIONS, UNCHANGED, company, line, port, record, region
from tests.unit.decode.subtask import frame, opened
from tests.unit.denormalise.test_durable import State
from tests.unit.denormalise.test_joiner import Elements, Runtime
from tests.unit.stars import freight, order_book, placed_freight, ticket_seller

FOLDER: Final = str(Path(flink_app.declaration.__file__).parent)
STAR_FILE: Final = str(Path(flink_app.declaration.__file__).with_name("star.py"))
# Looking up what has been derived, and a type's name in the detail of a dead letter.
NO_DERIVATION: Final = {"star._once.<locals>.answer_once", "types.ColumnType.__str__"}


@contextmanager
def derivations() -> Iterator[Counter[str]]:
    """Counts the calls into the declaration's package, by function."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(FOLDER):
            found[f"{Path(code.co_filename).stem}.{code.co_qualname}"] += 1

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)


class Job:
    """Decode and join of one subtask, connected as the job connects them."""

    def __init__(self, star: Star) -> None:
        self._decode, self._context = opened(star)
        self._schemas = BlockSchemas(star)
        self._joiner = Joiner(star, self._schemas)
        runtime: Any = Runtime()
        self._joiner.open(runtime)
        self._elements: Any = Elements(State())

    def run(self, *records: bytes) -> set[Kind]:
        """Which kinds of blocks one frame becomes."""
        found: list[Block] = []
        for out in self._decode.process_element(frame(*records), self._context):
            if isinstance(out, tuple):
                tag, block = out
                assert tag is DIMENSIONS
                found += self._joiner.take_changes(self._read(block), self._elements)
            else:
                found += self._joiner.join(self._read(out), self._elements)
        return {block.kind for block in found}

    def _read(self, data: bytes) -> Block:
        return decode(data, self._schemas)


def freight_records(operation: str) -> tuple[bytes, ...]:
    """One of every table, and one that becomes a dead letter."""
    unreadable = line(operation, weight="heavy")
    return (*(make(operation) for make in (region, port, company, line)), unreadable)


def unchanged_records(operation: str) -> tuple[bytes, ...]:
    """Rows with large columns, which updates leave out; some are in the before-image."""
    left_out = operation == "update"
    page = {"page": 1, "body": "text", "scan": "00ff"}
    visit = {"visit": 1, "part": 1, "page": 1, "note": "n", "log": None}
    if left_out:
        page, visit = {"page": 1, "body": None}, {"visit": 1, "part": 1, "page": 1, "log": None}
    return (
        record("page", page, operation, schema="u", before={"page": 1} if left_out else None),
        record("visit", visit, operation, schema="u", before={"log": "l"} if left_out else None),
    )


@pytest.mark.parametrize(
    ("star", "records"),
    [
        pytest.param(freight(), freight_records, id="broadcast"),
        pytest.param(placed_freight(), freight_records, id="warehouse"),
        pytest.param(UNCHANGED, unchanged_records, id="unchanged"),
    ],
)
def test_nothing_is_derived_for_a_block(
    star: Star, records: Callable[[str], tuple[bytes, ...]]
) -> None:
    job = Job(star)
    for operation in ("insert", "update"):
        assert {Kind.ROWS, Kind.ACCOUNT} <= job.run(*records(operation))
    with derivations() as found:
        for operation in ("insert", "update"):
            assert {Kind.ROWS, Kind.ACCOUNT} <= job.run(*records(operation))
    assert not {name: count for name, count in found.items() if name not in NO_DERIVATION}


def make_plans(star: Star) -> None:
    """Everything that a job derives from its declaration at the start."""
    for _ in range(2):
        BlockSchemas(star)
        JoinPlan(star)
        DecodePlan(star, GENERATIONS)
        warehouse_spec(star)


@pytest.mark.parametrize("make", [ticket_seller, order_book, freight])
def test_every_column_of_a_target_is_looked_up_once(make: Callable[[], Star]) -> None:
    star = Star(make().declaration)
    with derivations() as counted:
        make_plans(star)
    columns = sum(len(target.columns) for target in star.targets.values())
    assert counted["model.DeclarationParts.follow"] == columns


@contextmanager
def questions() -> Iterator[Counter[tuple[object, ...]]]:
    """Counts what a star derives, by method and arguments."""
    asked: Counter[tuple[object, ...]] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename == STAR_FILE:
            arguments = [frame.f_locals[name] for name in code.co_varnames[: code.co_argcount]]
            if len(arguments) > 1 and isinstance(arguments[0], Star):
                asked[code.co_qualname, *arguments[1:]] += 1

    sys.setprofile(note)
    try:
        yield asked
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("make", [ticket_seller, order_book, freight, placed_freight])
def test_no_question_is_answered_twice(make: Callable[[], Star]) -> None:
    star = Star(make().declaration)
    with questions() as asked:
        make_plans(star)
    assert len(asked) > 50
    assert not {question: count for question, count in asked.items() if count > 1}


def test_a_derivation_is_counted() -> None:
    with derivations() as found:
        Star(freight().declaration).wide_schema("sender_report")
    assert found["star.Star.wide_schema"] == 1
    assert found["star.Star._field"] > 1
