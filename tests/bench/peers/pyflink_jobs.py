"""The PyFlink jobs: the real one, and two that are given record after record. Each is a process.

    python -m tests.bench.peers.pyflink_jobs PEER STAR CASE TRIAL BLOCKS RECORDS CONFIGURATION

Neither ends by itself: what is staged appears in TRIAL/parts, and the trial stops the job once all
of it is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pyflink.common import Configuration, Types, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.java_gateway import get_gateway

from connectors.log_points import Points
from connectors.redshift.loader import Loaded, Loader
from connectors.redshift.pruning import Cutoffs
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from flink_app.clients import Clients
from flink_app.declaration import Star, load_declaration
from flink_app.decode.operator import BYTES
from flink_app.job import build
from flink_app.privacy.keys import PrivacyKeys
from flink_app.settings import Application, Privacy, Redshift, Settings, Source, Staging
from infra.local.toolchain import FLINK_HOME
from tests.bench.peers.by_record import (
    DIMENSIONS,
    ByRecord,
    JoinBesideState,
    ReadRecord,
    dimension_states,
)
from tests.bench.peers.case import KEYS
from tests.bench.peers.names import Peer

_JAVA: Final = Path(__file__).with_name("FileBlocks.java")
_TURNS: Final = 2**62


def build_jar(folder: Path) -> Path:
    """Compiles `FileBlocks.java` against Flink's own jar; the jar that has it."""
    classes, jar = folder / "classes", folder / "blocks.jar"
    flink = ":".join(map(str, sorted((FLINK_HOME / "lib").glob("flink-dist*.jar"))))
    compiler = ["javac", "--release", "17", "-cp", flink, "-d", str(classes), str(_JAVA)]
    subprocess.run(compiler, check=True)
    subprocess.run(["jar", "cf", str(jar), "-C", str(classes), "."], check=True)
    return jar


class _Folder:
    """A store that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, body: bytes) -> str:
        path = self._folder / key.replace("/", "+")
        path.write_bytes(body)
        return str(path)


class _NoWarehouse:
    """Takes every part for loaded, and moves its file to where the trial counts rows."""

    prunes = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prune(self, number: int) -> Cutoffs | None:  # noqa: ARG002
        return None

    def awaited_locks(self) -> list[str]:
        return []

    def start(self, number: int) -> bool:  # noqa: ARG002
        return False

    def load(self, parts: Sequence[Part], number: int) -> Loaded:  # noqa: ARG002
        for part in parts:
            if part.url:
                path = Path(part.url)
                path.rename(self._folder / f"{path.name}+{part.rows}")
        return Loaded("batch", tuple(part.name for part in parts), ())


class _FolderClients(Clients):
    """Keys that are known, a folder for S3, and no warehouse."""

    def __init__(self, settings: Settings, trial: Path) -> None:
        super().__init__(settings)
        self._trial = trial

    def privacy_keys(self) -> PrivacyKeys:
        return KEYS

    def log_points(self, star: Star) -> Points:  # noqa: ARG002
        return {}

    def staging_store(self) -> S3Store:
        return _Folder(self._trial / "staged")  # type: ignore[return-value]

    def loader(self, star: Star, key_id: str = "") -> Loader:  # noqa: ARG002
        return _NoWarehouse(self._trial / "parts")  # type: ignore[return-value]


def _settings(star_file: Path) -> Settings:
    return Settings(
        application=Application(name="bench", declaration=str(star_file), region="eu-central-1"),
        source=Source(stream_arn="arn:aws:kinesis:eu-central-1:123456789012:stream/changes"),
        staging=Staging(bucket="starjoin-bench"),
        privacy=Privacy(secret_id="none"),
        redshift=Redshift(host="nowhere", database="bench", secret_id="none", copy_role="default"),
    )


def _read_blocks(env: StreamExecutionEnvironment, arguments: Any) -> DataStream:
    turns = env.from_source(
        NumberSequenceSource(0, _TURNS), WatermarkStrategy.no_watermarks(), "Turns"
    )
    jvm: Any = get_gateway().jvm
    reader = jvm.FileBlocks(
        str(arguments.case),
        str(arguments.trial),
        arguments.blocks,
        arguments.records,
        arguments.peer is not Peer.JOB,
        arguments.peer.reads_dimensions,
    )
    stream: Any = turns._j_data_stream.flatMap(reader).returns(BYTES.get_java_type_info())
    return DataStream(stream).name("Read blocks")


def _join_beside_state(records: DataStream, arguments: Any) -> None:
    rows = records.process(ReadRecord(arguments.case), output_type=Types.PICKLED_BYTE_ARRAY())
    dimensions = rows.get_side_output(DIMENSIONS).broadcast(dimension_states())
    join = JoinBesideState(arguments.case, arguments.trial / "parts", arguments.records)
    rows.connect(dimensions).process(join, output_type=BYTES).name("Join and stage")


def main() -> None:
    """Runs one of the jobs until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Peer)
    parser.add_argument("star", type=Path)
    parser.add_argument("case", type=Path)
    parser.add_argument("trial", type=Path)
    parser.add_argument("blocks", type=int)
    parser.add_argument("records", type=int)
    parser.add_argument("configuration", type=json.loads)
    arguments = parser.parse_args()
    configuration = Configuration()
    for key, value in arguments.configuration.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    records = _read_blocks(env, arguments)
    match arguments.peer:
        case Peer.BY_RECORD:
            function = ByRecord(arguments.case, arguments.trial / "parts", arguments.records)
            records.process(function, output_type=BYTES).name("Decode, join and stage")
        case Peer.BY_RECORD_STATE:
            _join_beside_state(records, arguments)
        case _:
            settings = _settings(arguments.star)
            star = Star(load_declaration(arguments.star))
            build(records, settings, star, _FolderClients(settings, arguments.trial))
    env.execute("bench")


if __name__ == "__main__":
    main()
    os._exit(0)  # the gateway's thread would keep the process
