"""Streams a model's answer, its reasoning apart where the node asks for that, and reads JSON from it where it must."""

from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Missing
from loomwork.model_gateway.api import ChatModels, Finished, ReasoningDelta, TextDelta, Usage
from loomwork.nodes.llm.config import LlmConfig
from loomwork.nodes.llm.prompt import BoundPrompt
from loomwork.nodes.llm.reasoning import Piece, ThoughtSplitter
from loomwork.nodes.model_call import BoundModel, usage_output, usage_spent
from loomwork.nodes.model_json import find_json
from loomwork.nodes.ports import TemplateWorker
from loomwork.nodes.reading import joined


class LlmNode:
    """Outputs `text`, `reasoning_content`, `usage`, `finish_reason`, `files`, and `structured_output` if asked for."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: LlmConfig, model: BoundModel, prompt: BoundPrompt) -> None:
        self.inputs = joined(prompt.inputs, model.inputs)
        self._model = model
        self._prompt = prompt
        self._schema = config.schema_for_output
        self._separates = config.reasoning_format == "separated"

    async def run(self, context: NodeContext) -> NodeResult:
        messages = await self._prompt.messages(context)
        answer = _Answer(context, ThoughtSplitter() if self._separates else None)
        finished = await self._model.ask(context, messages, hear=answer.hear, json_schema=self._schema)
        answer.finish()
        return NodeResult(self._outputs(answer, finished), usage=usage_spent(finished.usage))

    def _outputs(self, answer: "_Answer", finished: Finished) -> dict[str, Any]:
        outputs: dict[str, Any] = {
            "text": answer.text,
            "reasoning_content": answer.reasoning,
            "usage": usage_output(finished.usage),
            "finish_reason": finished.finish_reason,
            "files": [],
        }
        if self._schema is not None:
            outputs["structured_output"] = _structured(answer.text, finished.usage)
        return outputs


class LlmType:
    """`llm`."""

    is_root = False

    def __init__(self, models: ChatModels, templates: TemplateWorker) -> None:
        self._models = models
        self._templates = templates

    def compile(self, spec: NodeSpec, binder: Binder) -> LlmNode:
        config = LlmConfig.model_validate(spec.config)
        if config.structured_output.is_unreadable and config.structured_output_enabled:
            message = "Structured output is switched on without a schema that can be read; the answer is taken as text."
            binder.problem("warning", "invalid_schema", message, field_name="structured_output.schema")
        model = BoundModel(self._models, config.model, binder)
        return LlmNode(config, model, BoundPrompt(config, binder, self._templates))


class _Answer:
    """What has been heard so far, passed on as it comes."""

    def __init__(self, context: NodeContext, splitter: ThoughtSplitter | None) -> None:
        self._context = context
        self._splitter = splitter
        self._text: list[str] = []
        self._reasoning: list[str] = []

    def hear(self, delta: TextDelta | ReasoningDelta) -> None:
        if isinstance(delta, ReasoningDelta):
            self._pass_on(Piece("reasoning", delta.text))
        elif self._splitter is None:
            self._pass_on(Piece("text", delta.text))
        else:
            for piece in self._splitter.feed(delta.text):
                self._pass_on(piece)

    def finish(self) -> None:
        for piece in () if self._splitter is None else self._splitter.finish():
            self._pass_on(piece)

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        return "".join(self._reasoning).strip()

    def _pass_on(self, piece: Piece) -> None:
        if not piece.text:
            return
        if piece.kind == "reasoning":
            self._reasoning.append(piece.text)
            self._context.reason(piece.text)
        else:
            self._text.append(piece.text)
            self._context.say(piece.text)


def _structured(text: str, usage: Usage) -> Any:
    found = find_json(text)
    if isinstance(found, Missing):
        message = "The model's answer is not the JSON that the node asks for."
        raise NodeError(message, code="invalid_model_output", usage=usage_spent(usage), answer=text[:500])
    return found
