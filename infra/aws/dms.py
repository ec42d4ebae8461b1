"""The configuration of DMS, generated from the declaration: endpoints, table mappings, task.

The settings are those that decode needs: without transaction details a change has no position,
without a before-image a changed key leaves its old row behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal

from flink_app.declaration import Star
from flink_app.declaration.partitions import WILDCARDS, Partitions

# Redshift's longest VARCHAR has 65,535 bytes, so a longer value could not be loaded anyway.
_LOB_KILOBYTES: Final = 64
# Wildcards of table mappings: any text, any character, a set; each is itself in a set of its own.
_LITERAL: Final = {character: f"[{character}]" for character in "%_["}


class _Pascal(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, populate_by_name=True)


class _Kebab(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )


class StreamSettings(_Pascal):
    """Kinesis settings of the target endpoint that CloudFormation knows."""

    message_format: Literal["json-unformatted"] = "json-unformatted"
    include_transaction_details: bool = True
    include_partition_value: bool = True
    partition_include_schema_table: bool = True
    include_control_details: bool = True
    include_table_alter_operations: bool = True
    include_null_and_empty: bool = True


class LateStreamSettings(_Pascal):
    """Kinesis settings that only the API knows; they are set after the stack is made."""

    use_large_integer_value: bool = True


class SourceSettings(_Pascal):
    """PostgreSQL settings of the source endpoint."""

    map_boolean_as_boolean: bool = True
    # Else a long value is shortened, and only DMS's own log says so.
    fail_tasks_on_lob_truncation: bool = True


class TargetMetadata(_Pascal):
    """Large values; and no batches, which this target does not support and which lose data."""

    support_lobs: bool = True
    full_lob_mode: bool = False
    limited_size_lob_mode: bool = True
    lob_max_size: int = _LOB_KILOBYTES
    batch_apply_enabled: bool = False


class FullLoadSettings(_Pascal):
    """The target is a stream: there is nothing to prepare."""

    target_table_prep_mode: Literal["DO_NOTHING"] = "DO_NOTHING"


class BeforeImageSettings(_Pascal):
    """The old key of a row whose key has changed; values that an update left out, if declared."""

    enable_before_image: bool = True
    field_name: str = "before-image"
    column_filter: Literal["pk-only", "all"] = "pk-only"


class ErrorBehavior(_Pascal):
    """A row that cannot be sent stops the task; by default it is logged and lost."""

    data_error_policy: Literal["STOP_TASK"] = "STOP_TASK"
    data_truncation_error_policy: Literal["STOP_TASK"] = "STOP_TASK"
    table_error_policy: Literal["STOP_TASK"] = "STOP_TASK"
    fail_on_no_tables_captured: bool = True


class Logging(_Pascal):
    """To CloudWatch Logs."""

    enable_logging: bool = True


class TaskSettings(_Pascal):
    """Settings of the replication task; what is left out has DMS's default."""

    target_metadata: TargetMetadata = TargetMetadata()
    full_load_settings: FullLoadSettings = FullLoadSettings()
    before_image_settings: BeforeImageSettings = BeforeImageSettings()
    error_behavior: ErrorBehavior = ErrorBehavior()
    logging: Logging = Logging()


class ObjectLocator(_Kebab):
    """One table of the source."""

    schema_name: str
    table_name: str


class SelectionRule(_Kebab):
    """A table is captured."""

    rule_type: Literal["selection"] = "selection"
    rule_id: str
    rule_name: str
    object_locator: ObjectLocator
    rule_action: Literal["include"] = "include"


class PartitionKey(_Kebab):
    """All changes of a row go to one shard, and the rows of a table to all shards."""

    partition_key_type: Literal["primary-key"] = "primary-key"


class ObjectMappingRule(_Kebab):
    """A row becomes one record, with an attribute for each column."""

    rule_type: Literal["object-mapping"] = "object-mapping"
    rule_id: str
    rule_name: str
    rule_action: Literal["map-record-to-record"] = "map-record-to-record"
    object_locator: ObjectLocator
    mapping_parameters: PartitionKey = PartitionKey()


class BeforeImageColumns(_Kebab):
    """How the columns with the old key are named."""

    column_prefix: str
    column_suffix: str
    column_filter: Literal["pk-only", "all"] = "pk-only"


class BeforeImageRule(_Kebab):
    """The old key stands among the row's own columns; instead of the task's before-image object."""

    rule_type: Literal["transformation"] = "transformation"
    rule_id: str
    rule_name: str
    rule_target: Literal["column"] = "column"
    object_locator: ObjectLocator
    rule_action: Literal["add-before-image-columns"] = "add-before-image-columns"
    before_image_def: BeforeImageColumns


