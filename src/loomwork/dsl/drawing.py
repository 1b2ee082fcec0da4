"""The graph as it is drawn: where each node stands, which ways lead out of it, and what they are called."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.dsl.graph import ReadGraph, ReadNode
from loomwork.dsl.values import as_list, as_mapping, as_number, as_text
from loomwork.engine.ports import FAIL_BRANCH, SOURCE

COLUMN, ROW = 304.0, 140.0
"""Distance of nodes that the document gives no position, in React Flow units."""

_FINAL_TYPES = frozenset({"end", "loop-end", "knowledge-index"})


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node on the canvas. Positions in React Flow units, relative to the container for its children."""

    id: str
    type: str
    title: str
    description: str
    x: float
    y: float
    width: float | None
    height: float | None
    parent_id: str | None
    handles: Sequence[tuple[str, str]]
    """Handle id and label of each way out; one `("source", "")` for ordinary nodes, none for those that end a run."""
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """An edge on the canvas; both of its ends and its handle exist. `id` is unique."""

    id: str
    source: str
    target: str
    handle: str


def draw_edges(graph: ReadGraph) -> tuple[DrawnEdge, ...]:
    """The edges between nodes that exist, each once."""
    known = {node.spec.id for node in graph.nodes}
    specs = dict.fromkeys(edge.spec for edge in graph.edges)
    return tuple(
        DrawnEdge(f"{spec.source}-{spec.handle}-{spec.target}", spec.source, spec.target, spec.handle)
        for spec in specs
        if spec.source in known and spec.target in known
    )


def draw_nodes(graph: ReadGraph, edges: Sequence[DrawnEdge]) -> tuple[DrawnNode, ...]:
    """The nodes, each id once. Those without a position are laid out from left to right."""
    nodes = {node.spec.id: node for node in reversed(graph.nodes)}
    ordered = [node for node in graph.nodes if nodes[node.spec.id] is node]
    used: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        used[edge.source].append(edge.handle)
    places = _places(ordered, edges)
    return tuple(_drawn(node, places[node.spec.id], used[node.spec.id]) for node in ordered)


def _drawn(node: ReadNode, place: tuple[float, float], used: Sequence[str]) -> DrawnNode:
    spec, envelope = node.spec, node.envelope
    handles = dict(_handles(spec.type, spec.config))
    # A handle that an edge uses must exist, or the edge cannot be drawn at all.
    for handle in used:
        handles.setdefault(handle, "" if handle == SOURCE else handle)
    return DrawnNode(
        id=spec.id,
        type=spec.type,
        title=spec.title,
        description=as_text(spec.config.get("desc")),
        x=place[0],
        y=place[1],
        width=_size(envelope, "width"),
        height=_size(envelope, "height"),
        parent_id=spec.container,
        handles=tuple(handles.items()),
        config=spec.config,
    )


def _size(envelope: Mapping[Any, Any], side: str) -> float | None:
    """Containers keep their size in `data` too, and newer editors in `measured` or `style`."""
    holders = (envelope, as_mapping(envelope.get("data")), as_mapping(envelope.get("measured")))
    sizes = (as_number(holder.get(side)) for holder in holders)
    return next((size for size in sizes if size is not None and size > 0), None)


def _handles(node_type: str, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    match node_type:
        case "if-else":
            yield from _case_handles(config)
        case "question-classifier":
            yield from _labelled(config.get("classes"), ("label", "name"))
        case "human-input":
            yield from _labelled(config.get("user_actions"), ("title",))
            yield "__timeout", "Timeout"
        case _ if node_type not in _FINAL_TYPES:
            yield SOURCE, ""
    if config.get("error_strategy") == FAIL_BRANCH:
        yield FAIL_BRANCH, "On failure"


def _case_handles(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Files from before `cases` have one list of conditions, whose handle is `true`."""
    cases = [as_mapping(case) for case in as_list(config.get("cases"))]
    ids = [as_text(case.get("case_id")) or as_text(case.get("id")) for case in cases] or ["true"]
    for number, case_id in enumerate(filter(None, ids)):
        yield case_id, "IF" if number == 0 else f"ELIF {number}"
    yield "false", "ELSE"


def _labelled(value: Any, label_keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    for item in map(as_mapping, as_list(value)):
        if handle := as_text(item.get("id")):
            yield handle, next(filter(None, (as_text(item.get(key)) for key in label_keys)), handle)


def _places(nodes: Sequence[ReadNode], edges: Sequence[DrawnEdge]) -> dict[str, tuple[float, float]]:
    written = {node.spec.id: _written_place(node.envelope) for node in nodes}
    places = {node_id: place for node_id, place in written.items() if place is not None}
    return places if len(places) == len(nodes) else _laid_out(nodes, edges) | places


def _written_place(envelope: Mapping[Any, Any]) -> tuple[float, float] | None:
    position = as_mapping(envelope.get("position"))
    x, y = as_number(position.get("x")), as_number(position.get("y"))
    return None if x is None or y is None else (x, y)


def _laid_out(nodes: Sequence[ReadNode], edges: Sequence[DrawnEdge]) -> dict[str, tuple[float, float]]:
    """Columns by the number of steps from where the graph begins; rows in document order, containers by themselves."""
    columns = _steps_from_roots([node.spec.id for node in nodes], edges)
    rows: dict[tuple[str | None, int], int] = defaultdict(int)
    places = {}
    for node in nodes:
        cell = (node.spec.container, columns[node.spec.id])
        places[node.spec.id] = (cell[1] * COLUMN, rows[cell] * ROW)
        rows[cell] += 1
    return places


def _steps_from_roots(ids: Sequence[str], edges: Sequence[DrawnEdge]) -> dict[str, int]:
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        targets[edge.source].append(edge.target)
    entered = {edge.target for edge in edges}
    steps = {node_id: 0 for node_id in ids if node_id not in entered}
    queue = deque(steps)
    while queue:
        node_id = queue.popleft()
        for target in targets[node_id]:
            if target not in steps:
                steps[target] = steps[node_id] + 1
                queue.append(target)
    return {node_id: steps.get(node_id, 0) for node_id in ids}
