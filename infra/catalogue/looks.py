"""What values can look like that say something of a person; the patterns are SQL's and Python's."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class Look(enum.Enum):
    """What the values of a column look like, in words that follow `look like`."""

    EMAIL = "e-mail addresses"
    IBAN = "bank account numbers (IBAN)"
    SOCIAL_SECURITY = "social security numbers"
    PHONE = "telephone numbers"
    CARD = "card numbers"
    IP = "IP addresses"
    WITH_PERSON = "text with e-mail addresses, telephone numbers or JSON fields of a person in it"


_BYTE: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# What PostgreSQL and Python read alike. Of a whole value, in the order in which they are asked.
PATTERNS: Final[Mapping[Look, str]] = MappingProxyType(
    {
        Look.EMAIL: r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,24}$",
        Look.IBAN: r"^[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}( ?[A-Z0-9]{4}){2,6}( ?[A-Z0-9]{1,3})?$",
        Look.SOCIAL_SECURITY: r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$",
        Look.PHONE: (
            r"^((\+[0-9]|\([0-9]|0[0-9]+[ /-])[0-9 ()/.-]{5,18}[0-9]"
            r"|[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4})$"
        ),
        Look.CARD: r"^[3-6][0-9]{3}([ -]?[0-9]{4}){2}[ -]?[0-9]{3,4}$",
        Look.IP: (
            rf"^({_BYTE}(\.{_BYTE}){{3}}(/[0-9]{{1,2}})?"
            r"|[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){3,7}(/[0-9]{1,3})?)$"
        ),
    }
)
# Of the beginning of a value, however long it is. JSON keys are asked for as they are written most
# often: MySQL's and PostgreSQL's matching differ in case.
WITHIN: Final = (
    r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,24}"
    r"|[+][1-9][0-9 ()/.-]{7,17}[0-9]"
    r'|"((first|last|full|given|family)_?[Nn]ame|surname|e_?mail|phone|mobile|birth_?[Dd]ate|dob'
    r'|ssn|iban|street)" *:'
)

LONGEST_LOOKED_AT: Final = 320  # characters of a whole value; an e-mail address has no more
LOOKED_AT_WITHIN: Final = 2_000
_FEWEST: Final = 5  # values; of fewer nothing is said, unless the form leaves no doubt
_CERTAIN: Final = frozenset({Look.EMAIL, Look.IBAN})
_MOST_OF: Final = 0.8
_FEWEST_WITHIN: Final = 2


def find_look(values: int, alike: Mapping[Look, int]) -> Look | None:
    """What most of so many values look like, given how many look like what."""
    for look in PATTERNS:
        fewest = 1 if look in _CERTAIN else _FEWEST
        if values >= fewest and alike.get(look, 0) >= _MOST_OF * values:
            return look
    return Look.WITH_PERSON if alike.get(Look.WITH_PERSON, 0) >= _FEWEST_WITHIN else None


def round_up(length: int) -> int:
    """The next power of two, so that a length says little of the value that had it."""
    return 1 << (length - 1).bit_length() if length > 0 else 0
