"""The whole job on a mini cluster: from local block files, and from a stream filled beforehand.

Two runs of different length are subtracted, so that the start of the workers (some ten seconds)
falls out; both figures are given.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from infra.local.configuration import LocalRun
from infra.local.minicluster import MiniCluster
from infra.local.processes import Service
from infra.local.progress import progress
from infra.local.source.stream import put
from infra.local.stack import STREAM, LocalStack
from infra.local.toolchain import connectors_jar
from tests.bench import data

_DISTINCT_FRAMES: Final = 16
_LONG_LIMIT_SECONDS: Final = 900.0
_PARALLELISM: Final = 2


def from_block_files(console: Console, frames: int, no_engine: float) -> None:
    """Decode, join and stage frames that lie in files: what the engine itself can do."""
    with tempfile.TemporaryDirectory(prefix="starjoin-bench-") as name:
        folder = Path(name)
        _write_frames(folder)
        with LocalStack(folder=folder / "stack") as stack:
            seconds = {count: _timed(stack, folder, count) for count in (frames // 4, frames)}
    long, short = seconds[frames], seconds[frames // 4]
    records = frames * data.FRAME_RECORDS
    steady = (records - frames // 4 * data.FRAME_RECORDS) / (long - short)
    console.print(
        f"job from block files, parallelism {_PARALLELISM}: {records:,} records, "
        f"{records / long:,.0f} records/s with start-up, {steady:,.0f} records/s steady, "
        f"{steady / no_engine:.2f} x one core without an engine"
    )


def from_kinesis(console: Console, count: int) -> None:
    """The job as it is, from a full stream to the warehouse."""
    with tempfile.TemporaryDirectory(prefix="starjoin-bench-") as name:
        folder = Path(name)
        with LocalStack(folder=folder, shards=_PARALLELISM) as stack:
            records = [*data.dimensions(), *data.facts(count, 1)]
            started = time.monotonic()
            put(stack.client("kinesis"), STREAM, ((str(n), r) for n, r in enumerate(records)))
            filled = time.monotonic() - started
            run = LocalRun(state=folder / "state", jar=connectors_jar(), parallelism=_PARALLELISM)
            seconds = _until_loaded(run, stack, folder, len(records))
    console.print(
        f"job from a full stream of moto, {_PARALLELISM} shards: {len(records):,} records loaded "
        f"in {seconds:.1f} s with start-up, {len(records) / seconds:,.0f} records/s; "
        f"putting them took {filled:.1f} s, {filled / seconds:.2f} x"
    )


def _until_loaded(run: LocalRun, stack: LocalStack, folder: Path, count: int) -> float:
    warehouse = stack.warehouse()
    started = time.monotonic()
    with MiniCluster(run, stack.properties, folder, stack.environment()) as job:
        while progress(warehouse).records < count:
            if job.service.returncode() is not None:
                raise RuntimeError(job.service.tail())
            time.sleep(0.1)
    warehouse.close()
    return time.monotonic() - started


def _write_frames(folder: Path) -> None:
    (folder / "dimensions").write_bytes(data.frame(data.dimensions()))
    for number, frame in enumerate(data.fact_frames(_DISTINCT_FRAMES)):
        (folder / str(number)).write_bytes(frame)


def _timed(stack: LocalStack, folder: Path, frames: int) -> float:
    run = LocalRun(state=folder / "state", jar=connectors_jar(), parallelism=_PARALLELISM)
    started = time.monotonic()
    job = Service(
        "the bench job",
        [
            sys.executable,
            "-m",
            "tests.bench.engine",
            json.dumps(run.configuration()),
            str(stack.properties),
            str(folder),
            str(frames),
        ],
        log=folder / f"job-{frames}.log",
        env=run.environment(folder, stack.environment()),
    )
    with job:
        if job.wait(timeout=_LONG_LIMIT_SECONDS) != 0:
            raise RuntimeError(job.tail())
    return time.monotonic() - started


def _serve(configuration: dict[str, str], properties: Path, folder: Path, frames: int) -> None:
    """The job over files, in a process of its own; ends with its bounded input."""
    from pyflink.common import Configuration, WatermarkStrategy
    from pyflink.datastream import ProcessFunction, StreamExecutionEnvironment
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource

    from flink_app.decode.operator import BYTES
    from flink_app.job import build
    from flink_app.main import load_star
    from flink_app.settings import load_settings

    class ReadFrame(ProcessFunction):  # type: ignore[misc]
        """Number 0 is the dimensions; the other files come around again."""

        def process_element(self, value: int, ctx: Any) -> Iterator[bytes]:  # noqa: ARG002
            name = "dimensions" if value == 0 else str(value % _DISTINCT_FRAMES)
            yield (folder / name).read_bytes()

    settings = load_settings(properties)
    flink = Configuration()
    for key, text in configuration.items():
        flink.set_string(key, text)
    env = StreamExecutionEnvironment.get_execution_environment(flink)
    numbers = env.from_source(
        NumberSequenceSource(0, frames), WatermarkStrategy.no_watermarks(), "Numbers"
    )
    records = numbers.process(ReadFrame(), output_type=BYTES).name("Read block files")
    build(records, settings, load_star(settings))
    env.execute("bench")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("configuration", type=json.loads)
    parser.add_argument("properties", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("frames", type=int)
    given = parser.parse_args()
    _serve(given.configuration, given.properties, given.folder, given.frames)
    sys.stdout.flush()
    os._exit(0)  # the gateway's thread would keep the process
