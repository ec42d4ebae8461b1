"""Reading a declaration file."""

from __future__ import annotations

from pathlib import Path

from connectors.failures import StarjoinError
from flink_app.declaration.declaration import Declaration
from flink_app.declaration.inspection import Inspection, inspect
from flink_app.validation.yaml_file import (
    YamlFileError,
    list_placed_faults,
    read_yaml_document,
)


class DeclarationError(StarjoinError, ValueError):
    """The declaration file cannot be used; the message lists every fault with its place."""


def load_declaration(path: Path) -> Declaration:
    """Reads and validates a declaration file.

    Raises DeclarationError when the file cannot be read, is not YAML or breaks a rule.
    """
    inspection = inspect_file(path)
    if inspection.declaration is None:
        raise DeclarationError(list_placed_faults(path, inspection.faults))
    return inspection.declaration


def inspect_file(path: Path) -> Inspection:
    """The declaration of a file, or every fault with its place.

    Raises DeclarationError when the file cannot be read.
    """
    try:
        return inspect(read_yaml_document(path))
    except FileNotFoundError as error:
        message = f"{path}: there is no such declaration file"
        raise DeclarationError(message) from error
    except YamlFileError as error:
        raise DeclarationError(str(error)) from error
