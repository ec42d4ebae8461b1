"""The page `docs/settings.md`: every setting with meaning, default and bounds, from the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from flink_app.settings import PREFIX, Settings
from infra.aws.environment import Environment
from infra.aws.parameters import Setting, model_in, schema_of, settings_of, text_of

_HEAD: Final = """\
# Settings

Written by `.venv/bin/python -m infra.aws.snapshots` from the models in
`flink_app/shared_settings.py`, `flink_app/settings.py`, `infra/aws/environment.py` and
`infra/aws/replication_settings.py`. Change the descriptions there.

## An environment's file

One file `NAME.yaml` for each environment, in `infra/aws/environments`; copy `example.yaml`. A key
that is left out has its default, and a key without a value is refused.
"""
_PROPERTIES: Final = f"""\
## Runtime properties

What the application reads, in property groups of Managed Flink whose names begin with `{PREFIX}`. A
deployment sets them from the environment's file and from the outputs of the data stack. A local run
reads them from the file that `--properties` names.
"""
_NONE: Final = "-"


def settings_page() -> str:
    """The whole page."""
    sections = [_HEAD, *_environment(Environment, ()), _PROPERTIES, *_groups()]
    return "\n".join(sections)


def _environment(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[str]:
    """A section for each model, those in it after it."""
    fields = model.model_fields.items()
    parts = {name: part for name, field in fields if (part := model_in(field.annotation))}
    if above:
        yield f"### `{'.'.join(above)}`\n\n{model.__doc__}\n"
    rows = [("key", "meaning", "default", "accepted")]
    for setting in settings_of(model, above):
        is_of_part = setting.path[-2:-1] == above[-1:]  # and not of one below it
        if is_of_part and setting.path != ("name",):  # the file's own name
            field = setting.field
            key = f"`{'.'.join(setting.path)}`"
            rows.append((key, field.description or "", _default(field), _describe_accepted(field)))
    yield _table(rows)
    for name, part in parts.items():
        yield from _environment(part, (*above, name))


def _groups() -> Iterator[str]:
    environment = {setting.parameter.name: setting for setting in settings_of(Environment)}
    by_group: dict[str, list[Setting]] = {}
    for setting in settings_of(Settings):
        by_group.setdefault(setting.path[0], []).append(setting)
    for group, settings in by_group.items():
        rows = [("property", "set from", "meaning")]
        for setting in settings:
            source_setting = environment.get(setting.parameter.name)
            name, description = setting.parameter.name, setting.field.description or ""
            if name is None:
                source = "local runs only"
            elif source_setting is not None:
                source = f"`{'.'.join(source_setting.path)}`"
            else:
                source = f"output `{name}` of the data stack"
            is_above = (
                source_setting is not None and source_setting.field.description == description
            )
            meaning = "see above" if name is not None and is_above else description
            rows.append((f"`{setting.field.alias}`", source, meaning))
        yield f"### `{PREFIX}{group}`\n\n{_table(rows)}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = text_of(field.default)
    return f"`{default}`" if default else _NONE


def _describe_accepted(field: FieldInfo) -> str:
    """The values that a setting takes, in words; a pattern is left to the meaning."""
    schema, _ = schema_of(field)
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema["type"] == "boolean":
        return "`true`, `false`"
    if schema["type"] == "array":
        return f"{_bounds(schema, 'minItems', 'maxItems')} entries"
    if schema["type"] == "string":
        longest = schema.get("maxLength")
        return f"text of at most {longest} characters" if longest else "text"
    if "exclusiveMinimum" in schema:
        return f"above {schema['exclusiveMinimum']:,}, at most {schema['maximum']:,}"
    return _bounds(schema, "minimum", "maximum")


def _bounds(schema: dict[str, Any], lowest: str, highest: str) -> str:
    if highest not in schema:
        return f"at least {schema[lowest]:,}"
    return f"{schema[lowest]:,} to {schema[highest]:,}"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *body = rows
    lines = [head, ("---",) * len(head), *body]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
