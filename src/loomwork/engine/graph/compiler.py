"""From nodes and edges to a plan. Every problem is found here, named by node, code and what to do."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from loomwork.engine.graph.binder import PlanBinder
from loomwork.engine.graph.broken import BrokenNode
from loomwork.engine.graph.plan import Exits, Plan, PlanNode
from loomwork.engine.graph.policies import EXTENSION, Policies, read_policies
from loomwork.engine.graph.scopes import CONVERSATION, NAMESPACES, NameScope
from loomwork.engine.ports import (
    FAIL_BRANCH,
    AskingNode,
    ContainerNode,
    EdgeSpec,
    GraphSpec,
    HaltingNode,
    Node,
    NodeError,
    NodeSpec,
    NodeType,
    Problem,
)
from loomwork.engine.variables import Ref

ROOT_FIRST = "start"
ENTRY_TYPES = frozenset({"iteration-start", "loop-start"})
"""Where a round of a container begins, if its `start_node_id` does not say."""

MOST_LEVELS = 50
"""Containers inside each other. Compiling goes down through them by recursion, as does giving up a round."""

TypeOf = Callable[[NodeSpec], NodeType]


@dataclass(frozen=True, slots=True)
class Compilation:
    """`plan` is None where a problem of level error stands in its way."""

    plan: Plan | None
    problems: Sequence[Problem]


def compile_graph(graph: GraphSpec, type_of: TypeOf) -> Compilation:
    """Compile a graph with all that its containers hold."""
    problems: list[Problem] = []
    if (too_deep := _too_deep(graph)) is not None:
        return Compilation(None, [too_deep])
    plan = _Level(_levels(graph, problems), type_of, problems, container=None, outer=None).assemble()
    broken = any(problem.level == "error" for problem in problems)
    return Compilation(None if broken else plan, problems)


def _too_deep(graph: GraphSpec) -> Problem | None:
    """The first node inside too many containers, or inside some that lie in one another without end."""
    around = {spec.id: spec.container for spec in graph.nodes}
    for spec in graph.nodes:
        level, container = 0, spec.container
        while container is not None and level <= MOST_LEVELS:
            level, container = level + 1, around.get(container)
        if level > MOST_LEVELS:
            message = f"Node '{spec.title}' lies inside more than {MOST_LEVELS} containers. Take some of them away."
            return Problem("error", "too_deep", message, spec.id)
    return None


@dataclass(frozen=True, slots=True)
class _Levels:
    """Nodes and edges by the container that they lie in; None for the outermost level."""

    nodes: Mapping[str | None, Sequence[NodeSpec]]
    edges: Mapping[str | None, Sequence[EdgeSpec]]


def _levels(graph: GraphSpec, problems: list[Problem]) -> _Levels:
    nodes: dict[str | None, list[NodeSpec]] = {}
    for spec in graph.nodes:
        nodes.setdefault(spec.container, []).append(spec)
    containers = {spec.id: spec.container for spec in graph.nodes}
    edges: dict[str | None, list[EdgeSpec]] = {}
    for edge in _sound_edges(graph, problems):
        edges.setdefault(containers[edge.source], []).append(edge)
    return _Levels(nodes, edges)


def _sound_edges(graph: GraphSpec, problems: list[Problem]) -> list[EdgeSpec]:
    """The edges between nodes of one level, each once. An edge to a node that does not exist is dropped."""
    containers = {spec.id: spec.container for spec in graph.nodes}
    edges: dict[EdgeSpec, None] = {}
    for edge in graph.edges:
        missing = [end for end in (edge.source, edge.target) if end not in containers]
        if missing:
            message = f"An edge from '{edge.source}' to '{edge.target}' is dropped: there is no node '{missing[0]}'."
            problems.append(Problem("warning", "dangling_edge", message, edge.source))
        elif edge.source == edge.target:
            message = f"An edge from '{edge.source}' to itself is dropped: a node cannot follow itself."
            problems.append(Problem("warning", "self_edge", message, edge.source))
        elif containers[edge.source] == containers[edge.target]:
            edges[edge] = None
    return list(edges)


class _Level:
    """One level of the graph: the outermost one, or the inside of a container."""

    def __init__(
        self,
        levels: _Levels,
        type_of: TypeOf,
        problems: list[Problem],
        *,
        container: NodeSpec | None,
        outer: NameScope | None,
    ) -> None:
        self._levels = levels
        self._home = container.id if container is not None else None
        self._type_of = type_of
        self._problems = problems
        self._container = container
        specs = self._own_specs()
        edges = levels.edges.get(self._home, ())
        own = [edge for edge in edges if edge.source in specs and edge.target in specs]
        self._roots = self._find_roots(specs, own)
        _report_cycle(specs, own, problems)
        reachable = _reachable(self._roots, own)
        if self._roots:
            self._report_unreachable(specs, reachable)
        self._specs = {node_id: spec for node_id, spec in specs.items() if node_id in reachable}
        self._own_edges = [edge for edge in own if edge.source in reachable]
        writable = {CONVERSATION} if container is None else set()
        self.scope = NameScope(self._slots(), outer, writable, self._kinds())

    def assemble(self) -> Plan:
        """Compile the nodes of this level, and the levels inside them."""
        exits = _exits(self._own_edges, self.scope.slots)
        in_degree = Counter(edge.target for edge in self._own_edges)
        nodes = tuple(
            self._plan_node(spec, exits.get(spec.id, ()), in_degree[spec.id]) for spec in self._specs.values()
        )
        shown = [ref for ref in _shown(nodes) if ref.level == 0]
        speakers = [node.index for node in nodes if node.node.response is not None]
        return Plan(
            nodes=nodes,
            roots=tuple(self.scope.slots[root] for root in self._roots),
            namespaces=NAMESPACES if self._container is None else (self._container.id,),
            index_of={node_id: self.scope.slots[node_id] for node_id in self._specs},
            streams=frozenset((ref.slot, ref.name) for ref in shown if not ref.path),
            watched=frozenset(ref.slot for ref in shown).union(speakers),
            speaks=bool(speakers),
            answers=any(_answers_in_words(node) for node in nodes),
            in_degrees=tuple(node.in_degree for node in nodes),
        )

    def _own_specs(self) -> dict[str, NodeSpec]:
        specs: dict[str, NodeSpec] = {}
        for spec in self._levels.nodes.get(self._home, ()):
            if spec.id in specs:
                message = f"Two nodes have the id '{spec.id}'; the second is left out. Give it an id of its own."
                self._problems.append(Problem("warning", "duplicate_node", message, spec.id))
            else:
                specs[spec.id] = spec
        return specs

    def _find_roots(self, specs: Mapping[str, NodeSpec], edges: Sequence[EdgeSpec]) -> list[str]:
        if self._container is not None:
            return self._entry(specs, self._container)
        entered = {edge.target for edge in edges}
        roots = [node_id for node_id in specs if node_id not in entered and self._type_of(specs[node_id]).is_root]
        if not roots:
            message = "The graph has no start node or trigger, so no run can begin."
            self._problems.append(Problem("error", "no_root", message))
        return sorted(roots, key=lambda node_id: specs[node_id].type != ROOT_FIRST)

    def _entry(self, specs: Mapping[str, NodeSpec], container: NodeSpec) -> list[str]:
        """Where a round begins: the node that the container names, else its start child."""
        named = str(container.config.get("start_node_id"))
        if named in specs:
            return [named]
        entries = [node_id for node_id, spec in specs.items() if spec.type in ENTRY_TYPES]
        if not entries:
            message = f"'{container.title}' has no node to begin its rounds with. Add a start node inside it."
            self._problems.append(Problem("error", "no_start", message, container.id))
        return entries[:1]

    def _report_unreachable(self, specs: Mapping[str, NodeSpec], reachable: set[str]) -> None:
        for node_id, spec in specs.items():
            if node_id not in reachable:
                message = f"Node '{spec.title}' cannot be reached from a start node, so it never runs."
                self._problems.append(Problem("warning", "unreachable_node", message, node_id))

    def _slots(self) -> dict[str, int]:
        names = NAMESPACES if self._container is None else (self._container.id,)
        return {name: slot for slot, name in enumerate((*self._specs, *names))}

    def _kinds(self) -> dict[str, str]:
        # The reserved words last: in the outermost level they hide nodes of their names.
        reserved = NAMESPACES if self._container is None else ()
        return {**{spec.id: spec.type for spec in self._specs.values()}, **{name: name for name in reserved}}

    def _inside(self, spec: NodeSpec) -> "_Level":
        return _Level(self._levels, self._type_of, self._problems, container=spec, outer=self.scope)

    def _plan_node(self, spec: NodeSpec, exits: Exits, in_degree: int) -> PlanNode:
        levels: list[_Level] = []

        def inside() -> NameScope:
            if not levels:
                levels.append(self._inside(spec))
            return levels[0].scope

        binder = PlanBinder(spec, self.scope, inside, self._problems)
        node = _compile(spec, self._type_of(spec), binder)
        policies = _policies(spec, node, binder)
        container = node if isinstance(node, ContainerNode) else None
        body = None
        if container is not None:
            scope = inside()
            if container.writable:
                scope.writable.add(spec.id)
            body = levels[0].assemble()
        strategy = policies.strategy
        return PlanNode(
            index=self.scope.slots[spec.id],
            id=spec.id,
            type=spec.type,
            title=spec.title,
            node=node,
            exits=exits,
            in_degree=in_degree,
            retry=policies.retry,
            strategy=strategy,
            timeouts=policies.timeouts,
            uncertain=node.branches or (strategy is not None and strategy.kind == FAIL_BRANCH) or _answers(body),
            inline=node if not (node.waits or isinstance(node, ContainerNode | AskingNode)) else None,
            waiting=node if node.waits else None,
            takes_place=node.waits and getattr(node, "holds_place", True),
            container=container,
            asking=node if isinstance(node, AskingNode) else None,
            halting=node if isinstance(node, HaltingNode) and node.halts else None,
            body=body,
        )


def _compile(spec: NodeSpec, node_type: NodeType, binder: PlanBinder) -> Node:
    try:
        return node_type.compile(spec, binder)
    except ValidationError as error:
        reason = _first_reason(error)
    except NodeError as error:
        reason = error.message
    message = f"Node '{spec.title}' cannot run as it is configured: {reason}"
    binder.problem("warning", "invalid_config", message)
    return BrokenNode(message)


def _policies(spec: NodeSpec, node: Node, binder: PlanBinder) -> Policies:
    def report(code: str, message: str, field: str) -> None:
        binder.problem("warning", code, f"Node '{spec.title}': {message}", field_name=field)

    policies = read_policies(spec.config, report)
    if policies.timeouts is not None and not node.waits and not isinstance(node, BrokenNode):
        message = (
            "it has a timeout, which only counts for nodes that wait for something outside, and this one does not."
        )
        report("timeout_without_effect", message, EXTENSION)
    return policies


def _first_reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "data"
    return f"{where}: {first['msg']}"


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


def _exits(edges: Sequence[EdgeSpec], index_of: Mapping[str, int]) -> dict[str, Exits]:
    grouped: dict[str, dict[str, list[int]]] = {}
    for edge in edges:
        grouped.setdefault(edge.source, {}).setdefault(edge.handle, []).append(index_of[edge.target])
    return {
        node_id: tuple((handle, tuple(targets)) for handle, targets in handles.items())
        for node_id, handles in grouped.items()
    }


def _answers_in_words(node: PlanNode) -> bool:
    response = node.node.response
    return (response is not None and response.is_answer) or (node.body is not None and node.body.answers)


def _shown(nodes: Iterable[PlanNode]) -> list[Ref]:
    """Every reference that some response shows, in these nodes and inside them, as seen from this level."""
    refs: list[Ref] = []
    for node in nodes:
        if node.node.response is not None:
            refs += [segment for segment in node.node.response.segments if isinstance(segment, Ref)]
        if node.body is not None:
            refs += [_one_level_out(ref) for ref in _shown(node.body.nodes) if ref.level > 0]
    return refs


def _one_level_out(ref: Ref) -> Ref:
    return Ref(ref.slot, ref.name, ref.path, ref.selector, ref.level - 1)


def _answers(body: Plan | None) -> bool:
    """Whether something inside answers the user: what follows the container has to wait for that."""
    return body is not None and any(node.node.response is not None or _answers(node.body) for node in body.nodes)
