"""The guide at the head of a large package names each of its modules, once."""

from __future__ import annotations

import ast
import re

import pytest

from tests.unit.stars import ROOT


@pytest.mark.parametrize(
    "package",
    [
        "connectors/kinesis",
        "connectors/redshift",
        "connectors/staging",
        "flink_app/dead_letters",
        "flink_app/declaration",
        "flink_app/decode",
        "flink_app/denormalise",
        "flink_app/diagnostics",
        "flink_app/positions",
        "flink_app/records",
        "flink_app/validation",
        "infra/catalogue",
        "infra/cli",
        "infra/explain",
        "infra/init",
        "infra/local/source",
        "infra/reconcile",
        "infra/redshift_emulator",
        "infra/repair",
        "infra/run",
        "infra/watch",
    ],
)
def test_the_guide_names_every_module(package: str) -> None:
    guide = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""
    named = re.findall(r"^ {4}(\w+): ", guide, re.MULTILINE)
    there = [path.stem for path in (ROOT / package).glob("*.py") if path.stem != "__init__"]
    assert sorted(named) == sorted(there), f"{package}/__init__.py: name it there in one line"
