"""What `build.py` needs before anything is installed: checks, the virtual environment, the jar.

Standard library only. Each product carries a stamp of what it was built from, so nothing is built
twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
# One environment holds the packages of one interpreter; a second interpreter needs another folder.
VENV: Final = ROOT / os.environ.get("STARJOIN_VENV", ".venv")
PYTHON: Final = VENV / "bin" / "python"
LOCK: Final = ROOT / "requirements.lock"
JVM: Final = ROOT / "connectors" / "jvm"
JAR: Final = JVM / "target" / "starjoin-connectors.jar"
LOGS: Final = ROOT / "build" / "logs"

_PYTHONS: Final = ((3, 11), (3, 12))
# Flink 2.2 runs on 17 and 21; the managed service has 17, so the module is compiled for that.
_JAVAS: Final = range(17, 22)

_LOOK_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 2.0  # who waits longer wants to know for what
_CLEAR: Final = "\r\x1b[K"


class Java(Enum):
    """What a command needs for the JVM module."""

    NOTHING = 0
    TOOLS = 1  # a JDK and Maven
    JAR = 2  # these, and the jar that they build


class MissingError(RuntimeError):
    """Something that the machine must have is not there; the message says how to get it."""


def check_python() -> None:
    """Raises MissingError unless this interpreter can run Flink's Python API."""
    if sys.version_info[:2] not in _PYTHONS:
        running = ".".join(map(str, sys.version_info[:2]))
        other = shutil.which("python3.12") or shutil.which("python3.11")
        remedy = f"run `{other} build.py`" if other else "install one (apt-get install python3.11)"
        message = f"Python 3.11 or 3.12 is needed and this is {running}: {remedy}."
        raise MissingError(message)


def check_java() -> None:
    """Raises MissingError unless a JDK and Maven are there."""
    home = os.environ.get("JAVA_HOME")
    javac = shutil.which("javac") if not home else str(Path(home) / "bin" / "javac")
    if javac is None:
        message = "A JDK 17 is needed: apt-get install openjdk-17-jdk-headless, or set JAVA_HOME."
        raise MissingError(message)
    if home and not Path(javac).exists():
        # Maven takes JAVA_HOME as well, so a JDK on the PATH would not do.
        message = f"JAVA_HOME is {home}, which has no bin/javac: set it to a JDK 17, or unset it."
        raise MissingError(message)
    answer = _answer([javac, "-version"], "set JAVA_HOME to a JDK 17")
    match = re.search(r"javac (\d+)", answer)
    if match is None or int(match[1]) not in _JAVAS:
        version = match[1] if match else "of unknown version"
        message = f"A JDK 17 is needed and {javac} is {version}: set JAVA_HOME to a JDK 17."
        raise MissingError(message)
    if shutil.which("mvn") is None:
        message = "Maven is needed: apt-get install maven, or put mvn on the PATH."
        raise MissingError(message)


