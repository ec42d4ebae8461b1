"""What is wrong with text that is not YAML, in words for people who do not know YAML's grammar.

The line itself is never shown: somebody may have pasted a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

_QUOTE: Final = "put quotes around the text"


@dataclass(frozen=True)
class SyntaxFault:
    """Where the text stops being YAML, what is wrong, and what to write instead."""

    line: int | None
    column: int
    problem: str
    remedy: str = ""


@dataclass(frozen=True)
class _Explanation:
    """Which of PyYAML's sentences, problem and context, mean what.

    Attributes:
        says: PyYAML's problem, a pattern; `context` is a part of its context.
        problem: the same in other words, with what to do.
        at_context: whether the place to look at is where the enclosing thing begins.
    """

    says: str
    context: str
    problem: str
    remedy: str
    at_context: bool = False


_EXPLANATIONS: Final = (
    _Explanation(
        "expected ',' or '[\\]}]', but got",
        "",
        "this bracket is not closed where it should be, or a comma is missing in it",
        "close it, and put commas between its parts",
        at_context=True,
    ),
    _Explanation(
        "found unexpected end of stream|found unexpected document separator",
        "quoted scalar",
        "this quote is not closed",
        "close it",
        at_context=True,
    ),
    _Explanation(
        "expected <block end>, but found '-'|expected <block end>, but found '<block sequence",
        "",
        "a dash that is indented otherwise than the lines of its block",
        "align it with the other dashes of its list",
    ),
    _Explanation(
        "expected <block end>, but found '\\?'|expected <block end>, but found '<block mapping",
        "",
        "this line is indented otherwise than the other lines of its block",
        "give all keys of one mapping the same number of blanks before them",
    ),
    _Explanation(
        "expected <block end>, but found",
        "",
        "this does not belong to the value before it",
        "put quotes around the whole value, or write it in a line of its own",
    ),
    _Explanation(
        "expected the node content, but found '<stream end>'",
        "",
        "the file ends within a bracket",
        "close it",
    ),
    _Explanation(
        "could not find expected ':'",
        "",
        "this line has no colon after its key",
        "write `key: value`, with a blank after the colon",
        at_context=True,
    ),
    _Explanation(
        "found character '\\\\t'",
        "",
        "a tab, where YAML takes only blanks",
        "replace it by blanks",
    ),
    _Explanation(
        "found character .* that cannot start any token",
        "",
        "a value cannot begin with this character",
        _QUOTE,
    ),
    _Explanation(
        "expected alphabetic or numeric character",
        "",
        "YAML reads `*` and `&` at the beginning of a value as an alias or an anchor",
        _QUOTE,
        at_context=True,
    ),
    _Explanation(
        "found undefined alias",
        "",
        "YAML reads this as an alias, and there is no anchor of this name (found undefined alias)",
        _QUOTE,
    ),
    _Explanation(
        "found unknown escape character",
        "",
        "a backslash in double quotes begins an escape, and this is none",
        "use single quotes",
    ),
    _Explanation(
        "expected '<document start>'",
        "",
        "this line is indented less than the first one",
        "begin all keys of the whole file in the first column",
    ),
    _Explanation(
        "expected the node content, but found '[\\]}]'",
        "",
        "a bracket that closes nothing",
        "remove it, or put quotes around the text",
    ),
    _Explanation(
        "expected a single document|but found another document",
        "",
        "more than one document (expected a single document in the file)",
        "remove what stands behind the first one",
    ),
)
_STRAY_COLON: Final = "mapping values are not allowed here"
_KEY: Final = re.compile(r"""\s*(- +)?("[^"]*"|'[^']*'|[^\s#][^#]*?)\s*:(\s|$)""")
_TAB_BEFORE: Final = re.compile(r"^( *)(\t)[ \t]*[^\s#]")
_QUOTES: Final = re.compile(r"['\"|>]")


def find_tabs(text: str) -> list[SyntaxFault]:
    """A fault for each line that is indented by tabs; none where text of several lines may be."""
    if _QUOTES.search(text):
        return []  # a tab may be part of quoted or folded text; PyYAML says where one is not
    return [
        SyntaxFault(
            number,
            match.start(2) + 1,
            "a tab, which cannot start any token: YAML takes only blanks to indent",
            "replace it by blanks",
        )
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _TAB_BEFORE.match(line))
    ]


def explain(error: yaml.YAMLError, text: str) -> SyntaxFault:
    """PyYAML's error in other words, where there are better ones."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position].splitlines() or [""]
        problem = f"a character that no YAML has ({error.reason})"
        return SyntaxFault(len(before), len(before[-1]) + 1, problem, "remove it")
    if not isinstance(error, yaml.MarkedYAMLError):
        return SyntaxFault(None, 0, str(error).partition("\n")[0].rstrip(":"))
    says, context = error.problem or "", error.context or ""
    if says == _STRAY_COLON and error.problem_mark is not None:
        return _explain_colon(text.splitlines(), error.problem_mark)
    for each in _EXPLANATIONS:
        if re.search(each.says, says) and each.context in context:
            mark = error.context_mark if each.at_context else error.problem_mark
            return _fault_at(mark or error.problem_mark, each.problem, each.remedy)
    problem = ", ".join(filter(None, (context, says)))
    return _fault_at(error.problem_mark or error.context_mark, problem, "")


def _explain_colon(lines: list[str], mark: yaml.Mark) -> SyntaxFault:
    """A colon where no key can stand: what is wrong may be in the line before."""
    line = lines[mark.line]
    begin = len(line) - len(line.lstrip())
    if _KEY.match(line[: mark.column]):
        problem = "a second colon, so this is no text"
        return SyntaxFault(mark.line + 1, mark.column + 1, problem, "put quotes around the value")
    above = [n for n in range(mark.line) if lines[n].strip() and lines[n].lstrip()[0] != "#"]
    if above and not _KEY.match(lines[above[-1]]):
        before = lines[above[-1]]
        problem = "this line is no key with a value"
        remedy = "write `key: value`, with a colon and a blank after the key"
        return SyntaxFault(above[-1] + 1, len(before) - len(before.lstrip()) + 1, problem, remedy)
    problem = "this line is indented deeper than the one before, which has a value already"
    return SyntaxFault(mark.line + 1, begin + 1, problem, "give both the same number of blanks")


def _fault_at(mark: yaml.Mark | None, problem: str, remedy: str) -> SyntaxFault:
    if mark is None:
        return SyntaxFault(None, 0, problem, remedy)
    return SyntaxFault(mark.line + 1, mark.column + 1, problem, remedy)
