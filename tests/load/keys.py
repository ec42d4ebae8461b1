"""A set of keys from which one is drawn in constant time, evenly or with favourites."""

from __future__ import annotations

import random


class Keys:
    """Distinct numbers; those added first are the favourites."""

    def __init__(self) -> None:
        self._listed: list[int] = []
        self._places: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._listed)

    def __contains__(self, key: int) -> bool:
        return key in self._places

    def add(self, key: int) -> None:
        """Adds a key, unless it is there."""
        if key not in self._places:
            self._places[key] = len(self._listed)
            self._listed.append(key)

    def discard(self, key: int) -> None:
        """Removes a key, if it is there; the last takes its place."""
        place = self._places.pop(key, None)
        if place is None:
            return
        last = self._listed.pop()
        if last != key:
            self._listed[place] = last
            self._places[last] = place

    def even(self, chance: random.Random) -> int:
        """Any key."""
        return self._listed[int(chance.random() * len(self._listed))]

    def skewed(self, chance: random.Random) -> int:
        """A key by Zipf's law with exponent 1: the n-th favourite about 1/n as often as the first.

        The law's distribution function, inverted: no table of weights to keep up as keys come and
        go.
        """
        rank = int((len(self._listed) + 1) ** chance.random()) - 1
        return self._listed[rank]

    def newest(self) -> int:
        """The key that was added last, as long as none was removed since."""
        return self._listed[-1]
