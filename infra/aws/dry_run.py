"""What a deployment would do, as text. Needs no account and calls nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from infra.aws import plan
from infra.aws.change_steps import Step
from infra.aws.dms import LateStreamSettings, to_json
from infra.aws.environment import Environment
from infra.aws.storage import digest_of


def describe(environment: Environment, package: Path) -> Iterator[str]:
    """The steps of `deploy`, with each stack's parameters and template.

    Raises DeployError when the environment or its declaration cannot be used.
    """
    star = plan.load_star(environment)
    data = plan.promised_outputs(environment)
    exists = package.exists()
    key = plan.code_key(digest_of(package)) if exists else "code/starjoin-<digest>.zip"
    yield from _stack(1, plan.data_stack(environment))
    size = f"{package.stat().st_size:,} bytes" if exists else "not made yet"
    yield f"2. Upload {package.name} ({size}) to s3://{data['CodeBucket']}/{key}"
    yield from _stack(3, plan.application_stack(environment, data, key))
    yield (
        f"4. Start {environment.application.name} from its latest snapshot, or without state where "
        f"the bookkeeping tables show that nothing has been loaded yet; a running application is "
        f"restarted by step 3. Wait until it runs."
    )
    yield from _stack(5, plan.alarms_stack(environment, data))
    replication = plan.dms_stack(environment, data, star)
    if replication is None:
        yield "6. No replication task: the environment has no `dms`."
    else:
        yield from _stack(6, replication)
        names = ", ".join(to_json(LateStreamSettings()))
        yield f"7. Set {names} of the target endpoint, which CloudFormation does not support."
        yield "   Test the connections of both endpoints."
        yield "If the task has run and steps 6 and 7 change its configuration, the order is:"
        yield from (f"   {number}) {step.value}" for number, step in enumerate(Step, 1))
        yield "--compare reads the account and prints whether that is so, and what differs."


def _stack(number: int, stack: plan.StackPlan) -> Iterator[str]:
    yield f"{number}. Stack {stack.name}"
    yield "   Parameters:"
    width = max(map(len, stack.parameters))
    for name, value in stack.parameters.items():
        yield f"     {name:{width}}  {value}"
    yield "   Template:"
    for line in yaml.safe_dump(stack.template, sort_keys=False, width=100).splitlines():
        yield f"     {line}"
