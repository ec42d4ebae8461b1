"""Pydantic's faults as lines for people: where, what is wrong, and what to write instead.

Pydantic's own words come without the value that was given: somebody may have pasted a secret.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from flink_app.validation.fault import Fault, FaultsError, KeyPath
from flink_app.validation.words import find_meant

WriteKeys = Callable[[Sequence[str]], str]

# Pydantic's words, and ours.
# Names that only lack the brackets of a list.
_BARE_NAMES: Final = re.compile(r"^[A-Za-z_]\w*(, *[A-Za-z_]\w*)*$", re.ASCII)
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
# Pydantic's name of a fault in a mapping's key.
_KEY: Final = "[key]"
_KINDS: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    dt.date: "a date",
    dt.datetime: "a time",
}


@dataclass(frozen=True)
class Vocabulary:
    """What the writers of one kind of file write, and mean.

    Attributes:
        patterns: by pattern, the sentence that says what it allows; any other is shown.
        keys: by a key that there is not, those that may be meant by it.
        values: by a word that is no choice, the one that is meant.
        advice: by a key that there is not, what to do instead of it.
        name_remedy: what to write instead of a name of the wrong form, by its place and the name.
        with_meaning: whether the description of the field follows what is wrong.
    """

    patterns: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)
    name_remedy: Callable[[KeyPath, str], str] | None = None
    with_meaning: bool = True


def fault_lines(
    error: ValidationError,
    model: type[BaseModel],
    write_keys: WriteKeys = ".".join,
    vocabulary: Vocabulary = Vocabulary(),
) -> list[str]:
    """One line a fault.

    Args:
        error: of the validation.
        model: that was validated; its fields say which keys there are and what they mean.
        write_keys: how the keys on the way to a fault are written.
        vocabulary: of those who write such files.
    """
    lines = []
    for fault in model_faults(error, model, vocabulary):
        subject = write_keys([str(step) for step in fault.key_path]).strip()
        lines.append(f"  {replace(fault, subject=subject)}")
    return lines


def model_faults(
    error: ValidationError,
    model: type[BaseModel],
    vocabulary: Vocabulary = Vocabulary(),
) -> list[Fault]:
    """Every fault with its place; the value at it is never shown."""
    faults: list[Fault] = []
    for detail in error.errors(include_url=False):
        key_path = detail["loc"]
        own_error = detail.get("ctx", {}).get("error")
        if isinstance(own_error, FaultsError):
            moved = (fault.move_below(key_path) for fault in own_error.faults)
            faults += [replace(fault, needs=fault.needs or (fault.key_path,)) for fault in moved]
        else:
            faults.append(replace(_form_fault(model, detail, vocabulary), needs=(key_path,)))
    return _without_misplaced(faults, model)


def _without_misplaced(faults: list[Fault], model: type[BaseModel]) -> list[Fault]:
    """One fault for a key that stands where a name is expected, whatever is wrong below it."""
    misplaced: dict[KeyPath, str] = {}
    for fault in faults:
        for depth in range(2, len(fault.key_path) + 1):
            key_path = fault.key_path[:depth]
            keys = [str(step) for step in key_path]
            holder = _model_at(model, keys)
            is_member = holder is not None and _model_at(model, keys[:-1]) is None
            if holder is not None and is_member and keys[-1] in _names(holder):
                misplaced.setdefault(key_path, holder.__name__.lower())
    kept = [
        f
        for f in faults
        if not any(f.key_path[: len(key_path)] == key_path for key_path in misplaced)
    ]
    return kept + [
        Fault(
            key_path,
            f"`{key_path[-1]}` is a key of a {kind}, and stands where the name of one is expected",
            f"indent it so that it stands in a {kind}",
            of_key=True,
            needs=(key_path,),
        )
        for key_path, kind in misplaced.items()
    ]


def _form_fault(model: type[BaseModel], detail: Mapping[str, Any], vocabulary: Vocabulary) -> Fault:
    key_path = detail["loc"]
    if key_path and key_path[-1] == _KEY:
        words, name = _pattern_words(detail, vocabulary), key_path[:-1]
        remedy = _name_remedy(name, detail, vocabulary)
        return Fault(name, words, remedy, ".".join(map(str, key_path)), of_key=True)
    if detail["type"] == "extra_forbidden":
        return _unknown_key(model, key_path, vocabulary)
    return _wrong_value(model, detail, vocabulary)


def _name_remedy(key_path: KeyPath, detail: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    if detail["type"] == "string_too_long":
        return "shorten it"
    pattern = detail.get("ctx", {}).get("pattern")
    is_name = pattern in vocabulary.patterns and isinstance(detail["input"], str)
    if not is_name or vocabulary.name_remedy is None:
        return ""
    return vocabulary.name_remedy(key_path, detail["input"])


def _pattern_words(detail: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    pattern = detail.get("ctx", {}).get("pattern", "")
    return vocabulary.patterns.get(pattern) or _reword(detail["msg"])


def _wrong_value(
    model: type[BaseModel], detail: Mapping[str, Any], vocabulary: Vocabulary
) -> Fault:
    key_path, value = detail["loc"], detail["input"]
    keys = [str(step) for step in key_path]
    problem = _pattern_words(detail, vocabulary)
    if detail["type"] == "value_error":
        return Fault(key_path, *_part(problem))
    if detail["type"] == "string_type" and type(value) in _KINDS:
        problem = f"{problem}, and YAML reads this one as {_KINDS[type(value)]}"
        return Fault(key_path, problem, "put quotes around it")
    remedies = [_name_remedy(key_path, detail, vocabulary)]
    meant = ""
    if detail["type"] in {"enum", "literal_error"} and isinstance(value, str):
        meant = _meant_choice(value, detail["ctx"]["expected"], vocabulary)
        remedies.append(f"did you mean {meant}?" if meant else "")
    if detail["type"] == "enum" and isinstance(value, bool):
        remedies.append("YAML reads this one as true or false: put quotes around it")
    if not key_path:
        remedies.append(f"its keys are {', '.join(_names(model))}")
    if detail["type"] in {"missing", "list_type", "dict_type", "model_type", "too_short"}:
        remedies.append(_example(model, keys, value))
    remedy = "; ".join(filter(None, remedies))
    if vocabulary.with_meaning and (meaning := _meaning(model, keys)):
        return Fault(key_path, "; ".join(filter(None, (problem, remedy))) + meaning, meant=meant)
    return Fault(key_path, problem, remedy, meant=meant)


def _part(sentence: str) -> tuple[str, str]:
    """What is wrong, and what to write: our own validators part them by a semicolon."""
    problem, _, remedy = sentence.partition("; ")
    return problem, remedy


def _meant_choice(value: str, expected: str, vocabulary: Vocabulary) -> str:
    choices = re.findall(r"'([^']*)'", expected)
    synonym = vocabulary.values.get(value.lower(), "")
    return synonym if synonym in choices else find_meant(value, choices)


def _example(model: type[BaseModel], keys: Sequence[str], value: object) -> str:
    """How the field is written, if the model shows it; with the names that are there, if any."""
    _, field = _holder_and_field(model, keys)
    if field is None or not field.examples:
        return ""
    name = field.alias or next((key for key in reversed(keys) if not key.isdigit()), "")
    example = json.dumps(field.examples[0]).replace('"', "")
    if isinstance(field.examples[0], list) and isinstance(value, str) and _BARE_NAMES.match(value):
        example = f"[{value}]"
    return f"write it as `{name}: {example}`"


def _reword(message: str) -> str:
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    return message


def _unknown_key(model: type[BaseModel], key_path: KeyPath, vocabulary: Vocabulary) -> Fault:
    """What may stand instead of an unknown key, or where it belongs."""
    keys = [str(step) for step in key_path]
    key, problem = keys[-1], "there is no such key"
    holder, _ = _holder_and_field(model, keys)
    known = _names(holder) if holder else []
    if key.endswith(")") and "(" not in key:
        remedy = "the comma before it ends the value: put quotes around the whole value"
        return Fault(key_path, problem, remedy, of_key=True)
    synonyms = [name for name in vocabulary.keys.get(key.lower(), ()) if name in known]
    if synonyms:
        return Fault(key_path, problem, f"use `{synonyms[0]}:`", of_key=True, meant=synonyms[0])
    if meant := find_meant(key, known):
        return Fault(key_path, problem, f"did you mean {meant}?", of_key=True, meant=meant)
    if key.lower() in vocabulary.advice:
        return Fault(key_path, problem, vocabulary.advice[key.lower()], of_key=True)
    if homes := [each for each in _models_below(model) if key in _names(each) and each != holder]:
        kinds = " or ".join(f"a {each.__name__.lower()}" for each in homes)
        remedy = f"`{key}` is a key of {kinds}: indent it so that it stands in one"
        return Fault(key_path, f"{problem} here", remedy, of_key=True)
    listed = f"the keys here are {', '.join(known)}" if known else ""
    return Fault(key_path, problem, listed, of_key=True)


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_below(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The models of a model's fields, and of theirs."""
    detail: list[type[BaseModel]] = []
    todo: list[Any] = [field.annotation for field in model.model_fields.values()]
    while todo:
        annotation = todo.pop(0)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in detail:
                detail.append(annotation)
                todo += [field.annotation for field in annotation.model_fields.values()]
        else:
            todo += get_args(annotation)
    return detail


def _meaning(model: type[BaseModel], keys: Sequence[str]) -> str:
    _, field = _holder_and_field(model, keys)
    return f". Meaning: {field.description}" if field and field.description else ""


def _model_at(model: type[BaseModel], keys: Sequence[str]) -> type[BaseModel] | None:
    """The model of the value at a place; None where it is of no model."""
    annotation: Any = model
    for key in keys:
        annotation = _annotation_below(annotation, key)
    return _as_model(annotation)


def _annotation_below(annotation: Any, key: str) -> Any:
    """The annotation of a field, or of a member of a mapping or list."""
    holder = _as_model(annotation)
    if holder is not None:
        fields = holder.model_fields
        field = next((f for n, f in fields.items() if key in {n, f.alias}), None)
        return None if field is None else _plain(field.annotation)
    return _plain(next(iter(get_args(annotation)[-1:]), None))


def _as_model(annotation: Any) -> type[BaseModel] | None:
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


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
