"""What a host brings to the engine: node types, a journal, a log of events.

A node type turns one node of a document into a compiled node once, at compile time; the compiled node then runs many
times, in many runs at once, so it keeps no state of a run. A node that needs to wait for the world is a `WaitingNode`;
one that does not is an `InlineNode`, which the loop calls directly, with no task and no context switch.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from loomwork.engine.events import Event
from loomwork.engine.variables import Ref, Template
from loomwork.kernel.errors import Conflict, LoomworkError
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope

SOURCE = "source"
"""The handle that an ordinary node leaves by."""

FAIL_BRANCH = "fail-branch"
"""The handle that a failed node leaves by when its error strategy says so."""


class NodeError(LoomworkError):
    """A node could not do its work. Raised by nodes; retry and error strategy decide what becomes of the run. `usage`
    is what it has used nevertheless, as in `NodeResult`.
    """

    code = "node_failed"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retryable: bool = True,
        usage: Mapping[str, Any] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.usage = usage
        if code is not None:
            self.code = code  # type: ignore[misc]
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node as the document gives it: `config` is the whole `data` map, unknown keys included."""

    id: str
    type: str
    title: str
    config: Mapping[str, Any]
    container: str | None = None


@dataclass(frozen=True, slots=True)
class EdgeSpec:
    """From a node's handle to a node."""

    source: str
    target: str
    handle: str = SOURCE


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """What is compiled: nodes and edges in document order."""

    nodes: Sequence[NodeSpec]
    edges: Sequence[EdgeSpec]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document, where, and what to do. Errors keep it from importing; warnings do not.

    `place` is a path into the document (`workflow.graph.nodes[3].data.model`) or `line 4, column 2`.
    """

    level: Literal["error", "warning"]
    code: str
    message: str
    node_id: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of the conversation."""

    query: str
    answer: str


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run was started with. `namespaces` holds what selectors beginning with a reserved word read (`sys`, `env`,
    `conversation`); `models` maps each model reference as written in the document to the model that answers for it;
    `origin` says which run this one repeats (`run_id`), and from which node on (`node_id`).
    """

    run_id: RunId
    scope: Scope
    inputs: Mapping[str, Any] = field(default_factory=dict)
    namespaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    history: Sequence[Turn] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    app_id: str | None = None
    version: int | None = None
    origin: Mapping[str, Any] | None = None


class View(Protocol):
    """The values that a node can read, where it stands in the graph and in the rounds around it."""

    @property
    def node_id(self) -> str: ...

    def get(self, ref: Ref) -> Any:
        """The value behind a compiled selector, or `MISSING`."""
        ...

    def render(self, template: Template) -> str:
        """A `{{#node.name#}}` template as text; what nothing set is left in place, without its braces."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a node has done on its way and need not do again. `name` tells it from the node's other steps.
    `kind`, `tool`, `input` and `output` are shown (see `agent_step`); `kept` is for the node alone. All of it is plain
    JSON, but for files.
    """

    name: str
    kind: str
    tool: str | None = None
    input: Any = None
    output: Any = None
    kept: Mapping[str, Any] = field(default_factory=dict)


class NodeContext(View, Protocol):
    """What a node sees while it runs once."""

    @property
    def steps(self) -> Sequence[Step]:
        """The steps of this execution that were finished before: in a process that died, or in an earlier attempt."""
        ...

    async def finish_step(self, step: Step) -> None:
        """Show a step, and keep it for whoever runs this node again; where the run is durable at each node, it is
        stored when this returns. Only waiting nodes may.
        """
        ...

    @property
    def run(self) -> RunContext: ...

    @property
    def attempt(self) -> int: ...

    def say(self, text: str, *, output: str = "text") -> None:
        """Stream a piece of one of this node's outputs. Only waiting nodes may. An empty piece shows nothing, and is
        a sign of life for `idle_timeout`.
        """
        ...

    def reason(self, text: str) -> None:
        """Stream a piece of a model's reasoning."""
        ...

    def idempotency_key(self) -> str:
        """The same for every retry of this node after a crash; other for another frame, attempt group or run."""
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """A new value for a variable that is not an output: of the conversation, or of the container around the node."""

    ref: Ref
    value: Any


