"""Thresholds of `--fail-if`: how they are written, and whether a report has crossed them.

Reading them takes the standard library alone, as every command line does.
"""

from __future__ import annotations

import argparse
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from flink_app.validation.words import suggest

if TYPE_CHECKING:
    from tests.load.figures import Report

Finder = Callable[["Report"], float | None]


class Kind(Enum):
    """What a figure is measured in."""

    DURATION = "a time with its unit, such as 6s, 250ms or 2min"
    RATE = "records a second, such as 500 or 500/s"
    COUNT = "a whole number, such as 0"


@dataclass(frozen=True)
class Figure:
    """A figure that may have a threshold.

    Attributes:
        kind: how its values are written.
        meaning: in a few words, for the documents.
        find: its value in a report; None where the run has not measured it.
    """

    kind: Kind
    meaning: str
    find: Finder


def _latency(group: str, percentile: str) -> Finder:
    def find(report: Report) -> float | None:
        found: Any = None if report.latency is None else getattr(report.latency, group)
        return None if found is None else getattr(found, percentile)

    return find


def _longest_checkpoint(report: Report) -> float | None:
    return max((checkpoint.seconds for checkpoint in report.checkpoints), default=None)


def _rate(report: Report) -> float | None:
    put = report.generator.put
    return put / report.drive_seconds if put and report.drive_seconds > 0 else None


_PERCENTILES: Final = ("p50", "p95", "p99", "max")
FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        **{
            name: Figure(
                Kind.DURATION, "latency from arrival to visible", _latency("from_arrival", name)
            )
            for name in _PERCENTILES
        },
        **{
            f"due-{name}": Figure(
                Kind.DURATION, "latency from due to visible", _latency("from_due", name)
            )
            for name in _PERCENTILES
        },
        "late-p99": Figure(
            Kind.DURATION,
            "how late the generator was",
            lambda report: report.generator.lateness.p99,
        ),
        "checkpoint": Figure(Kind.DURATION, "the longest checkpoint", _longest_checkpoint),
        "settled": Figure(
            Kind.DURATION,
            "from the last record due until all are visible",
            lambda report: report.settled_seconds,
        ),
        "rate": Figure(Kind.RATE, "records put in a second", _rate),
        "backlog": Figure(
            Kind.COUNT,
            "records not visible when the last was due",
            lambda report: report.backlog_records,
        ),
        "dead-letters": Figure(
            Kind.COUNT, "records that became dead letters", lambda report: report.dead_lettered
        ),
    }
)
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)
_FORM: Final = re.compile(r"(?P<name>[A-Za-z][\w-]*) *(?P<sign>[<>]=?) *(?P<value>[^ <>=].*?)")
_VALUE: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?) *(?P<unit>[a-z/]*)")
_UNITS: Final[Mapping[Kind, Mapping[str, float]]] = MappingProxyType(
    {
        Kind.DURATION: {"ms": 0.001, "s": 1.0, "min": 60.0},
        Kind.RATE: {"": 1.0, "/s": 1.0},
        Kind.COUNT: {"": 1.0},
    }
)


@dataclass(frozen=True)
class Threshold:
    """A run fails if `figure` stands to `limit` as `sign` says.

    Attributes:
        text: as it was written.
        limit: in seconds, records a second, or records.
    """

    text: str
    figure: str
    sign: str
    limit: float

    def find(self, report: Report) -> float | None:
        """The figure's value in a report."""
        return FIGURES[self.figure].find(report)

    def is_crossed_by(self, value: float) -> bool:
        """Whether a run with this value fails."""
        return _COMPARE[self.sign](value, self.limit)


def read_threshold(text: str) -> Threshold:
    """A threshold from the command line. ArgumentTypeError says what is wrong and what to write."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise _refuse(
            text, "a threshold is a figure, one of > >= < <=, and a value, such as 'p99>6s'"
        )
    name = form["name"]
    if name not in FIGURES:
        meant = suggest(name, list(FIGURES)) or f"; there are {', '.join(FIGURES)}"
        raise _refuse(text, f"there is no figure {name!r}{meant}")
    kind = FIGURES[name].kind
    value = _VALUE.fullmatch(form["value"])
    if value is None or value["unit"] not in _UNITS[kind]:
        raise _refuse(text, f"{name} is compared with {kind.value}, not with {form['value']!r}")
    if kind is Kind.COUNT and "." in value["number"]:
        raise _refuse(text, f"{name} is compared with {kind.value}, not with {form['value']!r}")
    limit = float(value["number"]) * _UNITS[kind][value["unit"]]
    return Threshold(text.strip(), name, form["sign"], limit)


def _refuse(text: str, why: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"{text!r}: {why}")
