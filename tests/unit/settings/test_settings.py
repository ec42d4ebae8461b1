from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.redshift.access import SslMode
from flink_app.positions.generations import Generations
from flink_app.settings import (
    PROPERTIES_FILE,
    Settings,
    SettingsError,
    load_settings,
    property_groups,
)
from tests.unit.stars import ROOT

STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"
ROLE = "arn:aws:iam::210987654321:role/stream"
GROUPS: dict[str, dict[str, str]] = {
    "starjoin.application": {"name": "app", "region": "eu-west-1"},
    "starjoin.source": {"stream.arn": STREAM},
    "starjoin.staging": {"bucket": "staging"},
    "starjoin.privacy": {"secret.id": "starjoin/privacy"},
    "starjoin.redshift": {
        "host": "wh.example.org",
        "database": "dev",
        "secret.id": "starjoin/redshift",
        "copy.role": "arn:aws:iam::123456789012:role/copy",
    },
}


def save(folder: Path, groups: dict[str, dict[str, Any]]) -> Path:
    path = folder / "properties.json"
    content = [{"PropertyGroupId": name, "PropertyMap": found} for name, found in groups.items()]
    path.write_text(json.dumps(content))
    return path


def changed(group: str, **values: Any) -> dict[str, dict[str, Any]]:
    """Keys with underscores for dots; None leaves one out."""
    groups: dict[str, dict[str, Any]] = copy.deepcopy(GROUPS)
    own = groups.setdefault(f"starjoin.{group}", {})
    own |= {name.replace("_", "."): value for name, value in values.items()}
    groups[f"starjoin.{group}"] = {k: v for k, v in own.items() if v is not None}
    return groups


def test_what_is_left_out_has_a_value(tmp_path: Path) -> None:
    settings = load_settings(save(tmp_path, GROUPS))
    assert settings.application.generations == Generations(1)
    assert settings.application.floor == 0
    assert settings.application.endpoint is None
    assert settings.source.initial_position == "TRIM_HORIZON"
    assert (settings.redshift.port, settings.redshift.ssl_mode) == (5439, SslMode.VERIFY_FULL)
    assert settings.redshift.statement_seconds == 900
    assert settings.redshift.bookkeeping_schema == "starjoin"
    assert settings.staging.prefix == "staged"


EVERYTHING = changed("redshift", port="5440", ssl="false", bookkeeping_schema="ledgers")
EVERYTHING["starjoin.application"] |= {
    "generations": "6, 7 from 2026-11-23T10:00:00Z",
    "floor": "6",
    "endpoint": "http://127.0.0.1:1",
    "declaration": "star.yaml",
}


@pytest.mark.parametrize("groups", [GROUPS, EVERYTHING])
def test_settings_come_back_from_the_form_of_the_service(
    groups: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    settings = load_settings(save(tmp_path, groups))
    if groups is EVERYTHING:
        assert (settings.application.generations.newest, settings.application.floor) == (7, 6)
        assert settings.redshift.port == 5440
        assert settings.redshift.ssl_mode is SslMode.NONE
    written = property_groups(settings)
    for group in written:
        assert all(isinstance(value, str) for value in group["PropertyMap"].values())
    path = tmp_path / "again.json"
    path.write_text(json.dumps(written))
    assert load_settings(path) == settings
    assert property_groups(load_settings(path)) == written


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        ({}, SslMode.VERIFY_FULL),
        ({"ssl": "true"}, SslMode.VERIFY_FULL),
        ({"ssl": "false"}, SslMode.NONE),
        ({"ssl_mode": "verify-full"}, SslMode.VERIFY_FULL),
        ({"ssl_mode": "verify-ca"}, SslMode.VERIFY_CA),
        ({"ssl_mode": "none"}, SslMode.NONE),
    ],
)
def test_tls_is_set_by_its_mode_or_by_the_former_property(
    said: dict[str, str], mode: SslMode, tmp_path: Path
) -> None:
    settings = load_settings(save(tmp_path, changed("redshift", **said)))
    assert settings.redshift.ssl_mode is mode
    path = tmp_path / "again.json"
    path.write_text(json.dumps(property_groups(settings)))
    assert load_settings(path) == settings


