"""Records that are surely facts apart from the rest, before anything of them crosses to Python.

`split_facts` puts the JVM's splitter into the graph. `SureFacts.java` has the rule and says why no
record of a dimension can pass by it; `surely_named` and `FactSplitter` are its equals in Python,
for tests and the simulation. `golden/sure-facts-v1.txt` holds both to the same cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pyflink.common import Types
from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from connectors.kinesis.frame import RecordBlock, is_frame, read_frame, write_frame
from connectors.kinesis.passed import write_passed

_KEY: Final = b'"table-name"'
_ESCAPE: Final = b"\\u"
_COLON: Final = re.compile(rb"[ \t\n\r]*:[ \t\n\r]*")
_UNPLAIN: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')


def is_plain(name: str) -> bool:
    """Whether a name is written in JSON in one way alone, apart from escapes of four digits."""
    return not _UNPLAIN.search(name)


def split_facts(
    records: DataStream, names: Sequence[str], *, name: str, uid: str
) -> tuple[DataStream, DataStream]:
    """Elements of the source apart: what decode needs to see, and frames of nothing but facts.

    Args:
        records: elements of the source.
        names: the source's names of tables of facts; plain, and no dimension's in any schema.
        name: shown to people.
        uid: names the operator in savepoints; never change it.

    Returns:
        The rest, with `Passed` before a frame of it where something has passed; and the facts.
    """
    jvm: Any = get_gateway().jvm.io.starjoin.facts
    bytes_ = Types.PRIMITIVE_ARRAY(Types.BYTE()).get_java_type_info()
    splitter = jvm.FactSplitter(list(names))
    j_stream: Any = records._j_data_stream  # noqa: SLF001 -- PyFlink's way in for JVM functions
    j_split = j_stream.process(splitter, bytes_)
    facts = j_split.getSideOutput(jvm.FactSplitter.facts())
    return DataStream(j_split).name(name).uid(uid), DataStream(facts)


def surely_named(record: bytes, names: Sequence[str]) -> int | None:
    """The number of the name that a record surely has, None where none is sure."""
    if _ESCAPE in record or _KEY not in record:
        return None
    end = record.index(_KEY) + len(_KEY)
    if _KEY in record[end - 1 :]:  # two may share a quote
        return None
    colon = _COLON.match(record, end)
    if colon is None:
        return None
    for number, name in enumerate(names):
        if record.startswith(f'"{name}"'.encode(), colon.end()):
            return number
    return None


class FactSplitter:
    """What `FactSplitter.java` does in one subtask."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._passed = [0] * len(names)

    def split(self, element: bytes) -> tuple[bytes | None, list[bytes]]:
        """Of an element of the source the frame of facts, if it has any, and the rest."""
        if not is_frame(element):
            return None, [element]
        block = read_frame(element)
        numbers = [surely_named(block.record(row), self._names) for row in range(len(block))]
        facts = [row for row, number in enumerate(numbers) if number is not None]
        rest = [row for row, number in enumerate(numbers) if number is None]
        for number in numbers:
            if number is not None:
                self._passed[number] += 1
        return (
            _choose(block, facts) if facts else None,
            [*self._say_what_passed(), _choose(block, rest)] if rest else [],
        )

    def _say_what_passed(self) -> Iterator[bytes]:
        if any(self._passed):
            yield write_passed(self._passed)
            self._passed = [0] * len(self._passed)


def _choose(block: RecordBlock, rows: Sequence[int]) -> bytes:
    """A frame of some of the records."""
    arrival = [block.arrival[row].value for row in rows]
    return write_frame(
        stream=block.stream,
        shard=block.shard,
        sequence_numbers=[block.sequence_numbers[row].as_py() for row in rows],
        partition_keys=[block.partition_keys[row].as_py() for row in rows],
        arrival_millis=arrival,
        records=[block.record(row) for row in rows],
        millis_behind_latest=block.millis_behind_latest,
    )
