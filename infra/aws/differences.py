"""What differs between two declarations, and between two configurations of DMS."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.aws.plan import StackPlan

_ABSENT = "(not set)"


def sends_the_same(deployed: StackPlan, planned: StackPlan) -> bool:
    """Whether the configuration of DMS stays the same; descriptions do not count."""
    parts = ("Resources", "Conditions")
    return deployed.parameters == planned.parameters and all(
        deployed.template.get(part) == planned.template.get(part) for part in parts
    )


def captured_tables(stack: StackPlan) -> dict[str, Any]:
    """The tables of the task's mapping as schema.table, each with its rules."""
    rules = json.loads(_task(stack)["TableMappings"])["rules"]
    tables: dict[str, Any] = {}
    for rule in rules:
        locator = rule["object-locator"]
        name = _without_sets(f"{locator['schema-name']}.{locator['table-name']}")
        # Numbers and names of rules follow from their order alone.
        meaning = {key: each for key, each in rule.items() if key not in {"rule-id", "rule-name"}}
        tables.setdefault(name, []).append(meaning)
    return tables


def _without_sets(pattern: str) -> str:
    """Tables are the same to people, and no new ones, whether or not a _ is written [_]."""
    return re.sub(r"\[([%_[])\]", r"\1", pattern)


def added_tables(deployed: StackPlan, planned: StackPlan) -> list[str]:
    """The tables that DMS does not capture now and would capture."""
    return sorted(captured_tables(planned).keys() - captured_tables(deployed).keys())


def replication_lines(deployed: StackPlan, planned: StackPlan) -> Iterator[str]:
    """What differs in mapping, settings and endpoints, one line each."""
    before, after = captured_tables(deployed), captured_tables(planned)
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"mapping: + {name}"
        elif name not in after:
            yield f"mapping: - {name}"
        elif before[name] != after[name]:
            yield f"mapping: {name} has different rules"
    old, new = dict(_settings(deployed)), dict(_settings(planned))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"{name}: {old.get(name, _ABSENT)} -> {new.get(name, _ABSENT)}"


def declaration_lines(deployed: str, planned: str) -> Iterator[str]:
    """The lines of a declaration that differ, as a unified difference."""
    lines = difflib.unified_diff(
        deployed.splitlines(), planned.splitlines(), "deployed", "new", n=1, lineterm=""
    )
    yield from lines


def _task(stack: StackPlan) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = stack.template["Resources"]["Task"]["Properties"]
    return properties


def _settings(stack: StackPlan) -> Iterator[tuple[str, Any]]:
    yield from stack.parameters.items()
    yield from _flatten("task", json.loads(_task(stack)["ReplicationTaskSettings"]))
    left_out = {"ReplicationTaskSettings", "TableMappings"}
    for name, resource in stack.template["Resources"].items():
        for key, value in resource["Properties"].items():
            if key not in left_out:
                yield from _flatten(f"{name}.{key}", value)


def _flatten(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _flatten(f"{path}.{key}", each)
    else:
        yield path, value
