"""Where the build's products and the tools are, and what is missing said in one sentence each."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import pyflink

from connectors.failures import StarjoinError

ROOT: Final = Path(__file__).resolve().parents[2]
JAR: Final = ROOT / "connectors" / "jvm" / "target" / "starjoin-connectors.jar"
FLINK_HOME: Final = Path(pyflink.__file__).resolve().parent


class ToolchainError(StarjoinError, RuntimeError):
    """Something that a local run needs is not there; the message says how to get it."""


def connectors_jar() -> Path:
    """The JVM module's fat jar."""
    if not JAR.exists():
        message = f"{JAR} has not been built: run `python3 build.py build`"
        raise ToolchainError(message)
    return JAR


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
