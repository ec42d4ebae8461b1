"""Whether a resource belongs to an environment, or only has the name that it would have.

A template leaves most names to CloudFormation. Those that it fixes are unique in the region: two
environments' files with one application name refer to the same application. The resources of the
environment's stacks show whether it is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.aws import plan
from infra.aws.clients import AwsClients
from infra.aws.environment import Environment
from infra.aws.errors import ForeignResourceError
from infra.aws.stacks import Stacks


@dataclass(frozen=True)
class Named:
    """A resource to which a template gives a name of its own.

    Attributes:
        part: the stack that it is in.
        resource: its logical id there.
        kind: what it is, in words.
        form: its name, where {} is the application's.
    """

    part: str
    resource: str
    kind: str
    form: str

    def name_for(self, application: str) -> str:
        """Its name, for an application of this name."""
        return self.form.format(application)


APPLICATION: Final = Named(plan.APPLICATION, "Application", "application", "{}")
LOG_GROUP: Final = Named(plan.APPLICATION, "LogGroup", "log group", "/starjoin/{}")
TASK: Final = Named(plan.DMS, "Task", "replication task", "{}-changes")
# Every name that a template fixes; a test finds them in the templates.
NAMED: Final = (APPLICATION, LOG_GROUP, TASK)
# The stacks from which a command learns what it acts on and where its files are.
_NAMING: Final = (plan.APPLICATION, plan.DATA)


class Ownership:
    """Distinguishes an environment's own resources from others of the same name.

    Args:
        environment: as its file says.
        stacks: of its region.
        clients: of its region.
    """

    def __init__(self, environment: Environment, stacks: Stacks, clients: AwsClients) -> None:
        self._environment = environment
        self._stacks = stacks
        self._clients = clients
        self._name = environment.application.name

    def check(self) -> None:
        """Raises ForeignResourceError where the file's application is not the environment's own."""
        for fault in self.faults():
            raise ForeignResourceError(fault)

    def check_names(self) -> None:
        """Raises ForeignResourceError if a stack would create, or act on, a resource of others.

        For a deployment, before it makes anything.
        """
        for named in NAMED:
            if named is not TASK or self._environment.dms is not None:
                for fault in self._find_foreign(named):
                    raise ForeignResourceError(fault)
        for fault in self._find_gone():
            raise ForeignResourceError(fault)

    def faults(self) -> Iterator[str]:
        """Why the file's application is not the environment's own, one sentence per reason."""
        for part in _NAMING:
            stack = self._environment.stack(part)
            named = self._stacks.parameters(stack).get("ApplicationName", self._name)
            if named != self._name:
                yield (
                    f"{stack} belongs to application {named}, but the environment's file says "
                    f"{self._name}. Nothing has been touched. Put {named} back into the file of "
                    f"{self._environment.name}; deploy --allow-data-loss renames it"
                )
        yield from self._find_foreign(APPLICATION)

    def _find_foreign(self, named: Named) -> Iterator[str]:
        existing = self._find(named)
        if existing is None or existing == self._find_created(named):
            return
        stack, name = self._environment.stack(named.part), named.name_for(self._name)
        yield (
            f"{named.kind} {name} exists, but stack {stack} did not create it: it belongs to "
            f"another environment, or was created by hand. Nothing has been touched. If "
            f"application.name in the file of {self._environment.name} was copied from another "
            f"environment, give it a name of its own; if nothing uses that {named.kind}, delete it"
        )

    def _find_gone(self) -> Iterator[str]:
        """If the stack's application was deleted by hand: no update creates it again."""
        created = self._find_created(APPLICATION)
        if created == self._name and self._find(APPLICATION) is None:
            stack = self._environment.stack(plan.APPLICATION)
            yield (
                f"{stack} created application {created}, which no longer exists: it was deleted "
                f"outside of CloudFormation, and its snapshots with it. Delete the stack with "
                f"`aws cloudformation delete-stack --stack-name {stack}` and deploy again"
            )

    def _find_created(self, named: Named) -> str | None:
        resources = self._stacks.resources(self._environment.stack(named.part))
        return resources.get(named.resource)

    def _find(self, named: Named) -> str | None:
        """What CloudFormation would call the resource of this name; None where there is none."""
        find = {APPLICATION: self._application, LOG_GROUP: self._log_group, TASK: self._task}
        return find[named](named.name_for(self._name))

    def _application(self, name: str) -> str | None:
        try:
            self._clients.flink.describe_application(ApplicationName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return name

    def _log_group(self, name: str) -> str | None:
        pages = self._clients.logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=name
        )
        log_groups = {group["logGroupName"] for page in pages for group in page["logGroups"]}
        return name if name in log_groups else None

    def _task(self, name: str) -> str | None:
        # DMS keeps identifiers in small letters.
        wanted = [{"Name": "replication-task-id", "Values": sorted({name, name.lower()})}]
        try:
            tasks: list[dict[str, Any]] = self._clients.dms.describe_replication_tasks(
                Filters=wanted, WithoutSettings=True
            )["ReplicationTasks"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundFault":
                return None
            raise
        return str(tasks[0]["ReplicationTaskArn"]) if tasks else None
