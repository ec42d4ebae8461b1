"""A dimension that changes row by row: what a change costs, and the rebuild after a restart."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.console import Console

from flink_app.declaration import POSITION, Star, load_declaration
from flink_app.declaration.star import DELETED
from flink_app.denormalise.durable import DurableTable
from flink_app.denormalise.mirror import Mirror, TableMirror
from flink_app.positions.position import make_position
from infra.local.toolchain import ROOT

_TABLE: Final = "customer"
_KEYS: Final = 200_000
_CHANGES: Final = 20_000
_LOAD_ROWS: Final = 7_500
_ROUNDS: Final = 3


class _State:
    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.values[key] = value

    def remove(self, key: str) -> None:
        del self.values[key]

    def size(self) -> int:
        return sum(map(len, self.values.values()))


def measure_trickle(console: Console) -> None:
    """Prints the rebuild and the state after many changes of one row, against a fresh load."""
    star = Star(load_declaration(ROOT / "flink_app" / "stars" / "ticket_seller.yaml"))
    mirror, state = Mirror(star).tables[_TABLE], _State()
    durable = DurableTable(_TABLE, mirror)
    for start in range(0, _KEYS, _LOAD_ROWS):
        keys = np.arange(start, min(start + _LOAD_ROWS, _KEYS))
        durable.append(state, mirror.accept(_customers(mirror.schema, keys, commit=0)))
    fresh, size = _rebuild(star, state), state.size()
    keys = np.random.default_rng(1).integers(0, _KEYS, _CHANGES)
    rows = _customers(mirror.schema, keys, commit=1)
    changes = [rows.take(pa.array([number])) for number in range(_CHANGES)]
    started = time.process_time()
    for change in changes:
        durable.append(state, mirror.accept(change))
    micros = (time.process_time() - started) / _CHANGES * 1e6
    after = _rebuild(star, state)
    console.print(
        f"dimension of {_KEYS:,} keys: rebuild after a full load {fresh:.2f} s of CPU; "
        f"{_CHANGES:,} changes of one row take {micros:.0f} us each, then rebuild "
        f"{after / fresh:.2f} x, state {state.size() / size:.2f} x, {len(state.values) - 1} blocks"
    )


def _customers(schema: pa.Schema, keys: npt.NDArray[np.int64], *, commit: int) -> pa.RecordBatch:
    columns = {
        "customer_id": pa.array(keys, pa.int32()),
        POSITION: pa.array([make_position(1, commit, n) for n in range(len(keys))]),
        DELETED: pa.array([False] * len(keys)),
    }
    text = pa.array([f"customer {key:020}" for key in keys])
    return pa.RecordBatch.from_arrays(
        [columns.get(name, text) for name in schema.names], schema=schema
    )


def _rebuild(star: Star, state: _State) -> float:
    """The best of some rounds in seconds of CPU: the machine's noise only ever adds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        mirror: TableMirror = Mirror(star).tables[_TABLE]
        started = time.process_time()
        DurableTable(_TABLE, mirror).rebuild(state)
        best = min(best, time.process_time() - started)
    return best
