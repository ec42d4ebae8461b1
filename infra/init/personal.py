"""Which columns look personal, by their names and by what sampled values look like, and what then.

The treatments are proposals: each is declared with its reason, and how to keep the values in clear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from flink_app.declaration.model import Treatment
from flink_app.declaration.types import ColumnType
from infra.catalogue.looks import Look
from infra.catalogue.model import SourceColumn
from infra.check.warnings import looks_personal


@dataclass(frozen=True)
class Kind:
    """A kind of personal data: what it is, and what is proposed for text and for other types."""

    words: str
    of_text: Treatment
    of_others: Treatment = Treatment.TOKENISE


_EMAIL: Final = Kind("an e-mail address", Treatment.TOKENISE)
_PHONE: Final = Kind("a telephone number", Treatment.MASK)
_NAME: Final = Kind("somebody's name", Treatment.MASK_TEXT)
_BIRTH: Final = Kind("a date of birth", Treatment.TOKENISE)
_IDENTITY: Final = Kind("a number that identifies somebody", Treatment.TOKENISE)
_ACCOUNT: Final = Kind("an account or card number", Treatment.TOKENISE)
_ADDRESS: Final = Kind("an address", Treatment.MASK_TEXT)
_POSTCODE: Final = Kind("a postal code", Treatment.TOKENISE)
_COORDINATE: Final = Kind("where somebody is", Treatment.REDACT, Treatment.DROP)
_DEVICE: Final = Kind("a device or its address", Treatment.TOKENISE)
_SECRET: Final = Kind("a secret", Treatment.DROP, Treatment.DROP)
_INCOME: Final = Kind("somebody's income", Treatment.REDACT, Treatment.DROP)
_TRAIT: Final = Kind("a personal trait", Treatment.REDACT, Treatment.DROP)
_REMARK: Final = Kind("free text, perhaps about somebody", Treatment.REDACT, Treatment.DROP)
_OTHER: Final = Kind("personal data", Treatment.REDACT, Treatment.TOKENISE)

# By parts of names, the first that fits; what is in none of them is `_OTHER`.
_BY_NAME: Final = tuple(
    (re.compile(rf"(^|_)({pattern})(_|\d|$)"), kind)
    for pattern, kind in (
        ("password|passwd|pwd|secret|salt|pin", _SECRET),
        ("e?_?mail", _EMAIL),
        ("phone|telephone|tel|mobile|cell|fax", _PHONE),
        ("birth|birthday|birthdate|born|dob", _BIRTH),
        ("ip|mac|user_agent|device|cookie", _DEVICE),
        ("ssn|social|national|passport|tax|vat|driving", _IDENTITY),
        ("iban|bic|swift|card|credit|account|bank", _ACCOUNT),
        ("zip|zipcode|postcode|post|postal", _POSTCODE),
        ("latitude|longitude|lat|lng", _COORDINATE),
        ("street|address|addressline|house", _ADDRESS),
        ("gender|sex|religion|diagnosis", _TRAIT),
        ("salary|income", _INCOME),
        ("remarks?|comments?|notes?", _REMARK),
        ("name|username|nickname|surname|forename|firstname|lastname|fullname", _NAME),
    )
)
_BY_LOOK: Final = {
    Look.EMAIL: _EMAIL,
    Look.IBAN: _ACCOUNT,
    Look.SOCIAL_SECURITY: _IDENTITY,
    Look.PHONE: _PHONE,
    Look.CARD: _ACCOUNT,
    Look.IP: _DEVICE,
    Look.WITH_PERSON: _REMARK,
}
# Where a column that is only called `name` is somebody's.
_OF_PEOPLE: Final = re.compile(
    r"(^|_)(customer|client|buyer|person|people|user|employee|staff|worker|contact|patient|member|"
    r"subscriber|student|teacher|driver|guest|passenger|citizen|owner|tenant|applicant|candidate|"
    r"recipient|author|actor|player|doctor|agent|resident|donor|visitor)s?(_|$)"
)
_JUST_A_NAME: Final = re.compile(r"^(name|firstname|lastname|fullname|username|login|\w+_login)$")
# Addresses of devices, whatever their columns are called.
_DEVICE_TYPES: Final = re.compile(r"^(inet|cidr|macaddr8?)$")


@dataclass(frozen=True)
class Finding:
    """That a column looks personal: what is proposed, and why."""

    treatment: Treatment
    because: str


def find_personal(
    table: str, name: str, column: SourceColumn, declared: ColumnType, *, is_compared: bool
) -> Finding | None:
    """What to do with a column, if it looks personal.

    Args:
        table: the table's declared name.
        name: the column's.
        column: the source's.
        declared: its type.
        is_compared: whether it is part of a key or of a reference, whose values must stay distinct.
    """
    by_name = _kind_by_name(table, name, column)
    look = column.sample.look if column.sample and declared.is_text else None
    kind = by_name or (_BY_LOOK[look] if look else None)
    if kind is None or declared.name == "boolean" or (is_compared and not declared.is_text):
        return None
    treatment = kind.of_text if declared.is_text else kind.of_others
    if is_compared and not treatment.keeps_identity:
        treatment = Treatment.TOKENISE
    reasons = ["by its name"] if by_name and not _DEVICE_TYPES.match(column.source_type) else []
    if _DEVICE_TYPES.match(column.source_type):
        reasons.append("by its type")
    if look:
        reasons.append(f"sampled values look like {look.value}")
    return Finding(treatment, f"looks like {kind.words} ({'; '.join(reasons)})")


def _kind_by_name(table: str, name: str, column: SourceColumn) -> Kind | None:
    if _DEVICE_TYPES.match(column.source_type):
        return _DEVICE
    words = _split(column.name)
    is_name = _JUST_A_NAME.match(words) and _OF_PEOPLE.search(table)
    if not (is_name or looks_personal(column.name) or looks_personal(name)):
        return None
    return next((kind for pattern, kind in _BY_NAME if pattern.search(words)), _OTHER)


def _split(name: str) -> str:
    """The words of a name in lower case with underscores between them."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).lower().strip("_")