Rule = SelectionRule | ObjectMappingRule | BeforeImageRule


class TableMappings(_Kebab):
    """The rules of a task."""

    rules: tuple[Rule, ...]


def table_mappings(star: Star) -> TableMappings:
    """Exactly the tables that the star uses, each with its partitions, sent by primary key."""
    stream = star.declaration.stream
    old_key = BeforeImageColumns(
        column_prefix=stream.before_image_prefix or "",
        column_suffix=stream.before_image_suffix or "",
        column_filter=_before_image_filter(star),
    )

    captured = list(_list_captured(star))

    def rules() -> Iterator[Rule]:
        for number, (name, locator) in enumerate(captured):
            yield SelectionRule(
                rule_id=str(2 * number + 1), rule_name=f"capture-{name}", object_locator=locator
            )
            yield ObjectMappingRule(
                rule_id=str(2 * number + 2), rule_name=f"partition-{name}", object_locator=locator
            )
            if stream.before_image_among_columns:
                yield BeforeImageRule(
                    rule_id=str(2 * len(captured) + number + 1),
                    rule_name=f"old-key-{name}",
                    object_locator=locator,
                    before_image_def=old_key,
                )

    return TableMappings(rules=tuple(rules()))


def _list_captured(star: Star) -> Iterator[tuple[str, ObjectLocator]]:
    """What is captured, by names of which each is used once."""
    declaration = star.declaration
    for name in star.used_tables:
        schema, source = declaration.source_of(name)
        if not declaration.is_partition(name, schema, source):  # else a pattern below has it
            yield name, ObjectLocator(schema_name=_as_it_is(schema), table_name=_as_it_is(source))
    for name in star.used_tables:
        patterns = [
            (partitions.source_schema or declaration.schema_of(name), partitions)
            for partitions in star.tables[name].partitions
        ]
        for number, (schema, partitions) in enumerate(_drop_covered(patterns), 1):
            pattern = _dms_pattern(partitions.source)
            locator = ObjectLocator(schema_name=_as_it_is(schema), table_name=pattern)
            yield f"{name}-partitions-{number}", locator


def _drop_covered(patterns: Sequence[tuple[str, Partitions]]) -> list[tuple[str, Partitions]]:
    """Without those that another one of the same schema covers: a table has one mapping."""
    kept: list[tuple[str, Partitions]] = []
    for schema, pattern in patterns:
        if not any(schema == other and wide.covers(pattern) for other, wide in kept):
            kept = [
                (other, each) for other, each in kept if schema != other or not pattern.covers(each)
            ]
            kept.append((schema, pattern))
    return kept


def _as_it_is(name: str) -> str:
    """A name as DMS reads it, which takes every name for a pattern."""
    return "".join(_LITERAL.get(character, character) for character in name)


def _dms_pattern(pattern: str) -> str:
    """The pattern as DMS reads it."""
    written = _LITERAL | dict.fromkeys(WILDCARDS, "%")
    return "".join(written.get(character, character) for character in pattern)


def _before_image_filter(star: Star) -> Literal["pk-only", "all"]:
    """All columns where an update may leave some out: the before-image may have them."""
    return "all" if any(map(star.unchanged_columns, star.used_tables)) else "pk-only"


def task_settings(star: Star) -> TaskSettings:
    """The task's settings; the before-image under the name that the declaration gives it."""
    stream = star.declaration.stream
    before_image = BeforeImageSettings(
        enable_before_image=not stream.before_image_among_columns,
        field_name=stream.before_image,
        column_filter=_before_image_filter(star),
    )
    return TaskSettings(before_image_settings=before_image)


def to_json(settings: BaseModel) -> Any:
    """The settings under DMS's own names."""
    return settings.model_dump(mode="json", by_alias=True)


def with_dms_settings(template: dict[str, Any], star: Star) -> dict[str, Any]:
    """The template of the replication task, filled in for `star`."""
    filled: dict[str, Any] = json.loads(json.dumps(template))
    resources = filled["Resources"]
    resources["Source"]["Properties"]["PostgreSqlSettings"] |= to_json(SourceSettings())
    resources["Target"]["Properties"]["KinesisSettings"] |= to_json(StreamSettings())
    resources["Task"]["Properties"] |= {
        "ReplicationTaskSettings": json.dumps(to_json(task_settings(star))),
        "TableMappings": json.dumps(to_json(table_mappings(star))),
    }
    return filled
