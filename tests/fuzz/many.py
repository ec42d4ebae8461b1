"""Very many sessions, over several processes that may die or hang: decode runs in C++ as well.

Each worker writes down the number of the session it is at before it starts it. So a process that
is gone has named the session that killed it, and another goes on behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from tests.fuzz.check import Seen, check_session
from tests.fuzz.fits import WrongError
from tests.fuzz.inputs import Session
from tests.fuzz.sessions import session

MakeSession = Callable[[int, int], Session]  # from a seed and a number

_CONTEXT: Final = get_context("spawn")
_REPORT: Final = 50  # sessions that a worker checks before it says what it saw
# A session takes some milliseconds; one that takes as long as this will not end.
_PATIENCE: Final = 120.0  # seconds
_NONE: Final = -1
_END: Final = 1 << 62  # a session number that no run comes to
DIED: Final = "the process died"
HUNG: Final = "decode hangs"


@dataclass
class Tally:
    """What became of the sessions so far; the wrong ones by number, each with kind and message."""

    seen: Seen = field(default_factory=Seen)
    wrong: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    at: Any  # shared: the number of the session that it is at
    heard: float  # when it last said something


def wrongness(given: Session) -> tuple[str, str] | None:
    """Kind and message of what is wrong with a session, in this process; None if nothing is."""
    try:
        check_session(given)
    except WrongError as error:
        return error.kind, str(error)
    return None


def wrongness_apart(given: Session) -> tuple[str, str] | None:
    """The same in a process of its own, which the session may kill."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_check_apart, args=(given, theirs))
    process.start()
    theirs.close()
    said = ours.poll(_PATIENCE)
    if not said:
        process.kill()
    process.join()
    if not said:
        return HUNG, f"no end after {_PATIENCE:.0f} s"
    try:
        found: tuple[str, str] | None = ours.recv()
    except EOFError:
        return DIED, f"with exit code {process.exitcode}"
    return found


def _check_apart(given: Session, pipe: Connection) -> None:
    pipe.send(wrongness(given))


def run(
    seed: int,
    inputs: int,
    jobs: int,
    of: MakeSession = session,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Tally]:
    """Sessions until so many records went through them; what is known so far, now and again.

    `now` gives seconds, by which a worker's silence is measured.
    """
    tally = Tally()
    workers = [_start(seed, range(lane, _END, jobs), of, now()) for lane in range(jobs)]
    try:
        while tally.seen.records < inputs:
            wait([worker.pipe for worker in workers], timeout=1.0)
            for lane, worker in enumerate(workers):
                while _hear(worker, tally):
                    worker.heard = now()
                fault = _fault(worker, now())
                if fault:
                    at = int(worker.at.value)
                    if at == _NONE:
                        message = f"a worker of the fuzz did not start: {fault[1]}"
                        raise RuntimeError(message)
                    _stop(worker)
                    tally.wrong[at] = fault
                    workers[lane] = _start(seed, range(at + jobs, _END, jobs), of, now())
            yield tally
    finally:
        for worker in workers:
            _stop(worker)


def _start(seed: int, lane: range, of: MakeSession, now: float) -> _Worker:
    ours, theirs = _CONTEXT.Pipe()
    at = _CONTEXT.Value("q", _NONE, lock=False)
    process = _CONTEXT.Process(target=_work, args=(seed, lane, of, theirs, at), daemon=True)
    process.start()
    theirs.close()  # so that a dead worker's pipe ends
    return _Worker(process, ours, at, now)


def _hear(worker: _Worker, tally: Tally) -> bool:
    """Takes in one report; False when there is none."""
    try:
        if not worker.pipe.poll():
            return False
        seen, wrong = worker.pipe.recv()
    except (EOFError, OSError):
        return False
    tally.seen.add(seen)
    tally.wrong |= wrong
    return True


def _fault(worker: _Worker, now: float) -> tuple[str, str] | None:
    if not worker.process.is_alive():
        return DIED, f"with exit code {worker.process.exitcode}"
    if worker.at.value == _NONE:
        worker.heard = now  # it still imports
    if now - worker.heard > _PATIENCE:
        return HUNG, f"no end after {_PATIENCE:.0f} s"
    return None


def _stop(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _work(seed: int, lane: range, of: MakeSession, pipe: Connection, at: Any) -> None:
    """Goes through the sessions of its lane; it is stopped from outside."""
    numbers = iter(lane)
    while True:
        seen = Seen()
        wrong: dict[int, tuple[str, str]] = {}
        for number in islice(numbers, _REPORT):
            at.value = number
            try:
                seen.add(check_session(of(seed, number)))
            except WrongError as error:
                wrong[number] = error.kind, str(error)
        pipe.send((seen, wrong))
