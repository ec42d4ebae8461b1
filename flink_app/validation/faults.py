"""Pydantic's faults as lines for people: where, what is wrong, and what to write instead.

Pydantic's own words come without the value that was given: somebody may have pasted a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

WriteKeys = Callable[[Sequence[str]], str]

# Pydantic's words, and ours.
_WORDS: Final = (
    (r"^Value error, ", ""),
    (r"^Field required$", "this key is missing"),
    (r"^Extra inputs are not permitted$", "there is no such key"),
    (r"^\w+ should ", "must "),
    (r", unable to .*$", ""),
    (r" after validation(?=, not )", ""),
    (r"^must match pattern ", "must match the pattern "),
    (r"^must be greater than or equal to ", "must be at least "),
    (r"^must be less than or equal to ", "must be at most "),
    (r"^must be a valid dictionary( or .*)?$", "must be a mapping of keys and values"),
    (r"^must be a valid boolean$", "must be true or false"),
    (r"^must be a valid ", "must be a "),
    (r"^must be a (?=[aeiou])", "must be an "),
)
# Faults that our own validators word, with what to do.
_OUR_OWN: Final = {"value_error"}
_NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})


def list_faults(path: Path, lines: Sequence[str]) -> str:
    """The message about a file: how many errors it has, and a line for each."""
    count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
    return "\n".join([f"{path} has {count}:", *lines])


def fault_lines(
    error: ValidationError,
    model: type[BaseModel],
    write_keys: WriteKeys = ".".join,
    *,
    with_meaning: bool = True,
    pattern_words: Mapping[str, str] = _NO_WORDS,
) -> list[str]:
    """One line a fault.

    Args:
        error: of the validation.
        model: that was validated; its fields say which keys there are and what they mean.
        write_keys: how the keys on the way to a fault are written.
        with_meaning: whether the description of the field follows what is wrong.
        pattern_words: by pattern, the sentence that says what it allows; any other is shown.
    """
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        keys = [str(key) for key in fault["loc"]]
        subject = write_keys(keys).strip()
        pattern = fault.get("ctx", {}).get("pattern", "")
        sentence = pattern_words.get(pattern) or _reword(fault["msg"])
        if fault["type"] == "extra_forbidden":
            sentence += _known_keys(model, keys)
        elif with_meaning and fault["type"] not in _OUR_OWN:
            sentence += _meaning(model, keys)
        lines.append(f"  {subject}: {sentence}" if subject else f"  {sentence}")
    return lines


def _reword(message: str) -> str:
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    return message


def _known_keys(model: type[BaseModel], keys: Sequence[str]) -> str:
    """What may stand instead of an unknown key."""
    holder, _ = _holder_and_field(model, keys)
    known = [field.alias or name for name, field in holder.model_fields.items()] if holder else []
    if alike := difflib.get_close_matches(keys[-1], known, n=1):
        return f"; did you mean {alike[0]}?"
    return f"; the keys here are {', '.join(known)}" if known else ""


def _meaning(model: type[BaseModel], keys: Sequence[str]) -> str:
    _, field = _holder_and_field(model, keys)
    return f". Meaning: {field.description}" if field and field.description else ""


def _holder_and_field(
    model: type[BaseModel], keys: Sequence[str]
) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The model that the last of the keys belongs to, and the field that holds its value.

    Keys of a mapping and indices of a list belong to the field that holds the whole.
    """
    holder, field, annotation = None, None, _plain(model)
    for key in keys:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            holder = annotation
            fields = holder.model_fields
            field = next((f for n, f in fields.items() if key in {n, f.alias}), None)
            if field is None:
                return holder, None
            annotation = _plain(field.annotation)
        else:
            annotation = _plain(next(iter(get_args(annotation)[-1:]), None))
    return holder, field


def _plain(annotation: Any) -> Any:
    """What an annotation says without constraints and None."""
    while get_origin(annotation) in {Annotated, Union, UnionType}:
        annotation = next(each for each in get_args(annotation) if each is not NoneType)
    return annotation
