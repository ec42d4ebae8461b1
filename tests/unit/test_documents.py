"""Every path, link, heading and module that the documents name exists."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.unit.stars import ROOT

# The changelog's past keeps the names of its time.
DOCUMENTS: Final = sorted(
    path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)
_CODE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_PYTHON: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ROOTS: Final = ("flink_app", "connectors", "infra", "tests", "docs")
_PATH: Final = re.compile(rf"(?:{'|'.join(_ROOTS)})(?:/[\w.*-]+)*/?")
_MODULE: Final = re.compile(rf"(?:{'|'.join(_ROOTS)})(?:\.\w+)+")


def paths(text: str) -> Iterator[str]:
    """The code of a text that is a path of this repository."""
    for code in _CODE.findall(text):
        if _PATH.fullmatch(code):
            yield code


def modules(text: str) -> Iterator[str]:
    """The code of a text that is a dotted name of this repository."""
    for code in _CODE.findall(text):
        if _MODULE.fullmatch(code):
            yield code


def anchor(heading: str) -> str:
    """The fragment under which a heading is linked."""
    words = re.sub(r"\]\([^)]*\)", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = _FENCED.sub("", path.read_text())
    return {anchor(heading) for heading in _HEADING.findall(text)}


def missing_links(path: Path, text: str) -> Iterator[str]:
    for file, fragment in _LINK.findall(text):
        aim = path.parent / file if file else path
        if not aim.exists():
            yield file
        elif fragment and fragment not in anchors(aim):
            yield f"{file}#{fragment}"


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module, or a member of one."""
    module, _, member = dotted.rpartition(".")
    try:
        importlib.import_module(dotted)
    except ModuleNotFoundError:
        try:
            return hasattr(importlib.import_module(module), member)
        except ModuleNotFoundError:
            return False
    return True


def imported(text: str) -> Iterator[str]:
    """What the Python examples of a text import, as dotted names."""
    for code in _PYTHON.findall(text):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{name.name}" for name in node.names)
            elif isinstance(node, ast.Import):
                yield from (name.name for name in node.names)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_paths_exist(document: str) -> None:
    text = (ROOT / document).read_text()
    missing = [path for path in paths(text) if not any(ROOT.glob(path.rstrip("/")))]
    assert not missing, f"{document} names what does not exist"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    assert not list(missing_links(path, path.read_text())), f"{document} has broken links"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_modules_exist(document: str) -> None:
    text = (ROOT / document).read_text()
    missing = [name for name in [*modules(text), *imported(text)] if not resolves(name)]
    assert not missing, f"{document} names what does not exist"


def test_the_architecture_names_many_paths() -> None:
    assert len(list(paths((ROOT / "docs/architecture.md").read_text()))) > 50


@pytest.mark.parametrize(
    ("text", "path"),
    [("see `flink_app/decode`", "flink_app/decode"), ("`infra/aws/x.py`", "infra/aws/x.py")],
)
def test_paths_are_found(text: str, path: str) -> None:
    assert list(paths(text)) == [path]


def test_a_broken_link_is_found() -> None:
    text = "[a](docs/nothing.md) [b](docs/operations.md#nothing) [c](docs/operations.md#replay)"
    found = list(missing_links(ROOT / "README.md", text))
    assert found == ["docs/nothing.md", "docs/operations.md#nothing"]


def test_a_missing_module_is_found() -> None:
    assert not resolves("flink_app.nothing")
    assert not resolves("flink_app.job.Nothing")
    assert resolves("flink_app.privacy.keys.PrivacyKeys")