@dataclass(slots=True)
class NodeResult:
    """What a node that succeeded leaves: its outputs, the handle it leaves by, what it used (tokens, money), and the
    variables that it writes.
    """

    outputs: Mapping[str, Any]
    handle: str = SOURCE
    usage: Mapping[str, Any] | None = None
    writes: Sequence[Write] = ()
    exits: bool = False
    """Whether the container around the node opens no further round."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. `form` is JSON: `content` (Markdown) and `fields`; `actions` are the ways to answer, each
    with `id` and `title`. After `timeout` seconds the run goes on without an answer; None waits for ever.
    """

    form: Mapping[str, Any]
    actions: Sequence[Mapping[str, Any]]
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """The template that a response node streams; `joins` the pieces of the run's `answer` when it is a chat reply."""

    segments: Sequence[str | Ref]
    is_answer: bool


class _CompiledNode(Protocol):
    @property
    def inputs(self) -> Sequence[tuple[str, Ref]]:
        """What the node reads, by the name shown in `node_started`."""
        ...

    @property
    def branches(self) -> bool:
        """Whether it leaves by one handle of several, so that what follows is not certain until it has run."""
        ...

    @property
    def response(self) -> Response | None:
        """For a node that answers the user (answer, end), what it streams."""
        ...

    @property
    def ends(self) -> bool:
        """Whether its outputs are outputs of the run."""
        ...


class InlineNode(_CompiledNode, Protocol):
    """A node that never waits."""

    @property
    def waits(self) -> Literal[False]: ...

    def run(self, context: NodeContext) -> NodeResult: ...


class WaitingNode(_CompiledNode, Protocol):
    """A node that waits for the world; it runs in a task of its own and may be cancelled at any await.

    One that has `holds_place = False` only waits for other runs and goes on without a place of the `Gate`: those runs
    need places, and would never get one if all of them were held by nodes that wait for them.
    """

    @property
    def waits(self) -> Literal[True]: ...

    async def run(self, context: NodeContext) -> NodeResult: ...


@runtime_checkable
class HaltingNode(_CompiledNode, Protocol):
    """A waiting node that may ask a person before it goes on. Its run ends where it asks, and a run that has nothing
    else to do is paused meanwhile; after the answer the node runs again, with all of its steps and the answer's.
    """

    @property
    def waits(self) -> Literal[True]: ...

    @property
    def halts(self) -> bool:
        """Whether this one ever asks."""
        ...

    async def run(self, context: NodeContext) -> NodeResult | Question: ...

    def answered(self, question: Question, action: str | None, values: Mapping[str, Any]) -> Step:
        """An answer as the step that the node finds when it runs again. Raises `NodeError` for one that does not fit
        the question, which then stands as before; never for `action` None.
        """
        ...


class Rounds(Protocol):
    """One execution of a container: decides, purely, which rounds there are and what comes of them. The engine opens
    rounds in order, at most `width` at once, and tells of each one's end in whatever order they end.
    """

    @property
    def length(self) -> int | None:
        """How many rounds there will be, where that is known."""
        ...

    @property
    def width(self) -> int: ...

    def variables(self, index: int) -> Mapping[str, Any] | None:
        """What the nodes of a round read under the container's id; None where there is no such round any more."""
        ...

    def enter(self, index: int, view: View) -> bool:
        """Whether the round is to run; False ends the container without it."""
        ...

    def end(self, index: int, view: View, failure: Mapping[str, str] | None, *, exits: bool) -> bool:
        """Take what a round left, or why it failed; False where no further round is to be opened. With `exits` a node
        inside left the container, so that the round may have ended halfway, and none follows whatever is said here.
        Raises `NodeError` where the container fails with it.
        """
        ...

    def result(self) -> NodeResult:
        """What the container leaves once its last round has ended."""
        ...


@runtime_checkable
class ContainerNode(_CompiledNode, Protocol):
    """A node with a graph of its own inside. It only asks: the engine runs the rounds, each in a frame of its own."""

    @property
    def waits(self) -> Literal[False]: ...

    @property
    def family(self) -> Literal["iteration", "loop"]:
        """Which events tell of its rounds."""
        ...

    @property
    def writable(self) -> bool:
        """Whether nodes inside may write the container's variables."""
        ...

    def open(self, context: NodeContext) -> Rounds: ...


@runtime_checkable
class AskingNode(_CompiledNode, Protocol):
    """A node that asks a person. A run that has nothing else to do is paused meanwhile, and no process holds it."""

    @property
    def waits(self) -> Literal[False]: ...

    @property
    def asks(self) -> Literal[True]: ...

    def ask(self, context: NodeContext) -> Question: ...

    def answer(self, view: View, question: Question, action: str | None, values: Mapping[str, Any]) -> NodeResult:
        """What the node leaves after an answer, or after none came in time (`action` is None). Raises `NodeError` for
        an answer that does not fit the question; the question then stands as before.
        """
        ...


