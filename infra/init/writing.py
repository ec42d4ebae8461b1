"""The draft as commented YAML."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from flink_app.declaration.model import Placement
from infra.catalogue.model import Catalogue
from infra.init.draft import Draft, DraftColumn, DraftTable, DraftTarget
from infra.init.references import describe_rows

_WIDTH: Final = 100
_LONGEST_COMMENT: Final = 400  # characters of a comment of the source
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SIZED_TYPE: Final = re.compile(r"(var)?(char|byte)\(\d+\)|double precision")
# What YAML reads as something else than text.
_WORDS: Final = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_HEAD: Final = """
A first declaration of {origin}, proposed by `starjoin init`. Look at it before you use it:
1. `targets`: are these the facts and the columns that you want?
2. `treatment`: what looks personal is treated, and the comment above it says why. What does not \
look personal is kept in clear: look at these columns as well.
3. Lengths count bytes. Where the source counts characters, each may have four bytes; where it has \
no length, one is guessed. A longer value becomes a dead letter, which a replay loads once the \
length is raised.
"""


def write(draft: Draft, catalogue: Catalogue) -> str:
    """The file's text."""
    lines = [
        *_comment(_HEAD.strip().format(origin=_one_line(catalogue.origin)).splitlines()),
        *(line for note in draft.notes for line in _comment([f"Note: {note}."])),
        *_left_out(draft),
        f"name: {_scalar(draft.name)}",
        f"source_schema: {_scalar(draft.source_schema)}",
    ]
    if draft.positions:
        lines.append(f"stream: {{positions: {draft.positions}}}")
    lines += ["", "tables:"]
    for table in draft.tables.values():
        lines += [*_table(draft, table), ""]
    lines.append("targets:")
    for target in draft.targets:
        lines += [*_target(draft, target), ""]
    return "\n".join(lines).rstrip() + "\n"


def _left_out(draft: Draft) -> Iterator[str]:
    if draft.left_out:
        yield "#"
        yield "# Left out:"
        for each in draft.left_out:
            yield from _comment([f"- {_one_line(each.name)}: {_one_line(each.reason)}"])


def _table(draft: Draft, table: DraftTable) -> Iterator[str]:
    source = table.source
    yield from _comment(_own_words(source.comment), 2)
    yield from _comment([_sentence(describe_rows(source))], 2)
    if source.not_sampled:
        reason = f"no value was looked at, since {source.not_sampled}: look at its columns yourself"
        yield from _comment([_sentence(reason)], 2)
    yield from _comment([_sentence(remark) for remark in table.remarks], 2)
    content = draft.table(table)
    yield f"  {_scalar(table.name)}:"
    for key in ("source", "source_schema", "partitions"):
        if key in content:
            yield f"    {key}: {_flow(content[key])}"
    yield from _list("    key: ", content["key"])
    if table.placement is not Placement.BROADCAST:
        yield f"    placement: {table.placement}"
    yield "    columns:"
    for column in table.columns.values():
        yield from _column(draft, column)
    yield from _references(draft, table)


def _references(draft: Draft, table: DraftTable) -> Iterator[str]:
    unused = {name: r for name, r in table.unused.items() if r.to in draft.tables}
    if not table.references and not unused:
        return
    yield "    references:" if table.references else "    # references:"
    for name, reference in table.references.items():
        if reference.is_guessed:
            yield from _comment(["Guessed by names: no foreign key says so."], 6)
        yield f"      {_scalar(name)}: {_flow(draft.reference(reference))}"
    for name, reference in unused.items():
        if reference.is_guessed:
            yield from _comment(["Guessed by names: no foreign key says so."], 6)
        yield f"      # {_scalar(name)}: {_flow(draft.reference(reference))}"


def _column(draft: Draft, column: DraftColumn) -> Iterator[str]:
    yield from _comment(_own_words(column.source.comment), 6)
    yield from _comment([_sentence(remark) for remark in column.remarks], 6)
    if column.because:
        yield from _comment([_sentence(f"{column.because}; {_how_to_show(column)}")], 6)
    content = draft.column(column)
    written = content if isinstance(content, str) else _flow(content)
    line = f"      {_scalar(column.name)}: {written}"
    behind = f"  # {'; '.join(column.brief)}" if column.brief else ""
    if column.brief and len(line + behind) > _WIDTH:
        yield from _comment([_sentence("; ".join(column.brief))], 6)
        behind = ""
    yield line + behind


def _how_to_show(column: DraftColumn) -> str:
    if column.is_dropped:
        return "`treatment: keep`, and a column of a target, show it in clear"
    return "`treatment: keep` shows it in clear"


def _target(draft: Draft, target: DraftTarget) -> Iterator[str]:
    fact = draft.tables[target.fact]
    yield from _comment([_sentence(f"`{fact.name}`, {describe_rows(fact.source)}")], 2)
    if target.not_followed:
        yield from _comment(["What it could follow besides, if the reference is declared:"], 2)
        yield from _comment([f"- {each}" for each in target.not_followed], 2)
    yield f"  {_scalar(target.name)}:"
    yield f"    fact: {_scalar(fact.name)}"
    yield "    columns:"
    for name, dotted in target.columns.items():
        yield f"      {_scalar(name)}: {_scalar(dotted)}"
    if target.sort_key:
        yield from _list("    sort_key: ", target.sort_key)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if not text.endswith(".") else text


def _own_words(comment: str) -> list[str]:
    """A comment of the source as one line, not longer than people read."""
    text = _one_line(comment)
    if len(text) > _LONGEST_COMMENT:
        text = f"{text[:_LONGEST_COMMENT].rstrip()} ..."
    return [f'"{text}"'] if text else []


def _one_line(text: str) -> str:
    """Text without line breaks and without characters that YAML refuses, even in comments."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _comment(texts: Sequence[str], indent: int = 0) -> list[str]:
    lead = f"{' ' * indent}# "
    lines: list[str] = []
    for text in texts:
        bullet = re.match(r"(- |\d\. )?", text)
        within = " " * len(bullet[0] if bullet else "")
        lines += textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=lead,
            subsequent_indent=lead + within,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def _list(start: str, names: Sequence[str]) -> Iterator[str]:
    """A list of names in one line, or in several of equal indent."""
    line = f"{start}{_flow(names)}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield start.rstrip()
    indent = " " * (len(start) - len(start.lstrip()) + 2)
    for name in names:
        yield f"{indent}- {_scalar(name)}"


def _flow(content: Any) -> str:
    """Content in one line."""
    if isinstance(content, Mapping):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in content.items()) + "}"
    if isinstance(content, list):
        return f"[{', '.join(map(_flow, content))}]"
    return _scalar(content)


def _scalar(text: str) -> str:
    """Text as YAML reads it back: plain where that is certain, else in quotes."""
    steps = text.split(".")
    if all(map(_PLAIN.fullmatch, steps)) and text.lower() not in _WORDS:
        return text
    if _SIZED_TYPE.fullmatch(text):
        return text
    return f'"{"".join(map(_escape, text))}"'


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\U{code:08x}"
