"""A YAML file with the place of everything in it, and its own faults, all of them.

PyYAML stops at the first fault and takes the last of two equal keys in silence. Here only what
makes the rest unreadable stops; a wrong key or a scalar that is not what it looks like is left out
and said, and the rest can be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from flink_app.validation.fault import Fault, KeyPath
from flink_app.validation.syntax import SyntaxFault, explain, find_tabs

# What PyYAML and Python raise for text that a tag or a plain scalar does not fit: 2026-13-45,
# a number of 5,000 digits, `!!bool maybe`, `!!timestamp later`.
_UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_TEXT: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_LIST: Final = "tag:yaml.org,2002:seq"
_PLAIN_TAGS: Final = {"tag:yaml.org,2002:map", _LIST}
# Aliases of aliases can stand for more than any memory holds.
_MOST_NODES: Final = 200_000


@dataclass(frozen=True, order=True)
class Mark:
    """Line and column, both from 1."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: yaml.Mark) -> Mark:
        """As PyYAML counts, from 0."""
        return cls(mark.line + 1, mark.column + 1)


@dataclass(frozen=True)
class PlacedFault:
    """A fault with where it stands in the file; `mark` is None for one of the whole file."""

    mark: Mark | None
    fault: Fault

    def __str__(self) -> str:
        if self.mark is None:
            return str(self.fault)
        return f"line {self.mark.line}, column {self.mark.column}: {self.fault}"


@dataclass
class Node:
    """A value: a scalar, the entries of a mapping by key, or the items of a list."""

    mark: Mark
    scalar: Any = None
    entries: dict[str, Entry] | None = None
    items: list[Node] | None = None

    @property
    def content(self) -> Any:
        """What it stands for, without marks."""
        if self.entries is not None:
            return {key: entry.node.content for key, entry in self.entries.items()}
        if self.items is not None:
            return [item.content for item in self.items]
        return self.scalar


@dataclass
class Entry:
    """A key of a mapping, where it stands, and its value."""

    mark: Mark
    node: Node


@dataclass
class Document:
    """A file's content as a tree, from which parts can be taken out, and the faults of its form.

    Attributes:
        root: None of a file that is empty or cannot be read as YAML.
        faults: of the form, in the order of the file.
        removed: the places that were left out, by a fault or by `remove`.
        is_yaml: whether it can be read as YAML, but for what was left out.
    """

    root: Node | None = None
    faults: list[PlacedFault] = field(default_factory=list)
    removed: list[KeyPath] = field(default_factory=list)
    is_yaml: bool = True

    @property
    def content(self) -> Any:
        """The file's content without marks."""
        return None if self.root is None else self.root.content

    def mark(self, key_path: KeyPath, *, of_key: bool = False) -> Mark:
        """Where a value stands, or its key; for what is not there, where it would be missed."""
        node, mark = self.root, Mark(1, 1) if self.root is None else self.root.mark
        for depth, step in enumerate(key_path, 1):
            entry = _entry(node, step)
            if entry is None:
                # A scalar that stands for a mapping, as a column's type for the column.
                is_scalar = node is not None and node.entries is None and node.items is None
                return node.mark if node is not None and is_scalar else mark
            is_last = depth == len(key_path)
            # A mapping or list that spans lines is pointed at by its key.
            is_value = is_last and not of_key and entry.node.entries is None
            mark = entry.node.mark if is_value and entry.node.items is None else entry.mark
            node = entry.node
        return mark

    def locate(self, fault: Fault) -> PlacedFault:
        """The fault with its place in the file."""
        return PlacedFault(self.mark(fault.key_path, of_key=fault.of_key), fault)

    def locate_all(self, faults: Iterable[Fault]) -> list[PlacedFault]:
        """The faults with their places, in the order of the file."""
        return sort_faults(self.locate(fault) for fault in faults)

    def content_at(self, key_path: KeyPath) -> Any:
        """What stands at a place, without marks; None where nothing does."""
        node = self._node(key_path)
        return None if node is None else node.content

    def remove(self, key_path: KeyPath) -> bool:
        """Takes out the entry at a place, or the nearest above it; says whether there was one."""
        for depth in range(len(key_path), 0, -1):
            parent = self._node(key_path[: depth - 1])
            step = key_path[depth - 1]
            entries = None if parent is None else parent.entries
            if entries is not None and isinstance(step, str) and step in entries:
                del entries[step]
                self.removed.append(key_path[:depth])
                return True
        return False

    def rename(self, key_path: KeyPath, name: str) -> bool:
        """Gives an entry another key, where it can have it; says whether it has it now."""
        parent = self._node(key_path[:-1])
        entries = None if parent is None else parent.entries
        key = key_path[-1]
        if entries is None or not isinstance(key, str) or name in entries or key not in entries:
            return False
        renamed = {name if each == key else each: entry for each, entry in entries.items()}
        entries.clear()
        entries.update(renamed)
        return True

    def put(self, key_path: KeyPath, content: str | list[str]) -> bool:
        """Puts text or a list of texts into a mapping, at the mark of what was there, if it was."""
        parent, key = self._node(key_path[:-1]), key_path[-1]
        if parent is None or parent.entries is None or not isinstance(key, str):
            return False
        mark = self.mark(key_path)
        node = Node(mark, scalar=content)
        if isinstance(content, list):
            node = Node(mark, items=[Node(mark, scalar=text) for text in content])
        old = parent.entries.get(key)
        if old is not None and old.node.content == content:
            return False
        parent.entries[key] = Entry(mark if old is None else old.mark, node)
        return True

    def _node(self, key_path: KeyPath) -> Node | None:
        node = self.root
        for step in key_path:
            entry = _entry(node, step)
            node = None if entry is None else entry.node
        return node


