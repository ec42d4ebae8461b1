"""How numbers, times and their ages are written, for people."""

from __future__ import annotations

import datetime as dt
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_TENTHS_BELOW: Final = 10


def count(number: int, thing: str) -> str:
    """`1 gap`, `1,204 gaps`, `no gaps`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if number else f"no {thing}s"


def write_seconds(seconds: float) -> str:
    """A duration in its two greatest units: `0.4 s`, `12 s`, `3 min 5 s`, `4 d`."""
    if 0 < seconds < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, smaller, smaller_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{whole} s"


def write_whole_seconds(seconds: float) -> str:
    """The same without tenths."""
    return f"{int(seconds)} s" if seconds < _TENTHS_BELOW else write_seconds(seconds)


def write_age(time: dt.datetime | None, now: dt.datetime) -> str:
    """`3 min 5 s ago`, in whole seconds; less than one, or a time ahead of this clock, is `now`."""
    if time is None:
        return "unknown"
    seconds = int((now - time).total_seconds())
    return f"{write_whole_seconds(seconds)} ago" if seconds > 0 else "now"


def write_clock(time: dt.datetime | None) -> str:
    """The time of the day in UTC."""
    return "unknown" if time is None else f"{time:%H:%M:%S}"
