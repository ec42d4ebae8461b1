"""Texts that a collation takes for equal: the one that stands for them, and how a source writes it.

What a canonical form is, is worked out here once more, character by character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

from flink_app.declaration.collation import Collation

# Letters that are the same to a source without case, beside upper and lower.
_OTHER_CASES: Final = {"k": "\u212a", "s": "\u017f"}
_ACUTE: Final = "\u0301"
_WAYS: Final = 4


def find_form(text: str, ignored: Collection[Collation]) -> str:
    """The text that stands for all that a source takes for equal to `text`."""
    if not ignored:
        return text
    letters = unicodedata.normalize("NFD", text)
    if Collation.CASE_INSENSITIVE in ignored:
        folded = (letter.casefold() for letter in letters)
        letters = unicodedata.normalize("NFD", "".join(folded))
    if Collation.ACCENT_INSENSITIVE in ignored:
        kept, base = [], ""
        for letter in letters:
            is_mark = 0x300 <= ord(letter) < 0x370
            base = base if is_mark else letter
            is_accent = is_mark and unicodedata.name(base, "").startswith(("LATIN", "GREEK"))
            kept += [] if is_accent else [letter]
        letters = "".join(kept)
    return unicodedata.normalize("NFC", letters)


def write_alike(text: str, ignored: Collection[Collation], most_bytes: int, way: int) -> str:
    """One of the texts that a source takes for equal to `text`, no longer than its column."""
    written = list(text)
    for number, letter in enumerate(text):
        chosen = (way >> (2 * (number % 8))) % _WAYS
        if Collation.CASE_INSENSITIVE in ignored and letter.isascii():
            cases = (letter, letter.upper(), _OTHER_CASES.get(letter, letter), letter.upper())
            written[number] = cases[chosen]
        if Collation.ACCENT_INSENSITIVE in ignored and letter.isascii() and letter.isalpha():
            accented = written[number] + _ACUTE
            written[number] = accented if chosen > 1 else written[number]
    alike = "".join(written)
    composed = unicodedata.normalize("NFC", alike) if way % 3 else alike
    return next(
        (form for form in (composed, text.upper()) if _fits(form, text, ignored, most_bytes)), text
    )


def _fits(form: str, text: str, ignored: Collection[Collation], most_bytes: int) -> bool:
    return len(form.encode()) <= most_bytes and find_form(form, ignored) == text
