"""The cut: until which commit time every change of the source is in the warehouse.

Each load that brings accounts or tips writes one, in its own transaction (step 9 of `plan`): a row
for each shard, and one for all of them together, whose `complete_until` is the least. Who says so
is named beside it (`Evidence`), since nothing but the stream itself can be proven:

- Within a shard records come in the order of their commits, but for a few that overtake each other:
  what was committed longer before the latest commit than `CutRule.disorder_seconds` is there.
- What arrived in a shard before its tip was read. What was committed longer before that than
  `CutRule.lag_seconds` has arrived, unless DMS is further behind; the newest records show whether
  it was.

The shards that are read, and have not ended, must hold every hash key: a shard of which nothing was
heard yet would be missing otherwise. So a shard that was split or merged leaves once it was read to
its end, and until its children are read, nothing is promised beyond what was.

After each start it is open whether shards are read again from where they were before. As long as
one of them has not come past what is loaded, there is no new cut: rows may be joined with older
dimensions than those that were loaded. `complete_until` never goes back.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.accounts import Account, Tip, sum_by_group, sum_tables
from connectors.redshift.access import DISORDER_SECONDS, LAG_SECONDS
from connectors.redshift.bookkeeping import Row
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names

ALL_SHARDS: Final = ""  # as a shard: the row that speaks of all of them
_EVERY_HASH_KEY: Final = (0, 2**128 - 1)
_DIGITS: Final = 129  # of a sequence number, at most
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, as the tables have it
_MICROSECOND: Final = dt.timedelta(microseconds=1)

Group = tuple[str, str]  # stream and shard


class Evidence(enum.StrEnum):
    """Why everything up to `complete_until` is taken to be loaded."""

    COMMITS = "commits"  # by the latest commit time that is loaded
    ARRIVAL = "arrival"  # by the time until which everything that arrived was read
    # Nothing new is promised:
    REPLAYING = "replaying"  # a shard has not come past what earlier starts have loaded
    INCOMPLETE = "incomplete"  # a shard of the stream, or its times, are not known yet


@dataclass(frozen=True)
class CutRule:
    """What is assumed of the stream.

    Attributes:
        disorder_seconds: by how much the commit times of a shard may be out of order.
        lag_seconds: how long after its commit a change reaches the stream, at most, with what the
            source's clock is behind.
    """

    disorder_seconds: int = DISORDER_SECONDS
    lag_seconds: int = LAG_SECONDS


@dataclass(frozen=True)
class ShardCut:
    """What is loaded of one shard.

    Attributes:
        first_sequence_number: of what the batch has of it; None if it has nothing.
        last_sequence_number: the greatest that is loaded; None if none is.
        last_position: of the changes of declared tables that are loaded, the furthest in the log.
        last_committed: the latest commit time that is loaded, microseconds since 1970.
        last_arrival_ms: when the newest record that is loaded arrived.
        commit_lag_ms: how long the newest change had been under way.
        read_until_ms: what arrived before is loaded.
        ended: whether all of it is.
        hash_keys: what it holds, both included; None if that is not known.
        is_confirmed: whether the present start has come past all that was loaded before it.
        complete_until: microseconds since 1970; None if there is nothing to go by.
        evidence: why.
    """

    stream: str
    shard: str
    first_sequence_number: str | None = None
    last_sequence_number: str | None = None
    last_position: str | None = None
    last_committed: int | None = None
    last_arrival_ms: int | None = None
    commit_lag_ms: int | None = None
    read_until_ms: int | None = None
    ended: bool = False
    hash_keys: tuple[int, int] | None = None
    is_confirmed: bool = True
    complete_until: int | None = None
    evidence: Evidence = Evidence.INCOMPLETE

    def advance(self, account: Account | None, tip: Tip | None) -> ShardCut:
        """What is loaded with a batch's account and tip of the shard, of either or both."""
        after = replace(self, first_sequence_number=None)
        if account is not None:
            after = after.with_account(account)
        if tip is not None:
            after = after.with_tip(tip)
        return replace(after, is_confirmed=self.is_confirmed or self._is_passed(account, tip))

    def _is_passed(self, account: Account | None, tip: Tip | None) -> bool:
        """Whether these are of a reader that has come past what was loaded before."""
        if self.last_sequence_number is None:
            return True
        if account is not None and int(account.last_sequence_number) >= int(
            self.last_sequence_number
        ):
            return True
        if tip is None:
            return False
        until, last_arrival = tip.read_until_ms, self.last_arrival_ms
        return tip.ended or (
            until is not None and last_arrival is not None and until > last_arrival
        )

    def with_account(self, account: Account) -> ShardCut:
        """What is loaded with an account of the shard."""
        is_latest = account.last_committed is not None and (
            self.last_committed is None or account.last_committed >= self.last_committed
        )
        last = max(
            (n for n in (self.last_sequence_number, account.last_sequence_number) if n), key=int
        )
        return replace(
            self,
            first_sequence_number=account.first_sequence_number,
            last_sequence_number=last,
            last_position=_later(self.last_position, account.log_position),
            last_committed=account.last_committed if is_latest else self.last_committed,
            last_arrival_ms=_later(self.last_arrival_ms, account.last_arrival_ms),
            # A replayed letter says how long ago its change was, not how far DMS is behind.
            commit_lag_ms=account.commit_lag_ms if is_latest else self.commit_lag_ms,
        )

    def with_tip(self, tip: Tip) -> ShardCut:
        """What is known with a tip of the shard."""
        keys = self.hash_keys
        if tip.first_hash_key is not None and tip.last_hash_key is not None:
            keys = int(tip.first_hash_key), int(tip.last_hash_key)
        return replace(
            self,
            read_until_ms=_later(self.read_until_ms, tip.read_until_ms),
            ended=self.ended or tip.ended,
            hash_keys=keys,
        )

    def date(self, rule: CutRule, lag_ms: int) -> ShardCut:
        """This, with the time until which it is complete; DMS was last seen `lag_ms` behind."""
        times: dict[Evidence, int] = {}
        if self.last_committed is not None:
            times[Evidence.COMMITS] = self.last_committed - rule.disorder_seconds * 1_000_000
        reached = self.read_until_ms
        if self.last_committed is None:  # of a source that says no times, the newest record counts
            reached = _later(reached, self.last_arrival_ms)
        if reached is not None:
            behind = max(rule.lag_seconds * 1_000, lag_ms, self.commit_lag_ms or 0)
            times[Evidence.ARRIVAL] = (reached - behind) * 1_000
        if not self.is_confirmed:
            return replace(self, evidence=Evidence.REPLAYING)
        if not times:
            return replace(self, evidence=Evidence.INCOMPLETE)
        evidence = max(times, key=lambda each: (times[each], each is Evidence.COMMITS))
        return replace(
            self,
            complete_until=_later(self.complete_until, times[evidence]),
            evidence=evidence,
        )


