"""A history's job on Flink: started, stopped with a savepoint, started at another parallelism."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from infra.local.cluster import FlinkCluster
from infra.local.configuration import LocalRun
from infra.local.minicluster import MiniCluster
from infra.local.toolchain import connectors_jar
from tests.histories.history import History, history_on_stack

# Both are short so that there are many commits in little time.
_CHECKPOINT_INTERVAL: Final = "500 ms"
_BUNDLE_MILLISECONDS: Final = 50

# Given a parallelism and the savepoint to start from: a running job, and what stops it with the
# next savepoint.
_Start = Callable[[int, str | None], AbstractContextManager[Callable[[], str]]]


def on_mini_cluster(seed: int, folder: Path, parallelisms: Sequence[int], pieces: int) -> History:
    """One mini cluster after the other. Raises AssertionError when the warehouse is wrong."""
    with history_on_stack(seed, folder) as (stack, history):

        @contextmanager
        def start(parallelism: int, savepoint: str | None) -> Iterator[Callable[[], str]]:
            run = _run(folder, parallelism=parallelism, restore_from=savepoint)
            with MiniCluster(run, stack.properties, folder, stack.environment()) as job:
                history.commits.during(job.wait_until_running)
                yield job.stop_with_savepoint

        _play(history, parallelisms, pieces, start)
        return history


def on_cluster(seed: int, folder: Path, parallelisms: Sequence[int], pieces: int) -> History:
    """Job after job on one cluster of several processes. Raises as `on_mini_cluster`."""
    with history_on_stack(seed, folder) as (stack, history):
        run = _run(folder, parallelism=max(parallelisms))
        with FlinkCluster(run, folder / "cluster", stack.environment()) as cluster:

            @contextmanager
            def start(parallelism: int, savepoint: str | None) -> Iterator[Callable[[], str]]:
                def submit() -> str:
                    job = cluster.submit(
                        stack.properties, parallelism=parallelism, restore_from=savepoint
                    )
                    cluster.wait_until_running(job)
                    return job

                job = history.commits.during(submit)
                yield lambda: cluster.stop_with_savepoint(job)

            _play(history, parallelisms, pieces, start)
        return history


def _play(history: History, parallelisms: Sequence[int], pieces: int, start: _Start) -> None:
    """The history on start after start; each but the last stops in the middle of things."""
    savepoint = None
    for number, parallelism in enumerate(parallelisms, start=1):
        with start(parallelism, savepoint) as stop:
            history.pieces(pieces)
            if number == len(parallelisms):
                history.end()
            savepoint = history.commits.during(stop)


def _run(folder: Path, **changes: Any) -> LocalRun:
    return LocalRun(
        state=folder / "state",
        jar=connectors_jar(),
        checkpoint_interval=_CHECKPOINT_INTERVAL,
        bundle_milliseconds=_BUNDLE_MILLISECONDS,
        short_lived=True,
        **changes,
    )
