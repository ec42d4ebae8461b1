from __future__ import annotations

import asyncio

import pytest

from infra.redshift_emulator.errors import BadRuleError, RedshiftError
from infra.redshift_emulator.faults import Action, CutError, FaultBoard, Rule, When


def strike(board: FaultBoard, when: When, text: str, *transaction: str) -> None:
    asyncio.run(board.strike(when, text, list(transaction)))


def test_only_the_right_statement_at_the_right_time() -> None:
    board = FaultBoard()
    board.add(Rule("^commit", When.AFTER, Action.CLOSE))
    strike(board, When.BEFORE, "COMMIT")
    strike(board, When.AFTER, "select 'commit'")
    with pytest.raises(CutError):
        strike(board, When.AFTER, "COMMIT")
    strike(board, When.AFTER, "COMMIT")

    assert not board.armed


def test_skip_and_times() -> None:
    board = FaultBoard()
    number = board.add(Rule("x", When.BEFORE, Action.FAIL, skip=1, times=2, message="no"))
    strike(board, When.BEFORE, "x")
    for _ in range(2):
        with pytest.raises(RedshiftError, match="no"):
            strike(board, When.BEFORE, "x")
    strike(board, When.BEFORE, "x")

    assert board.status(number) == {"struck": 2, "hanging": 0}


def test_having_looks_at_the_transaction() -> None:
    board = FaultBoard()
    board.add(Rule("^commit", When.BEFORE, Action.RESET, having="^copy"))
    strike(board, When.BEFORE, "commit", "begin", "insert into t values (1)")
    with pytest.raises(CutError) as cut:
        strike(board, When.BEFORE, "commit", "begin", "copy t from 's3://b/k'")

    assert cut.value.action is Action.RESET


def test_hanging_until_released() -> None:
    async def scenario() -> list[str]:
        board = FaultBoard()
        number = board.add(Rule("^commit", When.BEFORE, Action.HANG))
        happened: list[str] = []

        async def commit() -> None:
            await board.strike(When.BEFORE, "commit", [])
            happened.append("committed")

        task = asyncio.create_task(commit())
        await board.wait(number, 1)
        happened.append(f"hanging {board.status(number)['hanging']}")
        board.release(number)
        await task
        return happened

    assert asyncio.run(scenario()) == ["hanging 1", "committed"]


def test_what_is_done_cannot_fail() -> None:
    with pytest.raises(BadRuleError, match="cannot make it fail"):
        Rule("x", When.AFTER, Action.FAIL)


def test_clear_takes_everything_back() -> None:
    board = FaultBoard()
    board.add(Rule(".", When.BEFORE, Action.CLOSE, times=9))
    board.refusing = True
    board.clear()
    strike(board, When.BEFORE, "select 1")

    assert not board.refusing
