"""What a reload of one table reads and does in one environment, as `TableReloadActions`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from connectors.floors import Floors
from flink_app.declaration import Star
from flink_app.positions.generations import Generations
from flink_app.validation.words import suggest
from infra.aws import plan
from infra.aws.application import Description
from infra.aws.drain import Drain
from infra.aws.environment import Environment
from infra.aws.errors import DeployError
from infra.aws.replication import Replication, TableLoad
from infra.aws.table_reload_steps import TableStanding
from infra.aws.warehouse import Bookkeeping


@dataclass(frozen=True)
class EnvironmentTableReloadActions:
    """The `TableReloadActions` of a reload.

    Attributes:
        environment: as its file says.
        table: as it is declared; `require_reloadable` has let it pass.
        source: its schema and name at the source.
        resting: describes the application, which runs or is stopped.
        stop: stops it with a snapshot.
        restart: starts it with other generations and floors.
        replication: the region's replication tasks.
        task: ARN of the environment's.
        bookkeeping: of its warehouse.
        drain: whether its stream is loaded.
    """

    environment: Environment
    table: str
    source: tuple[str, str]
    resting: Callable[[], Description]
    stop: Callable[[], None]
    restart: Callable[[Generations, Floors], None]
    replication: Replication
    task: str
    bookkeeping: Bookkeeping
    drain: Drain

    def find_standing(self) -> TableStanding:
        """Where the reload stands. Raises DeployError, also for another bookkeeping layout."""
        application = self.resting()
        settings = plan.with_generations(self.environment, application.settings).application
        self.bookkeeping.require_latest_layout()
        standing = TableStanding(
            self.table,
            settings.generations,
            settings.floors,
            self.bookkeeping.read_floors(),
            application.status == "RUNNING",
            self.replication.state(self.task),
            self.read_load(),
        )
        if standing.load.is_complete:
            behind = self.drain.shards_behind(standing.load.ended_ms)
            return replace(standing, all_loaded=behind == [])
        return standing

    def stop_application(self) -> None:
        """Stops it with a snapshot. Raises DeployError."""
        self.stop()

    def load_table(self) -> None:
        """Asks DMS to load the table again. Raises DeployError."""
        self.replication.load_table(self.task, *self.source)

    def read_load(self) -> TableLoad:
        """What DMS says of the table's last load. Raises DeployError."""
        return self.replication.read_table_load(self.task, *self.source)

    def reconfigure(self, generations: Generations, floors: Floors) -> None:
        """Starts the application with other settings. Raises DeployError."""
        self.restart(generations, floors)


def require_reloadable(star: Star, table: str) -> None:
    """Raises DeployError for a table that cannot be reloaded alone."""
    if table not in star.tables:
        message = f"the declaration has no table {table}{suggest(table, star.tables)}"
    elif table not in star.used_tables:
        message = f"no target uses table {table}, so nothing of it is loaded"
    elif star.tables[table].partitions:
        message = (
            f"DMS loads each partition of table {table} at a time of its own, so no time divides "
            "its changes from its load: reload every table"
        )
    else:
        return
    raise DeployError(message)
