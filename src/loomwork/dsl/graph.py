"""The graph of a document: nodes, edges, and which container each node lies in.

Format: the React Flow envelope of Dify's DSL. Notes and drawing aids are no part of what runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.dsl.errors import refusal
from loomwork.dsl.values import as_flag, as_list, as_mapping, as_text, mappings, node_config
from loomwork.engine.ports import SOURCE, EdgeSpec, GraphSpec, NodeSpec, Problem

CONTAINER_TYPES = ("iteration", "loop")
_NOT_RUN = frozenset({"", "custom-note", "note", "datasource-empty", "start-placeholder"})
_CONTAINER_KEYS = (("iteration", "iteration_id", "isInIteration"), ("loop", "loop_id", "isInLoop"))
_PLACE = "workflow.graph"

MAX_NESTING = 20
"""Containers inside each other. Every run of a graph goes down and up through all of them."""


@dataclass(frozen=True, slots=True)
class ReadNode:
    """A node as what runs, beside the whole envelope as it was written."""

    spec: NodeSpec
    envelope: Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class ReadEdge:
    spec: EdgeSpec
    envelope: Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class ReadGraph:
    """Nodes and edges in document order; edges that lead nowhere are still here, for the compiler to report."""

    nodes: Sequence[ReadNode]
    edges: Sequence[ReadEdge]

    @property
    def spec(self) -> GraphSpec:
        return GraphSpec(tuple(node.spec for node in self.nodes), tuple(edge.spec for edge in self.edges))


def read_graph(workflow: Mapping[Any, Any], problems: list[Problem]) -> ReadGraph:
    """The graph of a `workflow` body; what cannot be read in it is reported with its place and left out."""
    graph = workflow.get("graph")
    if not isinstance(graph, dict):
        if graph is not None or "nodes" not in workflow:
            problems.append(Problem("warning", "no_graph", "The workflow has no graph.", place=_PLACE))
        graph = workflow
    drafts = _read_drafts(graph.get("nodes"), problems)
    edges = _read_edges(graph.get("edges"), problems)
    containers = _containers(drafts, edges, problems)
    nodes = [_finished(draft, containers.get(draft.id)) for draft in drafts]
    return ReadGraph(nodes, edges)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A node before it is known which container holds it."""

    id: str
    type: str
    data: Mapping[Any, Any]
    envelope: Mapping[Any, Any]
    place: str


def _read_drafts(value: Any, problems: list[Problem]) -> list[_Draft]:
    drafts = []
    for index, envelope in mappings(value, f"{_PLACE}.nodes", problems):
        place = f"{_PLACE}.nodes[{index}]"
        data = as_mapping(envelope.get("data"))
        node_type = _type_of(envelope, data)
        if node_type in _NOT_RUN:
            _report_untyped(envelope, place, problems)
            continue
        node_id = as_text(envelope.get("id"))
        if not node_id:
            problems.append(Problem("warning", "node_without_id", "A node has no id; it is left out.", place=place))
            continue
        drafts.append(_Draft(node_id, node_type, data, envelope, place))
    return drafts


def _type_of(envelope: Mapping[Any, Any], data: Mapping[Any, Any]) -> str:
    """`data.type`; some machine-written files have it on the envelope, where the editor's own types begin `custom`."""
    written = as_text(envelope.get("type"))
    if written == "custom-note":
        return written
    return as_text(data.get("type")) or ("" if written.startswith("custom") else written)


def _report_untyped(envelope: Mapping[Any, Any], place: str, problems: list[Problem]) -> None:
    """A note is no loss; a node without a type that is drawn as an ordinary one is."""
    data = as_mapping(envelope.get("data"))
    if envelope.get("type") in (None, "custom") and "type" not in data:
        message = "A node has no type, so it cannot run; it is left out."
        problems.append(Problem("warning", "node_without_type", message, as_text(envelope.get("id")) or None, place))


