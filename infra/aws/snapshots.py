"""Writes what is derived from the settings and committed: parts of the templates, and docs.

`.venv/bin/python -m infra.aws.snapshots` writes all of it; a test compares it with the models.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from connectors.failures import StarjoinError
from flink_app.settings import PREFIX
from infra.arguments import ArgumentParser
from infra.aws.parameters import (
    definitions,
    parameters_that_may_be_empty,
    property_references,
)
from infra.aws.settings_page import settings_page
from infra.aws.templates import FOLDER, NAMES, parse_template
from infra.bootstrap import ROOT

_FIRST: Final = "# From here to the end mark written by `.venv/bin/python -m infra.aws.snapshots`."
_LAST: Final = "# End of what is written."
_WIDTH: Final = 100


class _UnknownParameterError(StarjoinError, ValueError):
    """A template refers to a parameter that neither it nor a setting declares."""


def snapshots() -> Iterator[tuple[Path, str]]:
    """Every file that is written, whole or in part, and its text."""
    for name in NAMES:
        path = FOLDER / f"{name}.yaml"
        yield path, _template(path.read_text(encoding="utf-8"))
    yield ROOT / "docs" / "settings.md", settings_page()


def _template(text: str) -> str:
    """A template with the properties of the application and the parameters that it refers to.

    Parameters that stand before the mark are its own: they carry no setting, or a narrower one.
    """
    parameters, *others = _find_marked(text)
    written = (_conditions(), _property_groups()) if others else ()
    # The last one first, so that the sections before it stay where they are.
    for section, lines in reversed(list(zip(others, written, strict=True))):
        text = _put(text, section, "".join(f"{section.group('indent')}{line}\n" for line in lines))
    text = _put(text, parameters, "")
    template = parse_template(text)
    declared = {*(template["Parameters"] or ()), *template["Resources"]}
    undeclared = {name for name in _references(template) if "::" not in name} - declared
    known = definitions()
    if unknown := undeclared - known.keys():
        message = (
            f"no setting has the parameter {', '.join(sorted(unknown))}, which a template refers "
            "to. Declare the setting in flink_app/shared_settings.py, infra/aws/environment.py or "
            "infra/aws/replication_settings.py, or the parameter in the template, before the mark"
        )
        raise _UnknownParameterError(message)
    inserted = "".join(_parameter(name, known[name]) for name in known if name in undeclared)
    return _put(text, parameters, inserted)


def _find_marked(text: str) -> list[re.Match[str]]:
    """The sections between the marks: parameters, then any conditions and properties."""
    pattern = rf"(?ms)^(?P<indent> *){re.escape(_FIRST)}\n(?P<body>.*?)^ *{re.escape(_LAST)}$"
    return list(re.finditer(pattern, text))


def _put(text: str, section: re.Match[str], body: str) -> str:
    """The text with another body of a section; sections before it stay where they are."""
    (now,) = [each for each in _find_marked(text) if each.start() == section.start()]
    return text[: now.start("body")] + body + text[now.end("body") :]


def _conditions() -> Iterator[str]:
    """Whether each property that may be left out has a value."""
    for parameter in parameters_that_may_be_empty():
        yield f'Has{parameter}: !Not [!Equals [!Ref {parameter}, ""]]'


def _property_groups() -> Iterator[str]:
    """The service refuses a property without a value, so the condition leaves it out."""
    may_be_empty = set(parameters_that_may_be_empty())
    for group, references in property_references().items():
        yield f"- PropertyGroupId: {PREFIX}{group}"
        yield "  PropertyMap:"
        for key, parameter in references.items():
            if parameter in may_be_empty:
                value = f"!If [Has{parameter}, !Ref {parameter}, !Ref AWS::NoValue]"
            else:
                value = f"!Ref {parameter}"
            yield f"    {key}: {value}"


def _parameter(name: str, definition: dict[str, Any]) -> str:
    lines = [f"  {name}:"]
    for key, value in definition.items():
        if key == "Description":
            lines.append("    Description: >-")
            lines += textwrap.wrap(
                value,
                _WIDTH,
                initial_indent=" " * 6,
                subsequent_indent=" " * 6,
                break_long_words=False,
                break_on_hyphens=False,
            )
        else:
            lines.append(f"    {key}: {_scalar(value)}")
    return "".join(f"{line}\n" for line in lines)


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_scalar(each) for each in value)}]"
    is_plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z_:<>/.-]*", value)
    if is_plain and value not in {"true", "false"}:
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _references(node: Any) -> Iterator[str]:
    """The names that a template refers to, in long forms."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::Sub":
                yield from re.findall(r"\$\{([A-Za-z0-9:]+)", value)
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def main() -> None:
    """Writes them all."""
    for path, text in snapshots():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    ArgumentParser(prog="python -m infra.aws.snapshots", description=__doc__).parse_args()
    main()
