"""The slot of every key of a dimension, looked up for many keys at once.

Slots are found by the codes of keys, and keys whose codes are no proof are compared with the rows
that were found. The few keys that share their code with another are in a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, cast

import numpy as np
import pyarrow as pa

from flink_app.denormalise.keys import Keys
from flink_app.denormalise.slots import (
    NO_SLOT,
    PlacedSlots,
    Slots,
    SlotTable,
    SortedSlots,
    is_close,
)
from flink_app.records.arrays import Rows

# Whether sorted codes have come to lie close is asked again when there are so many times as many.
_CHECK_FACTOR: Final = 2


class KeyIndex:
    """The slots of keys.

    Args:
        is_exact: whether equal codes are equal keys.
        read_keys: gives the key's columns of the rows at some slots.
        read_key: gives the key of the row at one slot.
    """

    def __init__(
        self,
        *,
        is_exact: bool,
        read_keys: Callable[[Slots], list[pa.Array]],
        read_key: Callable[[int], Hashable],
    ) -> None:
        self._is_exact = is_exact
        self._read_keys = read_keys
        self._read_key = read_key
        self._slots: SlotTable = PlacedSlots() if is_exact else SortedSlots()
        self._others: dict[Hashable, int] = {}  # keys whose code is that of a key in `_slots`
        self._checked = 0

    def __len__(self) -> int:
        return len(self._slots) + len(self._others)

    def find(self, keys: Keys) -> Slots:
        """The slot of each key, `NO_SLOT` where it is unknown, as NULL is."""
        slots = self._slots.find(keys.codes)
        if self._is_exact:
            if (absent := keys.absent) is not None:
                slots[absent] = NO_SLOT
            return slots
        for row in self._find_others(keys, slots):
            slots[row] = self._others.get(keys.values[row], NO_SLOT)
        return slots

    def find_one(self, key: Hashable) -> int:
        """As `find`, for one key that is not NULL."""
        slot = self._slots.find_one(self._code(key))
        if slot == NO_SLOT or self._is_exact or self._read_key(slot) == key:
            return slot
        return self._others.get(key, NO_SLOT)

    def put(self, keys: Keys, slots: Slots) -> None:
        """Sets the slots of distinct keys, known or not; their rows must be there already."""
        if not len(keys):
            return
        codes = keys.codes
        if not self._is_exact and self._has_others(keys):
            for key, slot in zip(keys.values, slots.tolist(), strict=True):
                self.put_one(key, slot, self.find_one(key))
            return
        self._make_room(int(codes.min()), int(codes.max()), len(codes))
        self._slots.put(codes, slots)
        self._look_for_places()

    def put_one(self, key: Hashable, slot: int, known: int) -> None:
        """As `put`, for one key, which has the slot `known` so far."""
        code = self._code(key)
        is_other = known == NO_SLOT and self._slots.find_one(code) != NO_SLOT
        if is_other or key in self._others:
            self._others[key] = slot
            return
        self._make_room(code, code, 1)
        self._slots.put_one(code, slot)

    def slots(self) -> Slots:
        """The slots of all keys, ascending."""
        _, slots = self._slots.items()
        others = np.fromiter(self._others.values(), np.int64, len(self._others))
        return np.sort(np.concatenate([slots, others]))

    def renumber(self, kept: Slots) -> None:
        """Gives the slots in `kept`, which are those of all keys and ascend, the numbers from 0."""
        codes, slots = self._slots.items()
        self._others = {k: int(np.searchsorted(kept, slot)) for k, slot in self._others.items()}
        self._slots = type(self._slots)()
        self._slots.put(codes, np.searchsorted(kept, slots))

    def _code(self, key: Hashable) -> int:
        return cast("int", key) if self._is_exact else hash(key)

    def _find_others(self, keys: Keys, slots: Slots) -> Rows:
        """Where the slot is that of another key with the same code."""
        known = np.flatnonzero(slots != NO_SLOT)
        if not len(known):
            return known
        found_keys = keys if len(known) == len(keys) else keys.take(known)
        return known[~found_keys.find_equal(self._read_keys(slots[known]))]

    def _has_others(self, keys: Keys) -> bool:
        """Whether a key has the code of another, known or beside it."""
        if len(np.unique(keys.codes)) < len(keys):
            return True
        return len(self._find_others(keys, self._slots.find(keys.codes))) > 0

    def _make_room(self, low: int, high: int, count: int) -> None:
        """Sorts the codes when they would lie too far apart for places."""
        if isinstance(self._slots, PlacedSlots) and not self._slots.has_room(low, high, count):
            self._become(SortedSlots())

    def _look_for_places(self) -> None:
        """Gives sorted codes places when they have come to lie close."""
        if not self._is_exact or len(self._slots) < _CHECK_FACTOR * self._checked:
            return
        self._checked = len(self._slots)
        if isinstance(self._slots, SortedSlots):
            codes, _ = self._slots.items()
            if is_close(int(codes[0]), int(codes[-1]), len(codes)):
                self._become(PlacedSlots())

    def _become(self, table: SlotTable) -> None:
        table.put(*self._slots.items())
        self._slots = table
