from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.redshift.access import SslMode
from infra.aws.environment import load_environment
from infra.aws.environments import FOLDER
from infra.aws.errors import BadEnvironmentError, DeployError
from infra.aws.plan import application_settings, load_star, promised_outputs
from infra.aws.storage import digest_of

OUTPUTS = {
    "StreamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes",
    "StagingBucket": "staging",
    "PrivacyKeyArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf",
    "CopyRoleArn": "arn:aws:iam::123456789012:role/copy",
}


def content() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "example.yaml").read_text())
    return found


def write(folder: Path, content: Any, name: str = "test") -> str:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return name


def faults(folder: Path, content: Any) -> str:
    with pytest.raises(BadEnvironmentError) as caught:
        load_environment(write(folder, content), folder)
    return str(caught.value)


def test_the_example_is_complete() -> None:
    environment = load_environment("example")
    assert environment.name == "example"
    assert environment.dms is not None
    assert environment.stack("data") == "starjoin-example-data"
    assert load_star(environment).declaration.name == "ticket_seller"


def test_little_is_enough(tmp_path: Path) -> None:
    little = {name: content()[name] for name in ("region", "network", "redshift")}
    name = write(tmp_path, {**little, "application": {"name": "tickets"}})
    environment = load_environment(name, tmp_path)
    assert environment.dms is None
    assert environment.stream.mode == "ON_DEMAND"
    assert environment.alarms.topic_arn is None


def test_all_faults_are_reported_at_once_with_their_keys(tmp_path: Path) -> None:
    broken = content()
    broken["network"]["subnets"] = ["10.0.0.0/24"]
    broken["redshift"]["secret_arn"] = "warehouse"
    broken["applications"] = {}
    message = faults(tmp_path, broken)
    assert "has 3 errors" in message
    assert ": network.subnets.0: must match the pattern" in message
    assert ": redshift.secret_arn: must match the pattern" in message
    assert ": applications: there is no such key" in message


def test_a_fault_does_not_repeat_what_was_given(tmp_path: Path) -> None:
    broken = content()
    broken["redshift"]["secret_arn"] = "hunter2"  # someone pasted the password itself
    assert "hunter2" not in faults(tmp_path, broken)


@pytest.mark.parametrize(
    ("statement", "alarm", "refused"),
    [(900, 1_200, False), (900, 901, False), (900, 900, True), (1_800, None, True)],
)
def test_the_alarm_of_nothing_loaded_is_longer_than_a_statement(
    tmp_path: Path, statement: int, alarm: int | None, *, refused: bool
) -> None:
    changed = content()
    changed["redshift"]["statement_seconds"] = statement
    changed["alarms"] = {} if alarm is None else {"nothing_loaded_seconds": alarm}
    if refused:
        assert "alarms.nothing_loaded_seconds is" in faults(tmp_path, changed)
    else:
        found = load_environment(write(tmp_path, changed), tmp_path)
        assert found.redshift.statement_seconds == statement


@pytest.mark.parametrize(
    ("days", "hours", "staged", "least"),
    [(30, 168, 14, 0), (22, 168, 14, 0), (21, 168, 14, 22), (30, 169, 23, 32), (0, 8_760, 99, 0)],
)
def test_nothing_is_pruned_that_the_stream_or_the_bucket_may_still_bring(
    tmp_path: Path, days: int, hours: int, staged: int, least: int
) -> None:
    changed = content()
    changed["redshift"]["bookkeeping_days"] = days
    changed["stream"]["retention_hours"] = hours
    changed["staging"]["staged_days"] = staged
    if least:
        assert f"Set it to {least} or more, or to 0" in faults(tmp_path, changed)
    else:
        found = load_environment(write(tmp_path, changed), tmp_path)
        assert found.redshift.bookkeeping_days == days


@pytest.mark.parametrize(
    ("part", "setting", "value"),
    [
        ("application", "name", "has space"),
        ("application", "declaration", "/etc/passwd"),
        ("application", "parallelism", 0),
        ("application", "log_days", 31),
        ("stream", "retention_hours", 12),
        ("staging", "staged_days", 1),
        ("staging", "prefix", "a/b"),
        ("redshift", "port", 70_000),
        ("alarms", "topic_arn", "on-call"),
    ],
)
def test_a_value_that_the_services_refuse_is_refused_here(
    tmp_path: Path, part: str, setting: str, value: object
) -> None:
    broken = content()
    broken[part][setting] = value
    assert f": {part}.{setting}: " in faults(tmp_path, broken)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ({"ssl_mode": "verify-full"}, "ssl_mode verify-full needs certificate_arn"),
        ({"ssl_mode": "verify-ca"}, "ssl_mode verify-ca needs certificate_arn"),
        (
            {"certificate_arn": "arn:aws:dms:eu-west-1:123456789012:cert:CA"},
            "ssl_mode require does not check certificate_arn",
        ),
        ({"ssl_mode": "prefer"}, "dms.source.ssl_mode"),
        ({"heartbeat_minutes": 61}, "dms.source.heartbeat_minutes"),
        ({"artifacts_schema": 'x"; --'}, "dms.source.artifacts_schema"),
        ({"secret_key_arn": "alias/tickets"}, "dms.source.secret_key_arn"),
    ],
)
def test_a_source_that_dms_could_not_use_is_refused(
    tmp_path: Path, source: dict[str, Any], fault: str
) -> None:
    broken = content()
    broken["dms"]["source"] |= source
    assert fault in faults(tmp_path, broken)


