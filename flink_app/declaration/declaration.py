"""The whole of a declaration file: parts that keep the rules between each other."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from flink_app.declaration.model import DeclarationParts
from flink_app.declaration.rules import find_faults
from flink_app.validation.fault import FaultsError


class Declaration(DeclarationParts):
    """A whole declaration file."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if faults := find_faults(self):
            raise FaultsError(faults)
        return self
