"""Positions: the one comparable value that orders the changes of a key.

A position is (generation, commit position, record number in the transaction) as text of a fixed
width in hexadecimal digits, so that Arrow, Python and SQL with a binary collation compare it alike:

    gggg cccccccccccccccccccccccc rrrrrrrrrrrrrrrr
    4    24                       16

Where a commit timestamp is all there is, many transactions may have the same one, and their record
numbers say nothing about each other. Then the order of arrival in the shard decides (`Arrival`):

    gggg tttttttttttttttt aaaaaaaaaaaaaaaaaaaaaaaa
    4    16               24

`UNKNOWN`, all zeros, is below every position and stands for "never seen"; it is never NULL.
A full-load record is (generation, 0, time the record was built): below every change of its
generation, later loads of one generation above earlier ones. The time of a CDC record's building is
never used, since a re-sent record gets a newer one than the change that truly followed it.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.failures import StarjoinError
from flink_app.declaration.dms_records import Positions

GENERATION_DIGITS: Final = 4
COMMIT_DIGITS: Final = 24
RECORD_DIGITS: Final = 16
WIDTH: Final = GENERATION_DIGITS + COMMIT_DIGITS + RECORD_DIGITS
UNKNOWN: Final = "0" * WIDTH
# Generation 0 is left for UNKNOWN.
MAX_GENERATION: Final = 16**GENERATION_DIGITS - 1

# The forms of `stream-position`, as regular expressions that Python and RE2 read alike.
# PostgreSQL's log position: HHHHHHHH/HHHHHHHH.n.HHHHHHHH/HHHHHHHH.
POSTGRESQL: Final = r"^[0-9A-Fa-f]{8}/[0-9A-Fa-f]{8}\."
# MySQL's: a binary log file's name and number, the offset in it, and in longer forms further parts
# behind a colon: mysql-bin.000024:373, mysql-bin.000024:373:-1:373:12:mysql-bin.000024:154.
MYSQL: Final = r"^[^:]*\.(?P<file>[0-9]{1,9}):(?P<offset>[0-9]{1,15})(?:$|[^0-9])"
# Oracle's: the system change number, decimal. A longer form might be hexadecimal: it is refused.
ORACLE: Final = r"^[0-9]{1,18}$"
# SQL Server's log sequence number, which is not read: what DMS writes of it is not known.
SQL_SERVER: Final = r"^[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{4}"

TIME_DIGITS: Final = 16
ARRIVAL_DIGITS: Final = WIDTH - GENERATION_DIGITS - TIME_DIGITS
# Of a sequence number in hexadecimal digits, from its end.
_SEQUENCE_NUMBER_DIGITS: Final = 47
# What is taken of them: when its shard was made, the counter, the shard.
ARRIVAL_SLICES: Final = (slice(-45, -37), slice(-32, -20), slice(-4, None))


class PositionError(StarjoinError, ValueError):
    """A part of a position does not fit its digits; the message names the part, not its value."""


def make_position(generation: int, commit: int, record: int) -> str:
    """One position; PositionError when a part does not fit its digits."""
    parts = (
        ("the generation", generation, GENERATION_DIGITS),
        ("the commit", commit, COMMIT_DIGITS),
        ("the record number", record, RECORD_DIGITS),
    )
    for name, part, digits in parts:
        if not 0 <= part < 16**digits:
            message = f"{name} does not fit {digits} hexadecimal digits of a position"
            raise PositionError(message)
    return "".join(f"{part:0{digits}x}" for _, part, digits in parts)


def arrival_digits(sequence_number: str) -> str:
    """What orders records of one shard by their arrival, of fixed width: from a sequence number.

    Kinesis promises no more than that it ascends within a shard, and it has 186 bits, twice what
    there is room for. Of the form that it has been seen with, this takes the seconds at which the
    shard was made, the low bits of the counter behind them, and the end, which names the shard. A
    child shard is made later than its parent, so what it has is later. A shorter number, as local
    streams have, is taken whole. `Positioned.disordered` says where this did not order records.
    """
    digits = f"{int(sequence_number):0{ARRIVAL_DIGITS}x}"
    if len(digits) == ARRIVAL_DIGITS:
        return digits
    digits = digits.rjust(_SEQUENCE_NUMBER_DIGITS, "0")
    return "".join(digits[part] for part in ARRIVAL_SLICES)


def make_coarse_position(generation: int, commit_micros: int, sequence_number: str) -> str:
    """The position of a change that only a commit timestamp orders; PositionError as above."""
    parts = make_position(generation, commit_micros << 32, 0)
    return parts[:-ARRIVAL_DIGITS] + arrival_digits(sequence_number)


def floor_position(generation: int) -> str:
    """What is below it is of an earlier generation. `UNKNOWN`, below which nothing is, for 0."""
    return make_position(generation, 0, 0)


def generation_of(position: str) -> int:
    """The generation of a position."""
    return int(position[:GENERATION_DIGITS], 16)


def commit_of(position: str) -> int:
    """The commit position; 0 of a full-load record."""
    return int(position[GENERATION_DIGITS:-RECORD_DIGITS], 16)


def is_load(position: str) -> bool:
    """Whether it is that of a full-load record."""
    return commit_of(position) == 0


def commit_position(
    stream_position: str | None, commit_micros: int | None, kind: Positions = Positions.AUTO
) -> int | None:
    """The commit position of one CDC record, or None when it has nothing to order it by.

    A `stream_position` in one of the forms that `kind` admits is preferred; else, if `kind` admits
    it, the commit timestamp in microseconds since the epoch, which does not order two transactions
    of one instant. 0 is what full-load records have, so no change can have it.
    """
    commit = _of_stream(stream_position, kind)
    if commit is None and commit_micros is not None and is_coarse(stream_position, kind):
        commit = commit_micros << 32
    return commit or None


def is_coarse(stream_position: str | None, kind: Positions) -> bool:
    """Whether nothing but the commit timestamp can give the commit position."""
    if kind is Positions.AUTO and is_of_sql_server(stream_position):
        return False
    return kind in _COARSE and _of_stream(stream_position, kind) is None


def is_of_sql_server(stream_position: str | None) -> bool:
    """Whether it begins like a log sequence number of SQL Server."""
    return stream_position is not None and re.match(SQL_SERVER, stream_position) is not None


def _of_stream(stream_position: str | None, kind: Positions) -> int | None:
    """The commit position of a form that `kind` admits; may be 0."""
    if stream_position is not None:
        for read in _FORMS[kind]:
            if (commit := read(stream_position)) is not None:
                return commit
    return None


def _postgresql(text: str) -> int | None:
    if not re.match(POSTGRESQL, text):
        return None
    return int(text[:8] + text[9:17], 16) << 32


def _mysql(text: str) -> int | None:
    match = re.match(MYSQL, text)
    return (int(match["file"]) << 64) + int(match["offset"]) if match else None


def _oracle(text: str) -> int | None:
    # fullmatch, since `$` alone would let a line feed pass.
    return int(text) << 32 if re.fullmatch(ORACLE, text) else None


_FORMS: Final = {
    Positions.AUTO: (_postgresql, _mysql, _oracle),
    Positions.POSTGRESQL: (_postgresql,),
    Positions.MYSQL: (_mysql,),
    Positions.ORACLE: (_oracle,),
    Positions.COMMIT_TIMESTAMP: (),
}
_COARSE: Final = (Positions.AUTO, Positions.COMMIT_TIMESTAMP)
