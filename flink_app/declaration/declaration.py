"""The whole of a declaration file: parts that keep the rules between each other."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from flink_app.declaration.model import DeclarationParts
from flink_app.declaration.rules import check


class Declaration(DeclarationParts):
    """A whole declaration file."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        check(self)
        return self
