"""Several batches become one, or the refusal says what to do."""

from __future__ import annotations

import pyarrow as pa
import pytest

from flink_app.records.arrays import TextTooLargeError, concatenate

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])


def batch(numbers: list[int]) -> pa.RecordBatch:
    texts = [f"t{number}" for number in numbers]
    return pa.RecordBatch.from_pydict({"n": numbers, "text": texts}, schema=SCHEMA)


@pytest.mark.parametrize("parts", [[[1, 2]], [[1], [], [2, 3]], [[], []]])
def test_rows_keep_their_order(parts: list[list[int]]) -> None:
    rows = concatenate([batch(numbers) for numbers in parts])
    assert rows.equals(batch([number for numbers in parts for number in numbers]))


def test_a_text_column_of_more_than_two_gigabytes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def chunks(_: object) -> list[pa.RecordBatch]:
        return [batch([1]), batch([2])]

    class Combined:
        to_batches = chunks

    class Table:
        @staticmethod
        def from_batches(_: object) -> Table:
            return Table()

        def combine_chunks(self) -> Combined:
            return Combined()

    monkeypatch.setattr(pa, "Table", Table)
    with pytest.raises(TextTooLargeError, match=r"columns text: .* keep it in the warehouse"):
        concatenate([batch([1]), batch([2])])
