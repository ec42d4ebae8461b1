"""Slots by code, without a Python object for each: as an array of all codes, or sorted in runs.

Codes that lie close together, as numbers from a sequence do, are the places of an array. Any others
are sorted: a look-up is a binary search in a few runs, of which each is a good deal smaller than
the one before. What comes alone waits in a dictionary until it makes a run, or somebody searches.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from flink_app.denormalise.keys import Codes

Slots = npt.NDArray[np.int64]
_Stored = npt.NDArray[np.int32]  # a mirror has far fewer rows than that

NO_SLOT: Final = -1
# An array may have so many places for each code: no more memory than sorted codes take.
_PLACES: Final = 3
_FEW_PLACES: Final = 4_096
# An array is extended by at least this part of it, so that codes which ascend seldom do.
_SLACK: Final = 8
# A run takes what follows in once that has grown to this part of it. So each code is copied some
# eight times for every factor of eight, and a million codes are in about four runs.
_RUN_RATIO: Final = 8
_SMALL_RUN: Final = 4_096
_MOST_ALONE: Final = 1_024


class SlotTable(Protocol):
    """The slot of each of some codes."""

    def __len__(self) -> int:
        """How many codes there are."""

    def find(self, codes: Codes) -> Slots:
        """The slot of each code, `NO_SLOT` where it is unknown."""

    def find_one(self, code: int) -> int:
        """As `find`, for one."""

    def put(self, codes: Codes, slots: Slots) -> None:
        """Sets the slots of distinct codes, known or not."""

    def put_one(self, code: int, slot: int) -> None:
        """As `put`, for one."""

    def items(self) -> tuple[Codes, Slots]:
        """All codes in ascending order, and the slot of each."""


class PlacedSlots:
    """An array with a place for each code from the least to the greatest."""

    def __init__(self) -> None:
        self._first = 0
        self._slots: _Stored = np.full(1, NO_SLOT, np.int32)  # the last place is for all others
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def find(self, codes: Codes) -> Slots:
        """The slot of each code, `NO_SLOT` where it is unknown."""
        found_slots: Slots = self._slots[self._places(codes)].astype(np.int64)
        return found_slots

    def find_one(self, code: int) -> int:
        """As `find`, for one."""
        offset = code - self._first
        return int(self._slots[offset]) if 0 <= offset < len(self._slots) - 1 else NO_SLOT

    def has_room(self, low: int, high: int, count: int) -> bool:
        """Whether, with so many codes between two, few enough places stand empty."""
        return self._holds(low, high) or is_close(*self._bounds(low, high), len(self) + count)

    def put(self, codes: Codes, slots: Slots) -> None:
        """Sets the slots of distinct codes, known or not; `has_room` says whether it should."""
        if not len(codes):
            return
        self._extend(int(codes.min()), int(codes.max()))
        places = codes - self._first
        self._count += int(np.count_nonzero(self._slots[places] == NO_SLOT))
        self._slots[places] = slots

    def put_one(self, code: int, slot: int) -> None:
        """As `put`, for one."""
        self._extend(code, code)
        offset = code - self._first
        self._count += bool(self._slots[offset] == NO_SLOT)
        self._slots[offset] = slot

    def items(self) -> tuple[Codes, Slots]:
        """All codes in ascending order, and the slot of each."""
        places = np.flatnonzero(self._slots != NO_SLOT)
        return places + self._first, self._slots[places].astype(np.int64)

    def _places(self, codes: Codes) -> Slots:
        # Codes below the first are very large without a sign, wherever they wrap.
        places = (codes - np.int64(self._first)).view(np.uint64)
        inside: Slots = np.minimum(places, np.uint64(len(self._slots) - 1)).view(np.int64)
        return inside

    def _holds(self, low: int, high: int) -> bool:
        return self._first <= low and high < self._first + len(self._slots) - 1

    def _bounds(self, low: int, high: int) -> tuple[int, int]:
        if not len(self):
            return low, high
        return min(low, self._first), max(high, self._first + len(self._slots) - 2)

    def _extend(self, low: int, high: int) -> None:
        if self._holds(low, high):
            return
        count = len(self._slots) - 1
        first, last = self._bounds(low, high)
        before = self._first - first if len(self) else 0
        room = max(last - first + 1, count + count // _SLACK)
        slots = np.full(room + 1, NO_SLOT, np.int32)
        slots[before : before + count] = self._slots[:-1]
        self._first, self._slots = first, slots


class SortedSlots:
    """Sorted runs of codes, the largest first; each code is in one of them, or in none yet."""

    def __init__(self) -> None:
        self._runs: list[tuple[Codes, _Stored]] = []
        self._alone: dict[int, int] = {}

    def __len__(self) -> int:
        return sum(len(codes) for codes, _ in self._runs) + len(self._alone)

    def find(self, codes: Codes) -> Slots:
        """The slot of each code, `NO_SLOT` where it is unknown."""
        self._make_run()
        slots = np.full(len(codes), NO_SLOT)
        open_rows: Slots | None = None  # where it is unknown; None: anywhere
        for run_codes, run_slots in self._runs:
            wanted = codes if open_rows is None else codes[open_rows]
            places = run_codes.searchsorted(wanted)
            known = run_codes.take(places, mode="clip") == wanted
            found_slots = np.where(known, run_slots.take(places, mode="clip"), NO_SLOT)
            if open_rows is None:
                slots = found_slots.astype(np.int64)
                open_rows = np.flatnonzero(~known)
            else:
                slots[open_rows] = found_slots
                open_rows = open_rows[~known]
            if not len(open_rows):
                break
        return slots

    def find_one(self, code: int) -> int:
        """As `find`, for one."""
        slot = self._alone.get(code)
        if slot is not None:
            return slot
        run, offset = self._seek(code)
        return NO_SLOT if run is None else int(run[offset])

    def put(self, codes: Codes, slots: Slots) -> None:
        """Sets the slots of distinct codes, known or not."""
        self._make_run()
        for run_codes, run_slots in self._runs:
            places = run_codes.searchsorted(codes)
            known = run_codes.take(places, mode="clip") == codes
            if known.any():
                run_slots[places[known]] = slots[known]
                codes, slots = codes[~known], slots[~known]
        if len(codes):
            order = np.argsort(codes, kind="stable")
            self._add(codes[order], slots[order].astype(np.int32))

    def put_one(self, code: int, slot: int) -> None:
        """As `put`, for one."""
        run, offset = self._seek(code)
        if run is not None:
            run[offset] = slot
            return
        self._alone[code] = slot
        if len(self._alone) > _MOST_ALONE:
            self._make_run()

    def items(self) -> tuple[Codes, Slots]:
        """All codes in ascending order, and the slot of each."""
        self._make_run()
        codes = np.concatenate([np.zeros(0, np.int64), *(codes for codes, _ in self._runs)])
        slots = np.concatenate([np.zeros(0, np.int32), *(slots for _, slots in self._runs)])
        order = np.argsort(codes, kind="stable")
        return codes[order], slots[order].astype(np.int64)

    def _seek(self, code: int) -> tuple[_Stored | None, int]:
        """The slots of the run that has the code, and where in it."""
        number = np.int64(code)
        for run_codes, run_slots in self._runs:
            offset = int(run_codes.searchsorted(number))
            if offset < len(run_codes) and run_codes[offset] == number:
                return run_slots, offset
        return None, 0

    def _make_run(self) -> None:
        if self._alone:
            codes = np.fromiter(self._alone, np.int64, len(self._alone))
            slots = np.fromiter(self._alone.values(), np.int32, len(self._alone))
            self._alone = {}
            order = np.argsort(codes)
            self._add(codes[order], slots[order])

    def _add(self, codes: Codes, slots: _Stored) -> None:
        """Adds unknown codes in ascending order."""
        while self._runs and len(self._runs[-1][0]) <= max(_SMALL_RUN, _RUN_RATIO * len(codes)):
            larger, larger_slots = self._runs.pop()
            places = larger.searchsorted(codes)
            codes = np.insert(larger, places, codes)
            slots = np.insert(larger_slots, places, slots)
        self._runs.append((codes, slots))


def is_close(low: int, high: int, count: int) -> bool:
    """Whether so many codes between two may be the places of an array."""
    return high - low < max(_FEW_PLACES, _PLACES * count)
