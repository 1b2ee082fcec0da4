"""YAML text to a node graph, within limits: one pass over the parser's events, nothing built that would be refused.

PyYAML's own composer recurses in C without a limit and expands aliases without one, so a small hostile file could end
the process or fill its memory. Sizes and heights are kept per anchor, so an alias costs what it stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from loomwork.dsl.errors import DslError, refusal
from loomwork.engine.ports import Problem

MAX_DEPTH = 100
"""Levels of lists and mappings inside each other, aliases followed."""

MAX_WEIGHT = 32_000_000
"""Characters of all scalars plus `NODE_WEIGHT` for every node, aliases counted as often as they are used."""

NODE_WEIGHT = 64

MAX_ODD_KEYS = 2_000
"""Keys that are not text. Numbers hash predictably, so many of them could be chosen to make a dict slow."""

MAX_NUMBER_LENGTH = 1_000
"""Characters of a number; longer ones stay text (Python refuses to print integers of more than 4300 digits)."""

_TAG = "tag:yaml.org,2002:"
_STR, _MAP, _SEQ, _MERGE = _TAG + "str", _TAG + "map", _TAG + "seq", _TAG + "merge"
_ALLOWED_TAGS = frozenset(_TAG + name for name in ("str", "map", "seq", "int", "float", "bool", "null", "timestamp"))
_TEXT_INSTEAD = frozenset({_MERGE, _TAG + "value"})
"""`<<` as a value and a bare `=` mean text in app files; plain YAML 1.1 has no value for them."""


@dataclass(frozen=True, slots=True)
class _Sized:
    node: Node
    weight: int
    height: int


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    node: SequenceNode | MappingNode
    anchor: str | None
    weight: int = NODE_WEIGHT
    height: int = 1
    key: Node | None = None
    seen: set[str] = field(default_factory=set)


class BoundedLoader(yaml.CSafeLoader):
    """Loads one document of plain data: no object tags, no recursion, bounded depth and size.

    `warnings` tells of keys that stand twice in one mapping; the last one counts, as everywhere in YAML.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.warnings: list[Problem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Sized | None] = {}
        self._root: Node | None = None
        self._odd_keys = 0
        self._resolve: Callable[[type[Node], str, Any], str] = self.resolve

    def load(self) -> Any:
        """The document's value; None for a file without one. Raises `DslError` or what PyYAML raises."""
        root = self._compose()
        return None if root is None else self.construct_document(root)

    def _compose(self) -> Node | None:
        documents = 0
        while (event := self.get_event()) is not None and not isinstance(event, StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "The file holds several YAML documents; an app file is one."
                    raise _refusal("several_documents", message, event)
            else:
                self._take(event)
        return self._root

    def _take(self, event: Event) -> None:
        match event:
            case ScalarEvent():
                self._take_scalar(event)
            case SequenceStartEvent() | MappingStartEvent():
                self._begin(event)
            case SequenceEndEvent() | MappingEndEvent():
                self._end(event)
            case AliasEvent():
                self._take_alias(event)
            case _:
                pass

    def _take_scalar(self, event: ScalarEvent) -> None:
        tag = _checked_tag(event, event.tag)
        if tag is None or tag == "!":
            tag = self._resolve(ScalarNode, event.value, event.implicit)
            is_merge_key = tag == _MERGE and self._expects_key()
            if tag in _TEXT_INSTEAD and not is_merge_key:
                tag = _STR
        start: Any = event.start_mark
        node = ScalarNode(tag, event.value, start, None, event.style)
        sized = _Sized(node, NODE_WEIGHT + len(event.value), 0)
        if event.anchor is not None:
            self._anchors[event.anchor] = sized
        self._add(sized, event)

    def _take_alias(self, event: AliasEvent) -> None:
        anchor = str(event.anchor)
        if anchor not in self._anchors:
            raise _refusal("invalid_yaml", f"The alias '*{_shortened(anchor)}' has no anchor before it.", event)
        target = self._anchors[anchor]
        if target is None:
            raise _refusal(
                "recursive_alias", f"The alias '*{_shortened(anchor)}' contains itself, so it has no end.", event
            )
        self._add(target, event)

    def _begin(self, event: SequenceStartEvent | MappingStartEvent) -> None:
        tag = _checked_tag(event, event.tag)
        node: SequenceNode | MappingNode
        start: Any = event.start_mark
        if isinstance(event, MappingStartEvent):
            node = MappingNode(_MAP if tag in (None, "!") else tag, [], start, None, event.flow_style)
        else:
            node = SequenceNode(_SEQ if tag in (None, "!") else tag, [], start, None, event.flow_style)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(node, event.anchor))
        if len(self._stack) > MAX_DEPTH:
            raise _too_deep(event)

    def _end(self, event: Event) -> None:
        opened = self._stack.pop()
        sized = _Sized(opened.node, opened.weight, opened.height)
        if opened.anchor is not None:
            self._anchors[opened.anchor] = sized
        self._add(sized, event)

    def _add(self, sized: _Sized, event: Event) -> None:
        if not self._stack:
            self._root = sized.node
            return
        parent = self._stack[-1]
        parent.weight += sized.weight
        parent.height = max(parent.height, sized.height + 1)
        if parent.weight > MAX_WEIGHT:
            raise _refusal("too_large", "The document is too large once its aliases are written out.", event)
        if len(self._stack) + sized.height > MAX_DEPTH:
            raise _too_deep(event)
        if isinstance(parent.node, SequenceNode):
            parent.node.value.append(sized.node)
        elif parent.key is None:
            self._check_key(parent, sized.node, event)
            parent.key = sized.node
        else:
            parent.node.value.append((parent.key, sized.node))
            parent.key = None

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, MappingNode) and self._stack[-1].key is None

    def _check_key(self, parent: _Open, key: Node, event: Event) -> None:
        if key.tag == _STR:
            if key.value in parent.seen:
                message = f"The key '{_shortened(key.value)}' stands twice in one mapping; the last one counts."
                self.warnings.append(Problem("warning", "duplicate_key", message, place=place_of(event.start_mark)))
            parent.seen.add(key.value)
            return
        self._odd_keys += 1
        if self._odd_keys > MAX_ODD_KEYS:
            raise _refusal("too_large", f"More than {MAX_ODD_KEYS} keys of the document are not text.", event)


