"""What an environment's stacks are: names, templates and parameters. Nothing here calls AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from connectors.floors import TableFloors
from flink_app.declaration import Star, load_declaration
from flink_app.declaration.file import DeclarationError
from flink_app.positions.generations import Generations, time_text
from flink_app.reloaded_tables import refuse_lost_tables
from flink_app.settings import Settings, property_name
from flink_app.validation.faults import WriteKeys, fault_lines
from flink_app.warehouse import refuse_bookkeeping_schema
from infra.aws.dms import with_dms_settings
from infra.aws.environment import Environment
from infra.aws.errors import DeployError
from infra.aws.parameters import properties, property_references, settings_of, values
from infra.aws.templates import load_template
from infra.bootstrap import ROOT

Outputs = Mapping[str, str]

DATA: Final = "data"
APPLICATION: Final = "application"
ALARMS: Final = "alarms"
DMS: Final = "dms"
_CODE_KEY: Final = "CodeKey"


@dataclass(frozen=True)
class StackPlan:
    """One stack as it is to be.

    Attributes:
        part: what it is of the environment.
        name: its name in CloudFormation.
        template: with long forms only.
        parameters: by name, all text.
    """

    part: str
    name: str
    template: dict[str, Any]
    parameters: dict[str, str]


def load_star(environment: Environment) -> Star:
    """The environment's declaration. Raises DeployError."""
    path = ROOT / environment.application.declaration
    try:
        star = Star(load_declaration(path))
        refuse_bookkeeping_schema(star, environment.redshift.bookkeeping_schema)
        refuse_lost_tables(star, environment.application.generations)
    except DeclarationError as error:
        message = f"application.declaration of {environment.name}: {error}"
        raise DeployError(message) from error
    return star


def with_generations(environment: Environment, settings: Mapping[str, str]) -> Environment:
    """The environment with what reloads have raised; `settings` are the application's own."""
    if "generations" not in settings:
        return environment
    raised = {
        "generations": Generations.parse(settings["generations"]),
        "floor": int(settings.get("floor", "0")),
        "table_floors": TableFloors.parse(settings.get("table.floors", "")) or None,
    }
    application = environment.application.model_copy(update=raised)
    return environment.model_copy(update={"application": application})


def with_another_generation(environment: Environment, start_ms: int) -> Environment:
    """The environment with one generation more, from a time on; not one more if it has it already.

    Raises DeployError where a later one has begun.
    """
    known = environment.application.generations
    last = known.later[-1] if known.later else None
    if last is not None and last.start_ms == start_ms and not last.table:
        return environment
    try:
        generations = known.extend(known.newest + 1, start_ms)
    except ValueError as error:
        message = f"the generations are {known}: none can begin at {time_text(start_ms)}: {error}"
        raise DeployError(message) from error
    application = environment.application.model_copy(update={"generations": generations})
    return environment.model_copy(update={"application": application})


def code_key(digest: str, deployed: str = "", running: str = "") -> str:
    """The key of a version of the code: new bytes, new key, so no version is ever overwritten.

    Where the stack has these bytes already and the application runs others, the service has rolled
    an update back, and CloudFormation would see no change: the next attempt has a key of its own.

    Args:
        digest: of the package.
        deployed: the key that the application's stack has; empty where there is none.
        running: the key of the code that the application has; empty where there is none.
    """
    first = f"code/starjoin-{digest[:16]}"
    version = re.fullmatch(rf"{first}(?:-([0-9]+))?\.zip", deployed)
    if version is None:
        return f"{first}.zip"
    if running in {deployed, ""}:
        return deployed
    return f"{first}-{int(version[1] or 1) + 1}.zip"


def promised_outputs(environment: Environment) -> dict[str, str]:
    """What stands for the data stack's outputs while it is not there, in a dry run."""
    template = load_template(DATA)
    return {name: f"<{name} of {environment.stack(DATA)}>" for name in template["Outputs"]}


def application_settings(environment: Environment, data: Outputs) -> Settings:
    """The settings as the application will read them, checked by its own rules.

    Raises DeployError where it would refuse them.
    """
    try:
        return Settings.model_validate(properties({**data, **values(environment)}))
    except ValidationError as error:
        faults = fault_lines(error, Settings, _setting_of(environment))
        message = "\n".join(
            [f"the application would refuse these settings of {environment.name}:", *faults]
        )
        raise DeployError(message) from None


def _setting_of(environment: Environment) -> WriteKeys:
    """Writes a property as where its value comes from: a key of the environment, or an output."""
    keys = {each.parameter.name: ".".join(each.path) for each in settings_of(Environment)}
    references = property_references()

    def name_setting(path: Sequence[str]) -> str:
        parameter = references.get(path[0], {}).get(".".join(path[1:]))
        if parameter is None:
            return property_name(path)
        return keys.get(parameter, f"output {parameter} of stack {environment.stack(DATA)}")

    return name_setting


def data_stack(environment: Environment) -> StackPlan:
    """What outlives the application."""
    return _plan(environment, DATA, load_template(DATA), {})


def application_stack(environment: Environment, data: Outputs, code: str) -> StackPlan:
    """The application with the code under the key `code`."""
    return _plan(environment, APPLICATION, load_template(APPLICATION), {**data, _CODE_KEY: code})


def alarms_stack(environment: Environment, data: Outputs) -> StackPlan:
    """The alarms on the job's health."""
    return _plan(environment, ALARMS, load_template(ALARMS), data)


def dms_stack(environment: Environment, data: Outputs, star: Star) -> StackPlan | None:
    """The replication task, or None where the environment has none."""
    if environment.dms is None:
        return None
    return _plan(environment, DMS, with_dms_settings(load_template(DMS), star), data)


def _plan(
    environment: Environment, part: str, template: dict[str, Any], outputs: Outputs
) -> StackPlan:
    """The stack, whose parameters are settings or outputs of the data stack of the same name."""
    known = {**outputs, **values(environment)}
    parameters = {name: known[name] for name in template["Parameters"]}
    return StackPlan(part, environment.stack(part), template, parameters)
