"""Puts originals back on the stream, each partition key's one after the other.

PutRecords promises no order, so every record has a call of its own, and the next of its partition
key waits for the answer and names it (`SequenceNumberForOrdering`). Different keys go at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.redshift.replay_marks import Mark
from flink_app.dead_letters.replay_marker import with_coordinates
from flink_app.dead_letters.sealing import Original
from infra.replay.letters import Letter

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

# A call takes some ten milliseconds: this many keys at once bring hundreds of records a second, and
# a shard takes a thousand.
_AT_ONCE: Final = 8


@dataclass(frozen=True)
class PutOutcome:
    """What of a step stands on the stream, and why not all of it, if so."""

    marks: tuple[Mark, ...]
    failures: tuple[str, ...]


class StreamWriter:
    """Puts records on one stream.

    Args:
        client: boto3's Kinesis client; its own retries apply.
        stream_arn: of the stream.
    """

    def __init__(self, client: KinesisClient, stream_arn: str) -> None:
        self._client = client
        self._stream_arn = stream_arn
        self._latest: dict[str, str] = {}  # sequence number by partition key

    def put(self, step: Sequence[tuple[Letter, Original]]) -> PutOutcome:
        """Puts a step's records, each partition key's in order; a key stops at its first fault."""
        lanes: dict[str, list[tuple[Letter, Original]]] = defaultdict(list)
        for letter, original in step:
            lanes[original.partition_key].append((letter, original))
        marks: list[Mark] = []
        failures: list[str] = []

        def run(lane: list[tuple[Letter, Original]]) -> None:
            for letter, original in lane:
                try:
                    marks.append(self._put(letter, original))
                except (ClientError, BotoCoreError) as error:
                    coordinates = letter.coordinates
                    failures.append(
                        f"record {coordinates.sequence_number} of {coordinates.shard} was not put: "
                        f"{_code(error)}"
                    )
                    return

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for done in [pool.submit(run, lane) for lane in lanes.values()]:
                done.result()
        return PutOutcome(tuple(marks), tuple(failures))

    def _put(self, letter: Letter, original: Original) -> Mark:
        key = original.partition_key
        call: dict[str, Any] = {
            "StreamARN": self._stream_arn,
            "PartitionKey": key,
            "Data": with_coordinates(original.payload, letter.coordinates) or original.payload,
        }
        if key in self._latest:
            call["SequenceNumberForOrdering"] = self._latest[key]
        answer = self._client.put_record(**call)
        self._latest[key] = answer["SequenceNumber"]
        return Mark(letter.record_id, answer["ShardId"], answer["SequenceNumber"])


def _code(error: ClientError | BotoCoreError) -> str:
    """What Kinesis says in one word: its sentences quote the partition key."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__
