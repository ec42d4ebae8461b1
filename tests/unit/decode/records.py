"""Change records in DMS's form, blocks of them, and what decode makes of a block."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import pyarrow as pa

from connectors.accounts import UNREADABLE
from connectors.kinesis.frame import RecordBlock, read_frame, write_frame
from flink_app.declaration import Star
from flink_app.decode.changes import to_changes
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_record
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.parsed import ParsedRow, Skipped
from flink_app.records.rejected import Rejected
from tests.support.decoding import DecodedBlock, decode_fully
from tests.unit.stars import freight, star

KEYS: Final = PrivacyKeys.from_secret(b"a secret of the unit tests, of 43 bytes ...")
OTHER_KEYS: Final = PrivacyKeys.from_secret(b"another secret of the unit tests, 46 bytes ...")
GENERATION: Final = 3
GENERATIONS: Final = Generations(GENERATION)
FREIGHT_PLAN: Final = DecodePlan(freight(), GENERATIONS)

Row = tuple[tuple[str, Any], ...]

# The same name with different types in three tables, so that they are read as three groups.
MIXED: Final = star("""
name: mixed
source_schema: mixed
tables:
  plain:
    key: [id]
    columns: {id: integer, code: integer, at: date, ratio: real}
  texts:
    key: [id]
    columns: {id: char(8), code: char(8), at: timestamptz, bytes: varbyte(4)}
  facts:
    key: [id]
    columns: {id: bigint, code: boolean, plain: integer, texts: char(8)}
    references:
      plain: {table: plain, columns: [plain]}
      texts: {table: texts, columns: [texts]}
targets:
  wide:
    fact: facts
    columns:
      id: id
      code: code
      plain_code: plain.code
      plain_at: plain.at
      plain_ratio: plain.ratio
      texts_code: texts.code
      texts_at: texts.at
      texts_bytes: texts.bytes
""")
MIXED_PLAN: Final = DecodePlan(MIXED, GENERATIONS)

# Several schemas, equal table names in two of them, before-images among the row's own columns.
SCHEMAS: Final = star("""
name: schemas
source_schema: north
stream: {before_image_prefix: BI_}
tables:
  shop:
    key: [id]
    columns: {id: integer, title: varchar(8)}
  old_shop:
    source_schema: south
    source: shop
    key: [code]
    columns:
      code: {type: varchar(8), source: ID, trailing_blanks: trim}
      title: {type: varchar(8), trailing_blanks: refuse}
  sale:
    source_schema: south
    key: [number, shop]
    columns:
      shop: integer
      number: {type: smallint, source: "no"}
      old: {type: varchar(8), trailing_blanks: trim}
      paid: boolean
    references:
      shop: {table: shop, columns: [shop]}
      old: {table: old_shop, columns: [old]}
targets:
  sales:
    fact: sale
    columns: {shop: shop, number: number, paid: paid, title: shop.title, old_title: old.title}
""")
# Columns that updates may leave out, in both ways, in a fact and in a dimension.
UNCHANGED: Final = star("""
name: unchanged
source_schema: u
tables:
  page:
    key: [page]
    columns:
      page: integer
      body: {type: varchar(20), unchanged: sent_as_null, treatment: tokenise}
      scan: {type: varbyte(4), unchanged: missing}
  visit:
    key: [visit, part]
    columns:
      visit: integer
      part: integer
      page: integer
      note: {type: varchar(20), unchanged: missing, trailing_blanks: trim}
      log: {type: char(8), unchanged: sent_as_null}
    references:
      page: {table: page, columns: [page]}
targets:
  visits:
    fact: visit
    columns:
      {visit: visit, part: part, page: page, note: note, protocol: log, body: page.body,
       scan: page.scan}
""")
# Rows under the names of partitions, in patterns that Arrow, regular expressions and SQL would read
# otherwise; a table that no target uses has partitions as well.
PARTITIONED: Final = star("""
name: partitioned
source_schema: shop
tables:
  customer:
    key: [id]
    partitions: "customer_%"
    columns: {id: integer, name: {type: varchar(20), treatment: mask_text}}
  sale:
    key: [id]
    partitions: [archive, "sale.p*", {source: '"Chunk"_%', source_schema: Internal}]
    columns: {id: integer, buyer: integer, state: varchar(20)}
    references: {buyer: {table: customer, columns: [buyer]}}
  unread:
    key: [id]
    partitions: "unread_%"
    columns: {id: integer}
