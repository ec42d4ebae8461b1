"""Errors that operators raise are of our own classes: `guarded` replaces every other's sentence."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
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


def classes(sources: list[str]) -> dict[str, set[str]]:
    """Every class of the sources, with the names of its bases."""
    return {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
    }


def misnamed_or_rootless(sources: list[str]) -> list[str]:
    """Exception classes that do not end in `Error`, or do not derive from the project's root."""
    known = classes(sources)

    def ancestors(name: str) -> set[str]:
        bases = known.get(name, set())
        return bases.union(*(ancestors(base) for base in bases))

    exceptions = [name for name in known if ancestors(name) & {*BUILTIN, ROOT_ERROR}]
    return [
        name
        for name in exceptions
        if name != ROOT_ERROR and (not name.endswith("Error") or ROOT_ERROR not in ancestors(name))
    ]


def test_every_error_derives_from_the_root_and_is_called_one() -> None:
    files = (p for package in ("flink_app", "connectors") for p in (ROOT / package).rglob("*.py"))
    assert misnamed_or_rootless([path.read_text() for path in files]) == []


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