@dataclass(frozen=True)
class Cut:
    """What is loaded of all shards.

    Attributes:
        number: counts up, by one a cut.
        shards: those that are read, and those that have ended until others hold their hash keys: a
            start that goes on from before their end has to be noticed.
        complete_until: every change that was committed before is loaded, or a dead letter;
            microseconds since 1970; None until that can be said for the first time.
        evidence: that of the shard which holds it back.
    """

    number: int = 0
    shards: Mapping[Group, ShardCut] = field(default_factory=dict)
    complete_until: int | None = None
    evidence: Evidence = Evidence.INCOMPLETE

    def begin_start(self) -> Cut:
        """As a new start finds it: where its readers begin is open."""
        shards = {key: replace(shard, is_confirmed=False) for key, shard in self.shards.items()}
        return replace(self, shards=shards)

    def advance(self, accounts: Iterable[Account], tips: Iterable[Tip], rule: CutRule) -> Cut:
        """The cut after a batch with these accounts and tips."""
        read = {
            (shard.stream, shard.shard): shard for shard in _sum_by_shard(sum_by_group(accounts))
        }
        reached = {(tip.stream, tip.shard): tip for tip in sum_by_group(tips)}
        open_shards = [shard for shard in self.shards.values() if not shard.ended]
        known = {
            key: shard
            for key, shard in self.shards.items()
            if not shard.ended
            or (shard.hash_keys is not None and not _hold(open_shards, shard.hash_keys))
        }
        shards = {
            key: known.get(key, ShardCut(*key)).advance(read.get(key), reached.get(key))
            for key in sorted({*known, *read, *reached})
        }
        lag = _newest_lag(shards.values())
        shards = {key: shard.date(rule, lag) for key, shard in shards.items()}
        after = Cut(self.number + 1, shards, self.complete_until)
        return after._date()

    def _date(self) -> Cut:
        """This, with the time until which all is complete."""
        streams = {shard.stream for shard in self.shards.values() if shard.is_confirmed}
        counted = [
            shard
            for shard in self.shards.values()
            if shard.stream in streams and shard.hash_keys is not None and not shard.ended
        ]
        if not all(shard.is_confirmed for shard in counted) or (self.shards and not streams):
            return replace(self, evidence=Evidence.REPLAYING)
        dated = [shard for shard in counted if shard.complete_until is not None]
        if len(dated) < len(counted) or not _hold(counted, _EVERY_HASH_KEY):
            return replace(self, evidence=Evidence.INCOMPLETE)
        least = _find_least(dated)
        until = _later(self.complete_until, least.complete_until)
        return replace(self, complete_until=until, evidence=least.evidence)


