"""Random graphs for simulations: branches, joins, containers in containers, nodes that wait, ask, fail, speak, leave.

The shape of a graph is Hypothesis's to shrink. What becomes of each attempt of a node follows from a seed and from
where the attempt stands, so it is the same in every history of the graph, whatever goes on beside it, crashes too.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from hypothesis import strategies as st

from loomwork.engine.graph import Plan, compile_graph
from loomwork.engine.ports import (
    EdgeSpec,
    GraphSpec,
    NodeContext,
    NodeError,
    NodeResult,
    NodeSpec,
    NodeType,
    Question,
    Response,
    View,
)
from loomwork.engine.run.frames import Frame
from loomwork.engine.variables import MISSING, File, Ref
from loomwork.nodes.iteration import IterationType
from loomwork.nodes.loop import LoopType

HANDLES = ("source", "left", "right")
RETRY = {"retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 0}}
MODES = ("terminated", "continue-on-error", "remove-abnormal-output")
ANSWERED = "left"
"""The one action of every question."""

OUTERMOST = 3
"""So deep do containers nest."""

Chain = tuple[tuple[str, int, int], ...]
"""The way to a frame: each container around it, the round, and which attempt of the container it belongs to."""


def chain_of(frame: Frame) -> Chain:
    """Tells apart the rounds of two attempts of a container, which their paths do not."""
    if frame.parent is None or frame.round is None:
        return ()
    container = frame.round.node
    step = (frame.parent.plan.nodes[container].id, frame.index, frame.parent.attempts[container])
    return (*chain_of(frame.parent), step)


@dataclass(frozen=True)
class Execution:
    """That a node was run: where, which attempt, and under which key it may have acted on the world."""

    frame: Frame
    node_id: str
    attempt: int
    key: str


@dataclass
class Fate:
    """What becomes of each attempt of a node. `told` hears of every one that is made."""

    seed: str
    unreliable: float
    told: Callable[[Execution], None] = lambda execution: None

    def of(self, frame: Frame, node_id: str, attempt: int) -> random.Random:
        return random.Random(f"{self.seed}/{chain_of(frame)}/{node_id}/{attempt}")


@dataclass
class Level:
    """A random graph, perhaps inside a container: it begins at node 0, edges lead from lower to higher numbers."""

    count: int
    edges: list[tuple[int, str, int]]
    answers: set[int]
    strategies: dict[int, str]
    retried: set[int]
    waiting: set[int]
    asking: set[int]
    loose: bool = False
    """Whether answers show nodes that may be going yet, so that what they show depends on the moment."""
    leaving: set[int] = field(default_factory=set)
    containers: "dict[int, tuple[str, Mapping[str, Any], Level]]" = field(default_factory=dict)

    @property
    def is_loose(self) -> bool:
        """Whether it is, here or in a container."""
        return self.loose or any(body.is_loose for _, _, body in self.containers.values())


def _some(count: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(1, count - 1), max_size=3)


@st.composite
def flat_graphs(draw: st.DrawFn) -> Level:
    """No containers, but more nodes, some out of reach."""
    count = draw(st.integers(2, 5) | st.integers(6, 12))
    edges = [
        (start, draw(st.sampled_from(("source", *HANDLES))), target)
        for target in range(1, count)
        for start in draw(st.sets(st.integers(0, target - 1), min_size=target % 5 > 0, max_size=3))
    ]
    return _level(draw, count, edges)


@st.composite
def nested_graphs(draw: st.DrawFn, depth: int, *, inside: bool = False) -> Level:
    """Iterations and loops in one another, with everything else inside them too."""
    count = draw(st.integers(3, 6))
    edges = [
        (start, draw(st.sampled_from(("source", "source", *HANDLES))), target)
        for target in range(1, count)
        for start in draw(st.sets(st.integers(0, target - 1), min_size=1, max_size=2))
    ]
    level = _level(draw, count, edges)
    level.leaving = draw(_some(count)) if inside and draw(st.booleans()) else set()
    for index in draw(st.sets(st.integers(1, count - 1), min_size=1, max_size=2)) if depth else ():
        config = {
            "is_parallel": True,
            "parallel_nums": draw(st.integers(1, 4)),
            "error_handle_mode": draw(st.sampled_from(MODES)),
            "loop_count": draw(st.integers(0, 3)),
            "flatten_output": False,
        }
        family = draw(st.sampled_from(("iteration", "loop")))
        level.containers[index] = (family, config, draw(nested_graphs(depth - 1, inside=True)))
    return level


def _level(draw: st.DrawFn, count: int, edges: list[tuple[int, str, int]]) -> Level:
    def each(*among: Any) -> list[Any]:
        return draw(st.lists(st.sampled_from(among), min_size=count, max_size=count))

    kinds, answers = each("inline", "inline", "waiting", "waiting", "asking"), each(False, False, True)
    strategies, retried = each(None, None, "fail-branch", "default-value"), each(False, True)
    return Level(
        count=count,
        edges=edges,
        answers={index for index in range(1, count) if answers[index]},
        strategies={index: strategy for index, strategy in enumerate(strategies) if strategy is not None},
        retried={index for index in range(count) if retried[index]},
        waiting={index for index in range(count) if kinds[index] == "waiting"},
        asking={index for index in range(count) if kinds[index] == "asking"},
        loose=draw(st.integers(0, 3)) == 0,
    )


class Written:
    """A level written down as a graph, its nodes named by their way in: `n1_n0` is the first node inside `n1`."""

    def __init__(self, level: Level, fate: Fate) -> None:
        self.nodes: list[NodeSpec] = []
        self.edges: list[EdgeSpec] = []
        self.types: dict[str, NodeType] = {}
        self._fate = fate
        self._write(level, "", None)

    def plan(self) -> Plan:
        plan = compile_graph(GraphSpec(self.nodes, self.edges), lambda spec: self.types[spec.id]).plan
        assert plan is not None
        return plan

    def _write(self, level: Level, prefix: str, home: str | None) -> None:
        self.edges += [EdgeSpec(f"{prefix}n{start}", f"{prefix}n{to}", handle) for start, handle, to in level.edges]
        for index in range(level.count):
            name = f"{prefix}n{index}"
            config: dict[str, Any] = dict(RETRY) if index in level.retried else {}
            if index in level.strategies:
                config["error_strategy"] = level.strategies[index]
            container = level.containers.get(index)
            if container is None:
                self.types[name] = self._plain(level, prefix, index, home)
            else:
                family, further, body = container
                self.types[name] = IterationType() if family == "iteration" else LoopType()
                config |= {**further, "start_node_id": f"{name}_n0", "iterator_selector": [f"{prefix}n0", "list"]}
                config["output_selector"] = [f"{name}_n{body.count - 1}", "text"]
                self._write(body, f"{name}_", name)
            self.nodes.append(NodeSpec(name, "t", name, config, home))

    def _plain(self, level: Level, prefix: str, index: int, home: str | None) -> NodeType:
        template = None
        if index in level.answers:
            around = f"{{{{#{home}.item#}}}}" if home is not None else ""
            before = (
                index - 1
                if level.loose
                else next(start for start, _, to in [*level.edges, (0, "", index)] if to == index)
            )
            template = f"<{around}{{{{#{prefix}n{before}.text#}}}}{{{{#{prefix}n0.text#}}}}>"
        kind: Literal["inline", "waiting", "asking"] = "inline"
        if index in level.waiting or index in level.asking:
            kind = "waiting" if index in level.waiting else "asking"
        reads = [[f"{prefix}n{start}", name] for start, _, to in level.edges if to == index for name in READ]
        branches = any(handle != "source" for start, handle, _ in level.edges if start == index)
        is_last = home is None and index == level.count - 1
        fated = FatedType(self._fate, kind, index == 0 and home is None, template, branches, is_last, reads)
        fated.leaves = index in level.leaving
        return cast(NodeType, fated)


READ = ("text", "output")
"""What a node reads of those before it, of plain nodes and of iterations."""


@dataclass
class FatedType:
    """A node type whose nodes meet their fate."""

    fate: Fate
    kind: Literal["inline", "waiting", "asking"]
    is_root: bool
    template: str | None
    branches: bool
    ends: bool
    reads: Sequence[Sequence[str]]
    leaves: bool = False

    def compile(self, spec: NodeSpec, binder: Any) -> Any:
        response = None
        if self.template is not None:
            response = Response(binder.template(self.template).segments, is_answer=True)
        inputs = [(".".join(selector), binder.ref(selector)) for selector in self.reads]
        made = {"inline": FatedInline, "waiting": FatedWaiting, "asking": FatedAsking}[self.kind]
        return made(self, spec.id, inputs, self.branches, self.ends, response)


@dataclass
class _Fated:
    type: FatedType
    node_id: str
    inputs: Sequence[tuple[str, Ref]]
    branches: bool
    ends: bool
    response: Response | None

    def begin(self, context: NodeContext) -> random.Random:
        """Tell that the attempt is made, and say what it will come to."""
        frame: Frame = cast(Any, context)._frame
        key = context.idempotency_key()
        self.type.fate.told(Execution(frame, self.node_id, context.attempt, key))
        return self.type.fate.of(frame, self.node_id, context.attempt)

    def end(self, chance: random.Random, view: View, text: str = "") -> NodeResult:
        """What it leaves, the text that it has said as one. Raises `NodeError` where the attempt is to fail."""
        if chance.random() < self.type.fate.unreliable:
            raise NodeError("No.", code="x", usage={"tokens": 2})
        handle = chance.choice(HANDLES) if self.branches else "source"
        outputs: dict[str, Any] = {
            "text": text or f"t{chance.randrange(100)}",
            "list": list(range(chance.randrange(5))),
        }
        if chance.random() < 0.1:
            outputs["file"] = File("image", "local_file", name="ü.png", size=chance.randrange(9))
        for name, ref in self.inputs:
            seen = view.get(ref)
            outputs[f"seen {name}"] = None if seen is MISSING else seen
        exits = self.type.leaves and chance.random() < 0.5
        return NodeResult(outputs, handle, usage={"tokens": 1}, exits=exits)


@dataclass
class FatedInline(_Fated):
    waits: Literal[False] = False

    def run(self, context: NodeContext) -> NodeResult:
        return self.end(self.begin(context), context)


@dataclass
class FatedWaiting(_Fated):
    waits: Literal[True] = True

    def pieces(self, chance: random.Random) -> Sequence[str]:
        """What it says before it ends; an empty one is a thought."""
        return [chance.choice(("a", "b", "")) for _ in range(chance.randrange(3))]

    async def run(self, context: NodeContext) -> NodeResult:
        chance = self.begin(context)
        pieces = self.pieces(chance)
        for piece in pieces:
            if piece:
                context.say(piece)
            else:
                context.reason("hm")
            await asyncio.sleep(0)
        return self.end(chance, context, "".join(pieces))


@dataclass
class FatedAsking(_Fated):
    waits: Literal[False] = False
    asks: Literal[True] = True

    def ask(self, context: NodeContext) -> Question:
        """Whether somebody will answer, or the time will be over, is fate too."""
        timeout = 0.0 if self.begin(context).random() < 0.3 else None
        return Question({"content": self.node_id, "fields": []}, [{"id": ANSWERED, "title": "Go"}], timeout)

    def answer(self, view: View, question: Question, action: str | None, values: Mapping[str, Any]) -> NodeResult:
        if action not in (None, ANSWERED):
            raise NodeError(f"There is no action {action!r}.")
        frame: Frame = cast(Any, view)._frame
        chance = self.type.fate.of(frame, self.node_id, frame.attempts[frame.plan.index_of[self.node_id]])
        chance.random()
        if action is not None:
            return NodeResult({"text": f"{action} {values}"}, action if self.branches else "source")
        return self.end(chance, view)