def _answer(command: list[str], remedy: str) -> str:
    """What a program prints. Raises MissingError where it does not run."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        message = f"{command[0]} cannot be started ({error.strerror}): {remedy}."
        raise MissingError(message) from error
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip() or "nothing printed"
        message = (
            f"{' '.join(command)} ended with {done.returncode} ({said.splitlines()[-1]}): {remedy}."
        )
        raise MissingError(message)
    return done.stdout + done.stderr


def make_environment() -> None:
    """Creates `.venv` from the pinned packages, or updates it if their list has changed."""
    stamp = VENV / "starjoin.stamp"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = f"{version} {_digest([LOCK])}"
    present = stamp.read_text() if stamp.exists() else ""
    if present == wanted:
        return
    if VENV.is_symlink() and present.split(" ")[0] != version:
        message = (
            f"{VENV} is a link to an environment that this Python ({version}) has not made, and "
            "making a new one would delete that: remove the link, or set STARJOIN_VENV to another "
            "folder."
        )
        raise MissingError(message)
    _say(f"creating {VENV.name} from requirements.lock (a minute or two)")
    try:
        stamp.unlink(missing_ok=True)
        # Another interpreter's packages are useless; the same interpreter's are updated.
        if present.split(" ")[0] != version:
            venv.create(VENV, clear=True, with_pip=True)
    except (subprocess.CalledProcessError, ImportError) as error:
        message = "Python's venv module is incomplete: apt-get install python3-venv."
        raise MissingError(message) from error
    except OSError as error:
        message = f"{VENV} cannot be created: {error.strerror}."
        raise MissingError(message) from error
    install = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(LOCK)]
    wanted_packages = len(re.findall(r"^\S+==", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    run(
        install,
        log="pip",
        env=_pip_environment(),
        describe=lambda said: describe_pip(said, wanted_packages),
    )
    stamp.write_text(wanted)


def _pip_environment() -> dict[str, str]:
    return {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def make_jar() -> None:
    """Builds the JVM module into one fat jar, unless it is there already."""
    check_java()
    stamp = JVM / "target" / "starjoin.stamp"
    sources = [JVM / "pom.xml", *sorted((JVM / "src" / "main").rglob("*"))]
    wanted = _digest(path for path in sources if path.is_file())

    def is_built() -> bool:
        return JAR.exists() and stamp.exists() and stamp.read_text() == wanted

    if is_built():
        return
    # Two Mavens at once would compile into one folder, and each break the other's build.
    with _alone(JVM / "target" / "starjoin.lock", "the JVM module") as lock:
        if is_built():
            return
        _say("building the JVM module")
        command = ["mvn", "-B", "-q", "-f", str(JVM / "pom.xml"), "package", "-DskipTests"]
        run(command, log="maven", pass_fds=[lock])
        stamp.write_text(wanted)


@contextmanager
def _alone(path: Path, product: str) -> Iterator[int]:
    """Waits until no other command makes the same, and keeps others from it; gives the lock.

    A program that is given the lock as well holds it until it ends, even if this process is killed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for another command, which builds {product}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def run(
    command: list[str],
    *,
    log: str,
    env: dict[str, str] | None = None,
    describe: Callable[[str], str] = lambda _: "",
    pass_fds: Sequence[int] = (),
) -> None:
    """Runs a quiet step; its output goes to a log file, whose end is shown when it fails.

    At a terminal it is shown for how long it has been going on, and what `describe` makes of the
    log so far.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    try:
        with path.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=ROOT,
                pass_fds=pass_fds,
            )
    except OSError as error:
        message = f"{command[0]} cannot be started: {error.strerror}."
        raise MissingError(message) from error
    status = _wait(process, lambda: describe(path.read_text(errors="replace")))
    if status != 0:
        end = "\n".join(path.read_text(errors="replace").splitlines()[-40:])
        message = f"{' '.join(command)} ended with {status}; the end of {path}:\n{end}"
        raise MissingError(message)


def _wait(process: subprocess.Popen[bytes], describe: Callable[[], str]) -> int:
    """Its exit status; a line at a terminal meanwhile, written over and cleared at the end."""
    began = time.monotonic()
    is_shown = False
    try:
        while True:
            try:
                return process.wait(timeout=_LOOK_SECONDS if sys.stderr.isatty() else None)
            except subprocess.TimeoutExpired:
                seconds = time.monotonic() - began
                if seconds >= _PATIENCE_SECONDS:
                    sys.stderr.write(f"{_CLEAR}  {describe()}{seconds:.0f} s")
                    sys.stderr.flush()
                    is_shown = True
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        if is_shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()


def describe_pip(said: str, wanted: int) -> str:
    """How far pip is, from what it has said: it looks at each package, and then installs all."""
    if re.search(r"^Installing collected packages", said, re.MULTILINE):
        return "installing, "
    seen = re.findall(r"^(?:Collecting|Ignoring|Requirement already)", said, re.MULTILINE)
    return f"{min(len(seen), wanted)} of {wanted} packages fetched, " if seen else ""


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _say(text: str) -> None:
    sys.stderr.write(f"build.py: {text}\n")
