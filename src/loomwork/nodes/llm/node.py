"""Streams a model's answer, its reasoning apart where the node asks for that, and reads JSON from it where it must."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import Missing
from loomwork.kernel.json_schemas import fault_of, tame_validator
from loomwork.model_gateway.api import ChatModels, Finished, Message, ReasoningDelta, TextDelta
from loomwork.nodes.asking_again import ask_until_good
from loomwork.nodes.llm.config import LlmConfig
from loomwork.nodes.llm.prompt import BoundPrompt
from loomwork.nodes.llm.reasoning import Piece, ThoughtSplitter
from loomwork.nodes.model_call import BoundModel, usage_output, usage_spent
from loomwork.nodes.model_json import find_json
from loomwork.nodes.ports import FileBytes, TemplateWorker
from loomwork.nodes.reading import joined


class LlmNode:
    """Outputs `text`, `reasoning_content`, `usage`, `finish_reason`, `files`, and `structured_output` if asked for.

    Structured output is checked against its schema before any of it is shown, since the model is asked once more, and
    told why, where it does not fit.
    """

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: LlmConfig, model: BoundModel, prompt: BoundPrompt) -> None:
        self.inputs = joined(prompt.inputs, model.inputs)
        self._model = model
        self._prompt = prompt
        self._schema = config.schema_for_output
        self._validator = tame_validator(self._schema)
        self._separates = config.reasoning_format == "separated"

    async def run(self, context: NodeContext) -> NodeResult:
        messages = await self._prompt.messages(context)
        if self._schema is not None:
            return await self._structured(context, messages, self._schema)
        answer = _Answer(context, self._splitter())
        finished = await self._model.ask(context, messages, hear=answer.hear)
        answer.finish()
        return NodeResult(_outputs(answer, finished), usage=usage_spent(finished.usage))

    async def _structured(
        self, context: NodeContext, messages: Sequence[Message], schema: Mapping[str, Any]
    ) -> NodeResult:
        answer = await ask_until_good(
            self._model,
            context,
            messages,
            json_schema=schema,
            ear=lambda: _Answer(context, self._splitter(), holds=True),
            problem_of=self._problem_of,
        )
        text, spent = answer.ear.text, usage_spent(answer.finished.usage)
        if answer.problem is not None:
            message = f"The model's answer is not the JSON that the node asks for. {answer.problem}"
            raise NodeError(message, code="invalid_model_output", usage=spent, answer=text[:500])
        context.say(text)
        outputs = {**_outputs(answer.ear, answer.finished), "structured_output": find_json(text)}
        return NodeResult(outputs, usage=spent)

    def _splitter(self) -> ThoughtSplitter | None:
        return ThoughtSplitter() if self._separates else None

    def _problem_of(self, text: str) -> str | None:
        found = find_json(text)
        if isinstance(found, Missing):
            return "It holds no JSON."
        fault = None if self._validator is None else fault_of(found, self._validator)
        return None if fault is None else f"It does not fit the schema ({fault})."


class LlmType:
    """`llm`."""

    is_root = False

    def __init__(self, models: ChatModels, templates: TemplateWorker, files: FileBytes) -> None:
        self._models = models
        self._templates = templates
        self._files = files

    def compile(self, spec: NodeSpec, binder: Binder) -> LlmNode:
        config = LlmConfig.model_validate(spec.config)
        if config.structured_output.is_unreadable and config.structured_output_enabled:
            message = "Structured output is switched on without a schema that can be read; the answer is taken as text."
            binder.problem("warning", "invalid_schema", message, field_name="structured_output.schema")
        model = BoundModel(self._models, config.model, binder, spec)
        return LlmNode(config, model, BoundPrompt(config, binder, self._templates, self._files))


def _outputs(answer: "_Answer", finished: Finished) -> dict[str, Any]:
    return {
        "text": answer.text,
        "reasoning_content": answer.reasoning,
        "usage": usage_output(finished.usage),
        "finish_reason": finished.finish_reason,
        "files": [],
    }


class _Answer:
    """What has been heard so far, passed on as it comes; with `holds`, only the reasoning is."""

    def __init__(self, context: NodeContext, splitter: ThoughtSplitter | None, *, holds: bool = False) -> None:
        self._context = context
        self._splitter = splitter
        self._holds = holds
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
            self._context.say("" if self._holds else piece.text)
