"""What is different between two documents, by meaning: nodes and their fields, edges, settings. Where a node stands on
the canvas, and whether it was selected there, means nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

import orjson

from loomwork.dsl import Document, DrawnEdge, DrawnNode

Change = Literal["added", "removed", "changed"]

HIDDEN = "(secret)"
"""What stands in a difference instead of a secret."""

_NAMING = ("id", "variable", "name", "key")
"""By what the items of a list are told apart, the first that all of them have. Where they have none, by their place."""

_OF_THE_CANVAS = frozenset({"selected", "width", "height", "sourcePosition", "targetPosition"})
_MOST_MATCHED = 300
"""Items of a list whose places are matched, in a time that grows with the square; longer ones go side by side."""

_DEEPEST = 20
"""Levels of settings that are looked into; below, a value is compared as a whole."""

_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value. `path` says where it is (`prompt_template[0].text`; `variables[city].label` for what has a name);
    what was not there before, or is not any more, is None and `change` says so.
    """

    path: str
    change: Change
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that came, went, or has other fields. Type and title are those of the newer document that has it."""

    id: str
    change: Change
    type: str
    title: str
    fields: Sequence[FieldChange] = ()


@dataclass(frozen=True, slots=True)
class EdgeChange:
    change: Literal["added", "removed"]
    source: str
    handle: str
    target: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`settings` are all fields outside the graph: the app's name and look, features, variables, our own keys."""

    nodes: Sequence[NodeChange]
    edges: Sequence[EdgeChange]
    settings: Sequence[FieldChange]

    @property
    def is_empty(self) -> bool:
        """Whether the two mean the same."""
        return not (self.nodes or self.edges or self.settings)


def difference(old: Document, new: Document) -> Difference:
    """What changes from one document to the other. Values of secret environment variables are never told, only that
    they changed.
    """
    return Difference(
        nodes=list(_nodes(old.drawn_nodes, new.drawn_nodes)),
        edges=list(_edges(old.drawn_edges, new.drawn_edges)),
        settings=[_told(change) for change in _fields("", _settings(old), _settings(new), 0)],
    )


def _nodes(old: Sequence[DrawnNode], new: Sequence[DrawnNode]) -> Iterator[NodeChange]:
    olds, news = {node.id: node for node in old}, {node.id: node for node in new}
    for node in new:
        if node.id not in olds:
            yield NodeChange(node.id, "added", node.type, node.title)
        elif changes := list(_fields("", _meaning(olds[node.id]), _meaning(node), 0)):
            yield NodeChange(node.id, "changed", node.type, node.title, changes)
    for node in old:
        if node.id not in news:
            yield NodeChange(node.id, "removed", node.type, node.title)


def _meaning(node: DrawnNode) -> Mapping[str, Any]:
    fields = {
        str(key): value
        for key, value in node.config.items()
        if key not in _OF_THE_CANVAS and not str(key).startswith("_")
    }
    return {**fields, "type": node.type, "title": node.title, "container": node.parent_id}


def _edges(old: Sequence[DrawnEdge], new: Sequence[DrawnEdge]) -> Iterator[EdgeChange]:
    olds, news = {edge.id for edge in old}, {edge.id for edge in new}
    for edge in new:
        if edge.id not in olds:
            yield EdgeChange("added", edge.source, edge.handle, edge.target)
    for edge in old:
        if edge.id not in news:
            yield EdgeChange("removed", edge.source, edge.handle, edge.target)


@dataclass(frozen=True, slots=True)
class _Secret:
    """A value that may be compared and not be told."""

    digest: bytes


def _settings(document: Document) -> Mapping[Any, Any]:
    workflow = document.tree.get("workflow")
    if not isinstance(workflow, Mapping):
        return document.tree
    # Old files have nodes and edges beside the rest.
    kept = {key: value for key, value in workflow.items() if key not in ("graph", "nodes", "edges")}
    variables = kept.get("environment_variables")
    if isinstance(variables, list):
        kept["environment_variables"] = [_sealed(variable) for variable in variables]
    return {**document.tree, "workflow": kept}


def _sealed(variable: Any) -> Any:
    if not isinstance(variable, Mapping) or variable.get("value_type") != "secret":
        return variable
    return {**variable, "value": _Secret(hashlib.sha256(repr(variable.get("value")).encode()).digest())}


def _told(change: FieldChange) -> FieldChange:
    return FieldChange(change.path, change.change, _without_secrets(change.before), _without_secrets(change.after))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, _Secret):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _without_secrets(each) for key, each in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def _fields(path: str, old: Any, new: Any, depth: int) -> Iterator[FieldChange]:
    if old is _ABSENT:
        yield FieldChange(path, "added", None, new)
    elif new is _ABSENT:
        yield FieldChange(path, "removed", old, None)
    elif isinstance(old, Mapping) and isinstance(new, Mapping) and depth < _DEEPEST:
        yield from _of_mappings(path, old, new, depth)
    elif isinstance(old, list) and isinstance(new, list) and depth < _DEEPEST:
        yield from _of_lists(path, old, new, depth)
    elif not _same(old, new):
        yield FieldChange(path, "changed", old, new)


def _same(old: Any, new: Any) -> bool:
    """Equal, and of one kind: what was a number and is a switch now has changed."""
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _of_mappings(path: str, old: Mapping[Any, Any], new: Mapping[Any, Any], depth: int) -> Iterator[FieldChange]:
    for key in dict.fromkeys([*old, *new]):
        place = f"{path}.{key}" if path else str(key)
        yield from _fields(place, old.get(key, _ABSENT), new.get(key, _ABSENT), depth + 1)


def _of_lists(path: str, old: list[Any], new: list[Any], depth: int) -> Iterator[FieldChange]:
    olds, news = _by_name(old, new)
    if olds is None or news is None:
        yield from _by_place(path, old, new, depth)
        return
    for name in dict.fromkeys([*olds, *news]):
        yield from _fields(f"{path}[{name}]", olds.get(name, _ABSENT), news.get(name, _ABSENT), depth + 1)
    before, after = [name for name in olds if name in news], [name for name in news if name in olds]
    if before != after:
        yield FieldChange(f"{path}[]", "changed", before, after)


def _by_name(old: list[Any], new: list[Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    items = [*old, *new]
    for key in _NAMING:
        if items and all(isinstance(item, Mapping) and isinstance(item.get(key), str) for item in items):
            olds, news = {item[key]: item for item in old}, {item[key]: item for item in new}
            if len(olds) == len(old) and len(news) == len(new):
                return olds, news
    return None, None


def _by_place(path: str, old: list[Any], new: list[Any], depth: int) -> Iterator[FieldChange]:
    for before, after in _matched(old, new):
        place = after if after is not None else before
        yield from _fields(
            f"{path}[{place}]",
            _ABSENT if before is None else old[before],
            _ABSENT if after is None else new[after],
            depth + 1,
        )


def _matched(old: list[Any], new: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of places that stand for one another; None where one side has nothing."""
    if max(len(old), len(new)) > _MOST_MATCHED:
        yield from _side_by_side(range(len(old)), range(len(new)))
        return
    matcher = SequenceMatcher(None, [_words(item) for item in old], [_words(item) for item in new], autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag != "equal":
            yield from _side_by_side(range(old_from, old_to), range(new_from, new_to))


def _side_by_side(old: range, new: range) -> Iterator[tuple[int | None, int | None]]:
    for place in range(max(len(old), len(new))):
        yield (old[place] if place < len(old) else None, new[place] if place < len(new) else None)


def _words(item: Any) -> str:
    """The same for what is equal, whatever it is."""
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return repr(item)
