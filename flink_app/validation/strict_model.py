"""Models of files that people write: immutable, and without unknown keys and nulls."""

from __future__ import annotations

import enum
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from flink_app.validation.fault import Fault, FaultsError, KeyPath

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
            raise FaultsError([_without_null((), written, _words(field.annotation))])
        members = value.items() if isinstance(value, dict) else ()
        faults = [
            _without_null((key,), f"{written}.{key}", _ANY_VALUE)
            for key, inner in members
            if inner is None
        ]
        if isinstance(value, list):
            faults += [
                _without_null((index,), f"an entry of {written}", _ANY_VALUE)
                for index, inner in enumerate(value)
                if inner is None
            ]
        if faults:
            raise FaultsError(faults)
        return value


def _without_null(key_path: KeyPath, subject: str, written: str) -> Fault:
    problem = (
        f"{subject} has no value: YAML reads nothing, ~ and the word null without quotes as null"
    )
    return Fault(key_path, problem, f"write {written} or leave the key out")


def _words(annotation: Any) -> str:
    """The words that a field takes, for people."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return " or ".join(member.value for member in annotation)
    of_parts = (_words(part) for part in get_args(annotation))
    return next((words for words in of_parts if words != _ANY_VALUE), _ANY_VALUE)
