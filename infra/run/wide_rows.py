"""Which rows of a target have changed since the last look, by the positions that each row stores.

Positions ascend with the stream where it has one shard and the source's log orders changes, as both
do in a local run: what has changed is above the highest position of the last look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from redshift_connector.core import Connection

from connectors.positions import POSITION_BYTES
from connectors.redshift.names import list_columns, quote
from connectors.redshift.position_sql import literal, part_of, to_digits
from connectors.sql_limits import BASE_SUFFIX
from flink_app.declaration import Star
from flink_app.declaration.star import POSITION
from infra.local.progress import rows

SHOWN_ROWS: Final = 3
# A look reads the whole target. Up to here that is a fraction of a second.
_LARGEST: Final = 200_000


@dataclass(frozen=True)
class ChangedRows:
    """What has changed in a target.

    Attributes:
        written: rows whose fact has changed.
        joined: other rows, which have changed with a dimension.
        shown: some of both, by column: what was written whole, else the key and what came along.
    """

    written: int = 0
    joined: int = 0
    shown: tuple[dict[str, Any], ...] = ()


class WideRows:
    """The rows of one target, looked at after each batch.

    Args:
        warehouse: a session with autocommit.
        star: whose target it is.
        target: its name.
    """

    def __init__(self, warehouse: Connection, star: Star, target: str) -> None:
        self._warehouse = warehouse
        schema = star.targets[target].schema_name
        self._base = f"{quote(schema)}.{quote(target + BASE_SUFFIX)}"
        self._columns = [column.name for column in star.wide_columns(target)]
        self._keys = star.key_columns(target)
        # By hidden position the columns that change with it.
        self._of_position: dict[str, list[str]] = {POSITION: self._columns}
        for path in star.target_paths(target):
            self._of_position[path.position] = [
                column.name
                for column in star.wide_columns(target)
                # A row that moves to another city takes what lies below that.
                if column.path[: len(path.steps)] == path.steps
            ]
        self._highest = ""

    def begin(self) -> bool:
        """What is there now counts as seen. False where the target is too large to be looked at."""
        ((count,),) = rows(self._warehouse, f"SELECT COUNT(*) FROM {self._base}")
        if int(count) > _LARGEST:
            return False
        self._highest = self._read_highest()
        return True

    def look(self) -> ChangedRows:
        """What has changed since the last look."""
        highest = self._read_highest()
        if highest == self._highest:
            return ChangedRows()
        mark = literal(self._highest)
        newer = {name: f"{part_of(quote(name), 0)} > {mark}" for name in self._of_position}
        is_changed = " OR ".join(newer.values())
        ((count, written),) = rows(
            self._warehouse,
            f"SELECT COUNT(*), SUM(CASE WHEN {newer[POSITION]} THEN 1 ELSE 0 END) "
            f"FROM {self._base} WHERE {is_changed}",
        )
        flags = ", ".join(f"CASE WHEN {each} THEN 1 ELSE 0 END" for each in newer.values())
        changed = rows(
            self._warehouse,
            f"SELECT {list_columns(self._columns)}, {flags} FROM {self._base} "
            f"WHERE {is_changed} ORDER BY {list_columns(self._keys)} LIMIT {SHOWN_ROWS}",
        )
        self._highest = highest
        shown = tuple(self._choose(row) for row in changed)
        return ChangedRows(int(written or 0), int(count) - int(written or 0), shown)

    def _choose(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """The key, and what has changed with a position that is newer."""
        values, flags = row[: len(self._columns)], row[len(self._columns) :]
        of_newer = zip(self._of_position.values(), flags, strict=True)
        chosen = {*self._keys, *(name for names, flag in of_newer if flag for name in names)}
        return {
            name: value for name, value in zip(self._columns, values, strict=True) if name in chosen
        }

    def _read_highest(self) -> str:
        """The highest position of all rows as digits; of no rows the lowest."""
        highest = ", ".join(
            f"MAX({to_digits(part_of(quote(name), 0))})" for name in self._of_position
        )
        (row,) = rows(self._warehouse, f"SELECT {highest} FROM {self._base}")
        return max((str(digits).lower() for digits in row if digits), default="00" * POSITION_BYTES)