NAMES_FOR_FLINK_ALONE = ["ticket_seller", "9.lives", "9lives", "a.b", "a--b", "a-", "a_b"]


@pytest.mark.parametrize("name", NAMES_FOR_FLINK_ALONE)
def test_a_name_that_dms_forbids_is_refused_only_where_there_is_a_task(
    tmp_path: Path, name: str
) -> None:
    named = content()
    named["application"]["name"] = name
    assert "application.name also names the replication task" in faults(tmp_path, named)
    del named["dms"]
    assert load_environment(write(tmp_path, named), tmp_path).application.name == name


@pytest.mark.parametrize("name", ["a", "Tickets", "ticket-seller-2", "t9", "a" * 128])
def test_a_name_that_all_services_take(tmp_path: Path, name: str) -> None:
    named = content()
    named["application"]["name"] = name
    assert load_environment(write(tmp_path, named), tmp_path).application.name == name


def test_an_environment_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    write(tmp_path, {}, "staging")
    with pytest.raises(
        BadEnvironmentError,
        match=r"there are: staging\)\. To create it, copy infra/aws/environments/exam",
    ):
        load_environment("production", tmp_path)


@pytest.mark.parametrize("text", ["a: [b: c: d]", "- a list"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    (tmp_path / "test.yaml").write_text(text)
    with pytest.raises(BadEnvironmentError, match=r"is not|line 1, column 8: a second colon"):
        load_environment("test", tmp_path)


def test_a_name_that_stacks_cannot_have(tmp_path: Path) -> None:
    name = write(tmp_path, content(), "not_a_stack_name")
    with pytest.raises(BadEnvironmentError, match="name: must match the pattern"):
        load_environment(name, tmp_path)


def test_a_declaration_that_is_not_there(tmp_path: Path) -> None:
    missing = content()
    missing["application"]["declaration"] = "flink_app/stars/none.yaml"
    environment = load_environment(write(tmp_path, missing), tmp_path)
    with pytest.raises(DeployError, match=r"none.yaml: there is no such declaration file"):
        load_star(environment)


def test_the_settings_are_checked_by_the_application_itself() -> None:
    settings = application_settings(load_environment("example"), OUTPUTS)
    assert settings.application.endpoint is None
    assert settings.redshift.ssl_mode is SslMode.VERIFY_FULL


def test_a_dry_run_has_something_for_every_output() -> None:
    promised = promised_outputs(load_environment("example"))
    assert promised["StreamArn"] == "<StreamArn of starjoin-example-data>"
    assert set(OUTPUTS) < set(promised)


def test_a_package_is_known_by_its_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    one.write_bytes(b"code")
    two.write_bytes(b"code")
    assert digest_of(one) == digest_of(two)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (None, "dms"),
        ("alarms", "topic_arn"),
        ("redshift", "secret_key_arn"),
    ],
)
def test_null_is_refused_where_it_would_mean_the_default(
    tmp_path: Path, part: str | None, name: str
) -> None:
    given = content()
    (given if part is None else given.setdefault(part, {}))[name] = None
    with pytest.raises(BadEnvironmentError, match=f"{name}.* has no value: .*leave the key out"):
        load_environment(write(tmp_path, given), tmp_path)


def test_a_target_among_the_bookkeeping_tables_is_refused() -> None:
    environment = load_environment("example")
    redshift = environment.redshift.model_copy(update={"bookkeeping_schema": "public"})
    with pytest.raises(DeployError, match="schema public is that of the bookkeeping tables"):
        load_star(environment.model_copy(update={"redshift": redshift}))


def test_a_setting_that_the_application_refuses_is_named_by_its_key_or_output() -> None:
    environment = load_environment("example")
    redshift = environment.redshift.model_copy(update={"statement_seconds": 5})
    outputs = {**OUTPUTS, "StreamArn": "changes"}
    with pytest.raises(DeployError) as caught:
        application_settings(environment.model_copy(update={"redshift": redshift}), outputs)
    first, stream, statement = str(caught.value).splitlines()
    assert first == "the application would refuse these settings of example:"
    assert stream.startswith(
        "  output StreamArn of stack starjoin-example-data: must match the pattern"
    )
    assert statement.startswith("  redshift.statement_seconds: must be at least 60. Meaning: Sec")


def test_faults_of_several_parts_are_not_preceded_by_an_empty_place(tmp_path: Path) -> None:
    broken = content()
    broken["application"]["dead_letter_originals"] = "restricted"
    (_, line) = faults(tmp_path, broken).splitlines()
    assert line.startswith("  line 1, column 1: application.dead_letter_originals is restricted")
    assert line.endswith("or set application.dead_letter_originals to sealed")
