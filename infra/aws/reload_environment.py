"""What a reload reads and does in one environment, as `ReloadActions`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from flink_app.positions.generations import Generations
from infra.aws import plan
from infra.aws.application import Description
from infra.aws.drain import Drain
from infra.aws.environment import Environment
from infra.aws.reload_steps import Standing
from infra.aws.replication import Replication, TaskState
from infra.aws.warehouse import Bookkeeping


@dataclass(frozen=True)
class EnvironmentReloadActions:
    """The `ReloadActions` of a reload.

    Attributes:
        environment: as its file says.
        running: describes the application, which must be running.
        restart: restarts it with other generations and another floor.
        replication: the region's replication tasks.
        task: ARN of the environment's.
        bookkeeping: of its warehouse.
        drain: whether its stream is loaded.
    """

    environment: Environment
    running: Callable[[], Description]
    restart: Callable[[Generations, int], None]
    replication: Replication
    task: str
    bookkeeping: Bookkeeping
    drain: Drain

    def find_standing(self) -> Standing:
        """Where the reload stands. Raises DeployError, also for another bookkeeping layout."""
        settings = plan.with_generations(self.environment, self.running().settings).application
        self.bookkeeping.require_latest_layout()
        task = self.replication.state(self.task)
        standing = Standing(
            settings.generations,
            settings.floor,
            self.bookkeeping.read_floors().everywhere,
            task,
            all_loaded=False,
        )
        if standing.floor < standing.generations.newest and task.is_loaded(
            since_ms=standing.boundary_ms
        ):
            return replace(standing, all_loaded=self._all_loaded(task))
        return standing

    def stop_task(self) -> None:
        """Stops the replication task. Raises DeployError."""
        self.replication.stop(self.task)

    def reload_task(self) -> None:
        """Starts it with reload-target."""
        self.replication.reload(self.task)

    def reconfigure(self, generations: Generations, floor: int) -> None:
        """Restarts the application with other settings. Raises DeployError."""
        self.restart(generations, floor)

    def _all_loaded(self, task: TaskState) -> bool:
        """Whether nothing that arrived until shortly after the load's end is left to load."""
        return self.drain.shards_behind(task.load_end_ms) == []
