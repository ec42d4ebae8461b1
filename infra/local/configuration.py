"""Flink's configuration for local runs: all that must not be set in what ships.

On the managed service checkpointing, parallelism, memory and restarts are the service's; a job
that sets them in code is refused there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from infra.local.class_archive import class_archive
from infra.local.toolchain import FLINK_HOME, python_environment

# Of a test that runs a job, half of the CPU time is the JVM's, which lives for a minute: too short
# for the optimising compiler and for parallel collectors to pay.
_SHORT_LIVED_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True)
class LocalRun:
    """How a local run differs from another.

    Attributes:
        state: folder of checkpoints and savepoints.
        jar: the JVM module.
        parallelism: of every operator but the loading ones.
        checkpoint_interval: in Flink's form, as `2 s`.
        restore_from: a savepoint or checkpoint to start from.
        restarts: how often a failed job is started again.
        bundle_milliseconds: how long a Python worker's bridge gathers elements before it hands
            them over; Flink's own 1,000 if None. Less makes for more batches in less time; the
            managed service does not let it be set.
        short_lived: whether JVMs start fast rather than run fast. Not for measurements.
    """

    state: Path
    jar: Path
    parallelism: int = 2
    checkpoint_interval: str = "2 s"
    restore_from: str | None = None
    restarts: int = 0
    bundle_milliseconds: int | None = None
    short_lived: bool = False

    def configuration(self) -> dict[str, str]:
        """The configuration of a mini cluster or a job on it."""
        settings = {
            "pipeline.jars": self.jar.as_uri(),
            "parallelism.default": str(self.parallelism),
            "execution.checkpointing.interval": self.checkpoint_interval,
            "execution.checkpointing.dir": (self.state / "checkpoints").as_uri(),
            "execution.checkpointing.savepoint-dir": (self.state / "savepoints").as_uri(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            # The default would hide failures as restarts without end.
            "restart-strategy.type": "fixed-delay" if self.restarts else "none",
            # The managed service gives a slot 1 GB beside the heap; two workers share it here.
            "taskmanager.memory.managed.size": "256m",
            "taskmanager.memory.network.max": "128m",
            "taskmanager.numberOfTaskSlots": str(self.parallelism),
            # How old metrics may be when somebody asks for them; they are fetched only then.
            "metrics.fetcher.update-interval": "1000",
        }
        if self.restarts:
            settings["restart-strategy.fixed-delay.attempts"] = str(self.restarts)
            settings["restart-strategy.fixed-delay.delay"] = "1 s"
        if self.bundle_milliseconds is not None:
            settings["python.fn-execution.bundle.time"] = str(self.bundle_milliseconds)
        if self.restore_from is not None:
            settings["execution.state-recovery.path"] = self.restore_from
        return settings

    def jvm_options(self, temporary: Path) -> str:
        """Options for every JVM of the run; Flink's default would be one folder for all users."""
        options = _SHORT_LIVED_OPTIONS if self.short_lived else ()
        return " ".join((*options, f"-Djava.io.tmpdir={temporary}"))

    def environment(
        self, folder: Path, env: Mapping[str, str] = MappingProxyType({})
    ) -> dict[str, str]:
        """That of a process which runs the job itself and writes to `folder`, with `env` in it."""
        options = self.jvm_options(folder)
        if self.short_lived and (archive := class_archive()).exists():
            # A JVM that cannot use it does without, and need not say so.
            options += f" -XX:SharedArchiveFile={archive} -Xlog:cds*=off"
        return {
            **python_environment(),
            **env,
            "JVM_ARGS": options,
            "TMPDIR": str(folder),
            # Otherwise Python functions would run inside this process and hide what does not
            # survive the way to a worker.
            "_python_worker_execution_mode": "process",
            "FLINK_LOG_DIR": str(folder),
        }

    @staticmethod
    def flink_defaults() -> str:
        """The configuration file that Flink's package brings."""
        return (FLINK_HOME / "conf" / "config.yaml").read_text(encoding="utf-8")
