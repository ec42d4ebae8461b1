"""YAML files that people write: read strictly, and every fault raised as one kind of error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from connectors.failures import StarjoinError

# What PyYAML and Python raise for text that a tag or a plain scalar does not fit: 2026-13-45,
# a number of 5,000 digits, `!!bool maybe`, `!!timestamp later`.
_UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_TEXT_KEYS: Final = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


class YamlFileError(StarjoinError, ValueError):
    """The file cannot be read as YAML; the message names it and says why."""


class _Loader(yaml.SafeLoader):
    """YAML whose every fault is a YAMLError with its place.

    PyYAML lets other exceptions through, and takes the last of two equal names in silence.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own form
        try:
            return super().construct_object(node, deep)
        except _UNFIT as error:
            kind = node.tag.rpartition(":")[2]
            problem = f"this cannot be read as {kind}; put quotes around it if it is text"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own form
        if not isinstance(node, yaml.MappingNode):  # a tag says mapping where none stands
            return super().construct_mapping(node, deep)
        seen: set[str] = set()
        for key, _ in node.value:
            if fault := _key_fault(key, seen):
                raise yaml.constructor.ConstructorError(None, None, fault, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _key_fault(key: yaml.Node, seen: set[str]) -> str | None:
    """Why a node cannot be a key beside those that were seen; None where it can."""
    if not isinstance(key, yaml.ScalarNode):
        return "a key must be text, not a list or a mapping"
    if key.tag not in _TEXT_KEYS:
        kind = key.tag.rpartition(":")[2]
        return f"a key must be text, and YAML reads this one as {kind}; put quotes around it"
    return f"the key {key.value!r} appears twice; remove one" if key.value in seen else None


def read_yaml(path: Path) -> Any:
    """The content of a file with one document, in UTF-8; None where it is empty.

    Raises FileNotFoundError where there is no file, YamlFileError for every other fault.
    """
    try:
        return _Loader(path.read_text(encoding="utf-8")).get_single_data()
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
    except RecursionError as error:
        message = f"{path} is nested too deeply to be read"
        raise YamlFileError(message) from error
    except yaml.YAMLError as error:
        message = f"{path} is not YAML: {_problem_of(error)}"
        raise YamlFileError(message) from error


def _problem_of(error: yaml.YAMLError) -> str:
    """What is wrong and where, without the line itself: somebody may have pasted a secret."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error).partition("\n")[0]
    mark = error.problem_mark or error.context_mark
    prefix = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return prefix + ", ".join(filter(None, (error.context, error.problem)))
