"""The collations that sources name, and what each ignores, as far as its name says.

MySQL and MariaDB write `utf8mb4_0900_ai_ci`, SQL Server `SQL_Latin1_General_CP1_CI_AS`, Oracle
`BINARY_CI`. PostgreSQL's names (`en_US.utf8`, `C`) say nothing about it.
"""

from __future__ import annotations

from typing import Final

from flink_app.declaration.collation import Collation
from flink_app.records.plan import ReadColumn

_EXACT: Final = frozenset({"bin", "bin2", "binary"})
_ORACLE: Final = ("binary_", "generic_m_")
_ALL_WORDS: Final = _EXACT | {"ci", "cs", "ai", "as"}
# MySQL's collations of Unicode 9, and MariaDB's.
_HEEDING_BLANKS: Final = frozenset({"0900", "nopad"})


def contradicts(name: str, column: ReadColumn) -> bool:
    """Whether a source that compares `column` by the collation `name` does so in another way.

    Where the name leaves something open, that does not contradict.
    """
    return any(
        ignores is not None and ignores is not (collation in column.ignored)
        for collation, ignores in read_name(name).items()
    )


def ignores_trailing_blanks(name: str) -> bool:
    """Whether a source by the collation `name` takes text with blanks at its end for that without.

    Those of MySQL and SQL Server do, but for a few that say so; Oracle goes by the column's type.
    """
    lower = name.lower()
    words = frozenset(lower.split("_"))
    if lower == "binary" or lower.startswith(_ORACLE) or words & _HEEDING_BLANKS:
        return False
    return bool(words & _ALL_WORDS)


def read_name(name: str) -> dict[Collation, bool | None]:
    """Whether case and accents are ignored, by a collation's name; None where it does not say."""
    lower = name.lower()
    words = frozenset(lower.split("_"))
    ignores_case = _find_word(words, "ci", "cs")
    ignores_accents = _find_word(words, "ai", "as")
    if lower.startswith(_ORACLE):
        ignores_case = ignores_case or ignores_accents  # its AI implies CI
    elif words & _EXACT:
        return dict.fromkeys((Collation.CASE_INSENSITIVE, Collation.ACCENT_INSENSITIVE), False)
    elif ignores_accents is None and lower.startswith("utf8"):
        ignores_accents = ignores_case  # as MySQL derives it for Unicode
    return {
        Collation.CASE_INSENSITIVE: ignores_case,
        Collation.ACCENT_INSENSITIVE: ignores_accents,
    }


def _find_word(words: frozenset[str], ignoring: str, heeding: str) -> bool | None:
    if ignoring in words:
        return True
    return False if heeding in words else None
