"""Names of the source as a declaration may have them: lower case, short, without conflicts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from connectors.sql_limits import SYSTEM_COLUMNS
from flink_app.declaration.names import LONGEST_IDENTIFIER

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")


def to_identifier(name: str, fallback: str) -> str:
    """A name of the source in lower case with single underscores; `fallback` if no letter remains.

    A name that is one already stays as it is.
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    words = [word for word in _WORD.findall(plain.encode("ascii", "ignore").decode()) if word]
    written = "_".join(words).lower()
    if not written:
        return fallback
    if not written[0].isalpha():
        written = f"{fallback.partition('_')[0]}_{written}"
    return shorten(written, LONGEST_IDENTIFIER)


def column_identifier(name: str, number: int) -> str:
    """That of a column; Redshift has some names for columns of its own."""
    written = to_identifier(name, f"column_{number}")
    return f"source_{written}" if written in SYSTEM_COLUMNS else written


def shorten(name: str, longest: int) -> str:
    """The beginning of an identifier that is an identifier too."""
    return name[:longest].rstrip("_")


def make_unique(name: str, taken: Collection[str], longest: int = LONGEST_IDENTIFIER) -> str:
    """The name, or with a number behind it if it is taken."""
    if name not in taken and len(name) <= longest:
        return name
    number = 2
    cut = shorten(name, longest)
    if cut not in taken:
        return cut
    while (numbered := f"{shorten(name, longest - len(f'_{number}'))}_{number}") in taken:
        number += 1
    return numbered


def reference_name(columns: tuple[str, ...], table: str, key: tuple[str, ...]) -> str:
    """What a reference is called: by its column without the ending, or by the table it leads to."""
    if len(columns) > 1:
        return table
    (column,) = columns
    endings = {"_id", "_key", "_code", "_no", "_number", "_nr", "_uuid", "_fk"}
    endings |= {f"_{key[0]}"} if len(key) == 1 else set()
    for ending in sorted(endings, key=len, reverse=True):
        if column.endswith(ending) and len(column) > len(ending):
            return column.removesuffix(ending)
    return column
