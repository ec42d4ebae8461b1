"""Every setting of the application and of an environment is read by the code that ships."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from flink_app.settings import Settings
from infra.aws.environment import Environment
from infra.aws.parameters import settings_of
from infra.aws.templates import NAMES, load_template
from tests.unit.stars import ROOT

# Where settings are declared and converted, which makes no use of them.
_DECLARING: Final = {"settings.py", "shared_settings.py", "environment.py"}
# The settings' own models turn them into `ssl.mode` and `floors`.
_TURNED: Final = {"redshift.ssl", "application.floor", "application.table_floors"}


def sources(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*.py") if path.name not in _DECLARING]


def read(texts: Iterable[str]) -> set[str]:
    """The last two names of every chain of attributes that is read: `redshift.host`."""
    found = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                holder = node.value
                if isinstance(holder, ast.Attribute):
                    found.add(f"{holder.attr}.{node.attr}")
                elif isinstance(holder, ast.Name):
                    found.add(f"{holder.id}.{node.attr}")
    return found


def references(template: Any) -> Iterator[str]:
    """The parameters that a template, or a part of it, refers to."""
    if isinstance(template, dict):
        for key, value in template.items():
            if key == "Ref":
                yield value
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                yield from (name.partition("}")[0] for name in text.split("${")[1:])
            yield from references(value)
    elif isinstance(template, list):
        for value in template:
            yield from references(value)


def test_every_setting_of_the_application_is_read() -> None:
    settings = {".".join(setting.path) for setting in settings_of(Settings)}
    assert settings - read(sources(ROOT / "flink_app")) == _TURNED


def test_every_setting_of_an_environment_is_read() -> None:
    """By a template, which hands most of them to the application, or by a command."""
    used = {name for template in NAMES for name in references(load_template(template))}
    known = read(sources(ROOT / "infra" / "aws"))
    unread = {
        ".".join(setting.path)
        for setting in settings_of(Environment)
        if setting.parameter.name not in used
        and ".".join(("environment", *setting.path)[-2:]) not in known
    }
    assert unread == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("connect(settings.redshift.host)", {"settings.redshift", "redshift.host"}),
        ("redshift = self._settings.redshift", {"self._settings", "_settings.redshift"}),
        ("redshift.host = 3", set()),
        ("Redshift(host=host)", set()),
    ],
)
def test_what_is_read_is_found(text: str, found: set[str]) -> None:
    assert read([text]) == found


def test_references_are_found_in_every_depth() -> None:
    template = {"A": [{"Ref": "One"}, {"Fn::Sub": "x-${Two}-${AWS::Region}"}], "Three": "One"}
    assert set(references(template)) == {"One", "Two", "AWS::Region"}
