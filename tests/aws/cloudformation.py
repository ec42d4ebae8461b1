"""Resource types that moto's CloudFormation lacks, made by moto's own services.

Each is a thin model that calls boto3, so botocore's service models check every property: an unknown
name, a missing one or a value of the wrong type fails. Text becomes a number or a boolean where the
service wants one, as CloudFormation does it.

Fixed besides: a change set without changes is made and fails, instead of being refused; one that
changes parameters alone lists what changes; an applied one is remembered with its parameters and
outputs; a failure rolls the stack back, with an event that says why, and a creation that failed
leaves no resources; only what was made is listed; deleting an application that is gone already is
no failure. Not imitated: undoing an update that failed, templates that CloudFormation would refuse
(cfn-lint looks for those).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from moto.cloudformation import models, parsing
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.common_models import CloudFormationModel
from moto.dms.models import dms_backends

from tests.aws.clients import client as client_of
from tests.aws.managed_flink import ManagedFlink

# Set by `install`: CloudFormation's handler for applications works on the service's own state.
_flink: list[ManagedFlink] = []
# Types that are replaced when the application's name changes.
_NAMED: Final = {
    "AWS::KinesisAnalyticsV2::Application",
    "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption",
    "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream",
    "AWS::Logs::MetricFilter",
}
_RENAMED: Final = {"PostgreSqlSettings": "PostgreSQLSettings"}
_SCALARS: Final[dict[str, Callable[[Any], Any]]] = {
    "boolean": lambda value: {"true": True, "false": False}.get(value, value),
    "integer": int,
    "long": int,
    "double": float,
    "float": float,
    "string": lambda value: str(value) if isinstance(value, (int, float)) else value,
}


class _Made:
    """The common part: a resource with a physical name."""

    service: str
    operation: str

    def __init__(self, name: str, attributes: dict[str, str] | None = None) -> None:
        self.physical_resource_id = name
        self._attributes = attributes or {}

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003
        return True

    def get_cfn_attribute(self, attribute: str) -> str:
        return self._attributes[attribute]

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> Any:
        return cls.make(resource_name, cloudformation_json["Properties"])

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
    ) -> Any:
        properties = cloudformation_json["Properties"]
        if original_resource.is_replaced(properties):
            made = cls.make(new_resource_name, properties)
            original_resource.discard()
            return made
        original_resource.change(properties)
        return original_resource

    @classmethod
    def make(cls, name: str, properties: dict[str, Any]) -> Any:
        raise NotImplementedError

    def is_replaced(self, properties: dict[str, Any]) -> bool:  # noqa: ARG002
        return False

    def change(self, properties: dict[str, Any]) -> None:
        raise NotImplementedError

    def delete(self, *_: str) -> None:
        raise NotImplementedError

    def discard(self) -> None:
        """What becomes of it once another has taken its place."""
        self.delete()


def _call(service: str, operation: str, **given: Any) -> Any:
    client = client_of(service)
    shape = client.meta.service_model.operation_model(
        client.meta.method_to_api_mapping[operation]
    ).input_shape
    return getattr(client, operation)(**_coerced(shape, given))


def _coerced(shape: Any, value: Any) -> Any:
    """`value` with text turned into what `shape` wants; unknown members stay, to be refused."""
    kind = shape.type_name
    if kind == "structure":
        named = {_RENAMED.get(key, key): each for key, each in value.items()}
        members = shape.members
        return {n: _coerced(members[n], v) if n in members else v for n, v in named.items()}
    if kind == "list":
        # CloudFormation drops members that are AWS::NoValue; moto makes them None.
        return [_coerced(shape.member, each) for each in value if each is not None]
    if kind == "map":
        return {key: _coerced(shape.value, each) for key, each in value.items()}
    return _SCALARS.get(kind, lambda same: same)(value)


class Secret(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SecretsManager::Secret"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any]) -> Secret:
        wish = properties["GenerateSecretString"]
        drawn = _call("secretsmanager", "get_random_password", **wish)["RandomPassword"]
        made = _call(
            "secretsmanager",
            "create_secret",
            Name=name,
            Description=properties["Description"],
            SecretString=drawn,
        )
        return cls(made["ARN"])

    def delete(self, *_: str) -> None:
        _call("secretsmanager", "delete_secret", SecretId=self.physical_resource_id)


class BucketPolicy(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::S3::BucketPolicy"

    @classmethod
    def make(cls, _: str, properties: dict[str, Any]) -> BucketPolicy:
        bucket, document = properties["Bucket"], properties["PolicyDocument"]
        # moto applies a denial whatever its condition says: those that have one are left out.
        statements = [each for each in document["Statement"] if "Condition" not in each]
        if statements:
            policy = json.dumps({**document, "Statement": statements})
            _call("s3", "put_bucket_policy", Bucket=bucket, Policy=policy)
        return cls(bucket)

    def delete(self, *_: str) -> None:
        pass  # goes with its bucket


class LogStream(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Logs::LogStream"

    @classmethod
    def make(cls, _: str, properties: dict[str, Any]) -> LogStream:
        group, stream = properties["LogGroupName"], properties["LogStreamName"]
        _call("logs", "create_log_stream", logGroupName=group, logStreamName=stream)
        return cls(stream, {"group": group})

    def is_replaced(self, properties: dict[str, Any]) -> bool:
        return bool(properties["LogGroupName"] != self._attributes["group"])

    def delete(self, *_: str) -> None:
        pass  # goes with its group


class MetricFilter(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Logs::MetricFilter"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any]) -> MetricFilter:
        metric_filter = cls(name, {"group": properties["LogGroupName"]})
        metric_filter.change(properties)
        return metric_filter

    def is_replaced(self, properties: dict[str, Any]) -> bool:
        return bool(properties["LogGroupName"] != self._attributes["group"])

    def change(self, properties: dict[str, Any]) -> None:
        transformations = [
            {name[0].lower() + name[1:]: value for name, value in each.items()}
            for each in properties["MetricTransformations"]
        ]
        _call(
            "logs",
            "put_metric_filter",
            filterName=self.physical_resource_id,
            logGroupName=properties["LogGroupName"],
            filterPattern=properties["FilterPattern"],
            metricTransformations=transformations,
        )

    def delete(self, *_: str) -> None:
        pass  # goes with its group


class Alarm(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CloudWatch::Alarm"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any]) -> Alarm:
        _call("cloudwatch", "put_metric_alarm", AlarmName=name, **properties)
        return cls(name)

    def change(self, properties: dict[str, Any]) -> None:
        _call(
            "cloudwatch",
            "put_metric_alarm",
            AlarmName=self.physical_resource_id,
            **properties,
        )

    def delete(self, *_: str) -> None:
        _call("cloudwatch", "delete_alarms", AlarmNames=[self.physical_resource_id])


class Endpoint(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::DMS::Endpoint"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any]) -> Endpoint:
        made = _call("dms", "create_endpoint", EndpointIdentifier=name, **properties)
        return cls(made["Endpoint"]["EndpointArn"])

    def change(self, properties: dict[str, Any]) -> None:
        _call("dms", "modify_endpoint", EndpointArn=self.physical_resource_id, **properties)

    def delete(self, *_: str) -> None:
        _call("dms", "delete_endpoint", EndpointArn=self.physical_resource_id)


class ReplicationTask(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::DMS::ReplicationTask"

    @classmethod
    def make(cls, _: str, properties: dict[str, Any]) -> ReplicationTask:
        made = _call("dms", "create_replication_task", **properties)
        arn = made["ReplicationTask"]["ReplicationTaskArn"]
        # CloudFormation is done when the task is; moto's never is.
        tasks = dms_backends[arn.split(":")[4]][arn.split(":")[3]].replication_tasks
        tasks[arn].ready()
        return cls(arn)

    def change(self, properties: dict[str, Any]) -> None:
        arn = self.physical_resource_id
        # CloudFormation names what has changed; the instance and the endpoints cannot.
        changed = {
            name: properties[name]
            for name in ("MigrationType", "ReplicationTaskSettings", "TableMappings")
        }
        _call("dms", "modify_replication_task", ReplicationTaskArn=arn, **changed)

    def delete(self, *_: str) -> None:
        arn = self.physical_resource_id
        _call("dms", "delete_replication_task", ReplicationTaskArn=arn)


class FlinkApplication(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::KinesisAnalyticsV2::Application"

    @classmethod
    def make(cls, _: str, properties: dict[str, Any]) -> FlinkApplication:
        _call("kinesisanalyticsv2", "create_application", **properties)
        return cls(properties["ApplicationName"])

    def is_replaced(self, properties: dict[str, Any]) -> bool:
        return bool(properties["ApplicationName"] != self.physical_resource_id)

    def discard(self) -> None:
        # The service halts and deletes an application that runs as well.
        _flink[-1].applications.pop(self.physical_resource_id)

    def change(self, properties: dict[str, Any]) -> None:
        shape = client_of("kinesisanalyticsv2").meta.service_model.shape_for(
            "ApplicationConfiguration"
        )
        configuration = _coerced(shape, properties["ApplicationConfiguration"])
        flink = _flink[-1]
        flink.configure(flink.applications[self.physical_resource_id], configuration)

    def delete(self, *_: str) -> None:
        if self.physical_resource_id in _flink[-1].applications:
            _call(
                "kinesisanalyticsv2",
                "delete_application",
                ApplicationName=self.physical_resource_id,
                CreateTimestamp=0,
            )


class LoggingOption(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any]) -> LoggingOption:
        operation = "add_application_cloud_watch_logging_option"
        given = {**properties, "CurrentApplicationVersionId": 1}
        _call("kinesisanalyticsv2", operation, **given)
        return cls(name, {"application": properties["ApplicationName"]})

    def is_replaced(self, properties: dict[str, Any]) -> bool:
        return bool(properties["ApplicationName"] != self._attributes["application"])

    def delete(self, *_: str) -> None:
        pass  # goes with its application


# moto looks its models up once and keeps the list.
parsing.get_model_list.cache_clear()
parsing.get_model_map.cache_clear()
parsing.get_name_type_map.cache_clear()


def install(monkeypatch: pytest.MonkeyPatch, flink: ManagedFlink) -> None:
    """Fixes moto's change sets, and connects the applications, for the rest of the test."""
    monkeypatch.setattr(CloudFormationResponse, "_validate_different_update", lambda *_: None)
    monkeypatch.setattr(parsing.ResourceMap, "build_change_set_actions", _actions)
    monkeypatch.setattr(models.ChangeSet, "diff", _diff)
    # Templates come as JSON; moto reads them as YAML, which takes most of a test's time.
    monkeypatch.setattr(models.Stack, "parse_template", staticmethod(json.loads))
    monkeypatch.setattr(models.ChangeSet, "_parse_template", _parse)
    monkeypatch.setattr(models.CloudFormationBackend, "execute_change_set", _execute)
    monkeypatch.setattr(models.CloudFormationBackend, "list_stack_resources", _made)
    monkeypatch.setattr(models.Stack, "parameter_list", property(_parameter_list))
    monkeypatch.setattr("tests.aws.cloudformation._flink", [flink])


