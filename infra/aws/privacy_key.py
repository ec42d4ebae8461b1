"""The secret with the privacy key: which one a deployment uses, and that it never changes.

Under another key new tokens would not match those in the warehouse, and dead letters would not
open. The data stack creates the secret once and leaves it behind when it is deleted, so a later
environment must name it.
"""

from __future__ import annotations

from typing import Any, Final

from infra.aws import plan
from infra.aws.environment import Environment
from infra.aws.errors import DataLossError
from infra.aws.stacks import Stacks

# As the template describes the secret, in every version so far.
_DESCRIPTION: Final = "Privacy key of the Starjoin application {}: tokens, dead letters"


class PrivacyKey:
    """The privacy key of one environment.

    Args:
        environment: as its file says.
        stacks: of its region.
        secrets: boto3's client of Secrets Manager.
    """

    def __init__(self, environment: Environment, stacks: Stacks, secrets: Any) -> None:
        self._environment = environment
        self._stacks = stacks
        self._secrets = secrets

    def check(self) -> None:
        """Raises DataLossError where a deployment would use another key than before."""
        stack = self._environment.stack(plan.DATA)
        secret_arn = self._environment.privacy.secret_arn
        used = self._stacks.outputs(stack).get("PrivacyKeyArn")
        if used is None:
            if secret_arn is None:
                self._refuse_left_behind()
            return
        was_given = bool(self._stacks.parameters(stack).get("PrivacySecretArn"))
        if secret_arn != used if secret_arn is not None else was_given:
            message = (
                f"privacy.secret_arn is {secret_arn or 'not set'}, but {stack} has the key {used}: "
                f"new tokens would not match those in the warehouse. Nothing has been touched. Set "
                f"it to {used}; or follow docs/operations.md, Rotating the privacy secret, and "
                f"give --allow-data-loss"
            )
            raise DataLossError(message)

    def _refuse_left_behind(self) -> None:
        keys = sorted(self._find_left())
        if keys:
            message = (
                f"a privacy key for an application of this name exists, which an earlier or "
                f"another environment created: {', '.join(keys)}. Nothing has been touched. If a "
                f"warehouse holds its tokens, or dead letters are kept, set privacy.secret_arn to "
                f"it. Otherwise delete it in Secrets Manager, or give --allow-data-loss to create "
                f"a second one"
            )
            raise DataLossError(message)

    def _find_left(self) -> list[str]:
        description = _DESCRIPTION.format(self._environment.application.name)
        pages = self._secrets.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "description", "Values": [description]}]
        )
        secrets = [secret for page in pages for secret in page["SecretList"]]
        # The service's filter takes descriptions that only begin alike.
        return [secret["ARN"] for secret in secrets if secret.get("Description") == description]
