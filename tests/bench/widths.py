"""Decode of a narrow table beside other tables' columns, in large blocks and small ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import pyarrow as pa
from rich.console import Console

from connectors.kinesis.frame import read_frame
from flink_app.declaration import Declaration, Star
from flink_app.decode.block import decode_block, parse_block
from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys
from tests.bench import data

_ROUNDS: Final = 7
_KEYS: Final = PrivacyKeys.from_secret(b"a key of thirty-two bytes or more")
_BLOCKS: Final = (data.FRAME_RECORDS, 50)
_WIDTHS: Final = (0, 100, 400)  # columns of other tables
_TABLE_COLUMNS: Final = 20  # of each of them
_TYPES: Final = ("integer", "varchar(40)", "timestamp", "decimal(9,2)")
_SALE: Final = {"id": "integer", "seats": "integer", "price": "decimal(6,2)", "sold_at": _TYPES[2]}
_ROW: Final = {"seats": 3, "price": 46.57, "sold_at": "2026-03-11T09:45:02.517000Z"}


def measure_widths(console: Console) -> dict[tuple[int, int], float]:
    """Prints CPU microseconds a record; gives how many times those without other columns it is."""
    pa.set_cpu_count(1)
    calls = {
        (records, width): _decoding(records, width) for records in _BLOCKS for width in _WIDTHS
    }
    times: dict[tuple[int, int], float] = dict.fromkeys(calls, float("inf"))
    # In turns, so that what else the machine does slows all of them down.
    for _ in range(_ROUNDS):
        for (records, width), call in calls.items():
            repeats = max(1, data.FRAME_RECORDS // records // 10)
            started = time.process_time()
            for _ in range(repeats):
                call()
            taken = (time.process_time() - started) / repeats / records * 1e6
            times[records, width] = min(times[records, width], taken)
    ratios = {
        (records, width): taken / times[records, 0] for (records, width), taken in times.items()
    }
    console.print("decode of four columns beside those of other tables, CPU us per record:")
    for (records, width), taken in times.items():
        console.print(
            f"  {f'{records:,} a block, {width} others':36}{taken:8.2f}"
            f"{ratios[records, width]:8.2f} x none"
        )
    return ratios


def _decoding(records: int, width: int) -> Callable[[], object]:
    """Decode of a block of one table; all of it by columns."""
    tables = {"sale": _SALE}
    for number in range(width // _TABLE_COLUMNS):
        types = {f"t{number}_{n}": _TYPES[n % len(_TYPES)] for n in range(_TABLE_COLUMNS)}
        tables[f"other_{number}"] = {"id": "integer"} | types
    declared = {
        "name": "widths",
        "source_schema": "ticket_seller",
        "tables": {name: {"key": ["id"], "columns": columns} for name, columns in tables.items()},
        "targets": {
            f"{name}s": {"fact": name, "columns": {column: column for column in columns}}
            for name, columns in tables.items()
        },
    }
    plan = DecodePlan(Star(Declaration.model_validate(declared)), Generations())
    numbers = range(1, records + 1)
    rows = [data.record("insert", "sale", {"id": n, **_ROW}, n) for n in numbers]
    block = read_frame(data.frame(rows))
    if by_rows := len(parse_block(block, plan).slow):
        message = f"{by_rows} of {records} records were read one by one"
        raise AssertionError(message)
    return lambda: decode_block(block, plan, _KEYS)
