"""Staging of one subtask: repeated uploads are counted, each epoch has its own time."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.metrics import GROUP
from connectors.staging import waiting
from connectors.staging.errors import StagingUnavailableError
from connectors.staging.part import Part
from connectors.staging.stager import Stager
from tests.unit.staging.test_writer import Store, rows
from tests.unit.test_metrics import Context, Counter


class Failing(Store):
    """A store that does not take so many uploads before the next one."""

    failures = 0

    def put(self, key: str, body: bytes) -> str:
        if self.failures:
            self.failures -= 1
            message = "writing failed"
            raise StagingUnavailableError(message)
        return super().put(key, body)


class Task:
    def __init__(self, **settings: Any) -> None:
        self.store, self.runtime = Failing(), Context()
        self.stager = Stager(lambda: self.store, **settings)
        opened: Any = self.runtime
        self.stager.open(opened)

    def epoch(self, number: int) -> list[Part]:
        self.stager.begin()
        self.stager.add(rows("one", 1))
        return [Part.decode(data) for data in self.stager.close(number)]

    @property
    def repeated(self) -> int:
        return self.runtime.counts[GROUP, "uploadsRepeated"]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_FIRST_PAUSE_SECONDS", 0.0)


def test_an_upload_that_fails_for_a_while_is_repeated_and_counted() -> None:
    task = Task()
    assert task.repeated == 0
    task.store.failures = 4
    (part,) = task.epoch(7)
    assert (part.epoch, part.rows) == (7, 1)
    assert task.store.read(part)["a"].to_pylist() == [1]
    assert task.repeated == 4


def test_no_repetition_is_reported_with_the_first_element_and_not_in_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyFlink drops what is counted in `open`."""
    reported = []
    monkeypatch.setattr(Counter, "inc", lambda self, n: reported.append((self._path[-1], n)))
    task = Task()
    assert reported == []
    task.stager.begin()
    assert ("uploadsRepeated", 0) in reported


def test_without_time_for_it_nothing_is_repeated() -> None:
    task = Task(retry_seconds=0)
    task.store.failures = 1
    with pytest.raises(StagingUnavailableError, match="may be repeated for 0 s"):
        task.epoch(7)
    assert task.repeated == 0


def test_each_epoch_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(retry_seconds=100)
    for number in range(3):
        task.store.failures = 2
        now = iter(range(0, 10_000, 30))
        monkeypatch.setattr(task.stager._store, "_clock", now.__next__)
        assert len(task.epoch(number)) == 1


def test_a_staged_part_names_the_key_of_its_values() -> None:
    (part,) = Task(key_id="aa").epoch(7)
    assert part.key_id == "aa"
