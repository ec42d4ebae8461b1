"""What somebody probably meant who wrote another word. Standard library only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_ALIKE = 0.6  # of difflib's ratio, its own default
_MOST_LISTED = 12


def find_meant(word: str, known: Iterable[str]) -> str:
    """The known word that is most like another, whatever its case and underscores; or nothing."""
    by_letters: dict[str, str] = {}
    for name in known:
        by_letters.setdefault(_letters(name), name)
    alike = difflib.get_close_matches(_letters(word), by_letters, n=1, cutoff=_ALIKE)
    return by_letters[alike[0]] if alike else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence with the known word that is most like another, if one is."""
    meant = find_meant(word, known)
    return f"; did you mean {meant}?" if meant else ""


def list_words(known: Sequence[str]) -> str:
    """Known words in one line, not more than people read."""
    listed = ", ".join(known[:_MOST_LISTED])
    return f"{listed}, ..." if len(known) > _MOST_LISTED else listed


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word.lower())) or word
