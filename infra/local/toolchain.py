"""Where the build's products and the tools are, and what is missing said in one sentence each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pyflink

from connectors.failures import StarjoinError

ROOT: Final = Path(__file__).resolve().parents[2]
JAR: Final = ROOT / "connectors" / "jvm" / "target" / "starjoin-connectors.jar"
FLINK_HOME: Final = Path(pyflink.__file__).resolve().parent

# Flink 2.2 runs on 17 and 21; the managed service has 17.
_JAVAS: Final = range(17, 22)
_INSTALL: Final = "apt-get install openjdk-17-jre-headless, or set JAVA_HOME to a Java 17"


class ToolchainError(StarjoinError, RuntimeError):
    """Something that a local run needs is not there; the message says how to get it."""


def connectors_jar() -> Path:
    """The JVM module's fat jar."""
    if not JAR.exists():
        message = f"{JAR} has not been built: run `python3 build.py build`"
        raise ToolchainError(message)
    return JAR


def check_java() -> None:
    """Raises ToolchainError unless there is a Java that can run Flink, where Flink looks for it."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None:
        message = f"Flink needs Java 17, and there is no java on the PATH: {_INSTALL}"
        raise ToolchainError(message)
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        begin = f"JAVA_HOME is {home}, and " if home else ""
        message = f"{begin}{java} cannot be started ({error.strerror}): {_INSTALL}"
        raise ToolchainError(message) from error
    version = re.search(r'version "(\d+)', done.stderr + done.stdout)
    if version is None or int(version[1]) not in _JAVAS:
        named = f"of version {version[1]}" if version else "of unknown version"
        message = f"Flink needs Java 17, and {java} is {named}: {_INSTALL}"
        raise ToolchainError(message)


def python_environment() -> dict[str, str]:
    """The environment of a process whose Python workers must be of this interpreter."""
    interpreter = Path(sys.executable).parent
    return {
        **os.environ,
        # Flink starts `python`, whichever comes first on the path.
        "PATH": f"{interpreter}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
