"""Reads the CloudFormation templates, so that generated parts can be put in.

Short forms (`!Ref x`) become long ones (`{"Ref": "x"}`); the result is sent as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml

from infra.aws.errors import StackError

FOLDER: Final = Path(__file__).with_name("templates")
NAMES: Final = ("data", "application", "alarms", "dms")
# CloudFormation takes no longer text in the call itself.
_MAX_BYTES: Final = 51_200


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    return {name: value}


_Loader.add_multi_constructor("!", _function)


def load_template(name: str) -> dict[str, Any]:
    """The template of one stack, with long forms only."""
    return parse_template((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def parse_template(text: str) -> dict[str, Any]:
    """A template's text, with long forms only."""
    template: dict[str, Any] = _Loader(text).get_single_data()
    return template


def template_body(template: dict[str, Any]) -> str:
    """The text that CloudFormation gets. Raises StackError when it would not take it."""
    body = json.dumps(template, separators=(",", ":"))
    if len(body.encode()) > _MAX_BYTES:
        message = (
            f"the template has {len(body.encode()):,} bytes and CloudFormation takes "
            f"{_MAX_BYTES:,}: split the declaration's tables over several replication tasks, made "
            f"by hand, and leave `dms` out of the environment"
        )
        raise StackError(message)
    return body
