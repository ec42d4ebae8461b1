"""Dead letters are found by what they show of their key."""

from __future__ import annotations

import io
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.redshift.replay_marks import LetterPart, RecordId
from infra.reconcile.letters import LetterSource, find_keys, name_letters
from infra.reconcile.protocol import DIFFERENT, Difference, Outcome, Result
from tests.unit.decode.records import COLLATED_PLAN, decode, plan_of, record
from tests.unit.reconcile.histories import SALES, SHOP
from tests.unit.stars import star

PART: Final = LetterPart("part", "s3://bucket/part")
# Too long for the column.
BAD: Final = {"seller": "x" * 99, "amount": 1}


def letters_of(*keys: Any, replayed: frozenset[RecordId] = frozenset()) -> LetterSource:
    decoded = decode(
        [record("sale", BAD | {"id": key}, schema="shop") for key in keys], plan_of(SHOP)
    )
    assert len(decoded.dead_letters) == len(keys)
    file = io.BytesIO()
    pq.write_table(pa.Table.from_batches([decoded.dead_letters]), file)
    return LetterSource(lambda: ([PART], set(replayed)), lambda _: file.getvalue(), SHOP)


def named(letters: LetterSource, *keys: str) -> list[str]:
    outcome = Outcome(SALES)
    outcome.differences += [Difference(key, DIFFERENT, {"": ("amount",)}) for key in keys]
    name_letters(Result(None, [], [outcome]), letters)
    return [d.key for d in outcome.differences if d.is_dead_letter]


def test_the_keys_that_dead_letters_show_are_marked() -> None:
    assert named(letters_of(5, 6), "5,", "7,") == ["5,"]


def test_what_was_replayed_is_no_longer_a_dead_letter() -> None:
    replayed = frozenset({("changes", "shard-0", "1000")})
    assert named(letters_of(5, 6, replayed=replayed), "5,", "6,") == ["6,"]


def test_where_nothing_differs_no_letter_is_read() -> None:
    def refuse(*_: object) -> Any:
        raise AssertionError

    assert named(LetterSource(refuse, refuse, SHOP)) == []


KEYED: Final = star("""
name: keyed
source_schema: k
tables:
  thing:
    key: [a, b, c, d, e, f]
    columns:
      {a: "decimal(9,2)", b: boolean, c: date, d: timestamp, e: varbyte(4), f: double precision,
       note: varchar(2)}
targets:
  things: {fact: thing, columns: {a: a, b: b, c: c, d: d, e: e, f: f, note: note}}
""")


def test_every_type_of_key_is_written_as_comparisons_have_it() -> None:
    values = {"a": 1.5, "b": True, "c": "2024-02-29", "d": "2024-02-29T10:11:12Z", "e": "0AFF"}
    data = values | {"f": 0.1, "note": "too long"}
    (letter,) = decode([record("thing", data, schema="k")], plan_of(KEYED)).dead_letters.to_pylist()
    key = ("1.50", "t", "2024-02-29", "2024-02-29 10:11:12.000000", "0aff", "0.1")
    found = find_keys([("thing", letter["treated"])], KEYED, {"thing": {key}})
    assert found == {("thing", key)}


def test_tokens_are_compared_as_they_are() -> None:
    data = {"shop": "North", "id": "7", "state": "x" * 99}
    decoded = decode([record("sale", data, schema="shop")], COLLATED_PLAN)
    (letter,) = decoded.dead_letters.to_pylist()
    clear = {"shop": "north", "id": "7", "buyer": "x", "state": ""}
    (change,) = decode([record("sale", clear, schema="shop")], COLLATED_PLAN).changes.values()
    key = (change["shop"][0].as_py(), "7")
    records = [("sale", letter["treated"])]
    assert find_keys(records, COLLATED_PLAN.star, {"sale": {key}}) == {("sale", key)}


def test_a_letter_without_its_key_has_none() -> None:
    for shown in ('{"data":{}}', "{}", '{"data":5}', '{"data":{"id":"x"}}', "no JSON"):
        assert find_keys([("sale", shown)], SHOP, {"sale": {("5",)}}) == set()
    assert find_keys([("another", '{"data":{"id":5}}')], SHOP, {"sale": {("5",)}}) == set()
