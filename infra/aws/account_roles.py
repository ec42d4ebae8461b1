"""Two roles that DMS expects under fixed names, once per account; only its console makes them.

They serve every task of the account, so no stack holds them and `destroy` leaves them alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.aws.errors import DeployError

Say = Callable[[str], None]

# AWS's policy of each role, by the role's name.
ROLES: Final = {
    "dms-vpc-role": "service-role/AmazonDMSVPCManagementRole",
    "dms-cloudwatch-logs-role": "service-role/AmazonDMSCloudWatchLogsRole",
}
_TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "dms.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def ensure_account_roles(client: Any, region: str, say: Say, *, create: bool) -> None:
    """Makes sure that both roles exist. Raises DeployError if one is missing and `create` is false.

    Args:
        client: boto3's IAM client.
        region: it decides the partition of AWS's policies.
        say: where progress goes, line by line.
        create: whether a missing one may be made.
    """
    missing = [name for name in ROLES if not _exists(client, name)]
    if missing and not create:
        message = (
            f"the account lacks {' and '.join(missing)}, without which DMS cannot use its network "
            f"or write its log. Create them once per account (docs/deployment.md has the "
            f"commands), or set dms.create_account_roles: true and deploy again"
        )
        raise DeployError(message)
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    if region.startswith("us-gov-"):
        partition = "aws-us-gov"
    for name in missing:
        client.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(_TRUST),
            Description="Used by every DMS task of this account",
        )
        client.attach_role_policy(
            RoleName=name, PolicyArn=f"arn:{partition}:iam::aws:policy/{ROLES[name]}"
        )
        say(f"{name}: created; it serves the whole account and stays after a destroy")


def _exists(client: Any, name: str) -> bool:
    try:
        client.get_role(RoleName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True
