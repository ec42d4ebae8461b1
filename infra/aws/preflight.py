"""What a deployment checks before it creates or changes anything.

1. Names: resources with names that the stacks fix belong to the stacks.
2. Locations: application, staged files, bookkeeping tables and privacy key do not move.
3. State: the application starts from a snapshot, or nothing has been loaded yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from flink_app.template_parameter import loss_of
from infra.aws import plan
from infra.aws.application import FlinkApplication, StartState
from infra.aws.environment import Environment
from infra.aws.errors import DataLossError, DeployError
from infra.aws.ownership import Ownership
from infra.aws.parameters import settings_of, values
from infra.aws.privacy_key import PrivacyKey
from infra.aws.stacks import Stacks
from infra.aws.warehouse import Bookkeeping


class Preflight:
    """The checks of one environment's deployment.

    Args:
        environment: as its file says.
        own: tells its resources from others.
        stacks: of its region.
        application: on Managed Flink.
        bookkeeping: of its warehouse.
        key: its privacy key.
    """

    def __init__(  # noqa: PLR0913 - what it asks
        self,
        environment: Environment,
        *,
        ownership: Ownership,
        stacks: Stacks,
        application: FlinkApplication,
        bookkeeping: Bookkeeping,
        key: PrivacyKey,
    ) -> None:
        self._environment = environment
        self._ownership = ownership
        self._stacks = stacks
        self._application = application
        self._bookkeeping = bookkeeping
        self._key = key

    def check(self, start_from: StartState, *, allow_data_loss: bool) -> StartState:
        """What the application starts from, if it has to be started. Changes nothing.

        Raises:
            DeployError: where the deployment would touch what is not its own, lose data that
                nobody has given up, or start without a state that it should have.
        """
        self._ownership.check_names()
        if not allow_data_loss:
            for moved in self._find_moved():
                raise DataLossError(moved)
            self._key.check()
        return self._start(start_from)

    def _find_moved(self) -> Iterator[str]:
        wanted = values(self._environment)
        for part in (plan.DATA, plan.APPLICATION):
            stack = self._environment.stack(part)
            deployed = self._stacks.parameters(stack)
            for setting in settings_of(Environment):
                name, location = setting.parameter.name, loss_of(setting.field)
                if location is None or name is None or deployed.get(name) in {None, wanted[name]}:
                    continue
                yield (
                    f"{'.'.join(setting.path)} is {wanted[name]}, but {stack} has "
                    f"{deployed[name]}: {location.loss}. Nothing has been touched. Put "
                    f"{deployed[name]} back, or give --allow-data-loss"
                )

    def _start(self, start_from: StartState) -> StartState:
        application = self._application.describe()
        has_state = application is not None and (
            application.status != "READY" or self._application.latest_snapshot() is not None
        )
        if has_state or start_from.is_chosen:
            return start_from
        name = self._environment.application.name
        try:
            empty = self._bookkeeping.are_empty()
        except (DeployError, ClientError, BotoCoreError) as error:
            message = (
                f"{name} has no snapshot to start from, and whether it has loaded anything yet is "
                f"unknown, since the warehouse could not be queried: {error}. Nothing has been "
                f"touched. If it has loaded nothing yet, as in a first deployment, give "
                f"--without-state; otherwise make the warehouse reachable (docs/deployment.md, "
                f"Prerequisites)"
            )
            raise DeployError(message) from error
        if empty:
            return StartState(without=True)
        raise DataLossError(self._without_state(name))

    def _without_state(self, name: str) -> str:
        settings = self._environment.application
        floors = self._bookkeeping.read_floors()
        swept = (
            f" The warehouse is swept to generation {floors.everywhere}: set "
            f"application.generations and application.floor to {floors.everywhere} first, or every "
            "record will be ignored."
            if floors.everywhere > settings.floor
            else ""
        )
        tables = [table for table, _ in floors.tables.entries]
        if settings.floors.find_lower(floors, tables):
            swept += (
                f" It is swept of single tables as well: set application.table_floors to "
                f"{floors.tables}, and application.generations so that it has these generations."
            )
        return (
            f"{name} has no snapshot to start from, but the bookkeeping tables in schema "
            f"{self._environment.redshift.bookkeeping_schema} show that it has loaded before. "
            f"Without its state it starts at {settings.initial_position} of the stream and has no "
            f"dimension rows, so facts lack those columns until every table is loaded again. "
            f"Nothing has been touched.{swept} If you want this, give --without-state, and "
            f"load every table again with reload"
        )
