"""Fault injection: which statement fails, how, and how often.

Owns the rules and their state in the emulator's process; `control.py` adds them from outside.

A rule strikes at a statement whose text matches, `before` PostgreSQL gets it, `during` it (a COPY
with part of its data sent), or `after` it is done and before its reply. It then:

- `close`: closes the client's connection,
- `reset`: resets it,
- `hang`: holds the session until it is released, then continues normally. The time counts towards
  `statement_timeout`, which ends the statement with an error, unless the statement is done,
- `fail`: answers with an error; before and during only.

A session cut inside a transaction block is rolled back. Outside of one a COPY that has begun
continues without its client, as on Redshift.
"""

from __future__ import annotations

import asyncio
import enum
import re
from dataclasses import dataclass, field

from infra.redshift_emulator.errors import (
    INTERNAL,
    BadRuleError,
    EmulatorError,
    RedshiftError,
    cancellation,
)


class When(enum.StrEnum):
    """When a rule strikes, relative to the statement."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class Action(enum.StrEnum):
    """What a rule does when it strikes."""

    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"
    FAIL = "fail"


class CutError(EmulatorError):
    """Ends the client's connection."""

    def __init__(self, action: Action) -> None:
        super().__init__(action.value)
        self.action = action


@dataclass(frozen=True)
class Rule:
    """One fault.

    Attributes:
        matching: regular expression, searched in the statement's text, ignoring case.
        having: if given, some statement of the same transaction must match it as well.
        skip: how many matching statements pass before the first strike.
        times: how often the rule strikes; later statements pass.
        message: the error's message, for `fail`.
        sqlstate: the error's SQLSTATE, for `fail`.
        detail: the error's detail, for `fail`; None for none.
    """

    matching: str
    when: When
    action: Action
    having: str | None = None
    skip: int = 0
    times: int = 1
    message: str = "injected fault"
    sqlstate: str = INTERNAL
    detail: str | None = None

    def __post_init__(self) -> None:
        if self.when is When.AFTER and self.action is Action.FAIL:
            text = "a rule that strikes after the statement cannot make it fail"
            raise BadRuleError(text)
        re.compile(self.matching)


@dataclass
class _ActiveRule:
    rule: Rule
    seen: int = 0
    struck: int = 0
    hanging: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def is_due(self, when: When, text: str, transaction: list[str]) -> bool:
        rule = self.rule
        if when != rule.when or not re.search(rule.matching, text, re.IGNORECASE):
            return False
        if rule.having is not None and not any(
            re.search(rule.having, statement, re.IGNORECASE) for statement in [*transaction, text]
        ):
            return False
        self.seen += 1
        return self.seen > rule.skip and self.struck < rule.times


class FaultBoard:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: dict[int, _ActiveRule] = {}
        self._next = 1
        self._changed = asyncio.Condition()
        self.refusing = False

    @property
    def armed(self) -> bool:
        """Whether some rule may still strike."""
        return any(active.struck < active.rule.times for active in self._rules.values())

    def add(self, rule: Rule) -> int:
        """Adds a rule; returns its number."""
        number, self._next = self._next, self._next + 1
        self._rules[number] = _ActiveRule(rule)
        return number

    def release(self, number: int) -> None:
        """Releases the sessions that this rule hangs, now and later."""
        active = self._rules[number]
        active.released.set()

    def clear(self) -> None:
        """Removes all rules and releases what hangs."""
        self.refusing = False
        for active in self._rules.values():
            active.released.set()
            active.struck = max(active.struck, active.rule.times)

    def status(self, number: int) -> dict[str, int]:
        """How often a rule has struck, and how many sessions it hangs."""
        active = self._rules[number]
        return {"struck": active.struck, "hanging": active.hanging}

    async def wait(self, number: int, count: int) -> None:
        """Waits until a rule has struck `count` times."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._rules[number].struck >= count)

    async def strike(
        self, when: When, text: str, transaction: list[str], limit: float | None = None
    ) -> None:
        """Applies the rules to this statement at this time.

        `limit` is the session's statement_timeout in seconds, None for no limit. Raises CutError to
        end the client's connection, RedshiftError to answer with an error.
        """
        for active in list(self._rules.values()):
            if not active.is_due(when, text, transaction):
                continue
            active.struck += 1
            action = active.rule.action
            if action is Action.HANG:
                await self._hang(active, None if when is When.AFTER else limit)
                continue
            await self._notify()
            if action is Action.FAIL:
                rule = active.rule
                raise RedshiftError(rule.message, sqlstate=rule.sqlstate, detail=rule.detail)
            raise CutError(action)

    async def _hang(self, active: _ActiveRule, limit: float | None) -> None:
        active.hanging += 1
        await self._notify()
        try:
            await asyncio.wait_for(active.released.wait(), limit)
        except TimeoutError:
            raise cancellation() from None
        finally:
            active.hanging -= 1
            await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