Node = InlineNode | WaitingNode | HaltingNode | ContainerNode | AskingNode


class Binder(Protocol):
    """What a node type is given to compile with."""

    def ref(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        """Resolve a selector to a slot. One that nothing sets is a warning, and reads as `MISSING` at run time."""
        ...

    def target(self, selector: Sequence[Any], *, field_name: str = "") -> Ref:
        """Resolve the selector of a variable that the node writes. Raises `NodeError` where none may write."""
        ...

    def kind(self, ref: Ref) -> str:
        """What a reference reads from: the type of a node, as written, or a reserved word; empty for the variables of a
        container, and where nothing is known of it.
        """
        ...

    def inside(self) -> "Binder":
        """A binder for what is read from within a round of the container that is compiled now."""
        ...

    def template(self, text: str, *, field_name: str = "") -> Template:
        """Parse a `{{#node.name#}}` template once."""
        ...

    def problem(self, level: Literal["error", "warning"], code: str, message: str, *, field_name: str = "") -> None:
        """Report something about the node that is compiled now."""
        ...


class NodeType(Protocol):
    """A kind of node. `is_root`: a run may begin here."""

    @property
    def is_root(self) -> bool: ...

    def compile(self, spec: NodeSpec, binder: Binder) -> Node:
        """Validate the node's config and bind what it reads. Raises `pydantic.ValidationError` or `NodeError`
        where the config cannot be used at all; the compiler turns either into a problem of level warning, and the
        node then fails when it runs.
        """
        ...


RecordKind = Literal[
    "began",
    "opened",
    "said",
    "stepped",
    "succeeded",
    "failed",
    "retried",
    "asked",
    "answered",
    "paused",
    "went_on",
    "resumed",
    "cancelled",
    "limited",
]
"""What the decision core can be told (`engine.run.records` says what `data` holds for each)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that the decision core of a run was told. The core is a function of what it is told, so the records of
    a run, told again in order, rebuild its state without running anything. `number` counts from 1; `seq` is that of
    the run's last event before this was told, and `at` when that was, in seconds since the run began. `data` is plain
    JSON, but for files.
    """

    number: int
    kind: RecordKind
    seq: int
    at: float
    node_id: str | None = None
    frame: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What commits together: what the core was told, and the events that came of it. There is always an event.
    `epoch` is that of the lease under which the run is advanced; None where nobody else could.
    """

    records: Sequence[Record]
    events: Sequence[Event]
    epoch: int | None = None


class LeaseLost(Conflict):
    """Another process advances this run by now, so what this one still says of it does not count."""

    code = "lease_lost"


class Journal(Protocol):
    """Where a durable run's finished work is kept. A batch is stored whole or not at all."""

    async def commit(self, scope: Scope, run_id: RunId, batch: Batch) -> None:
        """Raises `LeaseLost` where the run's lease has another epoch than the batch."""
        ...

    async def records(self, scope: Scope, run_id: RunId) -> Sequence[Record]:
        """Everything that the run's core was told, in order; nothing for a run that has committed nothing."""
        ...

    async def last_seq(self, scope: Scope, run_id: RunId) -> int:
        """The seq of the run's last stored event; 0 where it has none."""
        ...

    async def ending(self, scope: Scope, run_id: RunId) -> Mapping[str, Any] | None:
        """The run's terminal event in wire form; None where none is stored."""
        ...


class EventSink(Protocol):
    """Where a run shows its events."""

    async def publish(self, scope: Scope, run_id: RunId, events: Sequence[Event]) -> None:
        """Show events that already have their seq. Called in order, once per event."""
        ...


class EventLog(EventSink, Protocol):
    """Where readers follow runs from, live and afterwards."""

    def follow(self, scope: Scope, run_id: RunId, *, after: int = 0) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Batches of events in wire form with a greater seq than `after`, ending with the terminal event.
        Raises `NotFound` for a run that this workspace does not have.
        """
        ...

    async def break_off(self, scope: Scope, run_id: RunId) -> None:
        """Nobody advances the run any more for now: whoever follows it is let go, without a terminal event, and may
        follow again.
        """
        ...


class Gate(Protocol):
    """Keeps the waiting nodes of many runs from asking too much of the world at once."""

    def place(self) -> AbstractAsyncContextManager[None]:
        """A place for one execution of a node. Entering waits until there is one, and may be cancelled meanwhile."""
        ...


class CommandChannel(Protocol):
    """How a run hears from outside."""

    async def receive(self) -> Any:
        """Wait for the next command."""
        ...
