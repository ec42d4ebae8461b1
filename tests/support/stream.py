"""What is on the local stream, read apart from the application: records and split keys by table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from flink_app.declaration import Declaration
from infra.local.stack import STREAM

Place = tuple[str, str]  # shard, sequence number


@dataclass
class OnStream:
    """Counts by table, as the accounts name tables.

    Attributes:
        read: records.
        split: updates that changed the key.
    """

    read: Counter[str] = field(default_factory=Counter)
    split: Counter[str] = field(default_factory=Counter)


def on_stream(kinesis: Any, declaration: Declaration, bad: Container[bytes] = ()) -> OnStream:
    """Counts everything that was put on the stream.

    `bad` records are no changes, so never two; nor are those that were put back by a replay, where
    they stood first.
    """
    names = {
        (declaration.schema_of(name), table.source or name): name
        for name, table in declaration.tables.items()
    }
    found = OnStream()
    records = list(records_on(kinesis))
    replayed = {place for _, data in records if (place := _first_place(data))}
    for place, data in records:
        try:
            envelope = json.loads(data)
        except ValueError:
            found.read["(unreadable)"] += 1
            continue
        metadata = envelope["metadata"]
        table = names.get((metadata.get("schema-name"), metadata.get("table-name")))
        if metadata["record-type"] == "control":
            found.read["(control)"] += 1
        elif metadata["record-type"] != "data":
            found.read["(unreadable)"] += 1
        elif table is None:
            found.read["(undeclared)"] += 1
        else:
            found.read[table] += 1
            if data in bad or place in replayed:
                continue
            before = envelope.get(declaration.stream.before_image) or {}
            own = declaration.tables[table]
            key = [own.columns[name].source or name for name in own.key]
            row = envelope["data"]
            moved = any(before.get(name, row[name]) != row[name] for name in key)
            found.split[table] += metadata["operation"] == "update" and moved
    return found


def records_on(kinesis: Any) -> Iterator[tuple[Place, bytes]]:
    """Every record of the stream with its place, shard by shard."""
    for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator is not None:
            answer = kinesis.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                yield (shard["ShardId"], record["SequenceNumber"]), record["Data"]
            if not answer["Records"] and not answer["MillisBehindLatest"]:
                break
            iterator = answer.get("NextShardIterator")  # absent where a closed shard ends


def _first_place(data: bytes) -> Place | None:
    """Where a record that a replay has put back stood first."""
    marker = json.loads(data)["starjoin-replay"] if b'"starjoin-replay"' in data else None
    return (marker["shard"], marker["sequence_number"]) if marker else None
