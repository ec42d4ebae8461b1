"""Declared tables of which no record has ever been read: counted, and named once in the log.

A table of which nothing arrives is no failure that anybody sees: its records may come under another
name and be passed over, or not come at all. Only the bookkeeping tables know what was ever read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from connectors.redshift.spec import Pairs

logger = logging.getLogger(__name__)

# A full load brings one table after the other: what has not come yet may be next.
PATIENCE_SECONDS: Final = 3_600.0


class NeverRead:
    """What the last committed batch has said of declared tables without records.

    Args:
        sources: the declared tables, each with what the source calls it.
        clock: seconds, monotonic.
    """

    def __init__(self, sources: Pairs, *, clock: Callable[[], float]) -> None:
        self._sources = dict(sources)
        self._clock = clock
        self._tables: tuple[str, ...] = ()
        self._since: float | None = None
        self._warned = False

    def __len__(self) -> int:
        """How many tables; 0 before the first batch, since nothing is known then."""
        return len(self._tables)

    def note(self, tables: Sequence[str]) -> None:
        """Takes what a committed batch says."""
        self._tables = tuple(tables)
        if self._tables and self._since is None:
            self._since = self._clock()

    def warn(self) -> None:
        """Logs one warning, once tables have been without records for the time of patience."""
        is_due = self._since is not None and self._clock() - self._since >= PATIENCE_SECONDS
        if self._warned or not self._tables or not is_due:
            return
        self._warned = True
        logger.warning(
            "No record has ever been read of %s, though records of other tables have. Names are "
            "compared letter by letter: compare source_schema and source in the declaration with "
            "the source, and with the decode stage's warnings about tables of similar names. If "
            "the names are right, check that the DMS task's table mapping selects these tables "
            "and that they are not empty",
            ", ".join(f"table {table} ({self._sources[table]})" for table in self._tables),
        )
