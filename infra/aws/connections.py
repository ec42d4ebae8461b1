"""Connection tests of a task's endpoints: without a successful one of each DMS starts no task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.aws.errors import DeployError
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

_EVERY: Final = 5.0
# A test takes seconds; one that waits for a connection that is dropped, a few minutes.
_LIMIT: Final = 600.0
_TESTING: Final = "testing"
_SUCCESSFUL: Final = "successful"
_REMEDIES: Final = {
    "source": (
        "Check the secret dms.source.secret_arn (host, port, username, password; "
        "dms.source.secret_key_arn if a key of its own encrypts it), dms.source.ssl_mode, and that "
        "the database's security group and pg_hba.conf admit the replication instance"
    ),
    "target": (
        "Check that the replication instance's subnets have a route to Kinesis (NAT, or a VPC "
        "endpoint whose policy and security group admit it), and that nothing denies the role "
        "WriteRole of the dms stack the change stream"
    ),
}


class Connections:
    """The connections between replication instances and endpoints of one region.

    Args:
        client: boto3's DMS client.
        clock: for waiting.
        say: where progress goes, line by line.
    """

    def __init__(self, client: Any, clock: Clock, say: Say) -> None:
        self._client = client
        self._clock = clock
        self._say = say

    def ensure(self, role: str, *, endpoint: str, instance: str, changed: bool) -> None:
        """The endpoint's last test is successful in the end; waits for it. Raises DeployError.

        Args:
            role: source or target.
            endpoint: its ARN.
            instance: ARN of the replication instance that connects to it.
            changed: whether the endpoint has changed, so that an earlier test says nothing.
        """
        connection = self._await_rest(role, endpoint, instance)
        if connection.get("Status") != _SUCCESSFUL or changed:
            self._say(f"{role} endpoint: testing the connection")
            self._begin(role, endpoint, instance)
            connection = self._await_rest(role, endpoint, instance)
            if connection.get("Status") == _SUCCESSFUL:
                self._say(f"{role} endpoint: the connection test is successful")
        if connection.get("Status") != _SUCCESSFUL:
            name = connection.get("EndpointIdentifier", endpoint)
            reason = str(connection.get("LastFailureMessage") or "no reason given").rstrip(".")
            message = (
                f"the replication instance cannot connect to the {role} endpoint {name}: DMS "
                f"reports: {reason}. {_REMEDIES[role]}. Then deploy again: DMS starts no task "
                f"before both connection tests are successful"
            )
            raise DeployError(message)

    def _begin(self, role: str, endpoint: str, instance: str) -> None:
        """Begins a test. DMS may just have begun one by itself, and takes no second one."""

        def begun() -> bool | None:
            try:
                self._client.test_connection(EndpointArn=endpoint, ReplicationInstanceArn=instance)
            except ClientError as error:
                if error.response["Error"]["Code"] == "InvalidResourceStateFault":
                    return None
                raise
            return True

        wait_for(
            begun,
            clock=self._clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=lambda: DeployError(
                f"DMS has refused a connection test of the {role} endpoint {endpoint} for "
                f"{_LIMIT / 60:.0f} minutes: check the state of the endpoint and of the "
                f"replication instance {instance} in DMS, then deploy again"
            ),
        )

    def _await_rest(self, role: str, endpoint: str, instance: str) -> dict[str, Any]:
        """The connection, once no test of it is under way; empty where there never was one."""

        def rests() -> dict[str, Any] | None:
            connection = self._find(endpoint, instance)
            return None if connection.get("Status") == _TESTING else connection

        return wait_for(
            rests,
            clock=self._clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=lambda: DeployError(
                f"the connection test of the {role} endpoint {endpoint} has not ended after "
                f"{_LIMIT / 60:.0f} minutes. {_REMEDIES[role]}. Then deploy again"
            ),
        )

    def _find(self, endpoint: str, instance: str) -> dict[str, Any]:
        try:
            connections = self._client.describe_connections(
                Filters=[
                    {"Name": "endpoint-arn", "Values": [endpoint]},
                    {"Name": "replication-instance-arn", "Values": [instance]},
                ]
            )["Connections"]
        except ClientError as error:
            # A filter that nothing passes is a fault to DMS.
            if error.response["Error"]["Code"] == "ResourceNotFoundFault":
                return {}
            raise
        return connections[0] if connections else {}
