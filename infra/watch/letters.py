"""Why records are dead letters: counted in the files of the newest, of which nothing else is read.

The bookkeeping tables count dead letters and do not say their reasons. A file is read once; of its
columns only reason and table, neither of which holds a value.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.failures import StarjoinError, describe_error
from flink_app.records.rejected import Reason
from infra.watch.picture import LetterFile, LetterReasons, Letters

# A larger file is not fetched for a screen; its dead letters are counted all the same.
_LARGEST_BYTES: Final = 32 * 2**20

ReadFile = Callable[[str], bytes]
_Kind = tuple[str, str]  # reason and table


class LetterFileError(StarjoinError):
    """A file of dead letters is not what the ledger says."""


class LetterCounts:
    """Counts reasons in files, each of which is read once.

    Args:
        read: gives a file's bytes by its address.
    """

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self._known: dict[str, Counter[_Kind]] = {}

    def count(self, files: Iterable[LetterFile]) -> LetterReasons:
        """The reasons of the dead letters in these files. Raises what `read` raises."""
        total: Counter[_Kind] = Counter()
        for file in files:
            if file.bytes <= _LARGEST_BYTES:
                if file.part not in self._known:
                    self._known[file.part] = _count_file(file.part, self._read(file.url))
                total += self._known[file.part]
        alike = [
            Letters(reason, table, count, _remedy_of(reason))
            for (reason, table), count in sorted(
                total.items(), key=lambda item: (-item[1], item[0])
            )
        ]
        return LetterReasons(total.total(), tuple(alike))


def _count_file(part: str, content: bytes) -> Counter[_Kind]:
    try:
        # Not `read_table`: its threads can abort a process that ends right after its first look.
        file = pq.ParquetFile(io.BytesIO(content))
        table = file.read(columns=["reason", "table"], use_threads=False)
    except pa.ArrowException as error:
        message = f"part {part} of dead letters cannot be read ({describe_error(error)})"
        raise LetterFileError(message) from error
    return Counter((row["reason"] or "unknown", row["table"] or "") for row in table.to_pylist())


def _remedy_of(reason: str) -> str:
    return Reason(reason).remedy if reason in list(Reason) else ""
