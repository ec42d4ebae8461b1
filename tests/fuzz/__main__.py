"""The fuzz of decode, started from the command line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fuzz.command_line import parser
from tests.fuzz.inputs import Session, load, save
from tests.fuzz.many import DIED, HUNG, Tally, run, wrongness, wrongness_apart
from tests.fuzz.reach import unreached
from tests.fuzz.sessions import session
from tests.fuzz.shrink import shrunk

_SHOWN: Final = 5  # wrong sessions that are shrunk and written to files
_PROGRESS: Final = 10.0  # seconds
_TRACED: Final = 20_000  # inputs; traced ones are slow, and the last new line comes early
_APART_TRIES: Final = 60  # each starts a process


def main() -> int:
    """Runs what is asked for; 1 when something was wrong."""
    given = parser().parse_args()
    if given.reach:
        return _reach(given.seed, min(given.inputs, _TRACED))
    if given.replay:
        return _explain(load(given.replay), given.out / f"smaller-{given.replay.name}")
    if given.session is not None:
        path = given.out / f"seed-{given.seed}-session-{given.session}.json"
        return _explain(session(given.seed, given.session), path)
    return _many(given.seed, given.inputs, given.jobs, given.out)


def _many(seed: int, inputs: int, jobs: int, out: Path) -> int:
    began = reported = time.monotonic()
    tally = Tally()
    for tally in run(seed, inputs, jobs):
        if time.monotonic() - reported > _PROGRESS:
            reported = time.monotonic()
            _say(_summary(tally, reported - began))
    _say(_summary(tally, time.monotonic() - began))
    _say(
        "dead letters: " + ", ".join(f"{n} {what}" for what, n in tally.seen.reasons.most_common())
    )
    for number, (_, message) in sorted(tally.wrong.items())[:_SHOWN]:
        _say(f"\nseed {seed}, session {number}: {message}")
        _explain(session(seed, number), out / f"seed-{seed}-session-{number}.json")
    return 1 if tally.wrong else 0


def _summary(tally: Tally, seconds: float) -> str:
    seen = tally.seen
    return (
        f"{seen.records:,} inputs in {seen.blocks:,} blocks, {seconds:.0f} s: {seen.changes:,} "
        f"changed, {seen.reasons.total():,} dead letters, {seen.passed_over:,} passed over; "
        f"{seen.by_rows:,} record by record; {seen.refused_frames} frames refused; "
        f"{len(tally.wrong)} sessions wrong"
    )


def _explain(given: Session, path: Path) -> int:
    """Says what is wrong with a session and writes its shortest form to a file."""
    found = wrongness_apart(given)
    if found is None:
        _say(f"nothing is wrong: {given.records} records in {len(given.blocks)} blocks")
        return 0
    kind, message = found
    _say(f"{message}\nshrinking {given.records} records")
    apart = kind in {DIED, HUNG}
    look = wrongness_apart if apart else wrongness
    tries = {"tries": _APART_TRIES} if apart else {}
    small = shrunk(given, _as_wrong(look, kind), **tries)
    save(small, path, wrong=kind)
    for block in small.blocks:
        for record in block.records:
            _say(f"  {record[:500]!r}")
    _say(f"python3 build.py fuzz --replay {path}")
    return 1


def _as_wrong(
    look: Callable[[Session], tuple[str, str] | None], kind: str
) -> Callable[[Session], bool]:
    return lambda given: (look(given) or ("", ""))[0] == kind


def _reach(seed: int, inputs: int) -> int:
    lines, every, last = unreached(seed, inputs)
    _say("\n".join(lines))
    _say(f"{every - len(lines)} of {every} lines reached, the last of them by input {last:,}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
