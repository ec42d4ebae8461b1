"""What the generator can do by itself: figures beside which those of the job have to be read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import psutil

from tests.load.changes import ChangesSettings
from tests.load.clock import RunClock
from tests.load.figures import Ceiling
from tests.load.sender import Sender

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

_RENDERED: Final = 20_000
_PUT: Final = 15_000
_STREAM: Final = "generator-ceiling"


def render_ceiling(settings: ChangesSettings) -> tuple[Ceiling, list[tuple[str, bytes]]]:
    """Chooses and renders records as fast as one core can; the records too."""
    traffic = settings.open()
    for _ in traffic.full_load():
        pass
    began = time.perf_counter()
    entries = [traffic.next(number / 1_000) for number in range(_RENDERED)]
    return Ceiling(rendered_per_second=_RENDERED / (time.perf_counter() - began)), entries


def put_ceiling(
    settings: ChangesSettings, client: KinesisClient, shards: int, senders: int, kinesis_pid: int
) -> Ceiling:
    """Also puts them, as fast as the senders can, on a stream that no job reads."""
    rendered, entries = render_ceiling(settings)
    client.create_stream(StreamName=_STREAM, ShardCount=shards)
    sender = Sender(client, _STREAM, senders, RunClock())
    for key, data in entries[:_PUT]:
        sender.offer(0.0, key, data)
    own, kinesis = psutil.Process(), psutil.Process(kinesis_pid)
    began, before = time.perf_counter(), (_cpu(own), _cpu(kinesis))
    sender.start()
    sender.finish()
    seconds = time.perf_counter() - began
    client.delete_stream(StreamName=_STREAM)
    return Ceiling(
        rendered_per_second=rendered.rendered_per_second,
        put_per_second=_PUT / seconds,
        put_records=_PUT,
        generator_cpu=(_cpu(own) - before[0]) / seconds,
        kinesis_cpu=(_cpu(kinesis) - before[1]) / seconds,
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
