"""Columns that a change may leave out: their values, whatever order the changes come in.

Such a column has a position of its own, that of the newest change which has it, deletes among
them. Where the versions of a key compete (step 5 of `plan`), the row that wins by its own position
takes the column from the version that has it from the latest change, be that

a. another staged change;
b. the target's row;
c. the key's delete: then there is no value from before, and the column is NULL as of the delete.

d. A row of the target that stays, since it is not older, takes the column all the same where a
   staged change has it from a later one: then the row is written again.

A target that was made before the column was declared so has no position in its rows: there the
row's own counts.

Where the column is a reference, the row takes what it leads to along with it: the positions, keys
and columns of all its paths, as that version has them. Of versions that have the reference from one
change, as after reading again, it is the one that knows most. Patches are applied to it afterwards,
as to any row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from connectors.redshift.names import quote
from connectors.redshift.spec import TargetSpec

_ALL: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


def known_since(row: str, position_column: str, position: str) -> str:
    """The position of the change that the target's `row` has a column from.

    `position_column`, which keeps it, may be NULL.
    """
    return f"COALESCE({row}.{quote(position_column)}, {row}.{position})"


def kept_value(
    column: str, position_column: str, key: str, staged: str, known: Iterable[str] = ()
) -> str:
    """Cases a to c, among `pool`'s versions of a key; at one position what is there already.

    `known` are the positions of the paths that the column comes along with.
    """
    # Qualified: in ORDER BY the bare name might be taken for the alias of the newest position.
    positions = "".join(f", pool.{quote(position)} DESC" for position in known)
    order = f"PARTITION BY {key} ORDER BY pool.{quote(position_column)} DESC, {staged}{positions}"
    name = quote(column)
    return f"FIRST_VALUE(pool.{name}) OVER ({order} {_ALL}) AS {name}"


def is_late(target: TargetSpec, key: str, deleted: str) -> str:
    """Case d: 1 for a version that has a column from an older change than another of its key."""
    older = " OR ".join(
        f"pool.{quote(column)} < MAX(pool.{quote(column)}) OVER (PARTITION BY {key})"
        for _, column in target.unchanged_columns
    )
    return f"CASE WHEN NOT {deleted} AND ({older}) THEN 1 ELSE 0 END" if older else "0"
