"""What may happen in a history at all, and how often where that matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flink_app.declaration import Star
from infra.simulation.values import Prescribed


@dataclass(frozen=True)
class Profile:
    """What may happen in a history.

    Attributes:
        stars: one of them is the history's.
        failures: the job fails and restores from a checkpoint.
        older_restores: of 100 failures, how many restore from an older checkpoint than the last.
        zombies: the load of a failed attempt may go on beside the next attempt.
        outages: connections to the warehouse break, and replies to COMMIT are lost.
        pruning: ledger and tombstones are pruned.
        reloads: the weight of a reload among what can happen next.
        table_reloads: the same of a reload of one table.
        placed: of 100 histories, how many have further dimensions in the warehouse.
        letters: the weight of a record that becomes a dead letter and is replayed later.
        repairs: the weight of a row that a repair puts.
        gaps: the weight of a gap in a shard.
        cuts: the weight of a shard that is found empty, which says until when it was read; if any,
            changes of a shard overtake each other by no more than what cuts assume.
        scheduled: of 100 histories, how many load at intervals, and in small transactions.
        log_restarts: the weight of a log that starts again.
        steps: how many things happen, from and below, before all is read and loaded.
        values: values of columns, by `table.column`; see `infra.simulation.values`.
    """

    stars: tuple[Star, ...]
    failures: bool = True
    older_restores: int = 20
    zombies: bool = True
    outages: bool = True
    pruning: bool = False
    reloads: int = 3
    table_reloads: int = 0
    placed: int = 0
    letters: int = 0
    repairs: int = 0
    gaps: int = 0
    cuts: int = 0
    scheduled: int = 0
    log_restarts: int = 0
    steps: tuple[int, int] = (30, 100)
    values: Mapping[str, Prescribed] = field(default_factory=dict)
