"""An archive of the classes of a mini cluster: a JVM that maps it takes five seconds of CPU less.

Of a run that lasts a minute, a third of the CPU time goes into finding, checking and linking some
fifteen thousand classes of Flink. Run as a module, this makes the archive if there is none for this
JDK and this Flink.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from infra.local.toolchain import FLINK_HOME, ROOT, python_environment

_SECONDS: Final = 180.0
# Runs to its end with a Python worker, so with all that a mini cluster starts; its JVM is asked for
# the archive while it lives. Arguments: the jcmd to ask with, and where the archive goes.
_JOB: Final = """
import subprocess, sys
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.enable_checkpointing(1000)
env.from_collection([1], Types.INT()).map(lambda n: n, Types.INT()).print()
env.execute()
jvm = get_gateway().jvm.java.lang.ProcessHandle.current().pid()
subprocess.run([sys.argv[1], str(jvm), "VM.cds", "dynamic_dump", sys.argv[2]], check=True)
"""


def class_archive() -> Path:
    """Where the archive for this JDK and this Flink is, or would be."""
    jars = [(jar.name, jar.stat().st_size) for jar in sorted(FLINK_HOME.glob("*/*.jar"))]
    java = _java()
    digest = hashlib.sha256(repr((java, java.stat().st_mtime, jars)).encode()).hexdigest()
    return ROOT / "build" / f"classes-{digest[:16]}.jsa"


def make_class_archive() -> None:
    """Makes the archive; CalledProcessError or TimeoutExpired, with what was printed, if not."""
    archive = class_archive()
    archive.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        made = Path(folder) / archive.name
        environment = {
            **python_environment(),
            "JVM_ARGS": "-XX:+RecordDynamicDumpInfo -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "_python_worker_execution_mode": "process",
            "TMPDIR": folder,
            "FLINK_LOG_DIR": folder,
        }
        jcmd = str(_java().with_name("jcmd"))
        command = [sys.executable, "-c", _JOB, jcmd, str(made)]
        subprocess.run(command, env=environment, check=True, timeout=_SECONDS, capture_output=True)
        made.rename(archive)


def _java() -> Path:
    """The `java` that Flink starts."""
    return Path(shutil.which("java") or "java").resolve()


def main() -> None:
    """Without an archive everything runs as well, only later: so a failure is said and no more."""
    if class_archive().exists():
        return
    try:
        make_class_archive()
    except subprocess.SubprocessError as error:
        printed = (getattr(error, "stderr", None) or b"").decode(errors="replace")
        without = "Without an archive of Flink's classes, so JVMs start more slowly"
        sys.stdout.write(f"{without}: {error}\n{printed[-2000:]}\n")


if __name__ == "__main__":
    main()