def _sum_by_shard(accounts: Sequence[Account]) -> Iterator[Account]:
    """One account for each shard, with the furthest position of its tables."""
    by_shard: dict[Group, list[Account]] = {}
    for account in accounts:
        by_shard.setdefault((account.stream, account.shard), []).append(account)
    for of_shard in by_shard.values():
        furthest = max(of_shard, key=lambda account: account.log_position or "")
        yield sum_tables(of_shard).with_log_point(furthest.log_point)


def _newest_lag(shards: Iterable[ShardCut]) -> int:
    """How far DMS was behind when the newest record of all shards arrived, milliseconds."""
    seen = [
        (shard.last_arrival_ms, shard.commit_lag_ms)
        for shard in shards
        if shard.last_arrival_ms is not None and shard.commit_lag_ms is not None
    ]
    return max(seen)[1] if seen else 0


def _find_least(shards: Sequence[ShardCut]) -> ShardCut:
    """The shard that is furthest behind."""
    return min(shards, key=lambda shard: (shard.complete_until or 0, shard.evidence))


def _hold(shards: Iterable[ShardCut], hash_keys: tuple[int, int]) -> bool:
    """Whether these shards hold all of some hash keys: what is written there is written to them."""
    following, end = hash_keys
    for first, last in sorted(shard.hash_keys for shard in shards if shard.hash_keys is not None):
        if first > following:
            break
        following = max(following, last + 1)
    return following > end


def _later(first: Any, second: Any) -> Any:
    """The greater of two values, one of which, or both, may be unknown."""
    if first is None or second is None:
        return second if first is None else first
    return max(first, second)


class Cuts:
    """Makes each batch's cut of the one before it.

    Args:
        names: of the bookkeeping tables.
        rule: what is assumed of the stream.
    """

    def __init__(self, names: Names, rule: CutRule) -> None:
        self._names = names
        self._rule = rule
        self._known: Cut | None = None  # None until the first load has read it
        self._next: Cut | None = None

    def advance(
        self, cursor: Cursor, number: int, accounts: Sequence[Account], tips: Sequence[Tip]
    ) -> Cut | None:
        """The cut of a batch of start `number`; None where it brings nothing of any shard."""
        self._next = self._known
        if not accounts and not tips:
            return None
        if self._known is None:
            self._known = _read_last(cursor, self._names, number)
        self._next = self._known.advance(accounts, tips, self._rule)
        return self._next

    def forget(self) -> None:
        """A transaction whose reply was lost may have committed: the last cut is read again."""
        self._known = None

    def confirm(self) -> None:
        """The cut that was made last is in the warehouse now."""
        self._known = self._next


_SHARD_COLUMNS: Final = (
    "stream, shard, last_sequence_number, last_position, last_committed, last_arrival, "
    "commit_lag_ms, read_until, ended, first_hash_key, last_hash_key, replaying, complete_until, "
    "evidence, cut_number, start_number"
)


def _read_last(cursor: Cursor, names: Names, number: int) -> Cut:
    """The last cut, as start `number` finds it; what accounts know, where there is none yet."""
    cursor.execute(
        f"SELECT {_SHARD_COLUMNS} FROM {names.cut} "
        f"WHERE cut_number = (SELECT MAX(cut_number) FROM {names.cut})"
    )
    rows = cursor.fetchall()
    if not rows:
        return _read_accounts(cursor, names).begin_start()
    shards, whole = {}, Cut()
    for row in rows:
        shard = _shard_of(row)
        if shard.shard == ALL_SHARDS:
            evidence, counted = Evidence(shard.evidence), int(row[-2])
            whole = Cut(counted, {}, shard.complete_until, evidence)
        else:
            shards[shard.stream, shard.shard] = shard
    last = replace(whole, shards=shards)
    return last if int(rows[0][-1]) == number else last.begin_start()


