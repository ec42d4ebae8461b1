"""Errors are of our own classes: `guard` replaces the sentence of every other one."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest

from tests.unit.stars import ROOT

BUILTIN: Final = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# Pydantic takes a ValueError, and only that, for a fault of the text.
VALIDATORS: Final = {
    "connectors.floors",
    "flink_app.validation.addresses",
    "flink_app.declaration.dms_records",
    "flink_app.declaration.literals",
    "flink_app.declaration.model",
    "flink_app.declaration.names",
    "flink_app.declaration.partitions",
    "flink_app.declaration.types",
    "flink_app.positions.floors",
    "flink_app.positions.generations",
    "flink_app.settings",
    "flink_app.shared_settings",
    "infra.aws.environment",
    "infra.aws.replication_settings",
}
ROOT_ERROR: Final = "connectors.failures.StarjoinError"
# Packages that have a root of their own: they stand alone, and import nothing of ours.
OWN_ROOTS: Final = {"infra.redshift_emulator": "infra.redshift_emulator.errors.EmulatorError"}
ROOTLESS: Final = {
    "flink_app.validation.fault.FaultsError": "only pydantic sees it, as a fault of a value",
    "infra.bootstrap.MissingError": "runs before anything is installed, which the root needs",
}


@dataclass
class Module:
    """What the names of a module stand for, and its classes with their bases, by full names."""

    name: str
    is_package: bool
    tree: ast.AST
    names: dict[str, str] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            self._imported(node)
        self._defined(self.tree, self.name)

    def _imported(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                full = alias.name if alias.asname else alias.name.partition(".")[0]
                self.names[alias.asname or full] = full
        elif isinstance(node, ast.ImportFrom):
            above = self.name.split(".") if node.level else []
            above = above[: len(above) - node.level + self.is_package]
            start = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                self.names[alias.asname or alias.name] = f"{start}.{alias.name}"

    def _defined(self, tree: ast.AST, scope: str) -> None:
        for node in ast.iter_child_nodes(tree):
            inner = scope
            match node:
                case ast.ClassDef():
                    inner = f"{scope}.{node.name}"
                    self.bases[inner] = [name for base in node.bases if (name := self.full(base))]
                    self.names.setdefault(node.name, inner)
                case (
                    ast.Assign(targets=[ast.Name(id=alias)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=alias), value=ast.expr() as value)
                ) if (full := self.full(value)) and self.is_error(full):
                    self.names.setdefault(alias, full)
            self._defined(node, inner)

    def is_error(self, full: str) -> bool:
        """Whether it stands for an exception, as far as this module tells."""
        return full in self.bases or is_foreign_error(full)

    def full(self, node: ast.AST | None) -> str:
        """The full name of what a dotted name stands for; empty for any other expression."""
        if isinstance(node, ast.Subscript):
            return self.full(node.value)
        if isinstance(node, ast.Attribute):
            above = self.full(node.value)
            return f"{above}.{node.attr}" if above else ""
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self.names:
            return self.names[node.id]
        return f"builtins.{node.id}" if node.id in BUILTIN else f"{self.name}.{node.id}"


def is_foreign_error(full: str) -> bool:
    """Whether a class that is not among the sources is an exception: its name says so."""
    place, _, name = full.rpartition(".")
    return name in BUILTIN if place == "builtins" else name.endswith(("Error", "Exception"))


def modules(sources: Mapping[str, str]) -> dict[str, Module]:
    """By name; a package's own module is given as `package.__init__` and called as it is."""
    found = {}
    for given, source in sources.items():
        name = given.removesuffix(".__init__")
        found[name] = Module(name, name != given, ast.parse(source))
    return found


