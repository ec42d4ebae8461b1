"""Rows of answers as checksums and digests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.reconcile.comparison import Comparison
from infra.reconcile.looks import Checksum, ColumnDigests


def read_checksum(sums: Sequence[Any]) -> Checksum:
    """Of a range without a row that is compared, SQL's sums are NULL."""
    return tuple(int(value or 0) for value in sums)


def column_digests(comparison: Comparison, digests: Sequence[Any]) -> ColumnDigests:
    """The digests of all columns, by group."""
    grouped, start = [], 0
    for group in comparison.groups:
        end = start + len(group.compared)
        grouped.append(tuple(str(digest) for digest in digests[start:end]))
        start = end
    return tuple(grouped)
