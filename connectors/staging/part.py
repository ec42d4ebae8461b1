"""A part: what one subtask staged of one table in one epoch, as a reference.

A part's name is made once and never used again, so the warehouse's ledger can tell whether it has
been loaded. Accounts, outcomes, gaps and tips travel in a reference and have no file.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from connectors.accounts import UNKNOWN_TABLE, Account, Gap, Outcome, Tip
from connectors.blocks import Kind
from connectors.failures import StarjoinError, describe_error
from connectors.floors import NO_FLOORS, Floors, TableFloors
from connectors.staging.shape import Shape

_LETTER: Final = b"S"  # no block and no signal begins with it
# What a reference calls `table`: those that wait in state were written by earlier versions.
_TABLE: Final = "stream"
_EARLIER: Final = {
    "table": UNKNOWN_TABLE,
    "split": 0,
}  # of accounts that an earlier version has staged


class PartError(StarjoinError):
    """An element is not a reference to a part; the message holds its size and nothing of it."""


@dataclass(frozen=True)
class Part:
    """Reference to a staged file, or the accounts, outcomes, gaps and tips of an epoch.

    Attributes:
        name: unique for ever.
        kind: what the rows are.
        table: the target or dimension; empty for dead letters and accounts.
        epoch: the number of the marker that closed the part; -1 until then.
        rows: rows of the file; of accounts, outcomes, gaps and tips, how many they are.
        url: `s3://bucket/key`; empty where there is no file.
        size: bytes of the file.
        accounts: only of kind ACCOUNT, and so are `outcomes`, `gaps` and `tips`.
        shape: of the file's columns; empty where an earlier version staged it.
        floor: the generation below which nothing was staged any more.
        table_floors: the same of single tables, as `TableFloors` writes them.
        key_id: of the key that the values were made under; empty where none was used, and where an
            earlier version staged it.
    """

    name: str
    kind: Kind
    table: str
    rows: int
    url: str = ""
    size: int = 0
    epoch: int = -1
    accounts: tuple[Account, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    shape: Shape = ()
    floor: int = 0
    key_id: str = ""
    gaps: tuple[Gap, ...] = ()
    table_floors: str = ""
    tips: tuple[Tip, ...] = ()

    @staticmethod
    def new_name() -> str:
        """A name that no part has had."""
        return uuid.uuid4().hex

    @property
    def says_only_tips(self) -> bool:
        """Whether it brings nothing but until when shards were read."""
        return bool(self.tips) and not (self.accounts or self.outcomes or self.gaps)

    @property
    def floors(self) -> Floors:
        """Below which generations nothing was staged any more."""
        return Floors(self.floor, TableFloors.parse(self.table_floors))

    def label(self, epoch: int, floors: Floors = NO_FLOORS, key_id: str = "") -> Part:
        """The part, labelled with the marker that closes it, and the stager's floors and key."""
        return replace(
            self,
            epoch=epoch,
            floor=floors.everywhere,
            table_floors=str(floors.tables),
            key_id=key_id,
        )

    def encode(self) -> bytes:
        """The reference as one element."""
        fields = {**asdict(self), "kind": self.kind.name}
        fields[_TABLE] = fields.pop("table")
        fields["accounts"] = [_without_unknown(account) for account in fields["accounts"]]
        for outcome in fields["outcomes"]:
            if not outcome["older_keys"]:
                del outcome["older_keys"]  # the version before does not know it
        if not self.gaps:
            del fields["gaps"]  # the version before knows none, and reads what has none
        if not self.table_floors:
            del fields["table_floors"]  # nor these
        if not self.tips:
            del fields["tips"]  # nor these
        return _LETTER + json.dumps(fields, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Part:
        """Reads an element; PartError when it is not a reference of this or an earlier version."""
        if data[:1] != _LETTER:
            message = f"an element of {len(data)} bytes is not a reference to a part"
            raise PartError(message)
        try:
            fields = json.loads(data[1:])
            fields["kind"] = Kind[fields["kind"]]
            fields["table"] = fields.pop(_TABLE)
            fields["accounts"] = tuple(Account(**(_EARLIER | a)) for a in fields["accounts"])
            fields["outcomes"] = tuple(Outcome(**outcome) for outcome in fields.get("outcomes", ()))
            fields["gaps"] = tuple(Gap(**gap) for gap in fields.get("gaps", ()))
            fields["tips"] = tuple(Tip(**tip) for tip in fields.get("tips", ()))
            fields["shape"] = tuple((name, made) for name, made in fields.get("shape", ()))
            return cls(**fields)
        except (ValueError, LookupError, TypeError) as error:
            message = (
                f"a reference to a part, of {len(data)} bytes, cannot be read: "
                f"{describe_error(error)}. If a later version wrote it, start with that version"
            )
            raise PartError(message) from None


_COMMIT_TIMES: Final = frozenset({"first_committed", "last_committed", "commit_lag_ms"})


def _without_unknown(account: dict[str, Any]) -> dict[str, Any]:
    """An account as it is written: the version before knows no points of the log, no commit times.

    What is unknown is left out.
    """
    point_is_known = account["log_position"] is not None
    return {
        name: value
        for name, value in account.items()
        if (point_is_known or not name.startswith("log_"))
        and (value is not None or name not in _COMMIT_TIMES)
    }
