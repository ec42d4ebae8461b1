"""The project's words: the synonyms that the glossary replaced do not come back.

`docs/architecture.md` has the glossary. A word that was given up is refused in every file below
`CHECKED`, and in the changelog above its first release, whose text keeps its own. Names that
say nothing about what they hold are refused in the Python files of what ships, and so are functions
that are named by an adjective or a participle.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.unit.stars import ROOT


@dataclass(frozen=True)
class GivenUp:
    """A pattern that is refused, what to write instead, and a line that shows it."""

    pattern: str
    instead: str
    example: str


# In patterns `<` and `>` are the ends of a word; an underscore ends one too, so that names count.
GIVEN_UP: Final = (
    GivenUp("<stand-?ins?>", "emulator, or the name of the server", "a stand-in for Redshift"),
    GivenUp("(?<!in )(?<!up )<fronts?>", "emulator", "the wire front's port"),
    GivenUp("<noughts?>", "zero, or nothing", "position nought"),
    GivenUp("<anew>", "again, or a new ...", "made anew"),
    GivenUp("<mend(s|ed|ing|able)?>", "fix, or repair", "statements that mend_tables"),
    GivenUp("<moments?>", "time, timestamp, or instant", "at every moment"),
    GivenUp("<spots?>", "coordinates", "letter.spot"),
    GivenUp(
        "<set_positions?>", "column_position_name, or column_positions", "star.set_position(c)"
    ),
    GivenUp("<(Environment)?Doings>", "actions", "class Doings(Protocol)"),
    GivenUp(
        "<told>(?![ _]apart)", "determined by, derived from, said, or reported", "told by arrival"
    ),
    GivenUp("<books>", "bookkeeping tables", "the warehouse's books"),
    GivenUp("<by the way>", "unintentionally, or implicitly", "changed by the way"),
    GivenUp("<of use>", "useful, or used", "of no more use, of use"),
    GivenUp("<sparse>", "unchanged column", "sparse columns"),
    GivenUp("<trouble[sd]? nobody>", "harmless", "attempts trouble nobody"),
    GivenUp("<as_wanted>", "a verb: convert_table, ...", "schema.as_wanted(table)"),
    GivenUp("<(lest|whither|hitherto)>", "so that not, where, or so far", "lest it fail"),
)
CHECKED: Final = (
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "build.py",
    "connectors",
    "docs",
    "flink_app",
    "infra/aws",
    "infra/bootstrap.py",
    "infra/arguments.py",
    "infra/catalogue",
    "infra/cli",
    "infra/explain",
    "infra/init",
    "infra/simulate",
    "infra/local",
    "infra/redshift_emulator",
    "infra/reconcile",
    "infra/repair",
    "infra/replay",
    "infra/run",
    "infra/simulation",
    "infra/watch",
    "infra/words.py",
    "tests",
)
EMPTY_NAMES: Final = frozenset(
    {
        "at",
        "found",
        "given",
        "here",
        "it",
        "left",
        "mine",
        "one",
        "ours",
        "own",
        "place",
        "some",
        "theirs",
        "there",
        "these",
        "those",
        "told",
        "what",
        "where",
        "which",
        "why",
    }
)
# What is no name for a function: words that say how something is or where, and not what is done.
# A participle in -ed is none either.
NO_VERBS: Final = frozenset(
    """
    ahead along aside behind below beyond dead distinct due equal false first following foreign
    gone held idle kept known last lost made matching misfit new newer newest next odd old pending
    plus ready running sent shown spoken standing taken true unread until visible waiting whole
    without written
    """.split()  # noqa: SIM905 - a line of words
)
VERBS_IN_ED: Final = frozenset({"embed", "feed", "need", "seed"})
SHIPPED: Final = ("build.py", "connectors", "flink_app", "infra")
_SUFFIXES: Final = {".py", ".md", ".yaml", ".yml", ".sql", ".java", ".toml"}
# What is compiled, and this file, which shows the words.
_UNCHECKED: Final = {"target", "__pycache__", Path(__file__).name}


def compiled(word: GivenUp) -> re.Pattern[str]:
    pattern = word.pattern.replace("(?<!", "\0").replace("<", r"(?<![A-Za-z])")
    pattern = pattern.replace(">", r"(?![A-Za-z])").replace("\0", "(?<!")
    return re.compile(pattern, re.IGNORECASE)


_COMPILED: Final = tuple((compiled(word), word) for word in GIVEN_UP)


def given_up(text: str) -> Iterator[str]:
    """The lines of a text that hold a word that was given up, and what to write instead."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, word in _COMPILED:
            if match := pattern.search(line):
                yield f"line {number}: {match[0]!r}: write {word.instead}"


def files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.suffix in _SUFFIXES and not _UNCHECKED & set(file.relative_to(ROOT).parts):
            yield file


