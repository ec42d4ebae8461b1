"""A setting is declared once: environment, template, property and page come from its field."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from flink_app.settings import Settings
from infra.aws.environment import Environment
from infra.aws.parameters import settings_of
from infra.aws.snapshots import snapshots
from tests.unit.stars import ROOT

_MADE_UP: Final = """
    made_up_minutes: int = Field(7, ge=1, le=9, description="Minutes of a made-up setting.")
"""
_LOOK: Final = """
import json, sys, yaml
from pathlib import Path
from flink_app.settings import property_groups
from infra.aws import plan, snapshots
from infra.aws.environment import load_environment
from infra.aws.environments import FOLDER
from infra.aws.errors import BadEnvironmentError
from infra.aws.templates import load_template
snapshots.main()
content = yaml.safe_load((FOLDER / "example.yaml").read_text())
folder = Path(sys.argv[1])
def load(value):
    content["redshift"]["made_up_minutes"] = value
    (folder / "made.yaml").write_text(yaml.safe_dump(content))
    return load_environment("made", folder)
try:
    load(10)
except BadEnvironmentError as error:
    refused = str(error)
environment = load(8)
data = {
    **plan.promised_outputs(environment),
    "StreamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes",
    "StagingBucket": "staging",
    "PrivacyKeyArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf",
    "CopyRoleArn": "arn:aws:iam::123456789012:role/copy",
}
template = load_template("application")
resource = template["Resources"]["Application"]["Properties"]["ApplicationConfiguration"]
groups = resource["EnvironmentProperties"]["PropertyGroups"]
settings = property_groups(plan.application_settings(environment, data))
print(json.dumps({
    "refused": refused,
    "parameter": template["Parameters"]["MadeUpMinutes"],
    "reference": groups[-1]["PropertyMap"]["made.up.minutes"],
    "given": plan.application_stack(environment, data, "code/x.zip").parameters["MadeUpMinutes"],
    "property": settings[-1]["PropertyMap"]["made.up.minutes"],
}))
"""


def test_what_is_committed_is_what_the_settings_say() -> None:
    stale = [path.name for path, text in snapshots() if path.read_text() != text]
    assert not stale, "write them again: .venv/bin/python -m infra.aws.snapshots"


def test_a_new_field_reaches_environment_template_property_and_page(tmp_path: Path) -> None:
    for package in ("flink_app", "connectors", "infra"):
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("target", "__pycache__", "jvm", "*.jar"),
        )
    (tmp_path / "docs").mkdir()
    path = tmp_path / "flink_app" / "shared_settings.py"
    head, found, fields = path.read_text().rpartition("class SharedRedshift(")
    assert found
    path.write_text(f"{head}{found}{fields.rstrip()}\n{_MADE_UP}")
    run = subprocess.run(
        [sys.executable, "-c", _LOOK, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert "redshift.made_up_minutes: must be at most 9" in seen["refused"]
    assert seen["parameter"] == {
        "Type": "Number",
        "Description": "Minutes of a made-up setting.",
        "Default": 7,
        "MinValue": 1,
        "MaxValue": 9,
    }
    assert seen["reference"] == {"Ref": "MadeUpMinutes"}
    assert (seen["given"], seen["property"]) == ("8", "8")
    page = (tmp_path / "docs" / "settings.md").read_text()
    assert "| `redshift.made_up_minutes` | Minutes of a made-up setting. | `7` | 1 to 9 |" in page
    assert "| `made.up.minutes` | `redshift.made_up_minutes` | see above |" in page


def test_every_setting_is_described() -> None:
    for model in (Settings, Environment):
        bare = [".".join(each.path) for each in settings_of(model) if not each.field.description]
        assert bare == []


# What an environment declares more narrowly than the application, and what a reload raises.
_SPECIAL: Final = {
    ("environment.py", "declaration"),
    ("environment.py", "ssl_mode"),
    ("plan.py", "generations"),
    ("plan.py", "floor"),
    ("plan.py", "table_floors"),
    ("plan.py", "table.floors"),
}
_FILES: Final = (
    "environment.py",
    "parameters.py",
    "plan.py",
    "preflight.py",
    "settings_page.py",
    "snapshots.py",
)
# Words of every model: an environment, a stack and a parameter have a name too.
_COMMON: Final = {"name", "region", "database"}


def test_no_setting_is_named_again() -> None:
    named = set()
    own = list(settings_of(Settings))
    names = {each.path[-1] for each in own} - _COMMON
    names |= {str(each.field.alias) for each in own} - _COMMON
    names |= {str(each.parameter.name) for each in own} - {"AWS::Region", "None"}
    for file in _FILES:
        for node in ast.walk(ast.parse((ROOT / "infra" / "aws" / file).read_text())):
            found: str | None = None
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = node.value
            elif isinstance(node, ast.keyword):
                found = node.arg
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found = node.target.id
            if found in names:
                named.add((file, found))
    # The environment gives the ARN of the login's secret, which the property takes by name as well.
    assert named == _SPECIAL | {("environment.py", "RedshiftSecretArn")}
