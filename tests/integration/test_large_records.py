"""The largest record that Kinesis takes crosses between Flink and Python, in a block of its own."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from pyflink.common import Configuration, Types
from pyflink.common.watermark_strategy import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from flink_app.decode.operator import BYTES

pytestmark = pytest.mark.integration

# 10 MiB of data, and room for the frame around it.
_SIZE = 10 * 1024 * 1024 + 4096


def test_blocks_of_ten_mebibytes_leave_python_and_reach_it_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_python_worker_execution_mode", "process")
    configuration = Configuration()
    configuration.set_string("parallelism.default", "1")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)

    def block(seed: int) -> bytes:
        return random.Random(seed).randbytes(_SIZE)  # noqa: S311 -- bytes that do not repeat

    def write_digest(data: bytes) -> int:
        digest = hashlib.sha256(data).hexdigest()
        (tmp_path / digest).touch()
        return len(data)

    numbers = env.from_source(
        NumberSequenceSource(1, 2), WatermarkStrategy.no_watermarks(), "Numbers"
    )
    blocks = numbers.map(block, output_type=BYTES)
    # A worker of its own: within one, elements do not pass through Flink.
    blocks.map(write_digest, output_type=Types.INT()).start_new_chain().print()
    env.execute("large records")

    expected = {hashlib.sha256(block(seed)).hexdigest() for seed in (1, 2)}
    assert {file.name for file in tmp_path.iterdir()} == expected
