"""Models of files that people write: immutable, and without unknown keys and nulls."""

from __future__ import annotations

import enum
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

_ANY_VALUE: Final = "a value"


class StrictModel(BaseModel):
    """A model that refuses keys it does not have, and null wherever it stands in a file.

    Null would silently mean the default; the refusal says what to write there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_null(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuses null for every field and member of a field: it never means the default."""
        name = info.field_name or ""
        field = cls.model_fields[name]
        written = field.alias or name
        if value is None:
            raise ValueError(_without_null(written, _words(field.annotation)))
        members = value.items() if isinstance(value, dict) else ()
        for member in [key for key, inner in members if inner is None]:
            raise ValueError(_without_null(f"{written}.{member}", _ANY_VALUE))
        if isinstance(value, list) and None in value:
            raise ValueError(_without_null(f"an entry of {written}", _ANY_VALUE))
        return value


def _without_null(subject: str, written: str) -> str:
    return (
        f"{subject} has no value: YAML reads nothing, ~ and the word null without quotes as null. "
        f"Write {written} or leave the key out"
    )


def _words(annotation: Any) -> str:
    """The words that a field takes, for people."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return " or ".join(member.value for member in annotation)
    of_parts = (_words(part) for part in get_args(annotation))
    return next((words for words in of_parts if words != _ANY_VALUE), _ANY_VALUE)