def test_groups_of_others_are_not_ours(tmp_path: Path) -> None:
    others = {"kinesis.analytics.flink.run.options": {"python": "main.py"}, "starjoins": {"x": "y"}}
    assert load_settings(save(tmp_path, GROUPS | others)) == load_settings(save(tmp_path, GROUPS))


@pytest.mark.parametrize(
    ("groups", "fault"),
    [
        (changed("application", name=None), "starjoin.application name: this key is missing"),
        (changed("application", name="a b"), "starjoin.application name: must match the pattern"),
        (changed("application", nmae="x"), "starjoin.application nmae: there is no such key"),
        (
            changed("application", generations="0"),
            "starjoin.application generations: generation 0 is not between 1 and",
        ),
        (
            changed("application", generations="1, 2"),
            "starjoin.application generations: generation 2 needs a start",
        ),
        (
            changed("application", floor="2"),
            "starjoin.application: floor 2 is above the newest generation of all tables, 1",
        ),
        (
            changed("application", table_floors="customer 2"),
            "starjoin.application: table_floors has 2 for customer, which is above its newest gen",
        ),
        (
            changed(
                "application",
                table_floors="ticket 2",
                generations="1, 2 from 2026-11-23T10:00:00Z of customer",
            ),
            "starjoin.application: table_floors has 2 for ticket, which is above its newest gen",
        ),
        (
            changed("application", table_floors="customer"),
            "starjoin.application table.floors: 'customer' is not a table's floor: write invoice",
        ),
        (changed("source", stream_arn="changes"), "starjoin.source stream.arn: must match"),
        (
            changed("source", initial_position="NOW"),
            "starjoin.source initial.position: must be 'TRIM_HORIZON', 'LATEST' or 'AT_TIMESTAMP'",
        ),
        (
            changed("source", initial_position="AT_TIMESTAMP"),
            "starjoin.source: initial_position AT_TIMESTAMP needs initial_timestamp",
        ),
        (
            changed("source", initial_timestamp="2026-11-23T10:00:00Z"),
            "starjoin.source: initial_timestamp has no effect with initial_position TRIM_HORIZON",
        ),
        (
            changed("source", initial_position="AT_TIMESTAMP", initial_timestamp="2026-11-23"),
            "starjoin.source initial.timestamp: '2026-11-23' has no time zone: end it with Z",
        ),
        (changed("source", on_gap="skip"), "starjoin.source on.gap: must be 'stop' or 'continue'"),
        (
            changed("source", fail_after_seconds=29),
            "starjoin.source fail.after.seconds: must be at least 30",
        ),
        (changed("source", prefetch_mib=15), "starjoin.source prefetch.mib: must be at least 16"),
        (
            changed("source", prefetch_mib=4_097),
            "starjoin.source prefetch.mib: must be at most 4096",
        ),
        (
            changed("source", poll_interval_milliseconds=199),
            "starjoin.source poll.interval.milliseconds: must be at least 200",
        ),
        (changed("source", reader="efo"), "starjoin.source reader: must be 'polling' or 'fan_out'"),
        (
            changed("source", reader="fan_out"),
            "starjoin.source: reader fan_out needs consumer_name or consumer_arn",
        ),
        (
            changed("source", consumer_name="tickets"),
            "starjoin.source: consumer_name and consumer_arn apply only to reader fan_out: remove",
        ),
        (
            changed(
                "source", reader="fan_out", consumer_name="x", consumer_arn=f"{STREAM}/consumer/x:1"
            ),
            "starjoin.source: consumer_name and consumer_arn are both given",
        ),
        (
            changed("source", reader="fan_out", consumer_arn=f"{STREAM}2/consumer/x:1"),
            f"starjoin.source: consumer.arn must be the ARN of a consumer of stream {STREAM}",
        ),
        (
            changed("source", endpoint="https://vpce.example.org", fips="true"),
            "starjoin.source: fips cannot be combined with endpoint",
        ),
        (
            changed("source", call_timeout_seconds=4),
            "starjoin.source: connect_timeout_seconds is 5 and must be at most call_timeout",
        ),
        (
            changed("source", first_backoff_milliseconds="1001", longest_backoff_seconds="1"),
            "starjoin.source: first_backoff_milliseconds is 1001 and must be at most longest",
        ),
        (
            changed("source", role_external_id="id"),
            "starjoin.source: role_external_id and role_endpoint have no effect without role_arn",
        ),
        (
            changed("source", web_identity_token_file="/token"),
            "starjoin.source: web.identity.token.file needs role.arn",
        ),
        (
            changed(
                "source", role_arn=ROLE, role_external_id="id", web_identity_token_file="/token"
            ),
            "starjoin.source: role.external.id is not used with web.identity.token.file",
        ),
        (changed("staging", prefix="/x/"), "starjoin.staging prefix: must match the pattern"),
        (changed("redshift", port="65536"), "starjoin.redshift port: must be at most 65535"),
        (changed("redshift", ssl="maybe"), "starjoin.redshift ssl: must be true or false"),
        (
            changed("redshift", ssl="true", ssl_mode="verify-ca"),
            "starjoin.redshift: ssl is the former name of ssl.mode, and both are",
        ),
        (
            changed("redshift", ssl_mode="require"),
            "starjoin.redshift ssl.mode: must be 'verify-full', 'verify-ca' or 'none'",
        ),
        (
            changed("redshift", statement_seconds="5"),
            "starjoin.redshift statement.seconds: must be at least 60",
        ),
        (
            changed("redshift", copy_role="me"),
            "starjoin.redshift copy.role: must match the pattern",
        ),
        (
            changed("redshift", bookkeeping_schema='x"; DROP'),
            "starjoin.redshift bookkeeping.schema: must match the pattern",
        ),
        (changed("loader", x="y"), "starjoin.loader: there is no such key"),
        (
            {name: found for name, found in GROUPS.items() if name != "starjoin.source"},
            "starjoin.source: this key is missing",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(
    groups: dict[str, dict[str, Any]], fault: str, tmp_path: Path
) -> None:
    path = save(tmp_path, groups)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(f"{path} has 1 error:\n  {fault}")


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    groups = changed("application", name=None, generations="0")
    groups["starjoin.redshift"].pop("host")
    with pytest.raises(SettingsError, match=r"has 3 errors"):
        load_settings(save(tmp_path, groups))


@pytest.mark.parametrize("key", ["password", "secret_id", "host", "port"])
def test_what_stands_there_is_not_printed(key: str, tmp_path: Path) -> None:
    # Somebody may have put a secret where its name belongs.
    groups = changed("redshift", **{key: {"Zq7": "Zq7"}})
    with pytest.raises(SettingsError) as caught:
        load_settings(save(tmp_path, groups))
    assert "Zq7" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{}x",
        b'"text"',
        b"5",
        b'{"a": 1}',
        b"[5]",
        b'[{"PropertyGroupId": "starjoin.source"}]',
        b'[{"PropertyGroupId": 5, "PropertyMap": {}}]',
        b'[{"PropertyMap": {}}]',
        b"\xff",
    ],
)
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "properties.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="is not a list of property groups as Managed Flink"):
        load_settings(path)


def test_a_missing_file_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no runtime properties file here; give its path with"):
        load_settings(tmp_path / "nothing.json")


def test_the_service_writes_its_file_here() -> None:
    assert str(PROPERTIES_FILE) == "/etc/flink/application_properties.json"


def test_every_group_is_required_by_name() -> None:
    assert {f"starjoin.{name}" for name in Settings.model_fields} == GROUPS.keys()


def test_settings_are_read_without_the_warehouses_driver() -> None:
    look = "import sys, flink_app.settings; sys.exit('redshift_connector' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=False)
    assert run.returncode == 0
