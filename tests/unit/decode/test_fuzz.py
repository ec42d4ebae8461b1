"""A short run of the fuzz, the inputs that once were wrong, and whether the fuzz would tell."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from connectors.accounts import Account
from connectors.kinesis.frame import RecordBlock
from flink_app.decode import columns, read_schema, reading, value_columns
from flink_app.decode import plan as plans
from flink_app.decode.tally import Tally
from flink_app.decode.time_columns import TimeForm, times_from_text
from flink_app.records import values
from flink_app.records.arrays import Mask
from flink_app.records.plan import ReadColumn
from flink_app.records.rejected import Reason
from tests.fuzz.check import Seen, check_session
from tests.fuzz.fits import WrongError
from tests.fuzz.inputs import Block, Session, load, save
from tests.fuzz.many import DIED, HUNG, run, wrongness, wrongness_apart
from tests.fuzz.reach import unreached
from tests.fuzz.sessions import session
from tests.fuzz.shrink import shrunk
from tests.unit.decode.records import line, record

pytestmark = pytest.mark.slow

FOUND: Final = sorted((Path(__file__).parents[2] / "fuzz" / "found").glob("*.json"))
SEED: Final = 20_261_123
LINE: Final = Session("freight", 0, (Block((line(),)),))


def test_a_short_run_finds_nothing() -> None:
    seen, number = Seen(), 0
    while seen.records < 12_000:
        seen.add(check_session(session(SEED, number)))
        number += 1
    # The inputs are what they are meant to be: mostly sound, by both paths, of every fault.
    assert seen.changes > seen.records / 2
    assert seen.records / 10 < seen.by_rows < seen.records * 2 / 3
    assert len(seen.reasons) >= 8


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_was_found_stays_fixed(path: Path) -> None:
    check_session(load(path))


def test_a_session_follows_from_its_number_and_keeps_in_a_file(tmp_path: Path) -> None:
    for number in range(40):
        made = session(SEED, number)
        assert made == session(SEED, number)
        save(made, tmp_path / "session.json", wrong="this or that")
        assert load(tmp_path / "session.json") == made
    assert session(SEED, 1) != session(SEED + 1, 1)


def test_most_lines_of_decode_are_reached() -> None:
    lines, every, _ = unreached(SEED, 2_500)
    assert len(lines) < every / 8, lines


Patch = tuple[Any, str, Any]


def _wrong_with_value(kind: Any, value: Any) -> values.ValueFaultError:
    return values.ValueFaultError(Reason.WRONG_TYPE, f"{value} is no {kind}")


def _one_less(tally: Tally, of: RecordBlock) -> tuple[Account, ...]:
    first, *others = ACCOUNTS(tally, of)
    return (replace(first, read=first.read - 1), *others)


def _nothing_is_rounded(of: pa.Array, _: ReadColumn) -> Mask:
    return np.zeros(len(of), np.bool_)


def _cut_short(of: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Mask]:
    return of.cast(kind, safe=False), np.ones(len(of), np.bool_)


def _cut_time(of: pa.StringArray, form: TimeForm) -> tuple[pa.Array, Mask]:
    return times_from_text(of, form._replace(is_cut=True))


ACCOUNTS: Final = Tally.accounts
_REPLAYED, _, _METADATA = plans.ENVELOPE_FIELDS
_WITHOUT_REPAIR: Final = (_REPLAYED, _METADATA)
WITHOUT: Final[dict[str, Patch]] = {
    "UTF-8": (reading, "_check_encoding", lambda _: None),
    "smallint's range": (value_columns, "_RANGES", {}),
    "NUL by columns": (value_columns, "_holds_nul", lambda _: False),
    "NUL by rows": (values, "NUL", "\x01"),
    "exponents by columns": (columns, "may_be_rounded", _nothing_is_rounded),
    "digits beyond the scale by columns": (read_schema, "_narrow", _cut_short),
    "digits of a key's time by columns": (read_schema, "times_from_text", _cut_time),
    "no value in a detail": (values, "_wrong", _wrong_with_value),
    "a repair's marker by columns": (plans, "ENVELOPE_FIELDS", _WITHOUT_REPAIR),
    "every record in the account": (Tally, "accounts", _one_less),
}


def check_sessions(count: int) -> None:
    for number in range(count):
        check_session(session(SEED, number))


@pytest.mark.parametrize("name", WITHOUT)
def test_the_fuzz_sees_what_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WITHOUT[name])
    with pytest.raises(WrongError):
        check_sessions(900)


def test_a_wrong_session_is_shrunk_to_what_makes_it_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_wrong", _wrong_with_value)
    wrong = line(insured="Zq7x and what else there was")
    given = LINE.with_blocks((Block((line(), line())), Block((*[line()] * 9, wrong, line()))))
    assert wrongness(given) is not None
    small = shrunk(given, lambda candidate: wrongness(candidate) is not None, tries=250)
    assert (len(small.blocks), small.records) == (1, 1)
    assert len(small.blocks[0].records[0]) < len(wrong)
    assert wrongness(small) is not None


def _fatal(_: Path, __: int, number: int) -> Session:
    if number == 3:
        os._exit(7)
    return LINE


def _endless(reached: Path, _: int, number: int) -> Session:
    if number == 3:
        reached.touch()
        threading.Event().wait()
    return LINE


@pytest.mark.parametrize(
    ("of", "fault"),
    [(_fatal, (DIED, "with exit code 7")), (_endless, (HUNG, "no end after 120 s"))],
)
def test_a_worker_that_is_lost_names_its_session_and_another_goes_on(
    of: Callable[[Path, int, int], Session], fault: tuple[str, str], tmp_path: Path
) -> None:
    reached = tmp_path / "the endless session"

    def now() -> float:  # an hour passes as soon as the worker hangs, and no time is measured
        return 3_600.0 if reached.exists() else 0.0

    *_, tally = run(SEED, 120, 1, partial(of, reached), now)
    assert tally.wrong == {3: fault}
    assert tally.seen.records >= 120


def test_a_session_is_checked_apart() -> None:
    assert wrongness_apart(LINE) is None


def test_an_empty_block_is_refused_as_a_frame() -> None:
    assert check_session(LINE.with_blocks((Block(()),))).refused_frames == 1
    assert check_session(LINE.with_blocks((Block((b"", b"")),))).reasons == {"not_json": 2}


def test_a_damaged_frame_is_refused_or_read() -> None:
    data = record("region", {"country": "NO", "code": "V"})
    whole = Block((data,) * 3)
    for place in range(32):
        check_session(LINE.with_blocks((replace(whole, flips=((place, 0x7F),)),)))
    assert check_session(LINE.with_blocks((replace(whole, cut=1),))).refused_frames == 1
