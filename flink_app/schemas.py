"""The Arrow schema of every block, by kind and table: what both ends of an edge agree on."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from connectors.accounts import Account, Gap, Outcome, Tip
from connectors.blocks import Kind
from flink_app.dead_letters.schema import DEAD_LETTER_SCHEMA, RESTRICTED_SCHEMA
from flink_app.declaration import Star

# Of kinds that hold the same whatever the declaration.
_FIXED: Final = {
    Kind.DEAD_LETTERS: DEAD_LETTER_SCHEMA,
    Kind.RESTRICTED: RESTRICTED_SCHEMA,
    Kind.ACCOUNT: Account.SCHEMA,
    Kind.OUTCOME: Outcome.SCHEMA,
    Kind.GAP: Gap.SCHEMA,
    Kind.TIP: Tip.SCHEMA,
}


class BlockSchemas:
    """Looks schemas up; made once per worker, so each is derived once."""

    def __init__(self, star: Star) -> None:
        self._star = star
        self._known: dict[tuple[Kind, str], pa.Schema] = {}

    def __call__(self, kind: Kind, table: str) -> pa.Schema:
        """The schema; KeyError when the declaration has no such table."""
        kind_and_table = (kind, table)
        if kind_and_table not in self._known:
            self._known[kind_and_table] = self._derive(kind, table)
        return self._known[kind_and_table]

    def __reduce__(self) -> tuple[type[BlockSchemas], tuple[Star]]:
        return BlockSchemas, (self._star,)

    def _derive(self, kind: Kind, table: str) -> pa.Schema:
        match kind:
            case Kind.FACTS | Kind.DIMENSION:
                return self._star.changes_schema(table)
            case Kind.ROWS:
                return self._star.wide_schema(table)
            case Kind.PATCHES:
                return self._star.patch_schema(table)
            case _:
                return _FIXED[kind]
