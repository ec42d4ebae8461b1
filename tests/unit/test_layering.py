"""Which package may import which: read from the sources, so that no import need be run."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from infra.aws.dms import (
    BeforeImageSettings,
    LateStreamSettings,
    SourceSettings,
    StreamSettings,
)
from tests.unit.stars import ROOT

# A package, and those of ours that it may import.
ALLOWED: Final = {
    "flink_app": {"flink_app", "connectors"},
    "connectors": {"connectors"},
    "infra": {"infra", "flink_app", "connectors"},
}
OURS: Final = {*ALLOWED, "tests", "build"}
# A module or package, and what it must not import although the table above allows it: why.
FORBIDDEN: Final = {
    ("flink_app.declaration", "connectors.redshift"): (
        "a declaration is read and checked where nothing is loaded"
    ),
    ("flink_app.settings", "flink_app.decode"): (
        "settings are read by every command, decode runs in the job alone"
    ),
    ("flink_app.validation", "flink_app.declaration"): "validation knows forms, not meanings",
}

EMULATOR: Final = "infra.redshift_emulator"

Graph = Mapping[str, set[str]]


def imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and name of every import, also late ones and dynamic ones.

    `from a import b` imports `a.b`, which may be a module or a member of one.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -node.level + 1 or None] if node.level else []
            start = [*above, *filter(None, [node.module])]
            yield from ((node.lineno, ".".join([*start, alias.name])) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and _called(node) in DYNAMIC:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


DYNAMIC: Final = {"import_module", "__import__"}


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def source_paths(root: Path) -> Iterator[Path]:
    """Every source file of the packages above, relative to the root."""
    for top in ALLOWED:
        yield from (path.relative_to(root) for path in sorted((root / top).rglob("*.py")))


def sources(root: Path) -> Iterator[tuple[Path, str, ast.AST]]:
    """Every source file, the package that it lies in, and its syntax tree."""
    for path in source_paths(root):
        yield path, ".".join(path.parent.parts), ast.parse((root / path).read_text())


def violations(root: Path) -> list[str]:
    found = []
    for path, package, tree in sources(root):
        forbidden = OURS - ALLOWED[package.partition(".")[0]]
        for line, name in imports(tree, package):
            if name.partition(".")[0] in forbidden:
                found.append(f"{path}:{line} imports {name}")
    return found


def module_graph(root: Path) -> dict[str, set[str]]:
    """The modules, each with those that it imports.

    A package's own module (`__init__.py`) is called as the package is.
    """
    imported = {
        package if path.stem == "__init__" else f"{package}.{path.stem}": {
            name for _, name in imports(tree, package)
        }
        for path, package, tree in sources(root)
    }
    return {
        module: {_module(name, imported) for name in names} - {module, ""}
        for module, names in imported.items()
    }


def _module(name: str, known: Mapping[str, object]) -> str:
    """The module that an imported name is or belongs to; empty for one that is not ours."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def package_graph(root: Path, modules: Graph) -> dict[str, set[str]]:
    """The packages, each with those that its modules import; a package is a directory."""
    packages = {".".join(path.parent.parts) for path in source_paths(root)}

    def package_of(module: str) -> str:
        return module if module in packages else module.rpartition(".")[0]

    graph: dict[str, set[str]] = {package: set() for package in packages}
    for module, imported in modules.items():
        graph[package_of(module)] |= {package_of(name) for name in imported}
    return {package: imported - {package} for package, imported in graph.items()}


def cycles(graph: Graph) -> list[set[str]]:
    """The strongly connected components of more than one node: whatever lies on some cycle."""
    reached = {node: _reachable(graph, node) for node in graph}
    components = {
        frozenset({node, *(other for other in reached[node] if node in reached[other])})
        for node in graph
    }
    return sorted((set(c) for c in components if len(c) > 1), key=sorted)


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def forbidden(graph: Graph) -> list[str]:
    """The imports, also through other modules, that a rule by name forbids, and its reason."""
    return [
        f"{' imports '.join(way)}: {reason}"
        for (by, of), reason in FORBIDDEN.items()
        for module in sorted(graph)
        if _is_within(module, by)
        for way in _ways(graph, module, of)
    ]


