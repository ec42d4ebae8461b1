"""YAML files that people write: read strictly, and every fault raised as one kind of error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.failures import StarjoinError
from flink_app.validation.document import Document, PlacedFault, read_document


class YamlFileError(StarjoinError, ValueError):
    """The file cannot be read as YAML; the message names it and says why."""


def read_yaml_document(path: Path) -> Document:
    """A file with one document, in UTF-8, and the faults of its form.

    Raises FileNotFoundError where there is no file, YamlFileError where it is no text.
    """
    try:
        return read_document(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise YamlFileError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path} is not text in UTF-8: {error.reason} at byte {error.start}"
        raise YamlFileError(message) from error
    except ValueError as error:  # a NUL in the name
        message = f"{path} cannot be read: {error}"
        raise YamlFileError(message) from error


def read_yaml(path: Path) -> Any:
    """The content of such a file; None where it is empty. Raises the same, also for each fault."""
    document = read_yaml_document(path)
    if document.faults:
        raise YamlFileError(list_placed_faults(path, document.faults))
    return document.content


def list_placed_faults(path: Path, faults: Sequence[PlacedFault]) -> str:
    """The message about a file: how many errors it has, and a line for each."""
    return list_faults(path, [f"  {fault}" for fault in faults])


def list_faults(path: Path, lines: Sequence[str]) -> str:
    """The same of faults that are lines already."""
    count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
    return "\n".join([f"{path} has {count}:", *lines])