@pytest.mark.parametrize("checked", CHECKED)
def test_words_that_were_given_up_stay_away(checked: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}, {line}"
        for file in files(ROOT / checked)
        for line in given_up(file.read_text())
    ]
    assert not found, "\n" + "\n".join(found)


def test_words_that_were_given_up_stay_away_from_unreleased_changes() -> None:
    unreleased, heading, _ = (ROOT / "CHANGELOG.md").read_text().partition("## [0.1.0]")
    assert heading
    words = [f"CHANGELOG.md, {line}" for line in given_up(unreleased)]
    assert not words, "\n" + "\n".join(words)


@pytest.mark.parametrize("checked", CHECKED)
def test_what_is_checked_has_files(checked: str) -> None:
    assert list(files(ROOT / checked)), f"{checked}: no file to check"


@pytest.mark.parametrize("word", GIVEN_UP, ids=lambda word: word.example)
def test_each_word_is_found(word: GivenUp) -> None:
    assert [line for line in given_up(word.example) if line.endswith(word.instead)]


@pytest.mark.parametrize(
    "line",
    [
        "in front of the table",
        "up front",
        "a recommendation",
        "told apart",
        "are_told_apart",
        "the order book",
    ],
)
def test_ordinary_english_passes(line: str) -> None:
    assert not list(given_up(line))


def bound_names(source: str) -> Iterator[tuple[int, str]]:
    """Variables, parameters, attributes and functions by line, without the mark of private ones."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                pass
            case ast.Attribute(attr=name, ctx=ast.Store()):
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                pass
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                pass
            case _:
                continue
        yield getattr(node, "lineno", 0), name.lstrip("_")


def empty_names(source: str) -> Iterator[str]:
    """Where a source gives something a name that says nothing; `left` may be beside `right`."""
    names = set(bound_names(source))
    for line, name in sorted(names):
        if name in EMPTY_NAMES and not (name == "left" and (line, "right") in names):
            yield f"line {line}: name what {name!r} holds"


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions below a node, but for properties."""
    for child in ast.walk(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {ast.unparse(decorator) for decorator in child.decorator_list}
            if not decorators & {"property", "cached_property"}:
                yield child


def misnamed_functions(source: str) -> Iterator[str]:
    """Functions whose name is an adjective, a participle or a preposition, and nothing else."""
    for function in functions(ast.parse(source)):
        word = function.name.strip("_")
        if word in NO_VERBS or (
            word.endswith("ed") and "_" not in word and word not in VERBS_IN_ED
        ):
            yield f"line {function.lineno}: say with a verb what {function.name!r} does"


@pytest.mark.parametrize("shipped", SHIPPED)
def test_functions_say_what_they_do(shipped: str) -> None:
    misnamed = [
        f"{file.relative_to(ROOT)}, {line}"
        for file in files(ROOT / shipped)
        if file.suffix == ".py"
        for line in misnamed_functions(file.read_text())
    ]
    assert not misnamed, "\n" + "\n".join(misnamed)


@pytest.mark.parametrize(
    "source",
    [
        "def whole(): pass",
        "async def _summed(): pass",
        "class A:\n    def below(self): pass",
        "class A:\n    @classmethod\n    def merged(cls): pass",
    ],
)
def test_a_function_without_a_verb_is_found(source: str) -> None:
    assert list(misnamed_functions(source))


@pytest.mark.parametrize(
    "source",
    [
        "def sum_by_group(): pass",
        "def stored_columns(): pass",
        "def feed(): pass",
        "class A:\n    @property\n    def closed(self): pass",
    ],
)
def test_a_function_with_a_verb_or_a_noun_passes(source: str) -> None:
    assert not list(misnamed_functions(source))


@pytest.mark.parametrize("shipped", SHIPPED)
def test_names_say_what_they_hold(shipped: str) -> None:
    empty = [
        f"{file.relative_to(ROOT)}, {line}"
        for file in files(ROOT / shipped)
        if file.suffix == ".py"
        for line in empty_names(file.read_text())
    ]
    assert not empty, "\n" + "\n".join(empty)


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for one in (): pass",
        "if place := 1: pass",
        "[one for one in ()]",
        "def find(place): pass",
        "def find(*, found): pass",
        "def place(): pass",
        "async def place(): pass",
        "self.found = 1",
        "self._own = 1",
        "def put(left): pass",
        "left = 1\nright = 2",
        "class A:\n    found: int",
        "match 1:\n    case one: pass",
    ],
)
def test_an_empty_name_is_found(source: str) -> None:
    assert list(empty_names(source))


@pytest.mark.parametrize(
    "source",
    [
        "def one_of(places, is_found): return places.one_of()",
        "numpy.where(equality.left)",
        "def join(left, right): pass",
        "for left, right in (): pass",
    ],
)
def test_names_that_say_something_pass(source: str) -> None:
    assert not list(empty_names(source))
