"""Redshift's errors in words of our own: what happened and where, and no value of any row.

Of a server's text only this passes: the SQLSTATE, codes from a list, and names of tables and
columns that the loader itself uses. The text may quote a value anywhere (`Invalid digit, Value
'…'`, a key in a DETAIL), so a form that is not known is replaced by what its SQLSTATE means.
`known_errors` has the forms, and the words for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.redshift.known_errors import ANY_OTHER, SERVER_ERRORS, KnownError

_STATE: Final = re.compile(r"[0-9A-Z]{5}")
_PREFIX: Final = re.compile(r"^\s*(ERROR:|error:|context:)\s*")
_CODE: Final = re.compile(r"^\s*(?:ERROR:\s*)?(?:code:\s*)?(\d{4,5})\b")
# It stands for errors of many kinds, from roles to manifests: shown, without a meaning.
_GENERAL_CODE: Final = "8001"
_CODES: Final = {row.code for row in SERVER_ERRORS if row.code}
_FIELDS: Final = ("M", "D")
ELSEWHERE: Final = (
    "Redshift's message may contain row values, so it is not shown; see SYS_QUERY_HISTORY, and "
    "SYS_LOAD_ERROR_DETAIL of a COPY"
)


@dataclass(frozen=True)
class Said:
    """What an error of the server means.

    Attributes:
        error: its row.
        name: of a table or column that the text gives, not yet known to be ours.
        state: the SQLSTATE, or `unknown`.
        code: that Redshift's nodes gave; empty without one that is known.
    """

    error: KnownError
    name: str
    state: str
    code: str

    def sentence(self, known: frozenset[str], added: str = "") -> str:
        """The error in our words; `known` are the names that may be repeated.

        It ends with `added`, what the warehouse could say of it. Without that it points to what
        Redshift keeps wherever that has more: for errors of values and files, and for those whose
        kind is not known.
        """
        coded = f", code {self.code}" if self.code else ""
        happened = self.error.words.format(_show_known(self.name, known))
        more = added or ("" if self.error.complete else ELSEWHERE)
        return f"{happened} (SQLSTATE {self.state}{coded})" + (f". {more}" if more else "")


def understand(fields: Mapping[str, str]) -> Said:
    """Finds what the fields of the wire protocol's error message mean."""
    state = state_of(fields)
    lines = [line for field in _FIELDS for line in fields.get(field, "").splitlines()]
    codes = (match[1] for line in lines if (match := _CODE.match(line)))
    code = next((code for code in codes if code in _CODES or code == _GENERAL_CODE), "")
    texts = [_PREFIX.sub("", line).strip() for line in lines]
    for error in SERVER_ERRORS:
        if error.pattern is not None:
            for text in texts:
                if match := error.pattern.fullmatch(text):
                    return Said(error, match.groupdict().get("name") or "", state, code)
        elif (error.code and error.code == code) or (error.state and state.startswith(error.state)):
            return Said(error, "", state, code)
    return Said(ANY_OTHER, "", state, code)


def meaning_of(code: str) -> str:
    """What a code of Redshift's nodes means; of one that is not known, that it is not."""
    meanings = (error.words for error in SERVER_ERRORS if error.code and error.code == code)
    return next(meanings, "an unknown cause")


def state_of(fields: Mapping[str, str]) -> str:
    """The SQLSTATE, or `unknown`."""
    state = fields.get("C", "")
    return state if _STATE.fullmatch(state) else "unknown"


def _show_known(name: str, known: frozenset[str]) -> str:
    """The name if every part of it is one of ours."""
    parts = name.replace('"', "").split(".")
    return ".".join(f'"{part}"' for part in parts) if set(parts) <= known else "(name withheld)"
