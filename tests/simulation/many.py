"""Many histories, over several processes; and each mutation against some."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Final

from infra.simulation.choices import Choices
from infra.simulation.profile import Profile
from infra.simulation.shrink import run
from tests.simulation.mutations import MUTATIONS, mutation

_CHUNK: Final = 40  # seeds that a process gets at a time


@dataclass
class Tally:
    """What became of histories: how many, the commits in them, the wrong ones by seed."""

    histories: int = 0
    commits: int = 0
    seconds: float = 0.0  # of one core
    wrong: dict[int, str] = field(default_factory=dict)

    @property
    def first(self) -> int | None:
        """The first seed that went wrong."""
        return min(self.wrong, default=None)

    def kinds(self) -> str:
        """The failed checks, the most frequent first."""
        return ", ".join(f"{what} {n}" for what, n in Counter(self.wrong.values()).most_common())

    def add(self, other: Tally) -> None:
        """Takes in what another process found."""
        self.histories += other.histories
        self.commits += other.commits
        self.seconds += other.seconds
        self.wrong |= other.wrong


def run_seeds(seeds: range, profile: Profile, *, until_wrong: bool = False) -> Tally:
    """Histories one after the other, in this process."""
    tally, began = Tally(), time.process_time()
    for seed in seeds:
        outcome = run(Choices(seed), profile)
        tally.histories += 1
        tally.commits += outcome.commits
        if outcome.failed_check:
            tally.wrong[seed] = outcome.failed_check
            if until_wrong:
                break
    tally.seconds = time.process_time() - began
    return tally


def run_mutation(guard: str, seeds: range, profile: Profile, *, until_wrong: bool) -> Tally:
    """Histories without one guard."""
    taken = mutation(guard)
    with taken.applied():
        return run_seeds(seeds, taken.provoked(profile), until_wrong=until_wrong)


def run_parallel(seeds: range, profile: Profile, jobs: int) -> Iterator[Tally]:
    """Histories in `jobs` processes; what is known so far after each chunk."""
    chunks = [seeds[start : start + _CHUNK] for start in range(0, len(seeds), _CHUNK)]
    total = Tally()
    with get_context("spawn").Pool(jobs, _quiet) as pool:
        for tally in pool.imap_unordered(partial(run_seeds, profile=profile), chunks):
            total.add(tally)
            yield total


def run_mutations(
    guard: str, seeds: range, profile: Profile, jobs: int
) -> Iterator[tuple[str, Tally]]:
    """Every mutation with `guard` in its name against the seeds."""
    one = partial(run_mutation, seeds=seeds, profile=profile, until_wrong=False)
    guards = [m.guard for m in MUTATIONS if guard in m.guard]
    with get_context("spawn").Pool(jobs, _quiet) as pool:
        yield from zip(guards, pool.imap(one, guards), strict=True)


def _quiet() -> None:
    """A load that is tried again says so in the log; here that happens all the time."""
    logging.disable(logging.CRITICAL)
