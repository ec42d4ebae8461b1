"""Which runs there are on this machine: each says so in a small file while it lasts.

The files lie in a folder that only their user can enter, and hold no password: whoever watches a
run reads the login where the job itself does. A file whose process has ended, or whose process id
belongs to another process by now, counts for nothing.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from connectors.failures import StarjoinError
from infra.local.lifetimes import Lifetime

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
# Of /proc/PID/stat, behind name and state: when the process began, in ticks since the machine did.
_START_FIELD: Final = 18


class RunFolderError(StarjoinError, RuntimeError):
    """The folder of the runs' files cannot be trusted, or not be made."""


@dataclass(frozen=True)
class LocalRunFile:
    """What a run says of itself.

    Attributes:
        command: that started it, as `starjoin run`.
        subject: what it runs, as the name of a declaration's file.
        pid: its process.
        started: which of all processes of this number, by the machine's start and ticks since.
        properties: the application's runtime properties.
        flink: the address of Flink's REST API; empty until the job runs.
    """

    command: str
    subject: str
    pid: int
    started: str
    properties: str
    flink: str = ""

    @property
    def lasts(self) -> bool:
        """Whether its process is still there."""
        return bool(self.started) and self.started == process_start(self.pid)


class Announcement(Lifetime):
    """Says that this process is a run, until its end.

    Args:
        command: that started it.
        subject: what it runs.
        properties: the application's runtime properties.
    """

    def __init__(self, command: str, subject: str, properties: Path) -> None:
        pid = os.getpid()
        self._run = LocalRunFile(
            command, subject, pid, process_start(pid), str(properties.resolve())
        )
        self._path: Path | None = None

    def _start(self) -> None:
        """Writes the file, and takes away those of runs that were killed. RunFolderError."""
        folder = make_folder()
        for path, run in _read_files(folder):
            if run is None or not run.lasts:
                path.unlink(missing_ok=True)
        self._path = folder / f"{self._run.pid}.json"
        self._write()

    def say_flink(self, address: str) -> None:
        """Where Flink's REST API is, once the job runs."""
        self._run = replace(self._run, flink=address)
        self._write()

    def stop(self) -> None:
        """Takes the file away. May be repeated."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _write(self) -> None:
        """Whole or not at all, and readable by its user alone from the first byte on."""
        if self._path is None:
            return
        unfinished = self._path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self._run), file)
        unfinished.replace(self._path)


def find_runs() -> list[LocalRunFile]:
    """The runs of this user that last, in the order of their process ids."""
    folder = _folder()
    if not folder.is_dir():
        return []
    _check(folder)
    lasting = [run for _, run in _read_files(folder) if run is not None and run.lasts]
    return sorted(lasting, key=lambda run: run.pid)


def make_folder() -> Path:
    """The folder of the files, made where it is missing. Raises RunFolderError."""
    folder = _folder()
    try:
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made: {error.strerror}; set XDG_RUNTIME_DIR to a folder"
        raise RunFolderError(message) from error
    _check(folder)
    return folder


def process_start(pid: int) -> str:
    """When a process began, which tells it from others of its number; empty where it is gone."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # The command's name stands in parentheses and may itself hold spaces and parentheses.
    state, *fields = status.rpartition(")")[2].split()
    return "" if state == "Z" else f"{boot} {fields[_START_FIELD]}"


def _folder() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "starjoin"
    return Path(tempfile.gettempdir()) / f"starjoin-{os.getuid()}"


def _check(folder: Path) -> None:
    """Others may have made a folder of that name where everybody can. Raises RunFolderError."""
    status = folder.lstat()
    if (
        not stat.S_ISDIR(status.st_mode)
        or status.st_uid != os.getuid()
        or stat.S_IMODE(status.st_mode) & ~_FOLDER_MODE
    ):
        message = (
            f"{folder} is not a folder of this user's alone (mode 700), and what it says of runs "
            "is not believed: remove it, or set XDG_RUNTIME_DIR to a folder of yours"
        )
        raise RunFolderError(message)


def _read_files(folder: Path) -> Iterator[tuple[Path, LocalRunFile | None]]:
    """Each file, and what it says; nothing where another version wrote it."""
    for path in sorted(folder.glob("*.json")):
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
            yield path, LocalRunFile(**content)
        except FileNotFoundError:  # its run has ended in this instant
            continue
        except (ValueError, TypeError):
            yield path, None
