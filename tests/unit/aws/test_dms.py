"""The settings that DMS gets, committed in full so that a change is a visible difference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flink_app.declaration import Star
from infra.aws.dms import (
    LateStreamSettings,
    SourceSettings,
    StreamSettings,
    TaskSettings,
    table_mappings,
    task_settings,
    to_json,
    with_dms_settings,
)
from infra.aws.environment import load_environment
from infra.aws.templates import load_template
from tests.aws.clients import client
from tests.unit.decode.records import PARTITIONED, SCHEMAS, UNCHANGED
from tests.unit.stars import ROOT, declaration, freight, order_book, ticket_seller

SNAPSHOTS = ROOT / "tests" / "snapshots" / "aws"


def settings() -> dict[str, Any]:
    return {
        "source PostgreSQLSettings": to_json(SourceSettings()),
        "target KinesisSettings": to_json(StreamSettings()),
        "target KinesisSettings, set after": to_json(LateStreamSettings()),
        "task settings": to_json(TaskSettings()),
    }


def check(name: str, content: Any) -> None:
    """Compares with the snapshot; a missing one is written, and then has to be looked at."""
    path = SNAPSHOTS / f"{name}.json"
    text = json.dumps(content, indent=2) + "\n"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        pytest.fail(f"{path} was missing and has been written: look at it and commit it")
    assert path.read_text() == text, f"if this is meant, delete {path} and run again"


def test_settings() -> None:
    check("dms-settings", settings())


@pytest.mark.parametrize(
    "star", [ticket_seller(), order_book(), freight()], ids=lambda star: star.declaration.name
)
def test_table_mappings(star: Star) -> None:
    check(f"dms-mappings-{star.declaration.name}", to_json(table_mappings(star)))


@pytest.mark.parametrize(
    "star", [ticket_seller(), order_book(), freight()], ids=lambda star: star.declaration.name
)
def test_exactly_the_tables_of_the_star_are_captured(star: Star) -> None:
    rules = to_json(table_mappings(star))["rules"]
    captured = [r["object-locator"]["table-name"] for r in rules if r["rule-type"] == "selection"]
    names = [star.tables[name].source or name for name in star.used_tables]
    assert captured == [name.replace("_", "[_]") for name in names]
    assert len({rule["rule-id"] for rule in rules}) == len(rules)
    assert len({rule["rule-name"] for rule in rules}) == len(rules)


def test_the_profile_that_decode_needs_is_complete() -> None:
    profile = settings()
    target = profile["target KinesisSettings"] | profile["target KinesisSettings, set after"]
    assert target == {
        "MessageFormat": "json-unformatted",
        "IncludeTransactionDetails": True,
        "IncludePartitionValue": True,
        "PartitionIncludeSchemaTable": True,
        "IncludeControlDetails": True,
        "IncludeTableAlterOperations": True,
        "IncludeNullAndEmpty": True,
        "UseLargeIntegerValue": True,
    }
    assert profile["source PostgreSQLSettings"]["MapBooleanAsBoolean"]
    before_image = profile["task settings"]["BeforeImageSettings"]
    assert before_image["EnableBeforeImage"]
    assert before_image["FieldName"] == "before-image"


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ("KinesisSettings", to_json(StreamSettings()) | to_json(LateStreamSettings())),
        ("PostgreSQLSettings", to_json(SourceSettings())),
    ],
)
def test_the_api_knows_every_setting(shape: str, given: dict[str, Any]) -> None:
    model = client("dms").meta.service_model
    assert set(given) <= set(model.shape_for(shape).members)


def test_the_template_is_filled_in_and_left_alone() -> None:
    template = load_template("dms")
    filled = with_dms_settings(template, ticket_seller())
    task = filled["Resources"]["Task"]["Properties"]
    assert json.loads(task["TableMappings"]) == to_json(table_mappings(ticket_seller()))
    assert json.loads(task["ReplicationTaskSettings"]) == to_json(TaskSettings())
    kinesis = filled["Resources"]["Target"]["Properties"]["KinesisSettings"]
    assert {"StreamArn", "ServiceAccessRoleArn", "MessageFormat"} <= set(kinesis)
    assert template == load_template("dms")


def test_the_source_sets_ddl_capture_and_heartbeat_on_purpose() -> None:
    source = load_template("dms")["Resources"]["Source"]["Properties"]
    assert {
        name: value
        for name, value in source["PostgreSqlSettings"].items()
        if not name.startswith("Secrets")
    } == {
        "CaptureDdls": {"Ref": "SourceCaptureDdl"},
        "DdlArtifactsSchema": {"Ref": "SourceArtifactsSchema"},
        "HeartbeatEnable": {"Fn::If": ["HasHeartbeat", True, False]},
        "HeartbeatFrequency": {
            "Fn::If": ["HasHeartbeat", {"Ref": "SourceHeartbeatMinutes"}, {"Ref": "AWS::NoValue"}]
        },
        "HeartbeatSchema": {"Ref": "SourceArtifactsSchema"},
    }
    dms = load_environment("example").dms
    assert dms is not None
    assert (dms.source.capture_ddl, dms.source.heartbeat_minutes) == (True, 5)


def test_a_secret_with_a_key_of_its_own_can_be_decrypted_and_only_through_secrets_manager() -> None:
    role = load_template("dms")["Resources"]["SecretRole"]["Properties"]
    _, statement = role["Policies"][0]["PolicyDocument"]["Statement"]
    condition, granted, otherwise = statement["Fn::If"]
    assert (condition, otherwise) == ("HasSecretKey", {"Ref": "AWS::NoValue"})
    assert granted["Action"] == "kms:Decrypt"
    assert granted["Resource"] == {"Ref": "SourceSecretKeyArn"}
    service = {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"}
    assert granted["Condition"] == {"StringEquals": {"kms:ViaService": service}}


def test_the_before_image_has_the_name_that_the_declaration_gives_it() -> None:
    content = freight().declaration.model_dump(by_alias=True, exclude_none=True) | {
        "stream": {"before_image": "old"}
    }
    settings_of_task = to_json(task_settings(Star(declaration(content))))
    assert settings_of_task["BeforeImageSettings"]["FieldName"] == "old"
    assert settings_of_task["BeforeImageSettings"]["EnableBeforeImage"]


def test_before_image_columns_take_the_place_of_the_before_image() -> None:
    assert not to_json(task_settings(SCHEMAS))["BeforeImageSettings"]["EnableBeforeImage"]
    rules = to_json(table_mappings(SCHEMAS))["rules"]
    assert len({rule["rule-id"] for rule in rules}) == len(rules)
    found = {
        (rule["object-locator"]["schema-name"], rule["object-locator"]["table-name"]): rule
        for rule in rules
        if rule["rule-action"] == "add-before-image-columns"
    }
    assert found.keys() == {("north", "shop"), ("south", "shop"), ("south", "sale")}
    assert found["north", "shop"]["before-image-def"] == {
        "column-prefix": "BI_",
        "column-suffix": "",
        "column-filter": "pk-only",
    }


def test_before_image_columns_may_have_a_suffix() -> None:
    content = freight().declaration.model_dump(by_alias=True, exclude_none=True)
    content["stream"] = {"before_image_suffix": "_old"}
    rules = to_json(table_mappings(Star(declaration(content))))["rules"]
    images = [rule["before-image-def"] for rule in rules if "before-image-def" in rule]
    assert len(images) == len(freight().used_tables)
    assert {(image["column-prefix"], image["column-suffix"]) for image in images} == {("", "_old")}


def test_the_before_image_has_every_column_where_updates_leave_some_out() -> None:
    assert to_json(task_settings(freight()))["BeforeImageSettings"]["ColumnFilter"] == "pk-only"
    assert to_json(task_settings(UNCHANGED))["BeforeImageSettings"]["ColumnFilter"] == "all"
    content = UNCHANGED.declaration.model_dump(by_alias=True, exclude_none=True)
    content["stream"] = {"before_image_prefix": "BI_"}
    rules = to_json(table_mappings(Star(declaration(content))))["rules"]
    images = [rule["before-image-def"] for rule in rules if "before-image-def" in rule]
    assert {image["column-filter"] for image in images} == {"all"}


def test_partitions_are_captured_by_their_pattern_in_dms_s_words() -> None:
    """DMS reads an underscore as any character, and what stands in brackets as one of a set."""
    content = PARTITIONED.declaration.model_dump(by_alias=True, exclude_none=True)
    content["stream"] = {"before_image_prefix": "BI_"}
    rules = to_json(table_mappings(Star(declaration(content))))["rules"]
    places = {
        action: [
            tuple(rule["object-locator"].values())
            for rule in rules
            if rule["rule-action"] == action
        ]
        for action in ("include", "map-record-to-record", "add-before-image-columns")
    }
    assert places["include"] == [
        ("shop", "customer"),
        ("shop", "sale"),
        ("shop", "customer[_]%"),
        ("shop", "archive"),
        ("shop", "sale.p%"),
        ("Internal", '"Chunk"[_]%'),
    ]
    assert places["map-record-to-record"] == places["include"]
    assert places["add-before-image-columns"] == places["include"]
    assert len({rule["rule-id"] for rule in rules}) == len(rules) == 18
    assert len({rule["rule-name"] for rule in rules}) == len(rules)


def test_wildcards_in_names_of_tables_and_schemas_stand_for_themselves() -> None:
    content = PARTITIONED.declaration.model_dump(by_alias=True, exclude_none=True)
    content["source_schema"] = "my_shop"
    content["tables"]["sale"] |= {"source": "50%_off[x]", "partitions": []}
    content["stream"] = {"before_image_prefix": "BI_"}
    rules = to_json(table_mappings(Star(declaration(content))))["rules"]
    places = [tuple(r["object-locator"].values()) for r in rules if r["rule-id"] in {"3", "4"}]
    assert places == [("my[_]shop", "50[%][_]off[[]x]")] * 2
    assert {rule["object-locator"]["schema-name"] for rule in rules} == {"my[_]shop"}


def test_a_table_whose_name_fits_its_pattern_is_captured_once() -> None:
    content = PARTITIONED.declaration.model_dump(by_alias=True, exclude_none=True)
    content["tables"]["sale"]["partitions"] = "sale[%"
    content["tables"]["customer"]["partitions"] = "cust*"
    rules = to_json(table_mappings(Star(declaration(content))))["rules"]
    captured = [r["object-locator"]["table-name"] for r in rules if r["rule-action"] == "include"]
    assert captured == ["sale", "cust%", "sale[[]%"]


def test_a_partition_that_a_wider_pattern_has_is_captured_once() -> None:
    content = PARTITIONED.declaration.model_dump(by_alias=True, exclude_none=True)
    elsewhere = {"source": "sale_1", "source_schema": "Internal"}
    names = ["sale_1", "sale_old_%", "sale_%", elsewhere, "sale_2", "sale_%", "archive"]
    content["tables"]["sale"]["partitions"] = names
    rules = to_json(table_mappings(Star(declaration(content))))["rules"]
    captured = [tuple(r["object-locator"].values()) for r in rules if r["rule-action"] == "include"]
    assert captured[3:] == [("shop", "sale[_]%"), ("Internal", "sale[_]1"), ("shop", "archive")]