targets:
  sales: {fact: sale, columns: {id: id, state: state, buyer: buyer, name: buyer.name}}
""")
PARTITIONED_PLAN: Final = DecodePlan(PARTITIONED, GENERATIONS)
# Keys that their source compares without regard to case or accents, plain, as tokens, in a chain of
# references; one also as it is written.
COLLATED: Final = star("""
name: collated
source_schema: shop
tables:
  country:
    key: [code]
    columns:
      code: {type: varchar(12), collation: [case_insensitive, accent_insensitive]}
      title: varchar(20)
  customer:
    key: [code]
    columns:
      code: {type: varchar(20), collation: case_insensitive, trailing_blanks: trim}
      written: {type: varchar(20), source: code}
      country: {type: varchar(12), collation: [accent_insensitive, case_insensitive]}
    references: {country: {table: country, columns: [country]}}
  sale:
    key: [shop, id]
    columns:
      shop: {type: varchar(9), treatment: tokenise, collation: case_insensitive}
      id: {type: char(4), collation: accent_insensitive}
      buyer: {type: varchar(20), collation: case_insensitive}
      state: varchar(20)
    references: {buyer: {table: customer, columns: [buyer]}}
targets:
  sales:
    fact: sale
    columns:
      shop: shop
      id: id
      state: state
      buyer: buyer
      written: buyer.written
      title: buyer.country.title
""")
COLLATED_PLAN: Final = DecodePlan(COLLATED, GENERATIONS)
# Names in the source that Arrow and JSON paths give a meaning, beside those that they would mean;
# text under both masks.
ODD: Final = star("""
name: odd
source_schema: ".s"
tables:
  t:
    source: "a.b [0]"
    key: [k]
    columns:
      k: {type: integer, source: ".k"}
      neighbour: {type: integer, source: k}
      number: {type: varchar(20), source: "[0]", treatment: mask}
      street: {type: varchar(20), source: "/data/k", treatment: mask_text}
      note: {type: varchar(20), source: '..', unchanged: sent_as_null}
targets:
  w:
    fact: t
    columns: {k: k, neighbour: neighbour, number: number, street: street, note: note}
