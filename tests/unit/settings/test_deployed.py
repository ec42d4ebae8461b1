"""What stacks, environments and property files that exist depend on stays as it was.

`tests/snapshots/deployed` holds them as of the first version that was deployed, and is never
regenerated: names may be added, none may be removed, renamed or given another meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from flink_app.settings import Settings, load_settings, property_groups
from infra.aws import plan
from infra.aws.environment import load_environment
from infra.aws.plan import StackPlan
from infra.aws.templates import NAMES, load_template
from tests.unit.stars import ROOT

_FOLDER: Final = ROOT / "tests" / "snapshots" / "deployed"
_PROPERTIES: Final = _FOLDER / "properties.json"
_DEPLOYED: Final = json.loads((_FOLDER / "stacks.json").read_text())
_ENVIRONMENT: Final = load_environment("tickets", _FOLDER)


def planned() -> dict[str, StackPlan]:
    """The stacks that the environment of then is deployed to now, by their part."""
    outputs = _DEPLOYED["outputs"]
    code = _DEPLOYED["stacks"]["application"]["Parameters"]["CodeKey"]
    dms = plan.dms_stack(_ENVIRONMENT, outputs, plan.load_star(_ENVIRONMENT))
    assert dms is not None
    stacks = (
        plan.data_stack(_ENVIRONMENT),
        plan.application_stack(_ENVIRONMENT, outputs, code),
        plan.alarms_stack(_ENVIRONMENT, outputs),
        dms,
    )
    return {each.part: each for each in stacks}


def kept(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """What is there now under the names of then."""
    return {name: now[name] for name in then if name in now}


def groups_of(settings: Settings) -> dict[str, dict[str, str]]:
    return {each["PropertyGroupId"]: each["PropertyMap"] for each in property_groups(settings)}


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_of_then_gives_the_same_parameters(name: str) -> None:
    then, now = _DEPLOYED["stacks"][name], planned()[name]
    assert now.name == then["StackName"]
    assert kept(now.parameters, then["Parameters"]) == then["Parameters"]


@pytest.mark.parametrize("source", ["environment", "property file"])
def test_the_application_reads_the_same_properties(source: str) -> None:
    now = groups_of(
        load_settings(_PROPERTIES)
        if source == "property file"
        else plan.application_settings(_ENVIRONMENT, _DEPLOYED["outputs"])
    )
    for group in json.loads(_PROPERTIES.read_text()):
        then = group["PropertyMap"]
        assert kept(now[group["PropertyGroupId"]], then) == then


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("section", ["Conditions", "Outputs"])
def test_conditions_and_outputs_mean_the_same(name: str, section: str) -> None:
    then = _DEPLOYED["stacks"][name][section]
    now = load_template(name).get(section, {})
    if section == "Outputs":
        now = {key: output["Value"] for key, output in now.items()}
    assert kept(now, then) == then


@pytest.mark.parametrize("name", NAMES)
def test_no_deployed_resource_is_removed_or_replaced(name: str) -> None:
    """`ReplacedBy` holds the properties whose change makes CloudFormation make another resource."""
    resources = load_template(name)["Resources"]
    for key, then in _DEPLOYED["stacks"][name]["Resources"].items():
        assert key in resources
        now = resources[key]
        own = {field: now.get(field) for field in then if field != "ReplacedBy"}
        fixed = {path: _at(now.get("Properties", {}), path) for path in then["ReplacedBy"]}
        assert own | {"ReplacedBy": fixed} == then, key
        assert ("Condition" in now) == ("Condition" in then), key


def _at(properties: Any, path: str) -> Any:
    """A property, None where it is not given."""
    for name in path.split("/"):
        properties = properties.get(name) if isinstance(properties, dict) else None
    return properties
