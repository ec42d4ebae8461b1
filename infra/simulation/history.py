"""A random history: at each step something that can happen is chosen, at the end all is loaded.

Choice 0 is always what leads on most plainly, so a shrunk history does little that it need not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from itertools import count

from connectors.redshift.cuts import CutRule
from connectors.redshift.errors import FenceLostError
from connectors.redshift.schedule import AT_EVERY_CHECKPOINT, MEGABYTE, Schedule, Size
from connectors.redshift.spec import WarehouseSpec
from flink_app.diagnostics.log_restarts import LogRestartedError
from infra.simulation.attempt import Attempt
from infra.simulation.choices import Choices
from infra.simulation.database import Database
from infra.simulation.doubles import compact_often, decode_by_rows
from infra.simulation.faults import Fault, Planned, Warehouse
from infra.simulation.placement import placements
from infra.simulation.profile import Profile
from infra.simulation.source import Source
from infra.simulation.values import Values
from infra.simulation.workload import Workload
from infra.simulation.world import BLOCK, World

Action = Callable[[], None]

_LAST_LOOKS = 6
_ZOMBIE_ROUNDS = 30
_GENERATIONS = 4
_TABLE_GENERATIONS = 3
# Changes of several transactions overtake each other; the lag is longer than all generations last.
_CUT_RULE = CutRule(disorder_seconds=4, lag_seconds=100_000_000)


class History:
    """One history; `run` raises AssertionError when the application did wrong.

    Attributes:
        log: the steps, by name.
        events: for each step, what happened at the source.
    """

    def __init__(
        self,
        choices: Choices,
        profile: Profile,
        warehouse: Callable[[WarehouseSpec], Warehouse] = Database,
    ) -> None:
        self.choices = choices
        self.profile = profile
        self.log: list[str] = []
        self.events: list[list[str]] = []
        star = choices.one_of(profile.stars)
        if profile.placed and choices.chance(profile.placed):
            star = choices.one_of(placements(star))
        source = Source(star.declaration, 1 + choices.draw(3), by_table=choices.chance(30))
        if profile.cuts:
            source.disorder_seconds = _CUT_RULE.disorder_seconds
        self.workload = Workload(
            source, choices, profile.letters, Values(star.declaration, profile.values)
        )
        self.workload.begin()
        parallelism = 1 + choices.draw(3)
        self.world = World(
            star,
            source,
            parallelism,
            warehouse,
            prunes=profile.pruning,
            schedule=self._schedule(),
            cut_rule=_CUT_RULE if profile.cuts else None,
        )
        fewest, most = profile.steps
        self._steps = fewest + choices.draw(most - fewest)
        self._by_rows = not choices.chance(15)
        self._unnotified = 0

    def _schedule(self) -> Schedule:
        """Loads at every checkpoint; or at intervals, and a few rows in a transaction."""
        if not self.profile.scheduled or not self.choices.chance(self.profile.scheduled):
            return AT_EVERY_CHECKPOINT
        return Schedule(
            interval=self.choices.one_of((0, 300, 1_000)),
            early=Size(self.choices.one_of((1_000, 6)), MEGABYTE),
            transaction=Size(self.choices.one_of((1_000, 1, 5)), MEGABYTE),
        )

    def run(self) -> None:
        """All of it."""
        try:
            with compact_often(), decode_by_rows() if self._by_rows else nullcontext():
                self._run()
        finally:
            self.world.close()

    def _run(self) -> None:
        for _ in range(self._steps):
            if self.choices.ended:
                break
            self.choices.step()
            weighted = [(weight, (name, act)) for weight, name, act in self._possible()]
            name, act = self.choices.draw_weighted(weighted)
            self._say(name)
            try:
                act()
            except LogRestartedError as error:
                self._decide_after(error)
        self.drain()

    def _say(self, name: str) -> None:
        """A step begins; what happens at the source from now on is of it."""
        self.world.source.events = []
        self.log.append(name)
        self.events.append(self.world.source.events)

    # -- what can happen next

    def _possible(self) -> list[tuple[int, str, Action]]:
        attempt, possible = self.world.attempt, list[tuple[int, str, Action]]()
        for gate in attempt.gates():
            weight = 30 if gate in attempt.joins else 60
            possible += [
                (weight, f"move {name}", partial(attempt.move, gate, name))
                for name in gate.list_ready()
            ]
        possible += [
            (40, f"read shard {shard}", partial(self._read, shard))
            for shard in attempt.offsets
            if attempt.count_unread(shard)
        ]
        possible += [
            (40, f"hand on {subtask}", partial(attempt.hand_on, subtask))
            for subtask in attempt.list_holding()
        ]
        possible.append((60, "epoch", self._epoch))
        possible.append((90, "business", self.workload.act))
        if self.world.source.wire:
            possible.append((90, "arrive", self.workload.arrive))
        if self.world.source.letters:
            possible.append((40, "replay", self.workload.replay))
        if self.profile.repairs and self.world.source.can_repair():
            possible.append((self.profile.repairs, "repair", self.workload.repair))
        if self.profile.gaps:
            possible.append((self.profile.gaps, "lose", self.workload.lose))
        if self.profile.cuts:
            possible += [
                (self.profile.cuts, f"tip {shard}", partial(attempt.tip, shard))
                for shard in attempt.offsets
                if not attempt.count_unread(shard)
            ]
        possible += self._checkpointing(attempt)
        possible += self._loading(attempt)
        for zombie in self.world.zombies:
            possible += self._zombie(zombie)
        if self.profile.pruning and self.world.check.commits:
            possible.append((20, "prune", self._prune))
        possible += self._reloading()
        possible += self._restarting()
        if self.profile.failures:
            # Most can go wrong just before a checkpoint completes.
            possible.append((60 if attempt.is_acknowledged() else 16, "fail", self._fail))
        return possible

    def _reloading(self) -> list[tuple[int, str, Action]]:
        possible: list[tuple[int, str, Action]] = []
        source = self.world.source
        if source.is_undecided:
            return possible
        if waits := self.world.can_raise_floor():
            possible.append((80, "raise floor", self._raise_floor))
        if self.profile.reloads and not waits and source.generation < _GENERATIONS:
            possible.append((self.profile.reloads, "reload", self._reload))
        if self.profile.table_reloads and source.newest < _GENERATIONS + _TABLE_GENERATIONS:
            possible.append((self.profile.table_reloads, "reload table", self._reload_table))
        return possible

    def _restarting(self) -> list[tuple[int, str, Action]]:
        source = self.world.source
        if self.world.has_stopped:
            return [(150, "decide", self._decide)]
        can = source.log_can_restart and source.generation < _GENERATIONS
        if self.profile.log_restarts and can and not self.world.can_raise_floor():
            return [(self.profile.log_restarts, "restart log", self._restart_log)]
        return []

    def _checkpointing(self, attempt: Attempt) -> list[tuple[int, str, Action]]:
        possible: list[tuple[int, str, Action]] = []
        if attempt.checkpoint is None:
            possible.append((40, "trigger", self.world.trigger))
        else:
            possible += [
                (60, f"inject {i}", partial(attempt.inject, i)) for i in attempt.list_uninjected()
            ]
            if attempt.is_acknowledged():
                possible.append((80, "complete", self.world.complete))
            possible.append((2, "abort", self._abort))
        last = self.world.checkpoints[-1].number
        if last > self._unnotified and last > attempt.restored.number:
            possible.append((150, f"notify {last}", lambda: self._notify(attempt, last)))
        if not attempt.announced:
            possible.append((200, "announce", attempt.announce))
        return possible

    def _loading(self, attempt: Attempt) -> list[tuple[int, str, Action]]:
        possible: list[tuple[int, str, Action]] = []
        if attempt.work.waits:
            possible.append((200, "load", lambda: self._load(attempt)))
        if attempt.timer_set:
            possible.append((150, "look", lambda: self._look(attempt)))
        return possible

    def _zombie(self, zombie: Attempt) -> list[tuple[int, str, Action]]:
        possible: list[tuple[int, str, Action]] = []
        if zombie.loading.list_ready():
            possible.append((80, "zombie moves", lambda: self._zombie_moves(zombie)))
        if zombie.work.waits:
            possible.append((80, "zombie loads", lambda: self.world.run_load(zombie)))
        if zombie.timer_set:
            possible.append((80, "zombie looks", lambda: self._zombie_looks(zombie)))
        return possible

    # -- and how it happens

    def _read(self, shard: int) -> None:
        try:
            count = BLOCK - self.choices.draw(BLOCK)
            self.world.attempt.read(shard, count, holds=self.choices.chance(50))
        except LogRestartedError as error:
            self._decide_after(error)

    def _restart_log(self) -> None:
        """Once all is loaded, some more may happen in the old log, which is unread then."""
        world = self.world
        world.source.arrive_all(self.choices.draw)
        if not world.attempt.announced:
            world.attempt.announce()
        world.run_reads()
        world.run_checkpoint()
        self._last_looks()
        if not world.attempt.is_idle():
            return  # a zombie has the fence
        world.source.followed = frozenset(world.source.changed)
        for _ in range(self.choices.draw(3)):
            self.workload.act()
        world.restart_log()
        for _ in range(1 + self.choices.draw(3)):
            self.workload.act()

    def _decide_after(self, error: LogRestartedError) -> None:
        """The job has stopped, as it must where the source's log has started again."""
        if not self.world.source.is_undecided:
            raise error
        self._decide()

    def _decide(self) -> None:
        self.world.decide(1 + self.choices.draw(3))
        self._unnotified = self.world.checkpoints[-1].number

    def _epoch(self) -> None:
        """Many steps at once: records are read, a checkpoint is taken, mostly it completes."""
        world, attempt = self.world, self.world.attempt
        if attempt.checkpoint is None:
            for shard in attempt.offsets:
                for _ in range(self.choices.draw(3)):
                    if attempt.count_unread(shard):
                        self._read(shard)
                    if attempt is not world.attempt:
                        return  # it has stopped, and another has been started
            world.trigger()
        for i in attempt.list_uninjected():
            attempt.inject(i)
        self._moves()
        if self.choices.chance(30):
            return  # all but complete
        world.complete()
        if self.choices.chance(70):
            self._notify(attempt, world.checkpoints[-1].number)
            self._moves()

    def _moves(self) -> None:
        """Everything under way arrives, in some order."""
        attempt = self.world.attempt
        while ready := [(gate, name) for gate in attempt.gates() for name in gate.list_ready()]:
            attempt.move(*self.choices.one_of(ready))

    def _notify(self, attempt: Attempt, number: int) -> None:
        self._unnotified = number
        attempt.notify(number)

    def _abort(self) -> None:
        attempt = self.world.attempt
        attempt.abort([gate for gate in attempt.gates()[1:] if self.choices.chance(50)])

    def _load(self, attempt: Attempt) -> None:
        planned = None
        if self.profile.outages and self.choices.chance(20):
            planned = Planned(self.choices.one_of(list(Fault)), self.choices.draw(40))
        self.log[-1] += f" {planned}" if planned else ""
        self.world.run_load(attempt, planned)

    def _look(self, attempt: Attempt) -> None:
        self.world.now += self.choices.one_of((400.0, 1.0, 0.25))
        attempt.look()

    def _fail(self) -> None:
        world = self.world
        checkpoint = world.checkpoints[-1]
        if self.choices.chance(self.profile.older_restores):
            checkpoint = self.choices.one_of(world.checkpoints[::-1])
        older = ", an older one" if checkpoint is not world.checkpoints[-1] else ""
        zombie = self._is_zombie()
        world.fail(checkpoint, 1 + self.choices.draw(3), zombie=zombie)
        self._unnotified = checkpoint.number
        goes_on = ", while the former load goes on" if zombie else ""
        self.log[-1] += f", restored from checkpoint {checkpoint.number}{older}{goes_on}"

    def _prune(self) -> None:
        """Nothing is pruned by an attempt that may not load yet."""
        with suppress(FenceLostError):
            self.world.prune()

    def _reload(self) -> None:
        self.workload.vanish()
        self.world.reload(1 + self.choices.draw(3), zombie=self._is_zombie())
        self._unnotified = self.world.checkpoints[-1].number
        self.workload.reload()
        # What changes meanwhile is on the stream beside the load, before a floor can follow.
        for _ in range(self.choices.draw(8)):
            self.workload.act()
        if self.choices.chance(70):
            # All of the load at once, so that a floor follows within the history.
            self.world.source.arrive_all(self.choices.draw)
            self.world.run_reads()
            self.world.run_checkpoint()

    def _reload_table(self) -> None:
        """Other changes go on; those of the table that were made before may still be under way."""
        source = self.world.source
        table = self.choices.one_of([*source.declaration.tables])
        self.workload.vanish([table])
        self.world.reload_table(table, 1 + self.choices.draw(3), zombie=self._is_zombie())
        self._unnotified = self.world.checkpoints[-1].number
        self.log[-1] += f" {table}"
        self.workload.reload([table])
        for _ in range(self.choices.draw(8)):
            self.workload.act()
        if self.choices.chance(70):
            source.arrive_all(self.choices.draw)
            self.world.run_reads()
            self.world.run_checkpoint()

    def _raise_floor(self) -> None:
        raised = self.world.list_raised_floors()
        floors = self.choices.one_of(raised) if len(raised) > 1 else raised[0]
        self.world.raise_floor(1 + self.choices.draw(3), floors, zombie=self._is_zombie())
        self._unnotified = self.world.checkpoints[-1].number

    def _is_zombie(self) -> bool:
        return self.profile.zombies and self.choices.chance(50)

    def _zombie_moves(self, zombie: Attempt) -> None:
        self._as_zombie(zombie, lambda: zombie.move(zombie.loading, "signalled"))

    def _zombie_looks(self, zombie: Attempt) -> None:
        self.world.now += 1.0
        self._as_zombie(zombie, zombie.look)

    def _zombie_ends(self, zombie: Attempt) -> None:
        """All that it would still do."""
        for _ in range(_ZOMBIE_ROUNDS):
            if zombie.work.waits:
                self.world.run_load(zombie)
            if zombie.loading.list_ready():
                self._zombie_moves(zombie)
            elif zombie.timer_set:
                self._zombie_looks(zombie)

    def _as_zombie(self, zombie: Attempt, act: Action) -> None:
        """A zombie that finds its fence taken is at its end."""
        try:
            act()
        except FenceLostError:
            zombie.end()
            self.world.zombies.remove(zombie)

    # -- the end

    def _read_out(self, attempt: Attempt) -> None:
        """In small epochs, so that many cuts are seen; not all shards in each."""
        for turn in count():
            for shard in attempt.offsets:
                if attempt.count_unread(shard) and (turn + shard) % 2:
                    attempt.read(shard, BLOCK)
            self.world.run_checkpoint()
            self.world.run_loads()
            if not any(map(attempt.count_unread, attempt.offsets)):
                break
        self._last_looks()

    def _last_looks(self) -> None:
        for _ in range(_LAST_LOOKS + len(self.world.attempt.list_pending())):
            self.world.run_loads()
        attempt = self.world.attempt
        if attempt.work.waits:  # for a pruning, which the last look has begun
            self.world.run_load(attempt)
            attempt.look()

    def _hand_on_all(self) -> None:
        attempt = self.world.attempt
        try:
            for subtask in attempt.list_holding():
                attempt.hand_on(subtask)
        except LogRestartedError as error:
            self._decide_after(error)

    def drain(self) -> None:
        """Nothing breaks any more, until everything is loaded."""
        self._say("drain")
        self._hand_on_all()
        if self.world.source.is_undecided:
            self._decide()
        attempt = self.world.attempt
        self.workload.end()
        if not attempt.announced:
            attempt.announce()
        if attempt.checkpoint is not None:
            self.world.run_checkpoint()
        self._read_out(attempt)
        while self.world.can_raise_floor():
            if self.choices.chance(50):
                self.world.run_checkpoint()  # in which nothing waits to be loaded
            self._raise_floor()
            self.world.attempt.announce()
            self._last_looks()
        self.world.check_end()
        if self.profile.pruning:
            self._prune()
        for zombie in list(self.world.zombies):
            self._zombie_ends(zombie)
        self.world.check_end()
