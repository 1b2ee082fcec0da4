"""A place to compile and run one node by hand: selectors read from a dict, and what the node says is written down."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from loomwork.engine.ports import (
    AskingNode,
    ContainerNode,
    Node,
    NodeContext,
    NodeResult,
    NodeSpec,
    NodeType,
    RunContext,
    Step,
    Turn,
)
from loomwork.engine.variables import MISSING, Ref, Template, parse_template, render_text
from loomwork.engine.variables.refs import walk
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.model_gateway.api import (
    ChatEvent,
    ChatRequest,
    Finished,
    ModelInfo,
    ModelReference,
    ResolvedModel,
    TextDelta,
    Usage,
)
from loomwork.nodes.ports import TemplateFailed

Values = Mapping[str, Mapping[str, Any]]


class SlotBinder:
    """Gives every producer a slot of its own; `problems` are (code, field), and `kinds` the types of producers that are
    not what starts a run.
    """

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.problems: list[tuple[str, str]] = []
        self.kinds: dict[str, str] = {}

    def ref(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        parts = tuple(str(part) for part in selector)
        head = parts[0] if parts else ""
        return Ref(
            slot=self.slots.setdefault(head, len(self.slots)),
            name=parts[1] if len(parts) > 1 else "",
            path=parts[2:],
            selector=parts,
        )

    def target(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        return self.ref(selector, field_name=field_name)

    def kind(self, ref: Ref) -> str:
        return self.kinds.get(ref.selector[0], "start")

    def inside(self) -> "SlotBinder":
        return self

    def template(self, text: str, *, field_name: str = "") -> Template:
        return parse_template(text, self.ref)

    def problem(self, level: Literal["error", "warning"], code: str, message: str, *, field_name: str = "") -> None:
        self.problems.append((code, field_name))


class BenchContext:
    """Reads from a dict of dicts and keeps what the node streams."""

    node_id = "n"
    attempt = 1

    def __init__(self, run: RunContext, values: Values) -> None:
        self.run = run
        self.said: list[str] = []
        self.signs = 0
        self.reasoned: list[str] = []
        self.steps: list[Step] = []
        self._values = values

    def get(self, ref: Ref) -> Any:
        head = ref.selector[0] if ref.selector else ""
        return walk(self._values.get(head, {}).get(ref.name, MISSING), ref.path)

    def render(self, template: Template) -> str:
        return template.render(self.get, render_text)

    def say(self, text: str, *, output: str = "text") -> None:
        self.signs += 1
        if text:
            self.said.append(text)

    def reason(self, text: str) -> None:
        self.reasoned.append(text)

    async def finish_step(self, step: Step) -> None:
        self.steps.append(step)

    def idempotency_key(self) -> str:
        return "key"


@dataclass
class Bench:
    """`run` compiles a node of a config and runs it once, with the values that earlier nodes left."""

    type_named: Callable[[str], NodeType]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[Turn] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    binder: SlotBinder = field(default_factory=SlotBinder)

    def compile(self, type_name: str, config: Mapping[str, Any]) -> Node:
        return self.type_named(type_name).compile(NodeSpec("n", type_name, "The node", config), self.binder)

    def context(self, values: Values | None = None) -> BenchContext:
        run = RunContext(
            run_id=RunId("run"),
            scope=embedded_scope(),
            inputs=self.inputs,
            namespaces={"sys": (values or {}).get("sys", {})},
            history=self.history,
            models=self.models,
        )
        return BenchContext(run, values or {})

    async def run(self, type_name: str, config: Mapping[str, Any], values: Values | None = None) -> NodeResult:
        return await run_node(self.compile(type_name, config), self.context(values))


async def run_node(node: Node, context: NodeContext) -> NodeResult:
    """Run a node whether it waits or not. Containers have rounds, and forms have answers: the engine sees to both."""
    assert not isinstance(node, ContainerNode | AskingNode)
    result = await node.run(context) if node.waits else node.run(context)
    assert isinstance(result, NodeResult)
    return result


class ScriptedModels:
    """Answers every request with the events it was given, and keeps the requests. Without a script it echoes the last
    user message, a word at a time. `next_scripts` are for the requests after the first, in order.
    """

    def __init__(self) -> None:
        self.script: Sequence[ChatEvent | Exception] | None = None
        self.next_scripts: list[Sequence[ChatEvent | Exception]] = []
        self.requests: list[ChatRequest] = []
        self.resolved: list[ModelReference] = []
        self.closed = 0

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        self.resolved.append(reference)
        return ResolvedModel(reference, override or "local/small")

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.requests.append(request)
        try:
            script = self.script if self.script is not None else echo(request)
            if self.next_scripts:
                self.script = self.next_scripts.pop(0)
            for event in script:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed += 1

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        return ()


def echo(request: ChatRequest) -> list[ChatEvent]:
    words = request.messages[-1].text.split(" ")
    spoken = [word if place == 0 else f" {word}" for place, word in enumerate(words)]
    return answer(*spoken)


def answer(*pieces: str) -> list[ChatEvent]:
    """A whole answer in these pieces."""
    return [*(TextDelta(piece) for piece in pieces), Finished("stop", Usage(3, 5))]


class RefusingWorker:
    """A template worker that must not be needed."""

    async def render(self, source: str, values: Mapping[str, Any], *, limit: int) -> str:
        raise TemplateFailed(f"the worker was asked to render {source!r}")