def _read_edges(value: Any, problems: list[Problem]) -> list[ReadEdge]:
    edges = []
    for index, envelope in mappings(value, f"{_PLACE}.edges", problems):
        source, target = as_text(envelope.get("source")), as_text(envelope.get("target"))
        if not source or not target:
            place = f"{_PLACE}.edges[{index}]"
            message = "An edge does not say where it begins or ends; it is left out."
            problems.append(Problem("warning", "edge_without_end", message, place=place))
            continue
        handle = as_text(envelope.get("sourceHandle")) or SOURCE
        edges.append(ReadEdge(EdgeSpec(source, target, handle), envelope))
    return edges


def _finished(draft: _Draft, container: str | None) -> ReadNode:
    title = as_text(draft.data.get("title")) or draft.id
    spec = NodeSpec(draft.id, draft.type, title, node_config(draft.data), container)
    return ReadNode(spec, draft.envelope)


def _containers(drafts: Sequence[_Draft], edges: Sequence[ReadEdge], problems: list[Problem]) -> dict[str, str]:
    """Child id to container id. Exports of different ages say it by any one of parentId, an id in `data`, or flags."""
    known = {draft.id: draft.type for draft in drafts if draft.type in CONTAINER_TYPES}
    claimed = _claimed_by_edges(edges)
    only = _only_containers(known)
    found: dict[str, str] = {}
    for draft in drafts:
        claims = [*_own_claims(draft, only), claimed.get(draft.id, "")]
        container = next((claim for claim in claims if claim in known and claim != draft.id), None)
        if container is not None and not _encloses(draft.id, container, found):
            found[draft.id] = container
        elif any(claims[:-1]):
            message = f"The container '{next(filter(None, claims))}' of this node does not exist or lies inside it."
            problems.append(Problem("warning", "unknown_container", message, draft.id, draft.place))
    for container in found.values():
        _outwards(container, found)
    return found


def _only_containers(known: Mapping[str, str]) -> dict[str, str]:
    """Container type to the id of its one container, for the types of which there is one."""
    of_type: dict[str, list[str]] = {}
    for node_id, container_type in known.items():
        of_type.setdefault(container_type, []).append(node_id)
    return {container_type: ids[0] for container_type, ids in of_type.items() if len(ids) == 1}


def _own_claims(draft: _Draft, only: Mapping[str, str]) -> list[str]:
    claims = [as_text(draft.envelope.get("parentId"))]
    for container_type, key, flag in _CONTAINER_KEYS:
        claims.append(as_text(draft.data.get(key)))
        if container_type in only and as_flag(draft.data.get(flag)):
            claims.append(only[container_type])
    return claims


def _claimed_by_edges(edges: Sequence[ReadEdge]) -> dict[str, str]:
    """Both ends of an edge inside a container lie in it; the edge's `data` names it."""
    claimed: dict[str, str] = {}
    for edge in edges:
        data = as_mapping(edge.envelope.get("data"))
        for _, key, flag in _CONTAINER_KEYS:
            container = as_text(data.get(key))
            if container and as_flag(data.get(flag, True)):
                claimed.setdefault(edge.spec.source, container)
                claimed.setdefault(edge.spec.target, container)
    return claimed


def _encloses(node_id: str, container: str, found: Mapping[str, str]) -> bool:
    """Whether the container lies inside the node, so that the two would hold each other."""
    return node_id in _outwards(container, found)


def _outwards(container: str, found: Mapping[str, str]) -> list[str]:
    """The container and those around it, from the inside out. Raises `DslError` where they are too many."""
    path: list[str] = []
    inside: str | None = container
    while inside is not None:
        if len(path) == MAX_NESTING:
            message = f"Containers lie inside each other deeper than {MAX_NESTING} levels."
            raise refusal("too_deep", message, _PLACE)
        path.append(inside)
        inside = found.get(inside)
    return path


def root_data(graph: ReadGraph) -> Mapping[str, Any]:
    """The config of the first start node, empty where there is none."""
    return next((node.spec.config for node in graph.nodes if node.spec.type == "start"), {})


def has_type(workflow: Mapping[Any, Any], node_type: str) -> bool:
    """Whether any node of the body is of a type, without reading the graph."""
    nodes = as_list(as_mapping(workflow.get("graph")).get("nodes"))
    return any(as_mapping(as_mapping(node).get("data")).get("type") == node_type for node in nodes)