def builtin_errors(module: Module) -> Iterator[tuple[int, str]]:
    """Where a builtin error is made, whether it is raised there, returned or kept, and which."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call | ast.Raise):
            full = module.full(node.func if isinstance(node, ast.Call) else node.exc)
            if full.removeprefix("builtins.") in BUILTIN:
                yield node.lineno, full.removeprefix("builtins.")


class Hierarchy:
    """The classes of all modules."""

    def __init__(self, known: Mapping[str, Module]) -> None:
        self._modules = known
        self.bases = {name: bases for one in known.values() for name, bases in one.bases.items()}

    def _origin(self, name: str) -> str:
        """The name under which a class is defined; modules pass on what they import."""
        seen = set()
        while name not in self.bases and name not in seen:
            seen.add(name)
            module, _, member = name.rpartition(".")
            if module in self._modules:
                name = self._modules[module].names.get(member, name)
        return name

    def ancestors(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            bases = {self._origin(base) for base in self.bases.get(waiting.pop(), ())}
            waiting += bases - found
            found |= bases
        return found

    def misnamed_or_rootless(self, root: str) -> list[str]:
        """Exceptions that do not end in `Error`, or do not derive from the root."""
        return [
            name
            for name in self.bases
            if name != root
            for above in [self.ancestors(name)]
            if root in above or any(self._is_error(other) for other in above)
            if not name.endswith("Error") or root not in above
        ]

    def _is_error(self, name: str) -> bool:
        return name not in self.bases and is_foreign_error(name)


def texts() -> dict[str, str]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text()
        for folder in ("flink_app", "connectors", "infra")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


MODULES: Final = modules(texts())


def test_no_builtin_error_is_made() -> None:
    """A caller could not catch it without catching every other fault of the program."""
    made = {(name, error) for name, one in MODULES.items() for _, error in builtin_errors(one)}
    assert made == {(name, "ValueError") for name in VALIDATORS}


@pytest.mark.parametrize(
    "source",
    [
        "raise ValueError(message)",
        "raise OverflowError",
        "def fault() -> RuntimeError:\n    return RuntimeError('x')",
        "error = RuntimeError('x')\nraise error",
        "import builtins\nraise builtins.KeyError('x')",
        "from builtins import KeyError as Missing\nraise Missing('x')",
        "Missing = KeyError\nraise Missing('x')",
    ],
)
def test_a_builtin_error_is_found(source: str) -> None:
    assert list(builtin_errors(modules({"infra.x": source})["infra.x"]))


def test_an_error_of_our_own_is_not() -> None:
    source = "class OwnError(ValueError): ...\ntry: f()\nexcept ValueError: raise OwnError('x')"
    assert not list(builtin_errors(modules({"infra.x": source})["infra.x"]))


def test_every_error_derives_from_the_root_and_is_called_one() -> None:
    found = Hierarchy(MODULES).misnamed_or_rootless(ROOT_ERROR)
    elsewhere = tuple(f"{package}." for package in OWN_ROOTS)
    assert [name for name in found if not name.startswith(elsewhere)] == list(ROOTLESS)


@pytest.mark.parametrize(("package", "root"), OWN_ROOTS.items())
def test_what_stands_alone_has_a_root_of_its_own(package: str, root: str) -> None:
    within = {name: one for name, one in MODULES.items() if f"{name}.".startswith(f"{package}.")}
    assert root in Hierarchy(within).bases
    assert Hierarchy(within).misnamed_or_rootless(root) == []


def test_there_is_something_to_check() -> None:
    hierarchy = Hierarchy(MODULES)
    derived = [name for name in hierarchy.bases if ROOT_ERROR in hierarchy.ancestors(name)]
    assert len(derived) > 30


_STARJOIN: Final = "from connectors.failures import StarjoinError\n"


@pytest.mark.parametrize(
    "sources",
    [
        ("class LateError(ValueError): ...",),
        (f"{_STARJOIN}class Late(StarjoinError): ...",),
        ("class AError(Exception): ...\nclass BError(AError): ...",),
        # Two classes of one name: the second is an error of ours, the first is not.
        ("class LateError(ValueError): ...", f"{_STARJOIN}class LateError(StarjoinError): ..."),
        # The name of the root is not the root.
        ("class StarjoinError(Exception): ...\nclass LateError(StarjoinError): ...",),
        ("from botocore.exceptions import ClientError\nclass Oops(ClientError): ...",),
        ("import botocore\nclass OopsError(botocore.exceptions.ClientError): ...",),
        (
            "from botocore.exceptions import ClientError as Refused\nclass A(Refused): ...",
            "from infra.m0 import A\nclass OopsError(A): ...",
        ),
        ("import infra.m1 as other\nclass Oops(other.AError): ...", "class AError(OSError): ..."),
        ("from .m1 import A\nclass Oops(A): ...", "A = LookupError"),
        ("class Kept:\n    class Oops(OSError): ...",),
    ],
)
def test_an_error_without_the_root_or_the_suffix_is_found(sources: tuple[str, ...]) -> None:
    given = {f"infra.m{number}": source for number, source in enumerate(sources)}
    root = {"connectors.failures": "class StarjoinError(Exception): ..."}
    found = Hierarchy(modules(given | root)).misnamed_or_rootless(ROOT_ERROR)
    assert any(name.startswith("infra.m0.") for name in found)


def test_an_error_that_derives_from_the_root_through_a_package_is_not() -> None:
    given = {
        "connectors.failures": "class StarjoinError(Exception): ...",
        "infra.a.__init__": "from .errors import AError",
        "infra.a.errors": f"{_STARJOIN}class AError(StarjoinError, ValueError): ...",
        "infra.b": "from infra import a\nclass BError(a.AError): ...\nclass Plain(dict): ...",
    }
    assert Hierarchy(modules(given)).misnamed_or_rootless(ROOT_ERROR) == []
