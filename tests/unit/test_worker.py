"""A worker uses its freed memory again, instead of having the system clear new pages."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from connectors.failures import UnexpectedError
from flink_app.decode import operator as decode
from flink_app.denormalise import operator as denormalise
from tests.unit.stars import ROOT

ROUNDS, COPIES, MEBIBYTES, PAGES_A_MEBIBYTE = 20, 6, 6, 256
SCRIPT = f"""
import resource
from connectors.worker import prepare_worker

prepare_worker()

def work():
    copies = [b"x" * ({MEBIBYTES} << 20) for _ in range({COPIES})]

work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range({ROUNDS}):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_memory_of_one_element_serves_the_next() -> None:
    counted = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    touched = ROUNDS * COPIES * MEBIBYTES * PAGES_A_MEBIBYTE
    assert int(counted.stdout) < touched / 10


@pytest.mark.parametrize(
    ("module", "stage"),
    [(decode, decode.Decode), (denormalise, denormalise.Denormalise)],
)
def test_each_stage_prepares_its_worker_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, module: Any, stage: Any
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(module, "prepare_worker", lambda: calls.append("prepared"))
    with pytest.raises(UnexpectedError, match="AttributeError"):  # nothing else is there
        stage.open(stage.__new__(stage), runtime_context=None)
    assert calls == ["prepared"]
