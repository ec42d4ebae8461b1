"""The demo once by itself, or going on as a run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from infra.local import demo as local_demo
from infra.run import demo

Calls = list[tuple[str, Sequence[str]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    made: Calls = []

    def note(name: str, given: Sequence[str]) -> int:
        made.append((name, given))
        return 7

    monkeypatch.setattr(demo, "run", partial(note, "run"))
    monkeypatch.setattr(local_demo, "main", partial(note, "main"))
    return made


def test_the_demo_ends_by_itself(calls: Calls) -> None:
    assert demo.main(["--example", "order_book"]) == 7
    assert calls == [("main", ["--example", "order_book"])]


def test_an_interactive_demo_is_a_run_of_its_example(calls: Calls) -> None:
    assert demo.main(["--interactive", "--example", "order_book", "--keep", "logs"]) == 7
    assert calls == [("run", ["order_book", "--parallelism", "2", "--keep", "logs"])]
