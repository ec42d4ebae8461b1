"""Dead letters of a key are found by what they show of it; those of other keys are not."""

from __future__ import annotations

import io
import json
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from connectors.kinesis.frame import read_frame, write_frame
from connectors.redshift.names import Names
from connectors.redshift.replay_marks import LetterPart
from flink_app.dead_letters.rows import make_dead_letters
from flink_app.dead_letters.schema import Originals
from flink_app.decode.block import decode_block
from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys
from infra.explain.key import StoredKey, treat_key
from infra.explain.known import KeyLetter
from infra.explain.layout import Layout, make_layout
from infra.explain.letters import search_letters
from tests.unit.stars import star

KEYS: Final = PrivacyKeys.from_secret(b"a secret of the tests, of some 40 bytes.")
STAR: Final = star("""
name: shop
source_schema: shop
tables:
  customer:
    key: [email]
    columns: {email: {type: varchar(40), treatment: tokenise, source: Email}, name: varchar(9)}
  sale:
    key: [id]
    columns: {id: integer, buyer: {type: varchar(40), treatment: tokenise}, note: varchar(9)}
    references: {customer: {table: customer, columns: [buyer]}}
targets:
  sales: {fact: sale, columns: {id: id, note: note, name: customer.name}}
stream: {before_image: before}
""")
LONG: Final = "more than nine bytes"
LAYOUT: Final[Layout] = make_layout(STAR, Names("b"), "sales")


def key_of(group: int, text: str) -> StoredKey:
    return treat_key(LAYOUT.groups[group].key, [text], lambda: KEYS.tokens, is_stored=False)


def record(table: str, data: dict[str, Any], **others: Any) -> bytes:
    metadata = {
        "record-type": "data",
        "operation": "update",
        "schema-name": "shop",
        "table-name": table,
        "timestamp": "2026-11-27T00:00:00Z",
        "commit-timestamp": "2026-11-27T00:00:00Z",
    }
    return json.dumps({"data": data, "metadata": metadata, **others}).encode()


class Files:
    """Parts of dead letters, each of some records."""

    def __init__(self, *parts: list[bytes]) -> None:
        self.parts = [LetterPart(f"part-{n}", f"s3://b/{n}") for n in range(len(parts))]
        self._bodies = {part.url: _stage(n, r) for n, (part, r) in
                        enumerate(zip(self.parts, parts, strict=True))}  # fmt: skip

    def read(self, url: str) -> bytes:
        if url not in self._bodies:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return self._bodies[url]

    def expire(self, number: int) -> None:
        del self._bodies[self.parts[number].url]

    def search(self, *, replayed: tuple[str, ...] = (), limit: int = 9) -> Any:
        keys = {"sale": [key_of(0, "7")], "customer": [key_of(1, "ann@example.org")]}
        marks = {("changes", "0", number) for number in replayed}
        return search_letters(self.parts, LAYOUT, keys, marks, self.read, limit=limit)

    def find(self, **settings: Any) -> tuple[KeyLetter, ...]:
        letters: tuple[KeyLetter, ...] = self.search(**settings).letters
        return letters


def _stage(number: int, records: list[bytes]) -> bytes:
    frame = write_frame(
        stream="changes",
        shard="0",
        sequence_numbers=[str(100 * number + n) for n in range(len(records))],
        partition_keys=[None] * len(records),
        arrival_millis=[1_764_201_600_000] * len(records),
        records=records,
    )
    block, plan = read_frame(frame), DecodePlan(STAR, Generations())
    decoded = decode_block(block, plan, KEYS)
    assert len(decoded.rejected) == len(records)
    batch = make_dead_letters(block, decoded.rejected, plan, KEYS, Originals.SEALED, "shop")
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), sink)
    return sink.getvalue()


def test_of_the_row_and_of_what_it_refers_to_and_of_no_other() -> None:
    files = Files(
        [
            record("sale", {"id": 7, "buyer": None, "note": LONG}),
            record("sale", {"id": "7", "buyer": None, "note": LONG}),
            record("sale", {"id": 8, "buyer": None, "note": LONG}),
            record("customer", {"Email": "ann@example.org", "name": LONG}),
            record("customer", {"Email": "bob@example.org", "name": LONG}),
        ]
    )
    letters = files.find()
    assert [(each.table, each.sequence_number) for each in letters] == [
        ("sale", "0"),
        ("sale", "1"),
        ("customer", "3"),
    ]
    assert all(each.has_key and each.reason == "too_long" for each in letters)
    assert letters[0].arrival_ms == 1_764_201_600_000


def test_of_a_key_before_the_change() -> None:
    (letter,) = Files(
        [record("sale", {"id": 8, "buyer": None, "note": LONG}, before={"id": 7})]
    ).find()
    assert letter.has_key


def test_one_of_the_fact_that_shows_no_key_may_be_of_this_row() -> None:
    letters = Files(
        [
            record("sale", {"id": "seven", "note": "-"}),
            record("customer", {"Email": 5, "name": "-"}),
            b"no JSON",
        ]
    ).find()
    assert [(each.table, each.has_key) for each in letters] == [("sale", False), ("", False)]


@pytest.mark.parametrize(("replayed", "is_replayed"), [(("0",), True), (("1",), False)])
def test_whether_it_was_replayed(replayed: tuple[str, ...], is_replayed: bool) -> None:
    (letter,) = Files([record("sale", {"id": 7, "buyer": None, "note": LONG})]).find(
        replayed=replayed
    )
    assert letter.is_replayed is is_replayed


def test_the_newest_parts_alone_and_what_has_expired() -> None:
    files = Files(*([record("sale", {"id": 7, "buyer": None, "note": LONG})] for _ in range(3)))
    assert [each.part for each in files.find(limit=2)] == ["part-1", "part-2"]
    assert files.search(limit=2).is_partial
    files.expire(1)
    search = files.search()
    assert (search.searched, search.expired, search.is_partial) == (2, 1, False)