""")
UNCHANGED_PLAN: Final = DecodePlan(UNCHANGED, GENERATIONS)
SCHEMAS_PLAN: Final = DecodePlan(SCHEMAS, GENERATIONS)


def record(
    table: str,
    data: dict[str, Any] | None,
    operation: str = "insert",
    *,
    schema: str = "Freight",
    before: dict[str, Any] | None = None,
    before_image: str = "before-image",
    **metadata: Any,
) -> bytes:
    """One record; metadata keys with underscores for dashes, None leaves a key out."""
    found: dict[str, Any] = {
        "timestamp": "2026-03-11T09:45:03.120664Z",
        "record-type": "data",
        "operation": operation,
        "schema-name": schema,
        "table-name": table,
    }
    if operation != "load":
        found |= {
            "transaction-record-id": 1,
            "stream-position": "0000000D/51A3C8E0.3.0000000D/51A3C8E0",
        }
    found |= {name.replace("_", "-"): value for name, value in metadata.items()}
    envelope: dict[str, Any] = {"metadata": {k: v for k, v in found.items() if v is not None}}
    if data is not None:
        envelope["data"] = data
    if before is not None:
        envelope[before_image] = before
    return json.dumps(envelope).encode()


REGION: Final = {"country": "NO", "code": "V", "title": "Vest"}
PORT: Final = {
    "port_id": 7,
    "country": "NO",
    "region_code": "V",
    "harbour": "Bergen",
    "depth": 11.5,
    "surveyed": "2024-02-29",
}
COMPANY: Final = {"ID": 5, "trade_name": "Nord 24", "home": 7, "remark": "x", "unused": "y"}
LINE: Final = {
    "voyage": 1,
    "line": 2,
    "sender": 5,
    "receiver": 6,
    "origin": 7,
    "weight": 1.5,
    "fee": "12.50",
    "insured": True,
    "loaded_at": "2026-03-11T09:45:02.517Z",
}


def region(operation: str = "insert", **changed: Any) -> bytes:
    return record("region", REGION | changed, operation)


def port(operation: str = "insert", **changed: Any) -> bytes:
    return record("port", PORT | changed, operation)


def company(operation: str = "insert", **changed: Any) -> bytes:
    return record("Companies", COMPANY | changed, operation)


def line(operation: str = "insert", **changed: Any) -> bytes:
    return record("consignment", LINE | changed, operation)


def block(records: Sequence[bytes], arrivals: Sequence[int | None] | None = None) -> RecordBlock:
    return read_frame(
        write_frame(
            stream="changes",
            shard="shard-0",
            sequence_numbers=[str(1000 + i) for i in range(len(records))],
            partition_keys=[None] * len(records),
            arrival_millis=arrivals or [1_000_000 + i for i in range(len(records))],
            records=records,
        )
    )


def decode(records: Sequence[bytes], plan: DecodePlan = FREIGHT_PLAN) -> DecodedBlock:
    return decode_fully(block(records), plan, KEYS)


def changes(decoded: DecodedBlock) -> dict[str, list[Row]]:
    """Changes by table, in an order of no meaning."""
    return {table: rows(batch) for table, batch in decoded.changes.items()}


def rows(batch: pa.RecordBatch) -> list[Row]:
    return sorted((tuple(row.items()) for row in batch.to_pylist()), key=repr)


def only_change(data: bytes, plan: DecodePlan = FREIGHT_PLAN) -> dict[str, Any]:
    """What the single record became, on the row-by-row path and on the columnar one alike."""
    decoded = decode([data], plan)
    assert len(decoded.dead_letters) == 0, decoded.dead_letters.to_pylist()
    (batch,) = decoded.changes.values()
    assert changes(decoded) == reference([data], plan)[0]
    (only,) = batch.to_pylist()
    return dict(only)


def only_fault(data: bytes, plan: DecodePlan = FREIGHT_PLAN) -> tuple[str, str, str | None]:
    """Reason, detail and table of the single record's dead letter."""
    decoded = decode([data], plan)
    assert decoded.changes == {}
    (letter,) = decoded.dead_letters.to_pylist()
    return letter["reason"], letter["detail"], letter["table"]


def reference(
    records: Sequence[bytes], plan: DecodePlan
) -> tuple[dict[str, list[Row]], list[tuple[str, Rejected]], int]:
    """Changes, dead letters by sequence number, and records passed over: one at a time."""
    found: dict[str, list[Row]] = {}
    rejected: list[tuple[str, Rejected]] = []
    passed_over = 0
    for number, data in enumerate(records, 1000):
        match _alone(data, plan, str(number)):
            case (str(table), list(became)):
                found.setdefault(table, []).extend(became)
            case Rejected() as fault:
                rejected.append((str(number), fault))
            case _:
                passed_over += 1
    return {table: sorted(of, key=repr) for table, of in found.items()}, rejected, passed_over


def reference_counts(records: Sequence[bytes], plan: DecodePlan) -> dict[str, tuple[int, ...]]:
    """By table: read, split, dead-lettered, passed over; one record at a time."""
    counts: Counter[tuple[str, str]] = Counter()
    for data in records:
        match _alone(data, plan):
            case (str(table), list(became)):
                counts[table, "split"] += len(became) - 1
            case Rejected(table=known):
                counts[table := known or UNREADABLE, "dead"] += 1
            case Skipped(table):
                counts[table, "passed over"] += 1
        counts[table, "read"] += 1
    return {
        table: tuple(counts[table, what] for what in ("read", "split", "dead", "passed over"))
        for table in {table for table, _ in counts}
    }


@cache
def _alone(
    data: bytes, plan: DecodePlan, sequence_number: str = "0"
) -> tuple[str, list[Row]] | Rejected | Skipped:
    parsed = parse_record(data, plan, sequence_number=sequence_number)
    if not isinstance(parsed, ParsedRow):
        return parsed
    batch = pa.RecordBatch.from_pylist([parsed.values], schema=parsed.table.parsed_schema)
    return parsed.table.name, rows(to_changes(batch, parsed.table, plan.star, KEYS))


def plan_of(star: Star) -> DecodePlan:
    return DecodePlan(star, GENERATIONS)
