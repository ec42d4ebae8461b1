"""The names that a declaration file may give: its own, and those in the source."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, StringConstraints

# Lower case, since Redshift folds identifiers; no leading or double underscore, since hidden
# columns are named with them.
IDENTIFIER: Final = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
LONGEST_IDENTIFIER: Final = 63
Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER, max_length=LONGEST_IDENTIFIER)]
# What an error says in place of a pattern.
PATTERN_WORDS: Final = {
    IDENTIFIER: (
        "a name starts with a lower-case letter, has only a-z, 0-9 and single underscores, and "
        "does not end in one"
    )
}


def suggest_name(key_path: tuple[str | int, ...], name: str) -> str:
    """What to write instead of a name of the wrong form, if it has any letters."""
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+", name)
    written = "_".join(parts).lower().lstrip("0123456789_")
    if not written:
        return "use letters a-z"
    is_of_source = key_path[0] == "tables" and (len(key_path) == 2 or "columns" in key_path)
    source = ", and the name in the source as `source:`" if is_of_source else ""
    return f"write {written}{source}"


def _check_source_text(name: object) -> object:
    """Refuses what no record can hold as a name."""
    if not isinstance(name, str):
        return name  # which is refused as such
    if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):
        message = "a name in the source cannot contain NUL or an unpaired surrogate"
        raise ValueError(message)
    return name


# As the change records write them, which may be any text: dots, blanks and quotes mean nothing.
SourceName = Annotated[str, StringConstraints(min_length=1), BeforeValidator(_check_source_text)]
