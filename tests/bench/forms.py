"""Decode of what sources write otherwise than plainly, each against the plain form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

import pyarrow as pa
import yaml
from rich.console import Console

from connectors.kinesis.frame import read_frame
from flink_app.declaration import Declaration, Star
from flink_app.decode.block import decode_block, parse_block
from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys
from tests.bench import data
from tests.bench.timing import micros

_ROUNDS: Final = 5
_KEYS: Final = PrivacyKeys.from_secret(b"a key of thirty-two bytes or more")
_DECLARED: Final = """
name: forms
source_schema: ticket_seller
tables:
  sale:
    key: [id]
    columns:
      id: integer
      seats: integer
      price: decimal(6,2)
      sold_at: timestamp
      code: varchar(36)
targets:
  sales:
    fact: sale
    columns: {id: id, seats: seats, price: price, sold_at: sold_at, code: code}
"""
_PLAIN: Final = {
    "seats": "127",
    "price": "46.57",
    "sold_at": '"2026-03-11T09:45:02.123456Z"',
    "code": '"33b52056-838c-471a-9e8c-74b9cc7b5c0d"',
}
_COARSE: Final = "ordered by commit times alone"
_FORMS: Final[dict[str, dict[str, str]]] = {
    "plain": {},
    "zeros beyond a decimal's scale": {"price": "46.570000"},
    "zeros behind whole numbers": {"seats": "127.0000000000"},
    "nine digits of a fraction": {"sold_at": '"2026-03-11T09:45:02.123456789Z"'},
    "a blank before the offset": {"sold_at": '"2026-03-11 10:45:02.1234567 +01:00"'},
    "an exponent inside text": {"code": '"33b52056-838e-471a-9e8c-74b9cc7b5c0d"'},
    _COARSE: {},
}
_STREAM_POSITION: Final = re.compile(rb',"stream-position":"[^"]*"')


def measure_forms(console: Console) -> dict[str, float]:
    """Prints microseconds a record of each form; gives how many times the plain one each takes."""
    pa.set_cpu_count(1)
    calls = {
        form: _decoding(_PLAIN | changed, coarse=form == _COARSE)
        for form, changed in _FORMS.items()
    }
    # In turns, so that what else the machine does slows all of them down.
    rounds = [{form: micros(call) for form, call in calls.items()} for _ in range(_ROUNDS)]
    times = {form: min(times[form] for times in rounds) for form in calls}
    ratios = {form: time / times["plain"] for form, time in times.items()}
    console.print("decode of other forms, us per record:")
    for form, time in times.items():
        console.print(f"  {form:36}{time:8.2f}{ratios[form]:8.2f} x the plain form")
    return ratios


def _decoding(texts: dict[str, str], *, coarse: bool) -> Callable[[], object]:
    """Decode of a frame whose columns have these JSON texts; all of it by columns."""
    plan = DecodePlan(Star(Declaration.model_validate(yaml.safe_load(_DECLARED))), Generations())
    records = []
    for number in range(1, data.FRAME_RECORDS + 1):
        record = data.record("insert", "sale", {"id": number, **dict.fromkeys(texts, "@")}, number)
        for name, text in texts.items():
            record = record.replace(f'"{name}":"@"'.encode(), f"{json.dumps(name)}:{text}".encode())
        records.append(_STREAM_POSITION.sub(b"", record) if coarse else record)
    block = read_frame(data.frame(records))
    by_rows = len(parse_block(block, plan).slow)
    if by_rows:
        message = f"{by_rows} of {len(records)} records were read one by one"
        raise AssertionError(message)
    return lambda: decode_block(block, plan, _KEYS)
