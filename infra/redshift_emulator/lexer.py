"""Redshift SQL as tokens, each with its offset in the text.

Owns where a word, string or comment begins and ends, and a cursor for small hand-written parsers.
A backslash in any string literal is an escape, as in Redshift.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra.redshift_emulator.errors import SYNTAX_ERROR, RedshiftError, syntax_error

_TOKEN = re.compile(
    r"""
      (?P<space>  \s+ | --[^\n]* | /\*.*?\*/ )
    | (?P<string> [eE]?'(?:[^'\\]|\\.|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<dollar> \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<word>   [A-Za-z_#\u0080-\uffff][\w$#]* )
    | (?P<number> \d+(?:\.\d*)?(?:[eE][+-]?\d+)? | \.\d+ )
    | (?P<param>  \$\d+ )
    | (?P<mark>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL that is neither space nor comment."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Just behind the last character."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """The upper-case keyword; empty for anything but a bare word."""
        return self.text.upper() if self.kind == "word" else ""


def tokens(sql: str) -> list[Token]:
    """All tokens of a text."""
    return list(_scan(sql))


def _scan(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup if match.lastgroup != "tag" else "dollar"
        if kind is not None and kind != "space":
            yield Token(kind, match[0], match.start())


def one_statement(sql: str) -> tuple[str, list[Token]]:
    """The only statement of a text without its semicolon, and its tokens.

    Raises Redshift's error when there are several.
    """
    statement_tokens = tokens(sql)
    while statement_tokens and statement_tokens[-1].text == ";":
        statement_tokens.pop()
    if any(token.text == ";" and token.kind == "mark" for token in statement_tokens):
        text = "cannot insert multiple commands into a prepared statement"
        raise RedshiftError(text, sqlstate=SYNTAX_ERROR)
    return (sql[: statement_tokens[-1].end], statement_tokens) if statement_tokens else ("", [])


def fold_quoted(sql: str) -> str:
    """The text with its quoted names in lower case: quotes do not preserve case on Redshift."""
    if '"' not in sql:
        return sql
    parts: list[str] = []
    end = 0
    for token in _scan(sql):
        if token.kind == "quoted":
            parts += [sql[end : token.start], token.text.lower()]
            end = token.end
    return "".join([*parts, sql[end:]])


def string_value(token: Token) -> str:
    """What a string literal stands for."""

    def unescape(match: re.Match[str]) -> str:
        return "'" if match[1] is None else _ESCAPED.get(match[1], match[1])

    return _ESCAPE.sub(unescape, token.text.lstrip("eE")[1:-1])


class Cursor:
    """Reads the tokens of one statement from left to right."""

    def __init__(self, sql: str, statement_tokens: list[Token]) -> None:
        self._sql = sql
        self._tokens = statement_tokens
        self.index = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.index >= len(self._tokens)

    def peek(self, ahead: int = 0) -> Token:
        """A token without taking it; an empty token at the end."""
        index = self.index + ahead
        return (
            self._tokens[index] if index < len(self._tokens) else Token("end", "", len(self._sql))
        )

    def take(self) -> Token:
        """The next token. Raises a syntax error at the end."""
        if self.done:
            text = "syntax error at end of input"
            raise RedshiftError(text, sqlstate=SYNTAX_ERROR)
        self.index += 1
        return self._tokens[self.index - 1]

    def is_ahead(self, *words: str) -> bool:
        """Whether these words come next."""
        return all(self.peek(n).word == word for n, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Takes these words if they come next."""
        if not self.is_ahead(*words):
            return False
        self.index += len(words)
        return True

    def accept_mark(self, mark: str) -> bool:
        """Takes a punctuation mark if it comes next."""
        if self.peek().kind != "mark" or self.peek().text != mark:
            return False
        self.index += 1
        return True

    def expect(self, *words: str) -> None:
        """Takes these words. Raises a syntax error if others come."""
        if not self.accept(*words):
            raise syntax_error(self.peek().text)

    def fail(self) -> RedshiftError:
        """A syntax error at the next token."""
        return syntax_error(self.peek().text)

    def name(self) -> str:
        """Takes a name, with its schema if there is one, as written."""
        start = self.index
        self._part()
        while self.accept_mark("."):
            self._part()
        return self.text(start)

    def _part(self) -> None:
        if self.peek().kind not in {"word", "quoted"}:
            raise self.fail()
        self.index += 1

    def group(self) -> str:
        """Takes a balanced pair of parentheses and what is between, as written."""
        start = self.index
        if not self.accept_mark("("):
            raise self.fail()
        depth = 1
        while depth:
            text = self.take().text
            depth += (text == "(") - (text == ")")
        return self.text(start)

    def items(self) -> list[Cursor]:
        """Takes a parenthesised list; returns a cursor for each part."""
        self.accept_mark("(")
        items: list[Cursor] = []
        start, depth = self.index, 1
        while depth:
            text = self.take().text
            depth += (text == "(") - (text == ")")
            if (text == "," and depth == 1) or depth == 0:
                items.append(Cursor(self._sql, self._tokens[start : self.index - 1]))
                start = self.index
        return items

    def text(self, start: int, end: int | None = None) -> str:
        """The text from token `start` to before token `end` (default: to the last taken)."""
        end = self.index if end is None else end
        if end <= start:
            return ""
        return self._sql[self._tokens[start].start : self._tokens[end - 1].end]

    def rest(self) -> str:
        """Takes everything that is left, as written."""
        start, self.index = self.index, len(self._tokens)
        return self.text(start)
