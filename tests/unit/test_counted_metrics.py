"""Every metric of the typed list is counted, or read, by the code that ships."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from connectors.metrics import BalanceMetric, Gauge, SourceMetric, WatchedSourceMetric
from flink_app.metrics import COUNTERS
from tests.unit.stars import ROOT

PACKAGES: Final = (ROOT / "connectors", ROOT / "flink_app")
PYTHON: Final = [path for package in PACKAGES for path in package.rglob("*.py")]
JAVA: Final = list((ROOT / "connectors" / "jvm" / "src" / "main").rglob("*.java"))
# A counter that is named in a call of this is registered, and not counted yet.
_REGISTERS: Final = "Metrics"
_IN_JAVA: Final = re.compile(r'(?:(\w+)\s*=\s*)?\w+\s*\.(counter|gauge)\(\s*"(\w+)"')


def members(node: ast.AST) -> Iterator[str]:
    """The names `Class.MEMBER` in a piece of code, except for what is only registered."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name == _REGISTERS:
            return
        case ast.Attribute(value=ast.Name(id=name), attr=member):
            yield f"{name}.{member}"
    for child in ast.iter_child_nodes(node):
        yield from members(child)


def used_in_python(sources: Iterable[str]) -> set[str]:
    """The names `Class.MEMBER` that some function uses.

    A member whose value names another one, as a sign names its metric, uses it if it is used.
    """
    used: set[str] = set()
    named_by: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                used.update(members(node))
            elif isinstance(node, ast.ClassDef):
                for statement in node.body:
                    if isinstance(statement, ast.Assign) and isinstance(
                        statement.targets[0], ast.Name
                    ):
                        name = f"{node.name}.{statement.targets[0].id}"
                        named_by[name] = set(members(statement.value))
    return used.union(*(named for name, named in named_by.items() if name in used))


def used_in_java(sources: Iterable[str]) -> set[str]:
    """The labels of gauges that are registered, and of counters that are incremented."""
    text = "\n".join(sources)
    return {
        label
        for variable, kind, label in _IN_JAVA.findall(text)
        if kind == "gauge" or re.search(rf"\b{variable}\.inc\(", text)
    }


def texts(paths: Iterable[Path]) -> list[str]:
    return [path.read_text() for path in paths]


def test_every_metric_of_python_is_counted() -> None:
    listed = {f"{type(m).__name__}.{m.name}" for m in (*COUNTERS, *Gauge, *BalanceMetric)}
    assert listed - used_in_python(texts(PYTHON)) == set()


def test_every_metric_of_java_is_counted() -> None:
    listed = {metric.label for metric in (*WatchedSourceMetric, *SourceMetric)}
    assert listed - used_in_java(texts(JAVA)) == set()


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("def f():\n    add(Load.DONE, 3)", {"Load.DONE"}),
        ("def f():\n    return Metrics(context, Load.DONE)", set()),
        ("METRICS = (Load.DONE, *Load)", set()),
        ("class Sign(Enum):\n    OFF = (Load.DONE, 'off')", set()),
        (
            "class Sign(Enum):\n    OFF = (Load.DONE, 'off')\ndef f():\n    see(Sign.OFF)",
            {"Sign.OFF", "Load.DONE"},
        ),
    ],
)
def test_a_metric_that_is_only_registered_is_not_counted(source: str, used: set[str]) -> None:
    assert used_in_python([source]) == used


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ('calls = group.counter("calls");', set()),
        ('calls = group.counter("calls"); metrics.calls.inc();', {"calls"}),
        ('calls = group.counter("calls"); metrics.recalls.inc();', set()),
        ('group.gauge("shards", lag::shards);', {"shards"}),
    ],
)
def test_a_counter_of_java_is_counted_where_it_is_incremented(source: str, used: set[str]) -> None:
    assert used_in_java([source]) == used