def _made(backend: Any, name: str) -> tuple[Any, list[Any]]:
    """moto makes what is missing when it is asked for a list."""
    stack = backend.get_stack(name)
    resources = stack.resource_map
    wanted, made = resources._resource_json_map, resources._parsed_resources
    return stack, [each for key, each in made.items() if key in wanted and each is not None]


def _parameter_list(stack: Any) -> list[dict[str, Any]]:
    """A list as the text that was given, as CloudFormation answers."""
    return [
        {"ParameterKey": name, "ParameterValue": ",".join(each) if isinstance(each, list) else each}
        for name, each in stack.resource_map.resolved_parameters.items()
    ]


def _parse(change_set: Any) -> None:
    change_set.template_dict = json.loads(change_set.template)


def _actions(resources: Any, template: Any, parameters: Any = None) -> dict[str, dict[str, str]]:
    names = resources.build_resource_diff(template, parameters)
    old, new = resources._resource_json_map, template["Resources"]
    return {
        action: {name: (new.get(name) or old[name])["Type"] for name in each}
        for action, each in names.items()
    }


def _diff(change_set: Any) -> list[models.Change]:
    found = change_set.stack.resource_map.build_change_set_actions(
        change_set.template_dict, change_set.parameters
    )
    changes: list[Any] = [
        models.Change(action=action, logical_resource_id=name, resource_type=kind)
        for action, each in found.items()
        for name, kind in each.items()
    ]
    resources = change_set.stack.resource_map
    before, after = resources.input_parameters, change_set.parameters
    renamed = before.get("ApplicationName") != after.get("ApplicationName")
    for change in changes:
        if change.action == "Modify":
            change.replacement = str(renamed and change.resource_type in _NAMED)
    return changes


def _execute(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:  # noqa: ARG001
    change_set = backend.change_sets[change_set_name]
    stack, kind = change_set.stack, change_set.change_set_type
    stack._add_stack_event(f"{kind}_IN_PROGRESS")
    try:
        change_set.apply()
    except Exception as error:  # noqa: BLE001 - whatever a service says is the reason
        stack._add_stack_event(f"{kind}_FAILED", resource_status_reason=str(error))
        stack.status = "UPDATE_ROLLBACK_COMPLETE"
        if kind == "CREATE":
            stack.status = "ROLLBACK_COMPLETE"
            stack.resource_map.delete()
            stack.output_map = {}
        return
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.output_map = stack._create_output_map()
    stack.status = f"{kind}_COMPLETE"
    stack._add_stack_event(stack.status)
    change_set.execution_status = "EXECUTE_COMPLETE"
