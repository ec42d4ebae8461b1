"""What a deployment has to know of a setting: its template parameter, and what its change loses."""

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


@dataclass(frozen=True)
class Location:
    """Stands in the annotation of a setting that says where data is, so that it must not change.

    Attributes:
        loss: what a change of it leaves behind, as a clause for people.
    """

    loss: str


def parameter_of(name: str, field: FieldInfo) -> Parameter:
    """The parameter of one field of a model of settings."""
    declared = next((item for item in field.metadata if isinstance(item, Parameter)), None)
    return declared or Parameter("".join(word.capitalize() for word in name.split("_")))


def loss_of(field: FieldInfo) -> Location | None:
    """What a change of the setting loses, None where it loses nothing."""
    return next((item for item in field.metadata if isinstance(item, Location)), None)
