from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from connectors.redshift.coordinator import Background, BusyError

NAME = "background of a test"


def done(work: Background[int]) -> int | None:
    """The result, once the thread has ended."""
    for thread in threading.enumerate():
        if thread.name == NAME:
            assert thread.daemon
            thread.join(10)
    return work.take()


def fail() -> int:
    message = "no"
    raise KeyError(message)


def test_a_result_is_taken_once() -> None:
    work: Background[int] = Background(NAME)
    assert (work.busy, work.take()) == (False, None)
    work.submit(lambda: 7)
    assert done(work) == 7
    assert (work.busy, work.take()) == (False, None)


def test_work_goes_on_on_another_thread_while_the_caller_looks_in() -> None:
    work: Background[int] = Background(NAME)
    let_go = threading.Event()
    threads: list[threading.Thread] = []

    def call() -> int:
        threads.append(threading.current_thread())
        assert let_go.wait(10)
        return 1

    work.submit(call)
    assert (work.take(), work.busy) == (None, True)
    let_go.set()
    assert done(work) == 1
    assert threads != [threading.current_thread()]


def test_an_error_comes_out_where_the_result_is_taken() -> None:
    work: Background[int] = Background(NAME)
    work.submit(fail)
    with pytest.raises(KeyError, match="no"):
        done(work)
    assert not work.busy


@pytest.mark.parametrize("call", [lambda: 1, fail])
def test_one_at_a_time(call: Callable[[], int]) -> None:
    work: Background[int] = Background(NAME)
    work.submit(call)
    with pytest.raises(BusyError, match="is busy: take its result first"):
        work.submit(call)
    if call is fail:
        with pytest.raises(KeyError):
            done(work)
    else:
        done(work)


def count_down(number: int) -> Callable[[], int] | None:
    """The call that follows a result: the next smaller number, and an error below one."""
    return (lambda: number - 1) if number > 1 else fail


def test_a_result_says_what_follows_on_the_same_thread() -> None:
    work: Background[int] = Background(NAME)
    threads: list[threading.Thread] = []

    def follow(number: int) -> Callable[[], int] | None:
        threads.append(threading.current_thread())
        return (lambda: number - 1) if number else None

    work.submit(lambda: 2, follow)
    assert done(work) == 2
    assert [(work.take(), work.busy) for _ in range(2)] == [(1, True), (0, False)]
    assert len(set(threads)) == 1


def test_an_error_comes_after_the_results_before_it() -> None:
    work: Background[int] = Background(NAME)
    work.submit(lambda: 2, count_down)
    assert (done(work), work.take(), work.busy) == (2, 1, True)
    with pytest.raises(KeyError, match="no"):
        work.take()
    assert not work.busy
