"""How a source compares a key, and the one form that all texts have which it takes for equal.

Decode puts this canonical form in the place of what the source wrote, before the value is treated.
So whatever compares keys afterwards compares letter by letter: the mirror, the load, SQL, tokens.
The form is part of what is stored: another one would make two rows of one.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from typing import Final


class Collation(enum.StrEnum):
    """What a source does not distinguish when it compares a column; several may hold."""

    BINARY = "binary"  # every character counts: the default, in words
    CASE_INSENSITIVE = "case_insensitive"
    ACCENT_INSENSITIVE = "accent_insensitive"


# In the decomposed form of text: marks behind Latin and Greek letters. Elsewhere marks make other
# letters: Cyrillic й, kana, vowels of Indian scripts.
_ACCENTED: Final = re.compile(
    "([A-Za-z\u00aa\u00ba\u00c0-\u02af\u0370-\u03ff\u1d00-\u1dbf\u1e00-\u1fff\u2c60-\u2c7f"
    "\ua720-\ua7ff\uab30-\uab6f])[\u0300-\u036f]+"
)


def canonical_form(text: str, ignored: frozenset[Collation]) -> str:
    """The form that all texts have which differ in nothing but what is `ignored`.

    Case-folded (Unicode's full folding, in which ß is ss), then without accents, in NFC. With
    nothing ignored the text itself, however it is composed.
    """
    if not ignored:
        return text
    if text.isascii():
        return text.lower() if Collation.CASE_INSENSITIVE in ignored else text
    text = unicodedata.normalize("NFD", text)
    if Collation.CASE_INSENSITIVE in ignored:
        text = unicodedata.normalize("NFD", text.casefold())
    if Collation.ACCENT_INSENSITIVE in ignored:
        text = _ACCENTED.sub(r"\1", text)
    return unicodedata.normalize("NFC", text)
