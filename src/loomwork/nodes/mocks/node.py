"""A node that does not run: it leaves what it is told to, and streams it as the real one would."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import ValidationError

from loomwork.engine.ports import SOURCE, Binder, NodeContext, NodeError, NodeResult, NodeSpec, NodeType, Response
from loomwork.engine.variables import Ref, render_markdown, render_text
from loomwork.nodes.known import KNOWN_TYPES, KnownType, canonical
from loomwork.nodes.mocks.plausible import plausible_outputs
from loomwork.nodes.mocks.readers import Wants
from loomwork.nodes.mocks.reading import Mock, MockError
from loomwork.nodes.mocks.wanted import Shape, fitted

CHUNKS = 4
"""At most so many pieces is a mocked text streamed in."""

FIRST_HANDLE = {
    "if-else": ("cases", ("case_id", "id"), "true"),
    "question-classifier": ("classes", ("id",), "true"),
    "human-input": ("user_actions", ("id",), "__timeout"),
}
"""Where a config lists the ways out, the keys of their handles, and the handle where it lists none."""


class _Mocked:
    """What the mocked nodes share: the face that the engine sees."""

    def __init__(self, outputs: Mapping[str, Any], face: "_Face", *, handle: str) -> None:
        self.inputs = face.inputs
        self.branches = face.branches
        self.ends = face.ends
        self.response = face.response
        self._outputs = outputs
        self._handle = handle


class MockedNode(_Mocked):
    """Leaves its outputs at once."""

    waits: Literal[False] = False

    def run(self, context: NodeContext) -> NodeResult:
        return NodeResult(dict(self._outputs), self._handle)


class MockedStreamNode(_Mocked):
    """Says its text in a few pieces, and a model's reasoning before it."""

    waits: Literal[True] = True

    async def run(self, context: NodeContext) -> NodeResult:
        reasoning = self._outputs.get("reasoning_content")
        if isinstance(reasoning, str) and reasoning:
            context.reason(reasoning)
        for piece in pieces(self._outputs["text"]):
            context.say(piece)
        return NodeResult(dict(self._outputs), self._handle)


class FailingNode(_Mocked):
    """Fails as it is told to."""

    waits: Literal[False] = False

    def run(self, context: NodeContext) -> NodeResult:
        raise NodeError(str(self._outputs["error"]), node_id=context.node_id)


class MockedType:
    """Stands in for a type: with a mock that was written down, or (`mock` None) with plausible outputs.

    `real` is the type it stands in for, where there is one that runs. `wants` says what the code of the graph expects
    of what is made up.
    """

    def __init__(
        self, type_name: str, real: NodeType | None, mock: Mock | MockError | None, wants: Wants | None = None
    ) -> None:
        self._known = KNOWN_TYPES.get(canonical(type_name), KnownType())
        self._real = real
        self._mock = mock
        self._wants = wants or {}
        self.is_root = real.is_root if real is not None else self._known.is_root

    def compile(self, spec: NodeSpec, binder: Binder) -> MockedNode | MockedStreamNode | FailingNode:
        face = _Face.of(self._real, spec, binder, branches=self._known.branch_key is not None)
        if isinstance(self._mock, MockError):
            return FailingNode({"error": self._mock.message}, face, handle=SOURCE)
        outputs = self._plausible(spec) if self._mock is None else self._mock.outputs
        face.answer_with(outputs)
        handle = self._handle(outputs, spec)
        if self._known.streams is not None and isinstance(outputs.get(self._known.streams), str):
            return MockedStreamNode(outputs, face, handle=handle)
        return MockedNode(outputs, face, handle=handle)

    def _plausible(self, spec: NodeSpec) -> dict[str, Any]:
        """Outputs of the declared types, such as the code that reads them can use where it says what it needs."""
        outputs = plausible_outputs(spec)
        for selector, shape in self._wants.items():
            if selector[0] == spec.id and selector[1] in outputs:
                outputs[selector[1]] = _fitted_within(outputs[selector[1]], selector[2:], shape)
        return outputs

    def _handle(self, outputs: Mapping[str, Any], spec: NodeSpec) -> str:
        if self._known.branch_key is None:
            return SOURCE
        said = outputs.get(self._known.branch_key)
        return str(said) if said not in (None, "") else first_handle(spec)


def _fitted_within(value: Any, path: Sequence[str], shape: Shape) -> Any:
    """The value with what lies at a path made plausible."""
    if not path:
        return fitted(shape, value)
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _fitted_within(value[path[0]], path[1:], shape)}


class _QuietBinder:
    """What is wrong with a node's config does not matter while it does not run."""

    def __init__(self, binder: Binder) -> None:
        self.ref = binder.ref
        self.template = binder.template
        self.inside = binder.inside
        self.kind = binder.kind
        self.target = binder.target

    def problem(self, level: Literal["error", "warning"], code: str, message: str, *, field_name: str = "") -> None:
        pass


class _Face:
    """What the engine knows of a node before it runs, taken from the real one where that compiles."""

    def __init__(self, *, branches: bool) -> None:
        self.inputs: Sequence[tuple[str, Ref]] = ()
        self.branches = branches
        self.ends = False
        self.response: Response | None = None

    @classmethod
    def of(cls, real: NodeType | None, spec: NodeSpec, binder: Binder, *, branches: bool) -> "_Face":
        face = cls(branches=branches)
        if real is None:
            return face
        try:
            node = real.compile(spec, _QuietBinder(binder))
        except (ValidationError, NodeError):
            return face
        face.inputs, face.branches, face.ends, face.response = node.inputs, node.branches, node.ends, node.response
        return face

    def answer_with(self, outputs: Mapping[str, Any]) -> None:
        """A response node shows what it is told to leave, not its template."""
        if self.response is None:
            return
        if self.response.is_answer:
            text = render_markdown(outputs.get("answer"))
        else:
            text = "\n".join(render_text(value) for value in outputs.values())
        self.response = Response([text], is_answer=self.response.is_answer)


def pieces(text: str) -> list[str]:
    """The text in at most `CHUNKS` pieces of about the same length."""
    length = max(1, -(-len(text) // CHUNKS))
    return [text[start : start + length] for start in range(0, len(text), length)]


def first_handle(spec: NodeSpec) -> str:
    """The first way out that a branch node declares."""
    list_key, id_keys, otherwise = FIRST_HANDLE.get(canonical(spec.type), ("", (), "true"))
    rows = spec.config.get(list_key)
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else {}
    return next((str(first[key]) for key in id_keys if first.get(key) not in (None, "")), otherwise)
