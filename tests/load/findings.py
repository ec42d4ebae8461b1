"""What the figures say, in sentences: the page has them, and so has the terminal."""

from __future__ import annotations

from typing import Final

from tests.load.figures import Report
from tests.load.watcher import LOOK_SECONDS

# A single-threaded process above this share of a core has no room left.
_SATURATED: Final = 0.9


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
        sentences.append(
            f"When the last record was due, {report.backlog_records:,} records were not visible "
            f"yet; all were {report.settled_seconds:.1f} s later."
        )
    return sentences
