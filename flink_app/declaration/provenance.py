"""What a column's values have been through, written beside them where they outlive a declaration.

State and staged files are read by later starts, whose declaration may be another. An Arrow type
does not tell a token from the text that it stands for. So every column says in its Arrow field how
it was declared when its values were made.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa

from connectors.blocks import MADE
from connectors.sql_types import SqlType
from flink_app.declaration.model import Column, TrailingBlanks, Treatment
from flink_app.declaration.types import ColumnType

_DECLARED: Final = b"starjoin.declared"
_TOKENS: Final = (Treatment.TOKENISE, Treatment.SHA256)


@dataclass(frozen=True)
class Provenance:
    """How a column was declared when its values were made."""

    type: str
    treatment: str
    trailing_blanks: str | None
    source: str  # the column's name in the source
    ignored: tuple[str, ...] = ()  # by its collation, in alphabetical order

    @classmethod
    def of(cls, column: Column, blanks: TrailingBlanks | None, source: str) -> Provenance:
        """That of a declared column; `blanks` as `Table.trailing_blanks` has them."""
        kept_blanks = blanks and blanks.value
        ignored = tuple(sorted(column.ignored))
        return cls(str(column.type), column.treatment.value, kept_blanks, source, ignored)

    def mark(self, name: str, stored: ColumnType) -> pa.Field:
        """An Arrow field with the values as they are stored, which says how they were made."""
        content = asdict(self)
        if not self.ignored:
            del content["ignored"]  # as it was written before there were collations
        made = "+".join((self.treatment, *self.ignored))
        metadata = {_DECLARED: json.dumps(content), MADE: f"{made} {stored.sql}"}
        return pa.field(name, stored.arrow, metadata=metadata)

    @classmethod
    def read(cls, field: pa.Field) -> Provenance | None:
        """What the field says; None when it says nothing."""
        written = (field.metadata or {}).get(_DECLARED)
        if written is None:
            return None
        content = json.loads(written)
        return cls(**content | {"ignored": tuple(content.get("ignored", ()))})

    def find_misfit(self, today: Provenance) -> str | None:
        """Why values made under this declaration are not those that `today`'s makes; None: same.

        A wider type makes the same values. Text that was refused for its trailing blanks has none,
        so it fits every rule about them.
        """
        if self.treatment != today.treatment:
            return f"has the treatment {self.treatment}, and today's is {today.treatment}"
        if self.ignored != today.ignored:
            names = (" and ".join(each.ignored) or "binary" for each in (self, today))
            return "has the collation {}, and today's is {}".format(*names)
        if not self._same_values(today):
            return f"was of type {self.type}, and is {today.type} today"
        if self.trailing_blanks not in {today.trailing_blanks, TrailingBlanks.REFUSE.value}:
            rules = (self.trailing_blanks or "keep", today.trailing_blanks or "keep")
            return "has trailing blanks by the rule {}, and today's is {}".format(*rules)
        return None

    def _same_values(self, today: Provenance) -> bool:
        was, now = (SqlType.parse(ColumnType.parse(p.type).sql) for p in (self, today))
        if self.treatment in _TOKENS:
            # A token is that of the value's text, and 1.5 has another text with another scale.
            forms = {ColumnType.parse(p.type).text_form for p in (self, today)}
            if len(forms) > 1:
                return False
        return now.holds(was)
