"""Thousands of histories: `python -m tests.unit.reconcile HOW_MANY [FIRST_SEED]`."""

from __future__ import annotations

import sys

from tests.unit.reconcile.histories import run_histories

if __name__ == "__main__":
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    tally = run_histories(range(first, first + count))
    sys.stdout.write(f"{count} histories, {tally.damaged} of them damaged to the end: {tally}\n")
    sys.exit(bool(tally.false_alarms or tally.missed or tally.misnamed))
