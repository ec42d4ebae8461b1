"""moto's server, with a Kinesis that loses no records; `moto.py` starts it.

Owns two patches of moto 5.2's shards, both found by the load test:

- Two PutRecords calls at a time could give two records one sequence number, and the second
  replaced the first: with two clients, one record in a hundred was gone. Now there is a lock.
- A put listed all sequence numbers of its shard and a read walked through all its records, so
  30,000 records made puts four times slower. Numbers are dense, so both are look-ups.
"""

from __future__ import annotations

import sys
from threading import Lock
from typing import Any, Final

from moto.kinesis.models import Record, Shard
from moto.server import main

_PUTTING: Final = Lock()


def repair() -> None:
    """Replaces the methods in question; call it before the server starts."""
    shard: Any = Shard
    shard.put_record = _put_record
    shard.get_max_sequence_number = _newest_number
    shard.get_records = _get_records


def _put_record(shard: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
    with _PUTTING:
        number = _newest_number(shard) + 1
        shard.records[number] = Record(partition_key, data, number, explicit_hash_key)
    return str(number)


def _newest_number(shard: Any) -> int:
    return next(reversed(shard.records), 0)


def _get_records(shard: Any, after: str, limit: int | None) -> tuple[list[Any], int, int]:
    first, newest = int(after) + 1, _newest_number(shard)
    last = newest if limit is None else min(newest, first + limit - 1)
    records = [shard.records[number] for number in range(first, last + 1)]
    if not records:
        return [], first - 1, 0
    behind = shard.records[newest].created_at - records[-1].created_at
    return records, last, int(behind * 1000)


if __name__ == "__main__":
    repair()
    main(sys.argv[1:])
