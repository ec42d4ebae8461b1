"""Statements on the warehouse through Redshift's Data API, with the calls of a DB-API cursor.

That needs no network access to the VPC, only permission to call the API and to read the login.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

from connectors.redshift.endpoint import parse_endpoint
from infra.aws.environment import Redshift
from infra.aws.errors import DeployError
from infra.aws.waiting import Clock, wait_for

_EVERY: Final = 1.0
# A serverless workgroup that has paused takes a minute to wake.
_LIMIT: Final = 300.0


class DataApi:
    """A cursor each of whose statements is a transaction of its own.

    Args:
        redshift: where the warehouse is.
        client: boto3's client for redshift-data.
        clock: for waiting.
    """

    def __init__(self, redshift: Redshift, client: Any, clock: Clock) -> None:
        self._redshift = redshift
        self._client = client
        self._clock = clock
        self._statement = ""

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        """Runs one statement; `%s` in it stands for a text of `args`. Raises DeployError."""
        numbers = count(1)
        sql = re.sub("%s", lambda _: f":p{next(numbers)}", operation)
        parameters = [
            {"name": f"p{n}", "value": str(value)} for n, value in enumerate(args or (), 1)
        ]
        self._statement = self._client.execute_statement(
            **self._address(),
            Database=self._redshift.database,
            SecretArn=self._redshift.secret_arn,
            Sql=sql,
            **({"Parameters": parameters} if parameters else {}),
        )["Id"]
        description = wait_for(
            self._find_end,
            clock=self._clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=lambda: DeployError(
                f"the warehouse has not answered after {_LIMIT / 60:.0f} minutes. The query was: "
                f"{sql}"
            ),
        )
        if description["Status"] != "FINISHED":
            reason = description.get("Error", description["Status"])
            message = f"the warehouse query failed ({sql}): {reason}"
            raise DeployError(message)

    def fetchall(self) -> list[list[Any]]:
        """The rows of the last statement."""
        rows: list[list[Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self._client.get_statement_result(Id=self._statement, **more)
            rows += [[_value_of(field) for field in row] for row in page["Records"]]
            if not page.get("NextToken"):
                return rows
            more = {"NextToken": page["NextToken"]}

    def _find_end(self) -> dict[str, Any] | None:
        """The description of the last statement; None while it runs."""
        description: dict[str, Any] = self._client.describe_statement(Id=self._statement)
        return description if description["Status"] in {"FINISHED", "FAILED", "ABORTED"} else None

    def _address(self) -> dict[str, str]:
        """The Data API's name of the warehouse that the host name belongs to."""
        endpoint = parse_endpoint(self._redshift.host)
        if endpoint is None:
            message = (
                f"{self._redshift.host} is not an endpoint of Redshift: set redshift.host to the "
                "cluster's or the workgroup's own endpoint"
            )
            raise DeployError(message)
        return {"WorkgroupName" if endpoint.is_serverless else "ClusterIdentifier": endpoint.name}


def _value_of(field: Mapping[str, Any]) -> Any:
    """A field is an object of one member, named after its type, or after NULL."""
    ((name, value),) = field.items()
    return None if name == "isNull" else value
