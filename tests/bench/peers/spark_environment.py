"""Spark's packages, in an environment of their own: nothing else of the project needs them."""

from __future__ import annotations

import hashlib
import sys
import venv
from pathlib import Path
from typing import Final

from infra.bootstrap import ROOT, run

_FOLDER: Final = ROOT / "build" / "spark"
SPARK_PYTHON: Final = _FOLDER / "bin" / "python"
LOCK: Final = Path(__file__).with_name("spark-requirements.lock")


def make_spark_environment() -> None:
    """Installs what `spark-requirements.lock` pins, if it is not there.

    Raises infra.bootstrap.MissingError when it cannot be installed.
    """
    stamp = _FOLDER / "starjoin.stamp"
    wanted = f"{sys.version_info.major}.{sys.version_info.minor} " + (
        hashlib.sha256(LOCK.read_bytes()).hexdigest()
    )
    if stamp.exists() and stamp.read_text() == wanted:
        return
    venv.create(_FOLDER, clear=True, with_pip=True)
    install = [str(SPARK_PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(LOCK)]
    run(install, log="spark-pip")
    stamp.write_text(wanted)
