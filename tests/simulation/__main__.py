"""The simulation from the command line; `--help` says how."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from dataclasses import replace

from infra.simulation.choices import Choices
from infra.simulation.profile import Profile
from infra.simulation.shrink import Outcome, run, shrink
from tests.simulation.many import run_mutations, run_parallel
from tests.simulation.profile import (
    COARSE,
    COMBINED,
    COMBINED_PRUNING,
    COUNTED,
    EVERYTHING,
    PARTIAL,
    PARTIAL_SHAPES,
    PLAIN,
    PRUNING,
    RELOADS,
    RESTARTS,
    SCHEDULED,
    SHAPES,
    SOURCES,
    TABLE_RELOADS,
    UNCHANGED,
)

# By option; of several the last counts.
_PROFILES = {
    "plain": (PLAIN, "nothing fails"),
    "pruning": (PRUNING, "ledger and tombstones are pruned"),
    "reloads": (RELOADS, "many reloads"),
    "table-reloads": (TABLE_RELOADS, "single tables are reloaded alone"),
    "restarts": (RESTARTS, "the source's log starts again"),
    "unchanged": (UNCHANGED, "updates omit unchanged columns"),
    "partial": (PARTIAL, "updates have only what changed"),
    "coarse": (COARSE, "many commits in one second, ordered by arrival"),
    "sources": (SOURCES, "sources of an unusual kind"),
    "shapes": (SHAPES, "tables that are both fact and dimension, or refer to themselves"),
    "partial-shapes": (PARTIAL_SHAPES, "the same where updates have only what changed"),
    "counted": (COUNTED, "targets of rows that count"),
    "combined": (COMBINED, "all of it at once, letters too"),
    "scheduled": (SCHEDULED, "loads at intervals, small transactions"),
}
_SHOWN = 5  # failing seeds that are shrunk


def main() -> int:
    """Runs what is asked for; 1 when a history went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run one history and say what happened in it")
    parser.add_argument("--choices", help="replay a recorded history: numbers with commas between")
    parser.add_argument("--histories", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    for name, (_, meaning) in _PROFILES.items():
        parser.add_argument(f"--{name}", action="store_true", help=meaning)
    parser.add_argument(
        "--placed", type=int, help="of 100 histories, how many have dimensions in the warehouse"
    )
    parser.add_argument("--mutations", action="store_true", help="with each guard taken out")
    parser.add_argument("--guard", default="", help="only mutations whose name has this in it")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    profile = EVERYTHING
    for name, (its_profile, _) in _PROFILES.items():
        profile = its_profile if getattr(given, name.replace("-", "_")) else profile
    if given.combined and given.pruning:
        profile = COMBINED_PRUNING
    if given.placed is not None:
        profile = replace(profile, placed=given.placed)
    if given.seed is not None:
        return _explain(run(Choices(given.seed), profile), profile)
    if given.choices is not None:
        replayed = [int(number) for number in given.choices.split(",")]
        return _explain(run(Choices(replayed=replayed), profile), profile)
    seeds = range(given.first, given.first + given.histories)
    if given.mutations:
        return _mutations(given.guard, seeds, profile, given.jobs)
    return _many(seeds, profile, given.jobs)


def _many(seeds: range, profile: Profile, jobs: int) -> int:
    began = time.monotonic()
    for tally in run_parallel(seeds, profile, jobs):
        minutes = (time.monotonic() - began) / 60
        _say(
            f"{tally.histories} histories, {tally.commits} commits checked, "
            f"{tally.histories / minutes:.0f} a minute, "
            f"{tally.histories / tally.seconds * 60:.0f} a minute and core, "
            f"{len(tally.wrong)} wrong"
        )
    for seed in sorted(tally.wrong)[:_SHOWN]:
        _say(f"\nseed {seed}: {tally.wrong[seed]}")
        _explain(run(Choices(seed), profile), profile)
    return 1 if tally.wrong else 0


def _explain(outcome: Outcome, profile: Profile) -> int:
    """What happened; of a history that went wrong, the shortest form."""
    if outcome.failed_check:
        _say(f"wrong: {outcome.message}\nshrinking {len(outcome.choices.made)} choices")
        outcome = shrink(outcome, profile)
        _say(f"to {len(outcome.choices.made)}: {outcome.message}")
    for number, step in enumerate(outcome.log):
        _say(f"{number:4} {step}")
    if outcome.failed_check:
        _say("--choices " + ",".join(map(str, outcome.choices.made)))
    return 1 if outcome.failed_check else 0


def _mutations(guard: str, seeds: range, profile: Profile, jobs: int) -> int:
    _say("| guard | histories | wrong | first seed | seen by |\n|---|---|---|---|---|")
    for name, tally in run_mutations(guard, seeds, profile, jobs):
        first = "" if tally.first is None else tally.first
        _say(f"| {name} | {tally.histories} | {len(tally.wrong)} | {first} | {tally.kinds()} |")
    return 0  # which guards have to be seen is for the tests


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
