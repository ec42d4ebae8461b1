"""PostgreSQL's column types: what DMS announces for them, and how it writes their values.

Values are taken as PostgreSQL's own text, under the settings of `slot`, so that a full load and the
log give the same. Lengths are those by which `infra/catalogue` proposes declarations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from typing import Final

from infra.catalogue.model import TypeProposal
from infra.catalogue.postgresql_types import PostgresType, propose_type
from infra.local.source import json_values as written
from infra.local.source.settings import TaskSettings

_NAMES: Final[Mapping[str, str]] = {
    "smallint": "INT16",
    "integer": "INT32",
    "bigint": "INT64",
    "real": "REAL4",
    "double precision": "REAL8",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP",
    "varbyte": "BLOB",
}
_TIMES_OF_DAY: Final = dict.fromkeys(("time", "timetz"), "TIME")
_TEXT_WITHOUT_END: Final = {"type": "NCLOB"}
_LOBS: Final = frozenset({"NCLOB", "BLOB"})
_SIZED: Final = frozenset({"varchar", "bpchar"})
_MODIFIER: Final = 4  # PostgreSQL adds it to the length of a text
_NUMERIC: Final = "numeric"
# A numeric without a scale is rounded to six digits behind the point.
_SIXTH_DIGIT: Final = Decimal("0.000001")
_ENDLESS: Final = Context(prec=200_000)  # numeric has 147,455 digits at most
_TIMESTAMP: Final = re.compile(
    r"(?P<day>\d{4,6}-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d)(\.(?P<fraction>\d+))?(\+00)?"
    r"(?P<era> BC)?"
)
# What DMS writes for the ends of PostgreSQL's calendar.
_INFINITIES: Final = {"infinity": "9999-12-31", "-infinity": "4713-01-01 BC"}
_MIDNIGHT: Final = "00:00:00"
_MONEY_SIGNS: Final = str.maketrans("", "", "$, ")


@dataclass(frozen=True)
class DmsType:
    """A column's type as a task sees it; that of a domain is its base's."""

    source: PostgresType

    def announce(self, settings: TaskSettings) -> Mapping[str, str | int]:
        """What a create-table record says of it, but for `nullable`."""
        if self._announced["type"] == "BOOLEAN" and not settings.booleans_as_booleans:
            return {"type": "STRING", "length": len("false")}
        return self._announced

    @property
    def is_lob(self) -> bool:
        """Whether DMS counts it among large objects, which before-images leave out."""
        return self._announced["type"] in _LOBS

    def write(self, text: str, settings: TaskSettings) -> str:
        """JSON for a value that is not null, given PostgreSQL's text of it."""
        return self._writer(text, settings)

    @cached_property
    def _announced(self) -> Mapping[str, str | int]:
        name, declared = self.source.name, self._proposal.type
        if self.source.is_array or declared is None:
            return _TEXT_WITHOUT_END
        if announced := _NAMES.get(declared.name) or _TIMES_OF_DAY.get(name):
            return {"type": announced}
        if self._proposal.is_endless:
            return _TEXT_WITHOUT_END
        if declared.name == "decimal":
            sizes = {"precision": declared.precision or 0, "scale": declared.scale or 0}
            return {"type": "NUMERIC", **sizes}
        # DMS counts characters, a declaration bytes.
        length = self.source.modifier - _MODIFIER if name in _SIZED else declared.length
        return {"type": "STRING", "length": length or 0}

    @cached_property
    def _proposal(self) -> TypeProposal:
        return propose_type(self.source, None)

    @cached_property
    def _writer(self) -> Callable[[str, TaskSettings], str]:
        declared = self._proposal.type
        if self.source.is_array or declared is None:
            return written.write_text
        if self.source.name == _NUMERIC and self.source.modifier < _MODIFIER:
            return _write_rounded
        return _WRITERS.get(declared.name, written.write_text)


def _write_whole(text: str, settings: TaskSettings) -> str:
    return written.write_whole(int(text), settings)


def _write_decimal(text: str, settings: TaskSettings) -> str:
    """Of numeric and money; what is no number (NaN, Infinity) comes as text."""
    number = Decimal(text.translate(_MONEY_SIGNS))
    return written.write_decimal(number, settings) if number.is_finite() else json.dumps(text)


def _write_rounded(text: str, settings: TaskSettings) -> str:
    number = Decimal(text)
    if not number.is_finite():
        return json.dumps(text)
    if number != (rounded := number.quantize(_SIXTH_DIGIT, ROUND_HALF_UP, context=_ENDLESS)):
        number = rounded
    return written.write_decimal(number, settings)


def _write_double(text: str, _: TaskSettings) -> str:
    return written.write_double(text)


def _write_boolean(text: str, settings: TaskSettings) -> str:
    return written.write_boolean(value=text == "t", settings=settings)


def _write_date(text: str, settings: TaskSettings) -> str:
    return written.write_date(_INFINITIES.get(text, text), settings)


def _write_timestamp(text: str, settings: TaskSettings) -> str:
    if text in _INFINITIES:
        day, _, era = _INFINITIES[text].partition(" ")
        text = f"{day} {_MIDNIGHT} {era}".rstrip()
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return json.dumps(text)
    if match["era"]:
        return json.dumps(f"{match['day']}T{match['time']}Z BC")
    return written.write_timestamp(match["day"], match["time"], match["fraction"] or "", settings)


def _write_bytes(text: str, settings: TaskSettings) -> str:
    return written.write_bytes(bytes.fromhex(text.removeprefix("\\x")), settings)


_WRITERS: Final[Mapping[str, Callable[[str, TaskSettings], str]]] = {
    "smallint": _write_whole,
    "integer": _write_whole,
    "bigint": _write_whole,
    "decimal": _write_decimal,
    "real": _write_double,
    "double precision": _write_double,
    "boolean": _write_boolean,
    "date": _write_date,
    "timestamp": _write_timestamp,
    "timestamptz": _write_timestamp,
    "varbyte": _write_bytes,
}
