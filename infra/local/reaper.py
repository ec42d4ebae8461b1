"""Runs one command and leaves none of its descendants behind.

Usage: python reaper.py COMMAND [ARG ...]

A PyFlink job is a tree: a JVM, its Python workers, what these start. When the JVM is killed
with -9, its workers live on for minutes. So each local service runs below one reaper, which
ends the whole tree as soon as any of these happens:

- the command itself ends, however it ends;
- the reaper's standard input reaches its end, that is: whoever started it has closed
  it or has died, be it of SIGKILL.

It is a *child subreaper* (Linux), so descendants that have moved to another session
come back to it when their parent dies and are found. Its exit status is the command's.
Standard library only: it runs before anything is imported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# Long enough for a JVM to run its shutdown hooks and for PostgreSQL to stop by itself; the
# worst case is that a hung service delays the end of a demo or test by this much.
GRACE_SECONDS = 10.0
_PR_SET_CHILD_SUBREAPER = 36
_POLL_SECONDS = 0.02


def descendants(root: int) -> list[int]:
    """Process ids below `root`, zombies left out. Reads /proc; races end as absent entries."""
    children: dict[int, list[int]] = {}
    for pid, parent, state in _processes():
        if state != "Z":
            children.setdefault(parent, []).append(pid)
    pids: list[int] = []
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        pids += below
        todo += below
    return pids


def _processes() -> Iterator[tuple[int, int, str]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The command's name stands in parentheses and may itself hold spaces and parentheses.
        state, parent = stat.rpartition(")")[2].split()[:2]
        yield int(entry.name), int(parent), state


def end_descendants(root: int, *, keep_status_of: int, grace: float = GRACE_SECONDS) -> None:
    """Asks every descendant of this process, `root`, to stop; kills what is left after `grace`.

    The exit status of the process `keep_status_of` is left for its own waiter to collect.
    """
    signalled: set[int] = set()
    deadline = time.monotonic() + grace
    while _has_children():
        overdue = time.monotonic() > deadline
        for pid in descendants(root):
            if overdue or pid not in signalled:
                signalled.add(pid)
                _send(pid, signal.SIGKILL if overdue else signal.SIGTERM)
        _collect_orphans(except_pid=keep_status_of)
        time.sleep(_POLL_SECONDS)


def _has_children() -> bool:
    """Whether this process has any child, alive or zombie.

    The kernel is asked, and not /proc: while that is read a parent may die, and its
    child then has no visible parent. Whatever is left of a subreaper's tree ends as its own child.
    """
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended between the look and the signal, which is what was wanted


def _collect_orphans(except_pid: int) -> None:
    """Reaps ended orphans that came to this subreaper, so that they do not stay zombies."""
    for pid, parent, state in list(_processes()):
        if parent == os.getpid() and state == "Z" and pid != except_pid:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue


def main(command: list[str]) -> int:
    """Runs `command` to its end or that of standard input; its exit status, 128 + a signal's."""
    if not command:
        sys.stderr.write("reaper: needs a command to run\n")
        return 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.stderr.write(f"reaper: no child subreaper here (errno {ctypes.get_errno()})\n")
        return 2
    # A stop is asked for by closing standard input; signals sent to a whole group must not
    # end the one process that is there to clean up.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)

    # No thread runs yet, so the function between fork and exec is safe.
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_default_signals,  # noqa: PLW1509
    )
    stop = threading.Event()

    def watch_parent() -> None:
        while os.read(0, 4096):
            pass
        stop.set()

    def watch_child() -> None:
        child.wait()
        stop.set()

    for watch in (watch_parent, watch_child):
        threading.Thread(target=watch, daemon=True).start()
    stop.wait()
    end_descendants(os.getpid(), keep_status_of=child.pid)
    status = child.wait()
    return status if status >= 0 else 128 - status


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the thread that reads standard input may still block there