def _entry(node: Node | None, step: str | int) -> Entry | None:
    if node is None:
        return None
    if node.entries is not None and isinstance(step, str):
        return node.entries.get(step)
    if node.items is not None and isinstance(step, int) and step < len(node.items):
        return Entry(node.items[step].mark, node.items[step])
    return None


def sort_faults(faults: Iterable[PlacedFault]) -> list[PlacedFault]:
    """Each once, in the order of the file; those of the whole file first."""
    return sorted(dict.fromkeys(faults), key=lambda fault: fault.mark or Mark(0, 0))


def read_document(text: str) -> Document:
    """Reads a file's text; what is wrong with it is among the document's faults."""
    if tabs := find_tabs(text):
        return Document(faults=[_of_syntax(fault) for fault in tabs], is_yaml=False)
    document = Document()
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is not None:
            document.root = _Reader(loader, document).read(node, (), ())
    except RecursionError:
        fault = Fault((), "it is nested too deeply to be read", "write it flatter", subject="")
        return Document(faults=[PlacedFault(None, fault)], is_yaml=False)
    except yaml.YAMLError as error:
        return Document(faults=[_of_syntax(explain(error, text))], is_yaml=False)
    return document


def _of_syntax(fault: SyntaxFault) -> PlacedFault:
    mark = None if fault.line is None else Mark(fault.line, fault.column)
    return PlacedFault(mark, Fault((), fault.problem, fault.remedy, subject=""))


class _Reader:
    """Makes the tree of a document from PyYAML's nodes."""

    def __init__(self, loader: yaml.SafeLoader, document: Document) -> None:
        self._loader = loader
        self._document = document
        self._count = 0

    def read(self, node: yaml.Node, key_path: KeyPath, above: tuple[int, ...]) -> Node | None:
        """The tree below a node; None where it is left out."""
        self._count += 1
        if self._count > _MOST_NODES:
            fault = f"aliases make more than {_MOST_NODES} values of this"
            return self._leave_out(node, key_path, fault, "write out what is meant")
        if id(node) in above:
            fault = "this alias is within what it stands for"
            return self._leave_out(node, key_path, fault, "write out what is meant")
        mark, above = Mark.of(node.start_mark), (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return self._read_scalar(node, key_path)
        if node.tag not in _PLAIN_TAGS:
            tag = node.tag.rpartition(":")[2]
            fault = f"the tag !!{tag} means nothing here"
            return self._leave_out(node, key_path, fault, "remove it")
        if isinstance(node, yaml.SequenceNode) and node.tag == _LIST:
            items = [self.read(item, (*key_path, i), above) for i, item in enumerate(node.value)]
            return Node(mark, items=[item for item in items if item is not None])
        return self._read_mapping(node, key_path, above)

    def _read_scalar(self, node: yaml.ScalarNode, key_path: KeyPath) -> Node | None:
        construct: Callable[[yaml.Node], Any] = self._loader.construct_object
        try:
            return Node(Mark.of(node.start_mark), scalar=construct(node))
        except (*_UNFIT, yaml.YAMLError):
            kind = node.tag.rpartition(":")[2]
            fault = f"this cannot be read as {kind}"
            return self._leave_out(node, key_path, fault, "put quotes around it if it is text")

    def _read_mapping(
        self, node: yaml.Node, key_path: KeyPath, above: tuple[int, ...]
    ) -> Node | None:
        mark = Mark.of(node.start_mark)
        if not isinstance(node, yaml.MappingNode):
            return self._leave_out(node, key_path, "the tag !!map is before a list", "remove it")
        try:
            self._loader.flatten_mapping(node)
        except yaml.YAMLError:
            return self._leave_out(
                node,
                key_path,
                "<< takes a mapping, or a list of them",
                "refer to one, as <<: *name",
            )
        entries: dict[str, Entry] = {}
        for key, value in node.value:
            if not self._is_key(key, entries, key_path):
                continue
            below = self.read(value, (*key_path, key.value), above)
            if below is not None:
                entries[key.value] = Entry(Mark.of(key.start_mark), below)
        return Node(mark, entries=entries)

    def _is_key(self, key: yaml.Node, entries: dict[str, Entry], key_path: KeyPath) -> bool:
        """Whether a node can be a key beside the others; says why not."""
        if not isinstance(key, yaml.ScalarNode):
            self._note(key, key_path, "a key must be text, not a list or a mapping", "write text")
        elif key.tag not in {_TEXT, _MERGE}:
            kind = key.tag.rpartition(":")[2]
            problem = f"a key must be text, and YAML reads this one as {kind}"
            # Known by its text to whatever refers to it.
            self._leave_out(key, (*key_path, key.value), problem, "put quotes around it")
        elif key.value in entries:
            first = entries[key.value].mark.line
            problem = f"the key {key.value!r} appears twice, first in line {first}"
            self._note(key, (*key_path, key.value), problem, "remove one, or rename it")
        else:
            return True
        return False

    def _leave_out(
        self, node: yaml.Node, key_path: KeyPath, problem: str, remedy: str
    ) -> Node | None:
        self._note(node, key_path, problem, remedy)
        self._document.removed.append(key_path)
        return None

    def _note(self, node: yaml.Node, key_path: KeyPath, problem: str, remedy: str) -> None:
        fault = Fault(key_path, problem, remedy)
        self._document.faults.append(PlacedFault(Mark.of(node.start_mark), fault))