def _shard_of(row: Sequence[Any]) -> ShardCut:
    stream, shard, last, position, committed, arrival, lag, until, ended, first_key, last_key = row[
        :11
    ]
    replaying, complete, evidence = row[11:14]
    return ShardCut(
        str(stream),
        str(shard),
        last_sequence_number=last,
        last_position=position,
        last_committed=_micros(committed),
        last_arrival_ms=_millis(arrival),
        commit_lag_ms=lag,
        read_until_ms=_millis(until),
        ended=bool(ended),
        hash_keys=None if first_key is None else (int(first_key), int(last_key)),
        is_confirmed=not replaying,
        complete_until=_micros(complete),
        evidence=Evidence(evidence),
    )


def _read_accounts(cursor: Cursor, names: Names) -> Cut:
    """How far shards were read before there were cuts; which keys they hold is not known."""
    cursor.execute(
        f"SELECT stream, shard, MAX(LPAD(last_sequence_number, {_DIGITS}, '0')), "
        f"MAX(last_arrival_ms), MAX(last_committed) FROM {names.account} GROUP BY stream, shard"
    )
    return Cut(
        0,
        {
            (str(stream), str(shard)): ShardCut(
                str(stream),
                str(shard),
                last_sequence_number=str(last).lstrip("0") or "0",
                last_arrival_ms=arrival,
                last_committed=committed,
            )
            for stream, shard, last, arrival, committed in cursor.fetchall()
        },
    )


def rows_of(cut: Cut, batch: str, number: int, loaded_at: dt.datetime) -> list[Row]:
    """The rows of a cut, that of all shards first.

    Of shards whose hash keys nobody has said only those that the batch has something of.
    """
    whole = ShardCut(
        "",
        ALL_SHARDS,
        complete_until=cut.complete_until,
        evidence=cut.evidence,
        is_confirmed=cut.evidence is not Evidence.REPLAYING,
    )
    shown = [
        shard
        for shard in cut.shards.values()
        if shard.hash_keys is not None or shard.first_sequence_number is not None
    ]
    return [
        {
            "cut_number": cut.number,
            "batch": batch,
            "start_number": number,
            "stream": shard.stream,
            "shard": shard.shard,
            "first_sequence_number": shard.first_sequence_number,
            "last_sequence_number": shard.last_sequence_number,
            "last_position": shard.last_position,
            "last_committed": _time(shard.last_committed),
            "last_arrival": _time(_times(1_000, shard.last_arrival_ms)),
            "commit_lag_ms": shard.commit_lag_ms,
            "read_until": _time(_times(1_000, shard.read_until_ms)),
            "ended": shard.ended,
            "replaying": not shard.is_confirmed,
            "first_hash_key": None if shard.hash_keys is None else str(shard.hash_keys[0]),
            "last_hash_key": None if shard.hash_keys is None else str(shard.hash_keys[1]),
            "complete_until": _time(shard.complete_until),
            "evidence": shard.evidence.value,
            "loaded_at": loaded_at,
        }
        for shard in (whole, *shown)
    ]


def create_view(names: Names) -> str:
    """The view of the newest cut, for people and dashboards.

    It is late-binding, so that the table can be replaced by one of a later layout.
    """
    return (
        f"CREATE OR REPLACE VIEW {names.data_complete_until} AS\n"
        "SELECT complete_until, evidence, loaded_at, batch, cut_number\n"
        f"FROM {names.cut}\nWHERE shard = '{ALL_SHARDS}'\n"
        f"  AND cut_number = (SELECT MAX(cut_number) FROM {names.cut})\n"
        "WITH NO SCHEMA BINDING"
    )


def as_time(value: Any) -> dt.datetime | None:
    """A time in UTC without zone, as a driver or the Data API gives it; None for none."""
    time: dt.datetime | None = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return time


def _micros(value: Any) -> int | None:
    time = as_time(value)
    return None if time is None else (time - _EPOCH) // _MICROSECOND


def _millis(value: Any) -> int | None:
    micros = _micros(value)
    return None if micros is None else micros // 1_000


def _times(factor: int, number: int | None) -> int | None:
    return None if number is None else factor * number


def _time(micros: int | None) -> dt.datetime | None:
    return None if micros is None else _EPOCH + dt.timedelta(microseconds=micros)
