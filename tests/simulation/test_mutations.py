"""A guard that is taken out shows within few histories; rarer ones do in `--mutations`."""

from __future__ import annotations

import pytest

from tests.simulation.many import run_mutation
from tests.simulation.mutations import MUTATIONS
from tests.simulation.profile import EVERYTHING

# How many seeds a guard may take: several times what it takes on average.
_SOON = {
    "stage position guard": 20,
    "newest per key": 10,
    "row_number, not rank": 40,
    "upserts and deletes together": 10,
    "parents before children": 80,
    "an epoch ends on every edge": 20,
    "an epoch ends for every sender": 20,
    "what follows a first marker is staged": 60,
    "no dimension passes as a fact": 10,
    "at one position what is there": 120,
    "a child is joined by the new key": 20,
    "staged facts are patched": 20,
    "rows that are patched are written": 10,
    "rows are looked for by every path": 60,
    "a deleted dimension shows no key": 40,
    "a range holds the greatest staged key": 20,
    "a range holds the least staged key": 20,
    "a range holds keys of deletes": 60,
    "no range where patches reach rows": 40,
    "patches carry what is below": 40,
    "newest patch of a key": 30,
    "positions never NULL": 10,
    "an owner emits patches": 10,
    "only the owner emits them": 15,
    "owner by present parallelism": 40,
    "both halves of a key update": 15,
    "ledger": 40,
    "superseded rows are counted": 10,
    "superseded dimension changes are counted": 10,
    "counted after older ones are dropped": 20,
    "both halves of a key update are counted": 15,
    "outcomes belong to the epoch": 10,
    "what is below the floor is metered": 20,
    "a batch is metered once": 20,
    "fact tombstones": 60,
    "position of a deleted dimension": 20,
    "mirror's positions": 30,
    "fence, once pruned": 60,
    "ledger, once pruned": 20,
    "ledger rows are kept": 20,
    "tombstones are kept": 60,
    "accounts are summed up": 20,
    "outcomes are summed up": 20,
    "what is summed up goes": 20,
    "sums are by table": 20,
    "mirror's tombstones": 60,
    "mirror rebuilt": 60,
    "every key of merged blocks": 60,
    "generation by arrival": 10,
    "generation of a replayed record": 40,
    "arrival orders commits of one instant": 10,
    "a replayed record keeps its place": 40,
    "partitions are their table's": 20,
    "equal keys have one form": 20,
    "a log that starts again": 20,
    "generation of its table alone": 20,
    "changes of before a table's load": 40,
    "a table's load from a little earlier": 30,
    "floor of a table in the mirror": 30,
    "sweep of its table alone": 20,
    "sweep": 20,
    "sweep of columns": 60,
    "swept last": 20,
    "swept also if nothing is staged": 40,
    "floor in the mirror": 30,
    "a lost reply is looked up": 60,
    "dimension's position guard": 10,
    "newest change of a dimension": 10,
    "dimension's tombstones": 20,
    "changes of a dimension reach old rows": 10,
    "new rows look up the warehouse's dimensions": 10,
    "what is pointed elsewhere is looked up": 10,
    "below a change all is unknown": 60,
    "warehouse's parents before children": 40,
    "a dimension's table is replaced before it is joined": 10,
    "sweep of dimensions": 30,
    "gaps belong to the epoch": 20,
    "a gap is recorded once": 20,
    "a gap has both its positions": 20,
    "a cut is that of the shard furthest behind": 20,
    "a start awaits every shard": 40,
    "columns of staged changes": 20,
    "columns of the target's row": 20,
    "columns of a change that is late": 20,
    "columns of a dimension's late change": 40,
    "versions by all positions": 20,
    "what a reference leads to comes along with it": 10,
    "an update that lacks a column is a dead letter": 10,
    "a fact that is a dimension stays a fact": 20,
    "a fact can be a dimension": 20,
    "rows are looked for by every path to a table": 30,
    "rows are joined along every path to a table": 20,
    "a row that stops counting goes": 10,
    "what does not count is a delete": 10,
    "a delete of what does not count has its position": 10,
    "the view computes columns": 10,
    "the view shows constants": 10,
}


@pytest.mark.parametrize(("guard", "seeds"), _SOON.items(), ids=list(_SOON))
def test_histories_see_that_a_guard_is_missing(guard: str, seeds: int) -> None:
    tally = run_mutation(guard, range(seeds), EVERYTHING, until_wrong=True)
    assert tally.wrong, f"{seeds} histories and none wrong without: {guard}"
    assert "!" not in tally.kinds(), "the mutation itself does not work"


def test_every_guard_has_one_name() -> None:
    assert len({one.guard for one in MUTATIONS}) == len(MUTATIONS)
