"""The job on a mini cluster, on a stream with gaps: `infra.local.minicluster` as a module.

The local Kinesis keeps every record, so gaps are put where the source would emit them: a gap right
before the frame that holds its record. It is emitted and checkpointed with this frame, as by the
source.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pyflink.datastream import DataStream, ProcessFunction, StreamExecutionEnvironment

from connectors.accounts import Gap
from flink_app import job
from flink_app.settings import Settings

EVERY: Final = 7  # records of a shard
CAUSE: Final = "a test has put a gap here"
# Names the file that makes the job crash: whoever finds it removes it and raises.
CRASH: Final = "STARJOIN_TEST_CRASH"


def gap_before(stream: str, shard: str, number: int) -> Gap:
    """The gap before the record with this sequence number."""
    return Gap(stream, shard, str(number - 1), str(number), None, None, CAUSE)


def _read_gapped_stream(env: StreamExecutionEnvironment, settings: Settings) -> DataStream:
    from connectors.kinesis.frame import is_frame, read_frame
    from connectors.kinesis.gap import write_gap
    from flink_app.decode.operator import BYTES

    crash = Path(os.environ[CRASH])

    class PutGaps(ProcessFunction):  # type: ignore[misc]
        """Gaps before every seventh record; a crash after a frame, when it is wanted."""

        def process_element(self, value: bytes, ctx: Any) -> Iterator[bytes]:  # noqa: ARG002
            if not is_frame(value):  # a tip
                yield value
                return
            block = read_frame(value)
            first, last = (int(block.sequence_numbers[i].as_py()) for i in (0, -1))
            for number in range(first, last + 1):
                if number % EVERY == 0:
                    yield write_gap(gap_before(block.stream, block.shard, number))
            yield value
            if crash.exists():
                crash.unlink()
                message = "the crash that the test wants"
                raise RuntimeError(message)

    return _read_stream(env, settings).process(PutGaps(), output_type=BYTES).name("Put gaps")


_read_stream: Final = job.read_stream

if __name__ == "__main__":
    from infra.local import minicluster

    job.read_stream = _read_gapped_stream
    raise SystemExit(minicluster.main())