def _ways(graph: Graph, start: str, package: str) -> Iterator[list[str]]:
    """A shortest chain of imports from a module to each of a package's, where they enter it.

    To import a module is to import the packages that it lies in as well.
    """
    seen = {start}
    waiting = deque([[start]])
    while waiting:
        way = waiting.popleft()
        above = {name for name in graph if way[-1].startswith(f"{name}.")}
        for name in sorted((graph[way[-1]] | above) - seen):
            seen.add(name)
            if _is_within(name, package):
                yield [*way, name]
            else:
                waiting.append([*way, name])


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def foreign(root: Path, alone: str) -> list[str]:
    """The imports of what is ours, in a package that stands alone, from outside of it."""
    return [
        f"{path}:{line} imports {name}"
        for path, package, tree in sources(root)
        if _is_within(package, alone)
        for line, name in imports(tree, package)
        if name.partition(".")[0] in OURS and not _is_within(name, alone)
    ]


def write(root: Path, files: Mapping[str, str]) -> Path:
    for place, source in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return root


def packages(root: Path) -> dict[str, set[str]]:
    return package_graph(root, module_graph(root))


MODULES: Final = module_graph(ROOT)
PACKAGES: Final = package_graph(ROOT, MODULES)


def named_settings(folder: Path) -> list[str]:
    """Where a Python file names a setting of DMS, of an endpoint or of the task."""
    models = (StreamSettings, LateStreamSettings, SourceSettings, BeforeImageSettings)
    settings = [name for model in models for name in model.model_json_schema()["properties"]]
    names = re.compile("|".join(settings))
    return [
        f"{path.relative_to(folder)}: {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in sorted(set(names.findall(path.read_text())))
    ]


def test_dependencies_point_one_way() -> None:
    assert violations(ROOT) == []


def test_no_module_is_on_a_cycle_of_imports() -> None:
    assert cycles(MODULES) == []


def test_no_package_is_on_a_cycle_of_imports() -> None:
    assert cycles(PACKAGES) == []


def test_nothing_that_is_forbidden_by_name_is_imported() -> None:
    assert forbidden(MODULES) == []


def test_the_redshift_emulator_stands_alone() -> None:
    """It could be published as it is: of ours it imports only itself."""
    assert foreign(ROOT, EMULATOR) == []


def test_connectors_name_no_setting_of_dms() -> None:
    assert named_settings(ROOT / "connectors") == []


def test_a_setting_of_dms_is_found_where_it_is_named() -> None:
    assert "dms_settings.py: IncludeNullAndEmpty" in named_settings(ROOT / "flink_app/diagnostics")


def test_there_is_something_to_check() -> None:
    for package in ALLOWED:
        assert len(list((ROOT / package).rglob("*.py"))) > 10
    assert sum(map(len, MODULES.values())) > 300
    assert PACKAGES["flink_app"] > {"flink_app.declaration", "connectors.redshift"}
    assert sum(_is_within(name, EMULATOR) for name in MODULES) > 10
    names = {name for rule in FORBIDDEN for name in rule}
    assert names <= {*MODULES, *PACKAGES}, "a rule by name that speaks of nothing"


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
    (found,) = violations(write(tmp_path, {place: source}))
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
    assert violations(write(tmp_path, {place: source})) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"infra/a/x.py": "import infra.b.y", "infra/b/y.py": "from infra.a.x import f"}, "ab"),
        ({"infra/a/x.py": "from ..b import y", "infra/b/y.py": "from ..a.x import f"}, "ab"),
        (
            {"infra/a/__init__.py": "from infra.b.y import Y", "infra/b/y.py": "import infra.a"},
            "ab",
        ),
        (
            {
                "infra/a/x.py": "if TYPE_CHECKING:\n    import infra.b.y",
                "infra/b/y.py": "def late():\n    import infra.c.z",
                "infra/c/z.py": "import importlib\nimportlib.import_module('infra.a.other')",
                "infra/a/other.py": "",
                "infra/d/leaf.py": "import infra.a.x",
            },
            "abc",
        ),
    ],
)
def test_a_cycle_of_packages_is_found(files: dict[str, str], expected: str, tmp_path: Path) -> None:
    graph = packages(write(tmp_path, files))
    assert cycles(graph) == [{f"infra.{name}" for name in expected}]


