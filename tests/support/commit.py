"""Which commit is checked out: reports say what they measured."""

from __future__ import annotations

import subprocess

from infra.bootstrap import ROOT


def find_commit() -> str | None:
    """The commit that is checked out, `+changes` behind it if files differ; None in no clone."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--exclude=*", "--dirty=+changes"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
