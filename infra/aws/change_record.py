"""What ran before a change of the replication task, kept in AWS until the change is complete.

A tag on the replication task shows that a change is in progress, and whether its task is to be
resumed, so that a task which a deployment paused is told apart from one that somebody stopped. The
tag names an object in the code bucket with both stacks as they were, which a rollback needs.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infra.aws.errors import DeployError
from infra.aws.plan import StackPlan
from infra.aws.replication import TaskState

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TAG: Final = "starjoin-change"
_PREFIX: Final = "changes/"
_RESUME: Final = "resume"
_STAY: Final = "stay-stopped"


@dataclass(frozen=True)
class Before:
    """What ran before a change.

    Attributes:
        application: the application's stack.
        replication: the replication task's stack.
        snapshot: that the application stopped with; None before it has.
    """

    application: StackPlan
    replication: StackPlan
    snapshot: str | None = None


@dataclass(frozen=True)
class Mark:
    """The tag's value.

    Attributes:
        key: of the record in the code bucket.
        start_ms: the task's last start before the change, in milliseconds since 1970.
        resume: whether the task was at work, so that the change's end resumes it.
    """

    key: str
    start_ms: int
    resume: bool

    def __str__(self) -> str:
        return f"{self.key} {self.start_ms} {_RESUME if self.resume else _STAY}"

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """The mark, or None where the text is not one."""
        match text.split():
            case [key, start, (str(end))] if start.isdigit() and end in {_RESUME, _STAY}:
                return cls(key, int(start), end == _RESUME)
        return None


class ChangeRecords:
    """The record of one task's change.

    Args:
        dms: boto3's DMS client.
        s3: boto3's S3 client.
        bucket: the code bucket.
        task: ARN of the replication task.
    """

    def __init__(self, dms: Any, s3: S3Client, bucket: str, task: str) -> None:
        self._dms = dms
        self._s3 = s3
        self._bucket = bucket
        self._task = task

    def mark(self, state: TaskState) -> Mark | None:
        """The mark of the change under way, if any. Raises DeployError.

        A mark from before the task's last start is void: somebody has resumed the task since.
        """
        text = self._text()
        if text is None:
            return None
        mark = Mark.parse(text)
        if mark is None:
            message = (
                f"the tag {TAG} of {self._task} was not written by a deployment: remove it, "
                f"and deploy again"
            )
            raise DeployError(message)
        return None if state.start_ms > mark.start_ms else mark

    def begin(self, before: Before, state: TaskState, time_ms: int) -> Mark:
        """Keeps what ran before and marks the task."""
        mark = Mark(f"{_PREFIX}{time_ms}.json", state.start_ms, state.at_work)
        self.save(mark, before)
        self._dms.add_tags_to_resource(
            ResourceArn=self._task, Tags=[{"Key": TAG, "Value": str(mark)}]
        )
        return mark

    def save(self, mark: Mark, before: Before) -> None:
        """Keeps what ran before, under the mark's key."""
        body = json.dumps(dataclasses.asdict(before)).encode()
        self._s3.put_object(Bucket=self._bucket, Key=mark.key, Body=body)

    def read(self, mark: Mark) -> Before:
        """What ran before. Raises DeployError where the record is gone."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=mark.key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            message = f"{self.address(mark)}, which describes what ran before the change, is gone"
            raise DeployError(message) from error
        content = json.loads(body)
        return Before(
            StackPlan(**content["application"]),
            StackPlan(**content["replication"]),
            content["snapshot"],
        )

    def address(self, mark: Mark) -> str:
        """Where the record is."""
        return f"s3://{self._bucket}/{mark.key}"

    def end(self) -> None:
        """Takes the mark off the task, if there is one; the record stays, as history."""
        if self._text() is not None:
            self._dms.remove_tags_from_resource(ResourceArn=self._task, TagKeys=[TAG])

    def _text(self) -> str | None:
        tags = self._dms.list_tags_for_resource(ResourceArn=self._task)["TagList"]
        return next((str(tag["Value"]) for tag in tags if tag["Key"] == TAG), None)
