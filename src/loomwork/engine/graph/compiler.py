"""From nodes and edges to a plan. Every problem is found here, named by node, code and what to do."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from loomwork.engine.graph.broken import BrokenNode
from loomwork.engine.graph.plan import Exits, Plan, PlanNode
from loomwork.engine.graph.policies import read_retry, read_strategy
from loomwork.engine.ports import (
    FAIL_BRANCH,
    EdgeSpec,
    GraphSpec,
    Node,
    NodeError,
    NodeSpec,
    NodeType,
    Problem,
)
from loomwork.engine.variables import Ref, Template, parse_template
from loomwork.engine.variables.refs import NO_SLOT

NAMESPACES: tuple[str, ...] = ("sys", "env", "conversation", "rag")
"""First words of a selector that name no node."""

ROOT_FIRST = "start"


@dataclass(frozen=True, slots=True)
class Compilation:
    """`plan` is None where a problem of level error stands in its way."""

    plan: Plan | None
    problems: Sequence[Problem]


def compile_graph(graph: GraphSpec, type_of: Callable[[NodeSpec], NodeType]) -> Compilation:
    """Compile the outermost graph; nodes inside containers belong to their container's type."""
    problems: list[Problem] = []
    specs = _top_level(graph.nodes, problems)
    types = {node_id: type_of(spec) for node_id, spec in specs.items()}
    edges = _sound_edges(graph, specs, problems)
    roots = _roots(specs, types, edges)
    if not roots:
        problems.append(Problem("error", "no_root", "The graph has no start node or trigger, so no run can begin."))
        return Compilation(None, problems)
    _report_cycle(specs, edges, problems)
    reachable = _reachable(roots, edges)
    _report_unreachable(specs, reachable, problems)
    if any(problem.level == "error" for problem in problems):
        return Compilation(None, problems)
    kept = {node_id: spec for node_id, spec in specs.items() if node_id in reachable}
    live_edges = [edge for edge in edges if edge.source in reachable]
    return Compilation(_assemble(kept, types, live_edges, roots, problems), problems)


def _top_level(nodes: Sequence[NodeSpec], problems: list[Problem]) -> dict[str, NodeSpec]:
    specs: dict[str, NodeSpec] = {}
    for spec in nodes:
        if spec.container is not None:
            continue
        if spec.id in specs:
            message = f"Two nodes have the id '{spec.id}'; the second is left out. Give it an id of its own."
            problems.append(Problem("warning", "duplicate_node", message, spec.id))
            continue
        specs[spec.id] = spec
    return specs


def _sound_edges(graph: GraphSpec, specs: Mapping[str, NodeSpec], problems: list[Problem]) -> list[EdgeSpec]:
    """The edges between nodes of this level. An edge to a node that does not exist is dropped, with a warning."""
    everywhere = {spec.id for spec in graph.nodes}
    edges: list[EdgeSpec] = []
    for edge in graph.edges:
        missing = [end for end in (edge.source, edge.target) if end not in everywhere]
        if missing:
            message = f"An edge from '{edge.source}' to '{edge.target}' is dropped: there is no node '{missing[0]}'."
            problems.append(Problem("warning", "dangling_edge", message, edge.source))
        elif edge.source == edge.target:
            message = f"An edge from '{edge.source}' to itself is dropped: a node cannot follow itself."
            problems.append(Problem("warning", "self_edge", message, edge.source))
        elif edge.source in specs and edge.target in specs:
            edges.append(edge)
    return list(dict.fromkeys(edges))


def _roots(specs: Mapping[str, NodeSpec], types: Mapping[str, NodeType], edges: Sequence[EdgeSpec]) -> list[str]:
    """Where a run may begin, the start node first."""
    entered = {edge.target for edge in edges}
    roots = [node_id for node_id in specs if types[node_id].is_root and node_id not in entered]
    return sorted(roots, key=lambda node_id: specs[node_id].type != ROOT_FIRST)


