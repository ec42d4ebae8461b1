"""How a deployment carries a setting: by which parameter of the CloudFormation templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Parameter:
    """Stands in the annotation of a setting's field whose parameter is not its name in CamelCase.

    Attributes:
        name: of the parameter, None where no deployment sets the field.
        cloudformation_type: where it does not follow from the field's own type.
        in_milliseconds: whether it carries the setting's seconds as milliseconds.
    """

    name: str | None
    cloudformation_type: str | None = None
    in_milliseconds: bool = False

    @property
    def scale(self) -> int:
        """What the setting's number is multiplied by."""
        return 1_000 if self.in_milliseconds else 1


NO_PARAMETER: Final = Parameter(None)


def parameter_of(name: str, field: FieldInfo) -> Parameter:
    """The parameter of one field of a model of settings."""
    own = next((each for each in field.metadata if isinstance(each, Parameter)), None)
    return own or Parameter("".join(word.capitalize() for word in name.split("_")))
