"""A graph, compiled: arrays addressed by small integers, shared by every run of a version and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from loomwork.engine.graph.policies import ErrorStrategy, RetryPolicy, Timeouts
from loomwork.engine.ports import AskingNode, ContainerNode, HaltingNode, InlineNode, Node, WaitingNode

Exits = tuple[tuple[str, tuple[int, ...]], ...]
"""The ways out of a node: each handle with the nodes its edges lead to, a target once per edge."""


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One node, ready to run. `index` is its place in the plan and the slot of its outputs. Of `inline`, `waiting`,
    `container` and `asking` one is `node` itself, so that the loop need not ask what kind it is.
    """

    index: int
    id: str
    type: str
    title: str
    node: Node
    exits: Exits
    in_degree: int
    retry: RetryPolicy | None
    strategy: ErrorStrategy | None
    timeouts: Timeouts | None
    uncertain: bool
    """Whether what follows it is certain only once it has run (a branch, a failure branch, answers inside it)."""
    inline: InlineNode | None
    waiting: WaitingNode | HaltingNode | None
    takes_place: bool
    """Whether it needs a place of the gate while it runs."""
    container: ContainerNode | None
    asking: AskingNode | None
    halting: HaltingNode | None
    """The waiting node again, where it may ask a person before it goes on."""
    body: "Plan | None"
    """For a container, the graph of one of its rounds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`roots` are the nodes where a run may begin. Slots after the nodes' belong to `namespaces`: the reserved words in
    the outermost plan, the container's own variables (one slot, named by its id) in a container's body.
    """

    nodes: tuple[PlanNode, ...]
    roots: tuple[int, ...]
    namespaces: tuple[str, ...]
    index_of: Mapping[str, int]
    streams: frozenset[tuple[int, str]]
    """(slot, output) pairs that some response node shows, so that their text is worth keeping."""
    watched: frozenset[int]
    """Slots whose completion may let a response speak: what responses show, and the response nodes themselves."""
    speaks: bool
    """Whether a node of this level answers the user."""
    answers: bool
    """Whether a run of this plan answers in words: a node does, at any depth."""
    in_degrees: tuple[int, ...]
    """Of each node."""

    @property
    def slots(self) -> int:
        return len(self.nodes) + len(self.namespaces)

    def slot_named(self, name: str) -> int | None:
        """The slot of a node, or of a namespace, by its name; None where there is none."""
        if name in self.namespaces:
            return len(self.nodes) + self.namespaces.index(name)
        return self.index_of.get(name)

    def root_named(self, node_id: str | None) -> int:
        """The root to begin with: the one named, or the first."""
        return self.roots[0] if node_id is None else self.index_of[node_id]
