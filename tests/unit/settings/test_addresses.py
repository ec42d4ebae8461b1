"""Names and addresses in settings: what services take passes, what leaves its place does not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from flink_app import settings
from flink_app.settings import SettingsError, load_settings
from flink_app.validation import addresses
from infra.aws import environment
from tests.unit.settings.test_settings import changed, save

ARN: Final = "arn:aws:{}:eu-west-1:123456789012:{}"
GOOD: Final[dict[str, list[str]]] = {
    "BucketName": ["abc", "starjoin-prod-staging", "a.b.c", "1-2", "a" * 63],
    "HostName": [
        *(
            "wh.abc.eu-west-1.redshift.amazonaws.com",
            "localhost",
            "127.0.0.1",
            "::1",
            "a_b.example",
        ),
        "x" * 63 + ".example.",
    ],
    "Endpoint": ["http://127.0.0.1:5000", "https://s3.eu-west-1.amazonaws.com", "http://[::1]:1/"],
    "Region": ["eu-west-1", "us-gov-east-1"],
    "DatabaseName": ["dev", "analytics_2", "my-db", "Verkäufe 2026", "a.b$c@d"],
    "SchemaName": ["starjoin", "a_1", "pgx", "x" * 127],
    "StreamArn": [ARN.format("kinesis", "stream/a.b_c-D1")],
    "SecretArn": [ARN.format("secretsmanager", "secret:warehouse/login+x=a@b-AbCdEf")],
    "SecretId": ["starjoin/privacy", ARN.format("secretsmanager", "secret:name-AbCdEf")],
    "KeyArn": [ARN.format("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")],
    "TopicArn": [ARN.format("sns", "on-call_1"), ARN.format("sns", "on-call.fifo")],
    "RoleArn": ["arn:aws:iam::123456789012:role/path/name+=,.@_-x"],
    "CopyRole": ["default", "arn:aws-cn:iam::123456789012:role/copy"],
}
_BAD: Final[dict[str, list[str]]] = {
    "BucketName": [
        *("", "ab", "a" * 64, "Upper", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--abc"),
        *("abc-s3alias", "abc--x-s3", "amzn-s3-demo-x", "a'b", "a/b", "a b", "abc\n", "s3://abc"),
    ],
    "HostName": [
        *(
            "",
            "a b",
            "a/b",
            "http://a",
            "a:5439",
            "a'b",
            "a..b",
            "-a",
            "a\n",
            "a" * 64,
            "a@b",
            "[::1]",
        ),
        ".".join(["a" * 60] * 5),
    ],
    "Endpoint": [
        *("", "localhost", "ftp://a", "http://", "http://a/b", "http://a?b", "http://u:p@a"),
        *("http://a#b", "http://a b", "http://a:x", "http://a:0", "http://a\n", "http://a'b"),
    ],
    "Region": ["", "eu", "eu-west", "eu-west-1\n", "eu-west-1/x", "EU-WEST-1"],
    "DatabaseName": ["", "a'b", 'a"b', "a;b", "a/b", "a\\b", "a\0b", "a\nb", " a", "x" * 128],
    "SchemaName": [
        *(
            "",
            "Upper",
            "1a",
            "a-b",
            "a.b",
            'a"b',
            "a\n",
            "pg_temp",
            "information_schema",
            "x" * 128,
        ),
    ],
}
_BEHIND: Final = ["'", '"', "\n", " ", ";", "\\", "\0", "{", "$"]
BAD: Final = {name: [good[0] + end for end in _BEHIND] for name, good in GOOD.items()} | _BAD


def takes(name: str, value: str) -> bool:
    try:
        TypeAdapter(getattr(addresses, name)).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", GOOD)
def test_what_the_services_take_passes(name: str) -> None:
    assert [value for value in GOOD[name] if not takes(name, value)] == []


@pytest.mark.parametrize("name", BAD)
def test_what_they_do_not_take_is_refused(name: str) -> None:
    assert [value for value in BAD[name] if takes(name, value)] == []


@pytest.mark.parametrize(
    ("group", "key", "value"),
    [
        ("staging", "bucket", "staging'; --"),
        ("staging", "prefix", "a'b"),
        ("staging", "prefix", "../a"),
        ("application", "name", "a'b"),
        ("application", "region", "eu-west-1/x"),
        ("application", "endpoint", "http://127.0.0.1:1/path"),
        ("source", "stream_arn", "arn:aws:kinesis:eu-west-1:123456789012:stream/a'b"),
        ("privacy", "secret_id", "a'b"),
        ("redshift", "host", "wh.example.org/x"),
        ("redshift", "database", "dev'"),
        ("redshift", "secret_id", "a b"),
        ("redshift", "copy_role", "arn:aws:iam::123456789012:role/a'b"),
        ("redshift", "bookkeeping_schema", "pg_bookkeeping"),
    ],
)
def test_a_setting_that_would_leave_its_place_is_refused(
    group: str, key: str, value: str, tmp_path: Path
) -> None:
    place = f"starjoin.{group} {key.replace('_', '.')}: "
    with pytest.raises(SettingsError) as caught:
        load_settings(save(tmp_path, changed(group, **{key: value})))
    assert place in str(caught.value)
    assert value not in str(caught.value)


# Text that goes nowhere but into a comparison, or is a path that the package or the user chooses.
FREE: Final = {("settings", "Application", "declaration")}


def test_no_text_is_free_to_be_anything() -> None:
    """A new setting that is text says which text it takes."""
    free = {
        (module.__name__.rpartition(".")[2], kind.__name__, name)
        for module in (settings, environment)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not BaseModel
        if kind.__module__ == module.__name__
        for name, schema in kind.model_json_schema().get("properties", {}).items()
        if schema.get("type") == "string" and _is_free(kind, name)
    }
    assert free == FREE


def _is_free(kind: type[BaseModel], name: str) -> bool:
    """Whether a field takes a quote."""
    field = kind.model_fields[name.replace(".", "_")]
    annotation: Any = field.annotation
    for constraint in field.metadata:
        annotation = Annotated[annotation, constraint]
    try:
        TypeAdapter(annotation).validate_python("a'b")
    except ValidationError:
        return False
    return True