def _reachable(roots: Sequence[str], edges: Sequence[EdgeSpec]) -> set[str]:
    successors = _successors(edges)
    seen = set(roots)
    queue = deque(roots)
    while queue:
        for target in successors.get(queue.popleft(), ()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


def _successors(edges: Sequence[EdgeSpec]) -> dict[str, list[str]]:
    successors: dict[str, list[str]] = {}
    for edge in edges:
        successors.setdefault(edge.source, []).append(edge.target)
    return successors


def _report_unreachable(specs: Mapping[str, NodeSpec], reachable: set[str], problems: list[Problem]) -> None:
    for node_id, spec in specs.items():
        if node_id not in reachable:
            message = f"Node '{spec.title}' cannot be reached from a start node, so it never runs."
            problems.append(Problem("warning", "unreachable_node", message, node_id))


def _report_cycle(specs: Mapping[str, NodeSpec], edges: Sequence[EdgeSpec], problems: list[Problem]) -> None:
    """Kahn's algorithm: what cannot be put in order lies on a cycle, or behind one."""
    waiting = dict.fromkeys(specs, 0)
    for edge in edges:
        waiting[edge.target] += 1
    successors = _successors(edges)
    queue = deque(node_id for node_id, count in waiting.items() if count == 0)
    while queue:
        node_id = queue.popleft()
        del waiting[node_id]
        for target in successors.get(node_id, ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                queue.append(target)
    if waiting:
        names = ", ".join(f"'{specs[node_id].title}'" for node_id in list(waiting)[:5])
        message = f"The graph has a cycle around {names}. Remove an edge of it, or put the repeated part into a loop."
        problems.append(Problem("error", "cycle", message, next(iter(waiting))))


def _assemble(
    specs: Mapping[str, NodeSpec],
    types: Mapping[str, NodeType],
    edges: Sequence[EdgeSpec],
    roots: Sequence[str],
    problems: list[Problem],
) -> Plan:
    index_of = {node_id: index for index, node_id in enumerate(specs)}
    slots = index_of | {name: len(index_of) + place for place, name in enumerate(NAMESPACES)}
    exits = _exits(edges, index_of)
    in_degree = Counter(edge.target for edge in edges)
    nodes = tuple(
        _plan_node(
            index_of[spec.id],
            spec,
            _compile(spec, types[spec.id], slots, problems),
            exits.get(spec.id, ()),
            in_degree[spec.id],
        )
        for spec in specs.values()
    )
    return Plan(
        nodes=nodes,
        roots=tuple(index_of[root] for root in roots),
        namespaces=NAMESPACES,
        index_of=index_of,
        streams=frozenset((ref.slot, ref.name) for ref in _shown(nodes) if not ref.path),
        watched=frozenset(ref.slot for ref in _shown(nodes))
        | frozenset(node.index for node in nodes if node.node.response is not None),
    )


def _compile(spec: NodeSpec, node_type: NodeType, slots: Mapping[str, int], problems: list[Problem]) -> Node:
    binder = PlanBinder(spec, slots, problems)
    try:
        return node_type.compile(spec, binder)
    except ValidationError as error:
        reason = _first_reason(error)
    except NodeError as error:
        reason = error.message
    message = f"Node '{spec.title}' cannot run as it is configured: {reason}"
    problems.append(Problem("warning", "invalid_config", message, spec.id))
    return BrokenNode(message)


def _first_reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "data"
    return f"{where}: {first['msg']}"


def _plan_node(index: int, spec: NodeSpec, node: Node, exits: Exits, in_degree: int) -> PlanNode:
    strategy = read_strategy(spec.config)
    return PlanNode(
        index=index,
        id=spec.id,
        type=spec.type,
        title=spec.title,
        node=node,
        exits=exits,
        in_degree=in_degree,
        retry=read_retry(spec.config),
        strategy=strategy,
        uncertain=node.branches or (strategy is not None and strategy.kind == FAIL_BRANCH),
    )


def _exits(edges: Sequence[EdgeSpec], index_of: Mapping[str, int]) -> dict[str, Exits]:
    grouped: dict[str, dict[str, list[int]]] = {}
    for edge in edges:
        grouped.setdefault(edge.source, {}).setdefault(edge.handle, []).append(index_of[edge.target])
    return {
        node_id: tuple((handle, tuple(targets)) for handle, targets in handles.items())
        for node_id, handles in grouped.items()
    }


def _shown(nodes: Sequence[PlanNode]) -> list[Ref]:
    """Every reference in a template that some response node shows."""
    responses = [node.node.response for node in nodes if node.node.response is not None]
    return [segment for response in responses for segment in response.segments if isinstance(segment, Ref)]


@dataclass(slots=True)
class PlanBinder:
    """The `Binder` of one node: resolves its selectors to slots and collects its problems."""

    spec: NodeSpec
    slots: Mapping[str, int]
    problems: list[Problem]
    _reported: set[str] = field(default_factory=set)

    def ref(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        parts = _selector_parts(selector)
        slot = self.slots.get(parts[0], NO_SLOT) if parts else NO_SLOT
        if slot == NO_SLOT:
            self._report_unset(parts, field_name)
        name = parts[1] if len(parts) > 1 else ""
        return Ref(slot=slot, name=name, path=parts[2:], selector=parts)

    def template(self, text: str, *, field_name: str = "") -> Template:
        return parse_template(text, lambda parts: self.ref(parts, field_name=field_name))

    def problem(self, level: Literal["error", "warning"], code: str, message: str, *, field_name: str = "") -> None:
        self.problems.append(Problem(level, code, message, self.spec.id, field_name or None))

    def _report_unset(self, parts: tuple[str, ...], field_name: str) -> None:
        written = ".".join(parts)
        if written in self._reported:
            return
        self._reported.add(written)
        message = f"Node '{self.spec.title}' reads '{written}', which nothing in the graph sets."
        self.problems.append(Problem("warning", "unset_selector", message, self.spec.id, field_name or None))


def _selector_parts(selector: Sequence[Any]) -> tuple[str, ...]:
    """The selector as text parts. Some exports write `["sys.query"]` or `[startId, "sys.query"]`: split at the dot."""
    parts = [str(part) for part in selector] if isinstance(selector, list | tuple) else []
    for place, part in enumerate(parts[:2]):
        head, dot, rest = part.partition(".")
        if dot and head in NAMESPACES:
            return (head, *rest.split("."), *parts[place + 1 :])
    return tuple(parts)
