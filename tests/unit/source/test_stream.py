"""Records are put in calls that Kinesis takes."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.source.stream import PutError, put


class Kinesis:
    """Takes whatever comes, but for one record."""

    def __init__(self, refused: int = 0) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self._refused = refused

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, int]:  # noqa: N803
        assert StreamName == "changes"
        self.calls.append(Records)
        return {"FailedRecordCount": self._refused}


def put_all(kinesis: Kinesis, entries: list[tuple[str, bytes]]) -> int:
    client: Any = kinesis
    return put(client, "changes", entries)


def test_a_call_has_no_more_records_than_it_may() -> None:
    kinesis = Kinesis()
    assert put_all(kinesis, [("k", b"x")] * 1001) == 1001
    assert [len(call) for call in kinesis.calls] == [500, 500, 1]


def test_a_call_has_no_more_bytes_than_it_may() -> None:
    kinesis = Kinesis()
    assert put_all(kinesis, [("k" * 300, bytes(1 << 20))] * 11) == 11
    assert [len(call) for call in kinesis.calls] == [4, 4, 3]
    assert {len(record["PartitionKey"]) for call in kinesis.calls for record in call} == {256}


def test_nothing_is_put_where_there_is_nothing() -> None:
    kinesis = Kinesis()
    assert put_all(kinesis, []) == 0
    assert kinesis.calls == []


def test_a_refused_record_is_an_error() -> None:
    with pytest.raises(PutError, match="refused 1 of 2 records for stream changes"):
        put_all(Kinesis(refused=1), [("a", b""), ("b", b"")])
