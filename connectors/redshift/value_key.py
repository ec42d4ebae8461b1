"""The key that the values were made under: remembered with the tables, compared at each start.

Values that depend on a key match only values of the same key. The tables of one target therefore
hold values of one key, and so do the parts that wait for their load. An empty id is that of a
declaration whose values depend on no key: nothing is compared then, and nothing remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.redshift.bookkeeping import VALUE_KEY
from connectors.redshift.errors import KeyChangedError, NeedsRepairError
from connectors.redshift.ledger import Cursor, insert, now
from connectors.redshift.names import Names
from connectors.staging.part import Part

_STEPS: Final = "operations.md, Rotating the privacy secret, has the steps"


def check_key(cursor: Cursor, names: Names, key_id: str) -> None:
    """Remembers the key of the first start; in the transaction that takes the fence.

    Raises KeyChangedError when the tables were filled under another one.
    """
    if not key_id:
        return
    cursor.execute(f"SELECT key_id FROM {names.value_key}")
    rows = cursor.fetchall()
    if not rows:
        insert(cursor, names, VALUE_KEY, [{"key_id": key_id, "since": now()}])
        return
    filled = str(rows[0][0])
    if filled != key_id:
        message = (
            f"the warehouse was filled under key {filled}, and this start has key {key_id}: rows "
            f"of both would not match. Nothing was loaded. Make key {filled} the current one "
            f"again and start; or empty the tables, delete the row from {names.value_key}, and "
            f"load everything again. {_STEPS}"
        )
        raise KeyChangedError(message)


def check_part_keys(key_id: str, parts: Sequence[Part]) -> None:
    """Raises NeedsRepairError for parts that were staged under another key; they stay pending."""
    for part in parts:
        if key_id and part.key_id and part.key_id != key_id:
            message = (
                f"parts of epoch {part.epoch} and possibly others were staged under key "
                f"{part.key_id}, and this start has key {key_id}: they stay pending. Make key "
                f"{part.key_id} the current one again and start, until they are loaded; or, if key "
                f"{key_id} is the right one, start from a snapshot that is older than these parts: "
                f"what they hold is then read again. {_STEPS}"
            )
            raise NeedsRepairError(message)
