"""The bookkeeping tables, read through Redshift's Data API.

That needs no network access to the VPC, only permission to call the API and to read the login.
"""

from __future__ import annotations

import re
from typing import Any, Final

from connectors.redshift.names import Names
from infra.aws.environment import Redshift
from infra.aws.errors import DeployError
from infra.aws.waiting import Clock, wait_for

_EVERY: Final = 1.0
# A serverless workgroup that has paused takes a minute to wake.
_LIMIT: Final = 300.0
# A sequence number has at most 129 digits; padded, the greatest text is the greatest number.
_DIGITS: Final = 129
_PROVISIONED: Final = re.compile(r"(?P<name>[^.]+)\.[^.]+\.[^.]+\.redshift\.amazonaws\.com(\.cn)?")
_SERVERLESS: Final = re.compile(
    r"(?P<name>[^.]+)\.[^.]+\.[^.]+\.redshift-serverless\.amazonaws\.com(\.cn)?"
)

Shard = tuple[str, str]  # stream and shard


class Bookkeeping:
    """The bookkeeping schema of one application.

    Args:
        redshift: where the warehouse is.
        client: boto3's client for redshift-data.
        clock: for waiting.
    """

    def __init__(self, redshift: Redshift, client: Any, clock: Clock) -> None:
        self._redshift = redshift
        self._names = Names(redshift.bookkeeping_schema)
        self._client = client
        self._clock = clock

    def are_empty(self) -> bool:
        """Whether nothing has ever been loaded: the tables are missing or empty.

        Raises DeployError.
        """
        # Redshift's catalogue is readable by every user.
        schema = self._redshift.bookkeeping_schema
        rows = self._query(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")  # noqa: S608
        tables = {str(name) for (name,) in rows}
        return not any(
            self._query(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
            for name, table in (("ledger", self._names.ledger), ("account", self._names.account))
            if name in tables
        )

    def floor(self) -> int:
        """The generation that the warehouse is swept to, 0 for none. Raises DeployError."""
        rows = self._query(f"SELECT generation FROM {self._names.floor}")  # noqa: S608
        return int(rows[0][0]) if rows else 0

    def loaded(self) -> dict[Shard, str]:
        """The last sequence number of each shard that is loaded. Raises DeployError."""
        last = f"MAX(LPAD(last_sequence_number, {_DIGITS}, '0'))"
        rows = self._query(
            f"SELECT stream, shard, {last} FROM {self._names.account} GROUP BY stream, shard"  # noqa: S608
        )
        return {(str(stream), str(shard)): str(last).lstrip("0") for stream, shard, last in rows}

    def _query(self, sql: str) -> list[list[Any]]:
        statement = self._client.execute_statement(
            **self._address(),
            Database=self._redshift.database,
            SecretArn=self._redshift.secret_arn,
            Sql=sql,
        )["Id"]

        def ended() -> dict[str, Any] | None:
            description: dict[str, Any] = self._client.describe_statement(Id=statement)
            return (
                description if description["Status"] in {"FINISHED", "FAILED", "ABORTED"} else None
            )

        description = wait_for(
            ended,
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
        return self._rows(statement)

    def _rows(self, statement: str) -> list[list[Any]]:
        rows: list[list[Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self._client.get_statement_result(Id=statement, **more)
            # A field is an object of one member, named after its type.
            rows += [[next(iter(field.values())) for field in row] for row in page["Records"]]
            if not page.get("NextToken"):
                return rows
            more = {"NextToken": page["NextToken"]}

    def _address(self) -> dict[str, str]:
        """The Data API's name of the warehouse that the host name belongs to."""
        if found := _PROVISIONED.fullmatch(self._redshift.host):
            return {"ClusterIdentifier": found["name"]}
        if found := _SERVERLESS.fullmatch(self._redshift.host):
            return {"WorkgroupName": found["name"]}
        message = (
            f"{self._redshift.host} is not an endpoint of Redshift: set redshift.host to the "
            f"cluster's or the workgroup's own endpoint"
        )
        raise DeployError(message)
