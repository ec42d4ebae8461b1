"""The names that a declaration file may give: its own, and those in the source."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, StringConstraints

# Lower case, since Redshift folds identifiers; no leading or double underscore, since hidden
# columns are named with them.
_IDENTIFIER: Final = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
Identifier = Annotated[str, StringConstraints(pattern=_IDENTIFIER, max_length=63)]
# What an error says in place of a pattern.
PATTERN_WORDS: Final = {
    _IDENTIFIER: (
        "a name starts with a lower-case letter, has only a-z, 0-9 and single underscores, and "
        "does not end in one"
    )
}


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
