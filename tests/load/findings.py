"""What the figures say, in sentences: the page has them, and so has the terminal."""

from __future__ import annotations

from typing import Final

from tests.load.figures import Report
from tests.load.markup import in_words
from tests.load.watcher import LOOK_SECONDS

# A single-threaded process above this share of a core has no room left.
_SATURATED: Final = 0.9
# An operator that is back-pressured for less of its time than this loses nothing by it.
_WAITS: Final = 0.1


def busiest(report: Report) -> str:
    """Which process had no room left while records were due, in a sentence."""
    full = [p for p in report.processes if p.single_threaded and p.cpu_mean >= _SATURATED]
    machine = report.machine
    sentences = [f"{p.name} used {p.cpu_mean:.2f} of the one core that it can use." for p in full]
    if machine.cpu_mean >= _SATURATED * machine.cores:
        own = sum(process.cpu_mean for process in report.processes)
        waited = sum(process.waited_mean for process in report.processes)
        sentences.append(
            f"The machine was full: {machine.cpu_mean:.1f} of {machine.cores} cores were in use, "
            f"{own:.1f} of them by this run, of whose threads {waited:.1f} on average waited for "
            "one."
        )
    if not sentences and report.processes:
        first = report.processes[0]
        sentences.append(
            f"No single-threaded process was at its limit; {first.name} used most, "
            f"{first.cpu_mean:.2f} cores; the machine {machine.cpu_mean:.1f} of {machine.cores}."
        )
    return " ".join(sentences)


def narrowest(report: Report) -> str:
    """Which operator set the pace, in a sentence; nothing where the job could not be asked.

    Back-pressure goes up the graph from the operator that cannot keep up: that is the last one
    behind those that wait, and itself it does not wait.
    """
    waiting = [
        number
        for number, operator in enumerate(report.operators)
        if operator.back_pressured_mean >= _WAITS
    ]
    if not report.operators:
        return ""
    if not waiting:
        most = max(report.operators, key=lambda operator: operator.back_pressured_mean)
        return (
            "No operator waited much for the next one: the most, "
            f"{most.back_pressured_mean:.0%} of its time, was {_shorten(most.name)}."
        )
    behind = report.operators[waiting[-1] + 1 :]
    if not behind:
        return f"{_shorten(report.operators[waiting[-1]].name)} waited, at the end of the graph."
    found = max(behind, key=lambda operator: operator.busy_mean)
    waited = max(report.operators[number].back_pressured_mean for number in waiting)
    return (
        f"{_shorten(found.name)} was busy for {found.busy_mean:.0%} of its time, and what lies "
        f"before it waited for up to {waited:.0%}: it sets the pace."
    )


def _shorten(operator: str) -> str:
    """The first of several operators that run in one task."""
    first, _, others = operator.partition(" → ")
    return f"“{first}” with what runs in its task" if others else f"“{first}”"


def how_measured(report: Report) -> list[str]:
    """How latency was measured, and how exactly."""
    sentences = [
        (
            "Open loop: when a record is due follows from the schedule alone, and none is left out "
            "when the system is slow. How late the generator was is in the table of latencies; "
            "“from due” includes it."
        ),
        (
            "A record's arrival is the beginning of the PutRecords call that Kinesis took it in. "
            "It is visible when the warehouse's accounts, written in the transaction of the data, "
            "are first seen to cover its sequence number; they are looked at every "
            f"{LOOK_SECONDS:g} s. Both make the latency larger than it was, by at most a call and "
            "the time between two looks."
        ),
        (
            "The true table is kept by the generator and joined and masked by code of its own. "
            "Memory is resident memory."
        ),
    ]
    if report.settled_seconds is not None:
        backlog = in_words(report.backlog_records or 0, "record was", "records were")
        sentences.append(
            f"When the last record was due, {backlog} not visible yet; all were "
            f"{report.settled_seconds:.1f} s later."
        )
    return sentences