def place_of(mark: Any) -> str | None:
    """`line 4, column 2`, counted from 1, for a mark of the parser."""
    return None if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


def _checked_tag(event: Event, tag: str | None) -> str | None:
    if tag is None or tag == "!" or tag in _ALLOWED_TAGS:
        return tag
    shown = _shortened(tag.replace(_TAG, "!!"))
    raise _refusal("forbidden_tag", f"The tag '{shown}' is not allowed: an app file holds plain data only.", event)


def _too_deep(event: Event) -> DslError:
    return _refusal("too_deep", f"The document is nested deeper than {MAX_DEPTH} levels.", event)


def _refusal(code: str, message: str, event: Event) -> DslError:
    return refusal(code, message, place_of(event.start_mark))


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _or_text(construct: Callable[[SafeConstructor, Any], Any]) -> Callable[[BoundedLoader, Any], Any]:
    """Text stays text where it only looks like a number or a date: `2024-13-45`, `0x_`, ten thousand digits."""

    def construct_or_text(loader: BoundedLoader, node: Any) -> Any:
        if isinstance(node, ScalarNode) and len(node.value) > MAX_NUMBER_LENGTH:
            return node.value
        try:
            return construct(loader, node)
        except (ValueError, ArithmeticError, LookupError, AttributeError):
            return loader.construct_scalar(node)

    return construct_or_text


BoundedLoader.add_constructor(_TAG + "int", _or_text(SafeConstructor.construct_yaml_int))
BoundedLoader.add_constructor(_TAG + "float", _or_text(SafeConstructor.construct_yaml_float))
BoundedLoader.add_constructor(_TAG + "bool", _or_text(SafeConstructor.construct_yaml_bool))
BoundedLoader.add_constructor(_TAG + "timestamp", _or_text(SafeConstructor.construct_yaml_timestamp))
