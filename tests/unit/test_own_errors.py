"""Errors that operators raise are of our own classes: `guarded` replaces every other's sentence."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator
from typing import Final

import pytest

from tests.unit.stars import ROOT

BUILTIN: Final = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# Read while the job is built, outside of every operator; pydantic makes a fault of a ValueError.
VALIDATORS: Final = "run as pydantic's validators, which take a ValueError for a fault of the text"
ALLOWED: Final = {
    "flink_app/validation/addresses.py": VALIDATORS,
    "flink_app/declaration/model.py": VALIDATORS,
    "flink_app/declaration/rules.py": VALIDATORS,
    "flink_app/declaration/types.py": VALIDATORS,
    "flink_app/positions/generations.py": VALIDATORS,
    "flink_app/settings.py": VALIDATORS,
    "flink_app/shared_settings.py": VALIDATORS,
    "flink_app/validation/without_null.py": VALIDATORS,
}


def builtin_errors(source: str) -> Iterator[int]:
    """Lines on which a builtin error is made, whether it is raised there or returned."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call | ast.Raise):
            continue
        made = node.func if isinstance(node, ast.Call) else node.exc
        if isinstance(made, ast.Name) and made.id in BUILTIN:
            yield node.lineno


def found() -> dict[str, list[int]]:
    files = (p for package in ("flink_app", "connectors") for p in (ROOT / package).rglob("*.py"))
    lines = {str(p.relative_to(ROOT)): list(builtin_errors(p.read_text())) for p in files}
    return {name: at for name, at in lines.items() if at}


def test_operators_raise_errors_of_our_own_classes() -> None:
    raised = found()
    assert {name: at for name, at in raised.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(raised), "an exception that is no longer needed"


@pytest.mark.parametrize(
    "source",
    [
        "raise ValueError(message)",
        "raise OverflowError",
        "def fault() -> RuntimeError:\n    return RuntimeError('x')",
    ],
)
def test_a_builtin_error_is_found(source: str) -> None:
    assert list(builtin_errors(source))


def test_an_error_of_our_own_is_not() -> None:
    source = "class OwnError(ValueError): ...\ntry: f()\nexcept ValueError: raise OwnError('x')"
    assert not list(builtin_errors(source))


ROOT_ERROR: Final = "StarjoinError"
# Where another class is the root, and why.
OWN_ROOTS: Final = {
    "infra/redshift_emulator": ("EmulatorError", "it stands alone, imports nothing of ours"),
}
ROOTLESS: Final = {
    "MissingError": "infra/bootstrap.py runs before anything is installed, which the root needs",
}


def classes(sources: list[str]) -> dict[str, set[str]]:
    """Every class of the sources, with the names of its bases."""
    return {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
    }


def misnamed_or_rootless(sources: list[str], root: str = ROOT_ERROR) -> list[str]:
    """Exception classes that do not end in `Error`, or do not derive from the root."""
    known = classes(sources)

    def ancestors(name: str) -> set[str]:
        bases = known.get(name, set())
        return bases.union(*(ancestors(base) for base in bases))

    exceptions = [name for name in known if ancestors(name) & {*BUILTIN, root}]
    return [
        name
        for name in exceptions
        if name != root and (not name.endswith("Error") or root not in ancestors(name))
    ]


def texts(*folders: str, without: Collection[str] = ()) -> list[str]:
    """The sources in these folders, but for those in some folders below them."""
    return [
        path.read_text()
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not any(path.is_relative_to(ROOT / left_out) for left_out in without)
    ]


def test_every_error_derives_from_the_root_and_is_called_one() -> None:
    sources = texts("flink_app", "connectors", "infra", without=OWN_ROOTS)
    assert misnamed_or_rootless(sources) == list(ROOTLESS)


@pytest.mark.parametrize(("folder", "root"), [(f, root) for f, (root, _) in OWN_ROOTS.items()])
def test_what_stands_alone_has_a_root_of_its_own(folder: str, root: str) -> None:
    assert misnamed_or_rootless(texts(folder), root) == []


def test_nothing_raises_an_error_that_means_anything() -> None:
    """A caller could not catch these without catching every other fault of the program."""
    sources = texts("flink_app", "connectors", "infra")
    names = ("RuntimeError", "Exception", "BaseException")
    raised = [name for text in sources for name in names if f"raise {name}" in text]
    assert raised == []


@pytest.mark.parametrize(
    "source",
    [
        "class LateError(ValueError): ...",
        "class Late(StarjoinError): ...",
        "class AError(Exception): ...\nclass BError(AError): ...",
    ],
)
def test_an_error_without_the_root_or_the_suffix_is_found(source: str) -> None:
    assert misnamed_or_rootless([source])
