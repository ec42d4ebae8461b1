"""A document is read as a declaration: every fault of it at once, or the declaration.

Pydantic stops at faults of form, and rules need parts that are well formed. So what is wrong is
reported, taken out, and the rest is inspected again, until nothing is wrong with what remains.
What is wrong only because something was taken out is not reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from pydantic import Field, ValidationError

from flink_app.declaration.declaration import Declaration
from flink_app.declaration.model import DeclarationParts, Table, Target
from flink_app.declaration.names import Identifier
from flink_app.declaration.redshift_rules import redshift_faults
from flink_app.declaration.rules import find_faults
from flink_app.declaration.star import Star
from flink_app.declaration.vocabulary import VOCABULARY
from flink_app.validation.document import Document, PlacedFault, sort_faults
from flink_app.validation.fault import Fault, KeyPath
from flink_app.validation.faults import model_faults

# A name that stands for a wrong one, so that what it names is inspected all the same.
_PLACEHOLDER: Final = "placeholder"


@dataclass(frozen=True)
class Inspection:
    """What a document is: a declaration, or faults in the order of the file."""

    document: Document
    declaration: Declaration | None
    faults: tuple[PlacedFault, ...] = ()


class _Remains(DeclarationParts):
    """What is left of a declaration, of which everything may be missing."""

    name: Identifier = _PLACEHOLDER
    tables: dict[Identifier, Table] = Field({})
    targets: dict[Identifier, Target] = Field({})


def inspect(document: Document) -> Inspection:
    """Every fault of a document, or its declaration. Takes what is wrong out of the document."""
    located = [*document.faults]
    if not document.is_yaml:
        return Inspection(document, None, tuple(located))
    faults = _first_faults(document)
    if not faults and not located:
        return Inspection(document, Declaration.model_validate(document.content))
    names: dict[str, str] = {}  # by placeholder
    is_first = True  # what is missing of the whole is not missing of remains
    while faults:
        reported = [fault for fault in faults if not _is_consequence(fault, document.removed)]
        located += [_with_own_names(document.locate(fault), names) for fault in reported]
        is_changed = _take_out(document, faults, names)
        if not is_changed and not is_first:
            break
        is_first = False
        faults = _faults_of_remains(document)
    return Inspection(document, None, tuple(sort_faults(located)))


def _first_faults(document: Document) -> list[Fault]:
    """As the whole file has them, of form, or else of rules."""
    try:
        declaration = Declaration.model_validate(document.content)
    except ValidationError as error:
        return _without_renamed(model_faults(error, Declaration, VOCABULARY))
    return redshift_faults(Star(declaration))


def _faults_of_remains(document: Document) -> list[Fault]:
    """Of what is left: those of form, or else of rules, or else of Redshift."""
    try:
        remains = _Remains.model_validate(document.content)
    except ValidationError as error:
        return _without_renamed(model_faults(error, _Remains, VOCABULARY))
    if faults := find_faults(remains):
        return faults
    if not remains.targets:
        return []
    content = {"name": _PLACEHOLDER, **document.content}
    return redshift_faults(Star(Declaration.model_validate(content)))


def _without_renamed(faults: list[Fault]) -> list[Fault]:
    """Without the missing keys that stand there under a name like theirs."""
    renamed = {(*fault.key_path[:-1], fault.meant) for fault in faults if fault.meant}
    return [fault for fault in faults if fault.of_key or fault.key_path not in renamed]


def _is_consequence(fault: Fault, removed: Iterable[KeyPath]) -> bool:
    """Whether a fault may be there only because something was taken out."""
    return any(
        _is_within(fault.key_path, taken)
        or any(_is_within(need, taken) or _is_within(taken, need) for need in fault.needs)
        for taken in removed
    )


def _is_within(key_path: KeyPath, other: KeyPath) -> bool:
    return key_path[: len(other)] == other


def _take_out(document: Document, faults: Iterable[Fault], names: dict[str, str]) -> bool:
    """Takes out what is wrong, or gives it the name that was meant; says whether anything."""
    changes = [_take_out_one(document, fault, names) for fault in faults]
    return any(changes)


def _take_out_one(document: Document, fault: Fault, names: dict[str, str]) -> bool:
    key_path = fault.key_path
    if fault.meant and _is_replaced(document, fault):
        return True
    if fault.of_key and _is_target_column(key_path):
        # Its value may be the fact's key, which would be missed.
        placeholder = f"{_PLACEHOLDER}{len(names)}"
        if document.rename(key_path, placeholder):
            names[placeholder] = str(key_path[-1])
            return True
    content = document.content_at(key_path)
    if isinstance(content, str) and _is_list(key_path) and document.put(key_path, [content]):
        return True
    if _is_key(key_path):
        # Some key, so that the rest of the table and what refers to it is inspected.
        document.removed.append(key_path)
        columns = document.content_at((*key_path[:2], "columns"))
        if isinstance(columns, dict) and columns and document.put(key_path, [next(iter(columns))]):
            return True
    return document.remove(key_path)


def _is_replaced(document: Document, fault: Fault) -> bool:
    """Puts what was meant in the place of a key or a word, where it can be."""
    if fault.of_key:
        return document.rename(fault.key_path, fault.meant)
    if isinstance(fault.key_path[-1], int):
        content = document.content_at(fault.key_path[:-1])
        if not isinstance(content, list) or fault.meant in content:
            return False
        words = [*content]
        words[fault.key_path[-1]] = fault.meant
        return document.put(fault.key_path[:-1], words)
    return document.put(fault.key_path, fault.meant)


def _is_list(key_path: KeyPath) -> bool:
    """Whether a list of names belongs there."""
    return len(key_path) in {3, 5} and key_path[-1] in {"key", "columns", "sort_key"}


def _is_key(key_path: KeyPath) -> bool:
    return len(key_path) == 3 and (key_path[0], key_path[2]) == ("tables", "key")


def _is_target_column(key_path: KeyPath) -> bool:
    return len(key_path) == 4 and (key_path[0], key_path[2]) == ("targets", "columns")


def _with_own_names(located: PlacedFault, names: dict[str, str]) -> PlacedFault:
    """The fault as of what the file says, where a placeholder stood for a name."""
    fault = located.fault
    for placeholder, name in names.items():
        if placeholder in fault.key_path:
            key_path = tuple(name if step == placeholder else step for step in fault.key_path)
            subject = (fault.subject or "").replace(placeholder, name) or None
            fault = replace(fault, key_path=key_path, subject=subject)
    return replace(located, fault=fault)
