"""Which package may import which: read from the sources, so that no import need be run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.unit.stars import ROOT

# A package, and those of ours that it may import.
ALLOWED: Final = {
    "flink_app": {"flink_app", "connectors"},
    "connectors": {"connectors"},
    "infra": {"infra", "flink_app", "connectors"},
}
OURS: Final = {*ALLOWED, "tests", "build"}


def imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and module of every import, also late ones and those by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -node.level + 1 or None] if node.level else []
            yield node.lineno, ".".join([*above, *filter(None, [node.module])])
        elif isinstance(node, ast.Call) and node.args and _called(node) in DYNAMIC:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


DYNAMIC: Final = {"import_module", "__import__"}


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def violations(root: Path) -> list[str]:
    found = []
    for package, allowed in ALLOWED.items():
        for path in sorted((root / package).rglob("*.py")):
            own = ".".join(path.relative_to(root).parent.parts)
            for line, module in imports(ast.parse(path.read_text()), own):
                if module.partition(".")[0] in OURS - allowed:
                    found.append(f"{path.relative_to(root)}:{line} imports {module}")
    return found


def test_dependencies_point_one_way() -> None:
    assert violations(ROOT) == []


def test_there_is_something_to_check() -> None:
    for package in ALLOWED:
        assert len(list((ROOT / package).rglob("*.py"))) > 10


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("connectors/x.py", "import flink_app"),
        ("connectors/redshift/x.py", "from flink_app.declaration import Star"),
        ("connectors/x.py", "def f():\n    from flink_app import schemas"),
        ("connectors/x.py", "if TYPE_CHECKING:\n    import infra.local.moto"),
        ("connectors/redshift/x.py", "from ...flink_app import schemas"),
        ("flink_app/x.py", "import numpy, infra"),
        ("flink_app/decode/x.py", "from tests.unit import stars"),
        ("flink_app/x.py", "import importlib\nimportlib.import_module('infra.local')"),
        ("flink_app/x.py", "__import__('tests')"),
        ("flink_app/x.py", "import build"),
        ("infra/local/x.py", "from tests import running"),
    ],
)
def test_a_violation_is_found(place: str, source: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(source)
    (found,) = violations(tmp_path)
    assert found.startswith(f"{place}:")


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("flink_app/x.py", "from connectors.blocks import Block"),
        ("flink_app/decode/x.py", "from . import plan\nfrom ..privacy import keys"),
        ("connectors/x.py", "from connectors import blocks\nimport infrastructure, testsuite"),
        ("infra/x.py", "from flink_app.job import build"),
    ],
)
def test_what_is_allowed_is_not(place: str, source: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert violations(tmp_path) == []
