"""The watcher: what the accounts cover, and when."""

from __future__ import annotations

from typing import Any

import pytest
from redshift_connector.error import ProgrammingError

from tests.load.watcher import Seen, Watcher


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        self.time += 1
        return self.time

    def wait(self, seconds: float) -> bool:  # noqa: ARG002
        return False


class Warehouse:
    """A connection, its cursor, and the answers that it gives in turn."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Any]] = []

    def cursor(self) -> Warehouse:
        return self

    def execute(self, query: str, arguments: Any) -> None:
        self.asked.append((query, arguments))
        if isinstance(self.answers[0], BaseException):
            raise self.answers.pop(0)

    def fetchall(self) -> Any:
        return self.answers.pop(0)


def watcher(warehouse: Any) -> Watcher:
    return Watcher(warehouse, Clock(), "changes", "book")


def test_only_progress_is_remembered() -> None:
    warehouse = Warehouse(
        [("a", "0005", 5, 0)],
        [("a", "0005", 5, 0)],
        [("a", "0009", 9, 1), ("b", "0002", 2, 0)],
    )
    own = watcher(warehouse)
    for _ in range(3):
        own.look()
    assert own.seen.covered == {"a": [(1, 5), (3, 9)], "b": [(3, 2)]}
    assert own.seen.loaded == [(1, 5), (3, 11)]
    assert list(own.seen.looks) == [1, 2, 3]
    assert (own.seen.records, own.seen.dead_lettered) == (11, 1)
    query, arguments = warehouse.asked[0]
    assert '"book".account' in query
    assert arguments == ("changes",)


def test_before_the_job_has_made_its_tables_there_is_nothing() -> None:
    own = watcher(Warehouse(ProgrammingError({"C": "42P01"}), []))
    own.look()
    own.look()
    assert own.seen.records == 0
    assert not own.seen.covers({"a": 1})
    with pytest.raises(ProgrammingError):
        watcher(Warehouse(ProgrammingError({"C": "42501"}))).look()


def test_covers_asks_every_shard() -> None:
    seen = Seen(covered={"a": [(1, 5)], "b": [(1, 7)]})
    assert seen.covers({"a": 5, "b": 7})
    assert not seen.covers({"a": 6, "b": 7})
    assert not seen.covers({"c": 1})
    assert seen.covers({})


def test_an_error_of_the_thread_is_raised_by_check() -> None:
    with watcher(Warehouse(ProgrammingError({"C": "42501"}))) as own:
        own._thread.join()
        with pytest.raises(ProgrammingError):
            own.check()
