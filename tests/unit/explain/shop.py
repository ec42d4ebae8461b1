"""A shop in memory, whose job and loads are the real ones, and `starjoin explain` on it."""

from __future__ import annotations

import datetime as dt
import re
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final, cast

from botocore.exceptions import ClientError

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from flink_app.decode.plan import DecodePlan
from infra.explain.main import main
from infra.explain.services import Application
from infra.explain.stream import FindRecord, StreamReader
from infra.replay.letters import ReadFile
from infra.simulation.database import BOOKKEEPING, Database
from infra.simulation.oracle import position_text
from infra.simulation.source import FIRST_SEQUENCE, Record
from infra.simulation.world import KEYS, World
from tests.simulation.tale import Tale
from tests.unit.stars import star

ARN: Final = "arn:aws:kinesis:eu-west-1:000000000000:stream/changes"
SHOP: Final = star("""
name: shop
source_schema: shop
tables:
  city: {key: [city_id], columns: {city_id: integer, title: varchar(20)}}
  customer:
    key: [email]
    columns:
      email: {type: varchar(40), treatment: tokenise}
      name: {type: varchar(20), unchanged: missing}
      city: integer
    references: {home: {table: city, columns: [city]}}
  sale:
    key: [shop, number]
    columns:
      shop: varchar(10)
      number: integer
      buyer: {type: varchar(40), treatment: tokenise}
      state: varchar(10)
      note: varchar(20)
    references: {customer: {table: customer, columns: [buyer]}}
targets:
  sales:
    fact: sale
    schema: public
    where: {state: {none_of: [draft]}}
    columns:
      shop: shop
      number: number
      buyer: buyer
      state: state
      note: note
      name: customer.name
      city: customer.home.title
stream: {positions: postgresql}
""")


class Stream:
    """The shop's stream as Kinesis answers: so many records at a time, some answers empty."""

    def __init__(self, shop: Shop, records: int) -> None:
        self._shop = shop
        self._records = records
        self.answers = 0

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        assert request["StreamARN"] == ARN
        assert request["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
        first = int(request["StartingSequenceNumber"]) - FIRST_SEQUENCE
        if first < self._shop.trimmed:
            raise ClientError({"Error": {"Code": "InvalidArgumentException"}}, "GetShardIterator")
        return {"ShardIterator": (int(request["ShardId"]), first)}

    def get_records(self, **request: Any) -> dict[str, Any]:
        self.answers += 1
        shard, first = request["ShardIterator"]
        records = self._shop.source.shards[shard]
        if self.answers % 2:
            return {"Records": [], "MillisBehindLatest": 1, "NextShardIterator": (shard, first)}
        until = first + self._records
        numbers = range(first, min(until, len(records)))
        return {
            "Records": [_answer(records[n], n + FIRST_SEQUENCE) for n in numbers],
            "MillisBehindLatest": max(len(records) - until, 0),
            "NextShardIterator": (shard, until),
        }


def _answer(record: Record, number: int) -> dict[str, Any]:
    arrival = dt.datetime.fromtimestamp(record.arrival_ms(number) / 1_000, dt.UTC)
    return {
        "SequenceNumber": str(number),
        "PartitionKey": "any",
        "ApproximateArrivalTimestamp": arrival,
        "Data": record.data,
    }


class DataApiClient:
    """The shop's warehouse as the Data API answers: parameters by name, typed fields, pages."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._rows: list[list[dict[str, Any]]] = []

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        values = {each["name"]: each["value"] for each in request.get("Parameters", ())}
        named = re.findall(r":(p\d+)", request["Sql"])
        assert [*values] == named
        connection = self._shop.database.connect(0)
        cursor = connection.cursor()
        cursor.execute(re.sub(r":p\d+", "%s", request["Sql"]), [values[name] for name in named])
        self._rows = [[*map(_field, row)] for row in cursor.fetchall()]
        connection.close()
        return {"Id": "the only one"}

    def describe_statement(self, **_: Any) -> dict[str, Any]:
        return {"Status": "FINISHED"}

    def get_statement_result(self, **request: Any) -> dict[str, Any]:
        page = int(request.get("NextToken", 0))
        token = {"NextToken": str(page + 1)} if page + 1 < len(self._rows) else {}
        return {"Records": self._rows[page : page + 1], **token}


def _field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    return {"longValue": value} if isinstance(value, int) else {"stringValue": value}


class Shop(Tale):
    """One shard of the shop's stream, one subtask, and its warehouse."""

    def __init__(self) -> None:
        super().__init__(star=SHOP)
        self.expired: set[str] = set()
        self.trimmed = 0
        self.open_cursor: Callable[[], AbstractContextManager[Cursor]] | None = None

    def sell(self, number: int, buyer: str | None = None, **columns: Any) -> Record:
        row = {"shop": "north", "number": number, "buyer": buyer, "state": "paid", "note": "-"}
        left_out = columns.pop("left_out", ())
        return self.put("sale", row | columns, left_out=left_out)

    def enter(self, email: str, name: str, city: int | None = None) -> Record:
        return self.put("customer", {"email": email, "name": name, "city": city})

    def take_back(self, number: int) -> Record:
        self.source.begin()
        self.source.delete("sale", ("north", number))
        return self._make()

    def found(self, city_id: int, title: str) -> Record:
        return self.put("city", {"city_id": city_id, "title": title})

    def commit_each(self, *records: Record) -> None:
        """Each with a load of its own."""
        for record in records:
            self.take(record)
            self.commit()

    @property
    def database(self) -> Database:
        return cast("Database", self.world.database)

    def explain(self, *arguments: str, standard_input: Any = None) -> int:
        """`starjoin explain sales ...`; its exit code."""
        given = ["sales", "--properties", "x.json", *arguments]
        return main(given, opened=self.open, standard_input=standard_input)

    def open(self, _: Namespace) -> Application:
        """The shop as the command opens an application."""
        application = open_world(self.world, self._read_file, self._open_stream)
        return replace(application, open_cursor=self.open_cursor or application.open_cursor)

    def _open_stream(self) -> FindRecord:
        plan = DecodePlan(SHOP, self.source.generations)
        self.stream = Stream(self, records=3)
        return StreamReader(ARN, self.stream, plan, KEYS).find_record

    def _read_file(self, url: str) -> bytes:
        if url in self.expired:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return self.database.objects[url]


def open_world(
    world: World, read_file: ReadFile, open_stream: Callable[[], FindRecord]
) -> Application:
    """A simulated application as the command opens a real one."""

    @contextmanager
    def open_cursor() -> Iterator[Cursor]:
        connection = world.database.connect(0)
        try:
            yield connection.cursor()
        finally:
            connection.close()

    return Application(
        world.star,
        Names(BOOKKEEPING),
        7,
        open_cursor,
        read_file,
        lambda: KEYS.tokens,
        open_stream,
    )


def position_of(record: Record) -> str:
    """Of a record's newest change."""
    return position_text(record.versions[-1].position)
