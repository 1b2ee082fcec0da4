"""Asks the model under a grammar of the classes' names. Where an answer names none, the model is asked once more, and
then the first class counts.
"""

from typing import Literal

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeResult, NodeSpec, Response
from loomwork.engine.variables import render_text
from loomwork.model_gateway.api import ChatModels
from loomwork.nodes.asking_again import QuietEar, ask_until_good
from loomwork.nodes.memory import recent_turns
from loomwork.nodes.model_call import BoundModel, usage_output, usage_spent
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.question_classifier.asking import answer_names, answer_schema, chosen, question
from loomwork.nodes.question_classifier.config import QuestionClassifierConfig
from loomwork.nodes.reading import joined, template_inputs
from loomwork.nodes.vision import BoundVision, show_images


class QuestionClassifierNode:
    """Outputs `class_name`, `class_id`, `class_label`, `usage`; the handle is the class's id."""

    waits: Literal[True] = True
    branches = True
    ends = False
    response: Response | None = None

    def __init__(self, config: QuestionClassifierConfig, model: BoundModel, binder: Binder, files: FileBytes) -> None:
        self._classes = config.classes
        self._memory = config.memory if config.memory is not None and config.memory.enabled else None
        self._model = model
        self._query = binder.ref(config.query_variable_selector, field_name="query_variable_selector")
        self._names = [
            binder.template(row.name, field_name=f"classes[{place}].name") for place, row in enumerate(config.classes)
        ]
        self._instruction = binder.template(config.instruction or config.instructions, field_name="instruction")
        self._vision = BoundVision(config.vision, binder, files)
        texts = template_inputs(*self._names, self._instruction)
        self.inputs = joined((("query", self._query),), texts, model.inputs, self._vision.inputs)

    async def run(self, context: NodeContext) -> NodeResult:
        names = [context.render(name) for name in self._names]
        answers = answer_names(names)
        turns = recent_turns(context.run.history, self._memory) if self._memory is not None else []
        text = render_text(context.get(self._query))
        messages = question(text, names, answers, context.render(self._instruction), turns)
        ids = [row.id for row in self._classes]

        def problem_of(text: str) -> str | None:
            return "It names none of the categories." if chosen(text, answers, names, ids) is None else None

        answer = await ask_until_good(
            self._model,
            context,
            show_images(messages, await self._vision.images(context)),
            json_schema=answer_schema(answers),
            ear=lambda: QuietEar(context),
            problem_of=problem_of,
        )
        place, usage = chosen(answer.ear.text, answers, names, ids) or 0, answer.finished.usage
        row = self._classes[place]
        outputs = {
            "class_name": names[place],
            "class_id": row.id,
            "class_label": row.label,
            "usage": usage_output(usage),
        }
        return NodeResult(outputs, row.id, usage_spent(usage))


class QuestionClassifierType:
    """`question-classifier`."""

    is_root = False

    def __init__(self, models: ChatModels, files: FileBytes) -> None:
        self._models = models
        self._files = files

    def compile(self, spec: NodeSpec, binder: Binder) -> QuestionClassifierNode:
        config = QuestionClassifierConfig.model_validate(spec.config)
        if not config.classes:
            raise NodeError("it has no classes to sort into", code="invalid_config", retryable=False)
        return QuestionClassifierNode(config, BoundModel(self._models, config.model, binder, spec), binder, self._files)
