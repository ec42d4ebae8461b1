"""Puts records of a repair onto the stream, one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from flink_app.declaration import Star
from flink_app.records.plan import RecordPlan
from infra.repair.errors import RepairStoppedError
from infra.repair.protocol import RowRepair
from infra.repair.records import Record, find_fault, make_record
from infra.repair.rows import Declared

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


@dataclass(frozen=True)
class StreamWriter:
    """A `Stream` on Kinesis.

    Attributes:
        client: boto3's; its own retries apply.
        stream_arn: of the stream.
        star: of the declaration.
        declared: its tables.
        plan: how the application reads its records.
        now: the time at which a record is made.
    """

    client: KinesisClient
    stream_arn: str
    star: Star
    declared: Declared
    plan: RecordPlan
    now: Callable[[], dt.datetime]

    def find_fault(self, repair: RowRepair) -> str:
        """Why the application would not take a record; empty if it would."""
        return find_fault(self._make(repair), self.plan)

    def put(self, repairs: Sequence[RowRepair]) -> None:
        """Puts all of them; their order is of no meaning. Raises RepairStoppedError."""
        for number, repair in enumerate(repairs):
            record = self._make(repair)
            try:
                self.client.put_record(
                    StreamARN=self.stream_arn,
                    PartitionKey=record.partition_key,
                    Data=record.payload,
                )
            except (ClientError, BotoCoreError) as error:
                message = (
                    f"{number} of {len(repairs)} records were put; the next, of table "
                    f"{repair.row.table}, was not: {_describe(error)}. Run it again: a record that "
                    "is put twice changes nothing"
                )
                raise RepairStoppedError(message) from None

    def _make(self, repair: RowRepair) -> Record:
        return make_record(repair, self.declared.tables[repair.row.table], self.star, self.now())


def _describe(error: ClientError | BotoCoreError) -> str:
    """What Kinesis says in one word: its sentences quote the partition key."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__