def test_a_cycle_between_a_package_and_the_one_above_it_is_found(tmp_path: Path) -> None:
    files = {
        "flink_app/__init__.py": "",
        "flink_app/job.py": "from flink_app.decode.plan import Plan",
        "flink_app/low.py": "",
        "flink_app/decode/plan.py": "from flink_app.low import helper",
    }
    write(tmp_path, files)
    assert cycles(packages(tmp_path)) == [{"flink_app", "flink_app.decode"}]
    assert cycles(module_graph(tmp_path)) == []


def test_a_cycle_of_modules_is_found_within_one_package(tmp_path: Path) -> None:
    files = {
        "infra/model.py": "from infra.rules import check",
        "infra/rules.py": "if TYPE_CHECKING:\n    from infra.model import Model",
    }
    write(tmp_path, files)
    assert cycles(module_graph(tmp_path)) == [{"infra.model", "infra.rules"}]
    assert cycles(packages(tmp_path)) == []


def test_two_cycles_are_told_apart_and_a_one_way_chain_is_none(tmp_path: Path) -> None:
    files = {
        "infra/a/x.py": "import infra.b.x",
        "infra/b/x.py": "import infra.a.x",
        "infra/c/x.py": "import infra.d.x, infra.a.x",
        "infra/d/x.py": "import infra.c.x",
        "infra/e/x.py": "import infra.f.x",
        "infra/f/x.py": "",
    }
    found = cycles(packages(write(tmp_path, files)))
    assert found == [{"infra.a", "infra.b"}, {"infra.c", "infra.d"}]


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("flink_app/declaration/x.py", "from connectors.redshift.loader import Loader"),
        ("flink_app/declaration/x.py", "from connectors.redshift import loader"),
        ("flink_app/settings.py", "def late():\n    from flink_app.decode.plan import DecodePlan"),
    ],
)
def test_what_is_forbidden_by_name_is_found(place: str, source: str, tmp_path: Path) -> None:
    targets = {"connectors/redshift/loader.py": "", "flink_app/decode/plan.py": ""}
    (found,) = forbidden(module_graph(write(tmp_path, {**targets, place: source})))
    assert found.startswith(place.removesuffix(".py").replace("/", "."))


@pytest.mark.parametrize(
    "between",
    [
        {"flink_app/low.py": "from connectors.redshift import loader"},
        {"flink_app/low.py": "from connectors import y", "connectors/y.py": "import connectors.z",
         "connectors/z.py": "def late():\n    from .redshift.loader import Loader"},
        {"flink_app/low.py": "from flink_app.kept.leaf import f", "flink_app/kept/leaf.py": "",
         "flink_app/kept/__init__.py": "import connectors.redshift.loader"},
        {"flink_app/low.py": "", "flink_app/__init__.py": "import connectors.redshift.loader"},
    ],
)  # fmt: skip
def test_what_is_forbidden_by_name_is_found_through_others(
    between: dict[str, str], tmp_path: Path
) -> None:
    files = {
        "connectors/redshift/loader.py": "import connectors.redshift.tables",
        "connectors/redshift/tables.py": "",
        "flink_app/declaration/x.py": "from flink_app.low import helper",
    }
    (found,) = forbidden(module_graph(write(tmp_path, files | between)))
    assert found.startswith("flink_app.declaration.x imports ")
    assert "imports connectors.redshift.loader: " in found


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("x.py", "from infra.local import postgres"),
        ("x.py", "from ..local import postgres"),
        ("extra/y.py", "from ...local import postgres"),
        ("extra/__init__.py", "from ...local import postgres"),
        ("extra/y.py", "import connectors.blocks"),
    ],
)
def test_what_an_independent_package_imports_from_outside_is_found(
    place: str, source: str, tmp_path: Path
) -> None:
    write(tmp_path, {f"infra/redshift_emulator/{place}": source})
    (found,) = foreign(tmp_path, EMULATOR)
    assert found.startswith(f"infra/redshift_emulator/{place}:1 imports ")


def test_what_an_independent_package_imports_of_itself_is_allowed(tmp_path: Path) -> None:
    inner = "from ..backend import literal\nfrom . import z\nimport json"
    write(tmp_path, {"infra/redshift_emulator/extra/y.py": inner})
    assert foreign(tmp_path, EMULATOR) == []
