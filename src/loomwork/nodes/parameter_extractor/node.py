"""Asks the model under a schema of the parameters, and once more where values do not fit. What still cannot be read
then leaves empty values, and says so.
"""

from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import render_text
from loomwork.model_gateway.api import ChatModels
from loomwork.nodes.asking_again import QuietEar, ask_until_good
from loomwork.nodes.memory import recent_turns
from loomwork.nodes.model_call import BoundModel, usage_output, usage_spent
from loomwork.nodes.parameter_extractor.asking import answer_schema, question
from loomwork.nodes.parameter_extractor.config import KNOWN_KINDS, Parameter, ParameterExtractorConfig
from loomwork.nodes.parameter_extractor.values import extract
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.reading import joined, template_inputs
from loomwork.nodes.vision import BoundVision, show_images

OWN_OUTPUTS = frozenset({"__is_success", "__reason", "__usage"})
"""Outputs of the node itself, which no parameter may be called."""


class ParameterExtractorNode:
    """An output for each parameter, `__is_success` (1 or 0), `__reason` (null or what was wrong) and `__usage`."""

    waits: Literal[True] = True
    branches = False
    ends = False
    response: Response | None = None

    def __init__(self, config: ParameterExtractorConfig, model: BoundModel, binder: Binder, files: FileBytes) -> None:
        self._parameters = config.parameters
        self._schema = answer_schema(config.parameters)
        self._memory = config.memory if config.memory is not None and config.memory.enabled else None
        self._model = model
        self._query = binder.ref(config.query, field_name="query")
        self._instruction = binder.template(config.instruction, field_name="instruction")
        self._vision = BoundVision(config.vision, binder, files)
        texts = template_inputs(self._instruction)
        self.inputs = joined((("query", self._query),), texts, model.inputs, self._vision.inputs)

    async def run(self, context: NodeContext) -> NodeResult:
        turns = recent_turns(context.run.history, self._memory) if self._memory is not None else []
        text = render_text(context.get(self._query))
        asked = question(text, self._parameters, context.render(self._instruction), turns)
        answer = await ask_until_good(
            self._model,
            context,
            show_images(asked, await self._vision.images(context)),
            json_schema=self._schema,
            ear=lambda: QuietEar(context),
            problem_of=lambda said: extract(said, self._parameters).misfit,
        )
        found, usage = extract(answer.ear.text, self._parameters), answer.finished.usage
        outputs = {
            **found.values,
            "__is_success": 1 if found.reason is None else 0,
            "__reason": found.reason,
            "__usage": usage_output(usage),
        }
        return NodeResult(outputs, usage=usage_spent(usage))


class ParameterExtractorType:
    """`parameter-extractor`."""

    is_root = False

    def __init__(self, models: ChatModels, files: FileBytes) -> None:
        self._models = models
        self._files = files

    def compile(self, spec: NodeSpec, binder: Binder) -> ParameterExtractorNode:
        config = ParameterExtractorConfig.model_validate(spec.config)
        _check(config.parameters)
        return ParameterExtractorNode(config, BoundModel(self._models, config.model, binder, spec), binder, self._files)


def _check(parameters: tuple[Parameter, ...]) -> None:
    if not parameters:
        raise NodeError("it has no parameters to extract", code="invalid_config", retryable=False)
    for parameter in parameters:
        if not parameter.name.strip() or parameter.name in OWN_OUTPUTS:
            message = f"it has a parameter called '{parameter.name}', which no parameter may be called"
            raise NodeError(message, code="invalid_config", retryable=False)
        if parameter.type not in KNOWN_KINDS:
            message = f"its parameter '{parameter.name}' is of type '{parameter.type}', which does not exist"
            raise NodeError(message, code="invalid_config", retryable=False)
