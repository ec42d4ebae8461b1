"""What carries the settings to the application: parameters of the templates and properties.

Nothing here names a setting. The environment's model and the application's settings meet in the
name of the parameter: the one gives its value, the other is the property that refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from connectors.failures import StarjoinError
from flink_app.settings import Settings
from flink_app.template_parameter import Parameter, parameter_of
from infra.aws.environment import Environment

_TYPES: Final = {"integer": "Number", "number": "Number", "boolean": "String", "string": "String"}
# CloudFormation has no exclusive bounds; the model refuses the bound itself.
_BOUNDS: Final = {
    "minimum": "MinValue",
    "exclusiveMinimum": "MinValue",
    "maximum": "MaxValue",
    "exclusiveMaximum": "MaxValue",
}


class SharedParameterError(StarjoinError, ValueError):
    """Two settings have the same parameter, so one of them would not reach the application."""


@dataclass(frozen=True)
class Setting:
    """One setting of a model.

    Attributes:
        path: the names of the fields on the way to it.
        field: its own.
        parameter: what carries it.
    """

    path: tuple[str, ...]
    field: FieldInfo
    parameter: Parameter


def settings_of(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting of a model and of the models in it, in their order."""
    for name, field in model.model_fields.items():
        if part := model_in(field.annotation):
            yield from settings_of(part, (*above, name))
        else:
            yield Setting((*above, name), field, parameter_of(name, field))


def values(environment: Environment) -> dict[str, str]:
    """The value of every parameter that the environment gives, by its name."""
    by_parameter = {}
    for setting in settings_of(Environment):
        value: Any = environment
        for name in setting.path:
            value = None if value is None else getattr(value, name)
        if setting.parameter.name is not None:
            by_parameter[setting.parameter.name] = text_of(value, setting.parameter.scale)
    return by_parameter


def properties(known: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The application's properties by group, whose values are those of their parameters.

    The service takes no property without a value, so an empty parameter is no property.
    """
    return {
        group: {key: known[parameter] for key, parameter in references.items() if known[parameter]}
        for group, references in property_references().items()
    }


def property_references(model: type[BaseModel] = Settings) -> dict[str, dict[str, str]]:
    """The name of the parameter that each property refers to, by group and key."""
    references: dict[str, dict[str, str]] = {}
    for setting in settings_of(model):
        group, _ = setting.path
        if setting.parameter.name is not None:
            key = setting.field.alias or setting.path[-1]
            references.setdefault(group, {})[key] = setting.parameter.name
    return references


def parameters_that_may_be_empty(model: type[BaseModel] = Settings) -> list[str]:
    """The parameters of the properties that may be left out, in the model's order."""
    return [
        setting.parameter.name
        for setting in settings_of(model)
        if setting.parameter.name is not None and schema_of(setting.field)[1]
    ]


def definitions(model: type[BaseModel] = Environment) -> dict[str, dict[str, Any]]:
    """Every parameter that a model's settings have, by its name, as a template declares it.

    Raises SharedParameterError where two settings have the same parameter.
    """
    defined: dict[str, dict[str, Any]] = {}
    for setting in settings_of(model):
        name = setting.parameter.name
        if name is None or name.startswith("AWS::"):
            continue
        if name in defined:
            message = (
                f"setting {'.'.join(setting.path)} has parameter {name}, which another setting has "
                "already: give it a name of its own, Annotated[..., Parameter(NAME)]"
            )
            raise SharedParameterError(message)
        defined[name] = _definition(setting)
    return defined


def schema_of(field: FieldInfo) -> tuple[dict[str, Any], bool]:
    """The JSON Schema of what a setting takes, and whether it may be left empty."""
    annotation: Any = field.annotation
    for constraint in field.metadata:
        annotation = Annotated[annotation, constraint]
    schema = TypeAdapter(annotation).json_schema()
    if "anyOf" in schema:
        schema, _ = schema["anyOf"]
        return schema, True
    return schema, False


def text_of(value: Any, scale: int = 1) -> str:
    """A setting's value as parameters and properties carry it, empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value)
    return str(value * scale if scale != 1 else value)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, also where it may hold nothing instead."""
    candidates = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return next(
        (each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)),
        None,
    )


def _definition(setting: Setting) -> dict[str, Any]:
    field, parameter = setting.field, setting.parameter
    description = field.description or ""
    if parameter.in_milliseconds:
        description += " This parameter is in milliseconds."
    if parameter.cloudformation_type:
        return {"Type": parameter.cloudformation_type, "Description": description}
    schema, may_be_empty = schema_of(field)
    definition = {"Type": _TYPES[schema["type"]], "Description": description}
    if not field.is_required():
        default = field.default
        is_number = definition["Type"] == "Number"
        definition["Default"] = default * parameter.scale if is_number else text_of(default)
    return definition | _limits(schema, parameter.scale, may_be_empty=may_be_empty)


def _limits(schema: dict[str, Any], scale: int, *, may_be_empty: bool) -> dict[str, Any]:
    """What CloudFormation refuses by itself, of a field's JSON Schema."""
    limits: dict[str, Any] = {}
    for bound, name in _BOUNDS.items():
        if bound in schema:
            limits[name] = schema[bound] * scale
    if schema["type"] == "boolean":
        limits["AllowedValues"] = ["true", "false"]
    if "enum" in schema:
        limits["AllowedValues"] = schema["enum"]
    if "pattern" in schema:
        pattern = schema["pattern"].removeprefix("^").removesuffix("$")
        limits["AllowedPattern"] = f"|{pattern}" if may_be_empty else pattern
    if "maxLength" in schema:
        limits["MaxLength"] = schema["maxLength"]
    return limits
