"""What a model is told: the prompt's messages, the context, the conversation so far, and images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loomwork.engine.ports import Binder, NodeContext, NodeError
from loomwork.engine.variables import MISSING, Ref, Template, render_text
from loomwork.engine.variables.jinja import WeighedTemplate
from loomwork.model_gateway.api import Message
from loomwork.nodes.jinja_fields import bind_variables, read_values, render_anywhere, weigh
from loomwork.nodes.llm.config import LlmConfig, PromptConfig, Role
from loomwork.nodes.memory import DEFAULT_QUERY, MemoryConfig, as_messages, as_text, recent_turns
from loomwork.nodes.ports import FileBytes, TemplateWorker
from loomwork.nodes.reading import Inputs, joined, shown, template_inputs
from loomwork.nodes.vision import BoundVision, show_images

CONTEXT_MARK = "{{#context#}}"
HISTORIES_MARK = "{{#histories#}}"
QUERY_MARK = "{{#query#}}"


@dataclass(frozen=True, slots=True)
class BoundText:
    """A prompt's text: its templates, between which the context stands; or a Jinja template."""

    role: Role
    templates: tuple[Template, ...]
    jinja: WeighedTemplate | None = None

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(ref for template in self.templates for ref in template.refs)


class BoundPrompt:
    """The prompt of one node, ready to become messages in any run."""

    def __init__(self, config: LlmConfig, binder: Binder, worker: TemplateWorker, files: FileBytes) -> None:
        self._worker = worker
        self._texts = [
            _bound_text(prompt, binder, f"prompt_template[{place}]")
            for place, prompt in enumerate(config.prompt_template)
        ]
        self._variables = bind_variables(
            config.prompt_config.jinja2_variables, binder, "prompt_config.jinja2_variables"
        )
        self._context = _context_ref(config, binder)
        self._memory = config.memory if config.memory is not None and config.memory.enabled else None
        self._query = _query_template(self._memory, binder)
        self._vision = BoundVision(config.vision, binder, files)
        self._is_completion = config.is_completion
        self.inputs = self._shown_inputs()

    async def messages(self, context: NodeContext) -> list[Message]:
        """Raises `NodeError` with code `empty_prompt` where there is nothing to ask."""
        written = [await self._message(text, context) for text in self._texts]
        messages = [message for message in written if message.text.strip() or message.images]
        if self._memory is not None:
            messages = self._remember(messages, self._memory, context)
        messages = show_images(messages, await self._vision.images(context))
        if not messages:
            message = "The prompt is empty. Write a message, or check that what it refers to has a value."
            raise NodeError(message, code="empty_prompt", retryable=False)
        return messages

    async def _message(self, text: BoundText, context: NodeContext) -> Message:
        if text.jinja is not None:
            values = read_values(context, self._variables)
            return Message(text.role, await render_anywhere(text.jinja, values, self._worker))
        found = "" if self._context is None else context_text(context.get(self._context))
        images: list[str] = []
        if self._vision.enabled:
            images = [url for ref in text.refs for url in await self._vision.urls_in(context.get(ref), context)]
        return Message(text.role, found.join(context.render(template) for template in text.templates), tuple(images))

    def _remember(self, messages: list[Message], memory: MemoryConfig, context: NodeContext) -> list[Message]:
        turns = recent_turns(context.run.history, memory)
        query = self._rendered_query(context)
        if self._is_completion:
            text = messages[0].text if messages else ""
            return [Message("user", _completion(text, as_text(turns, memory.role_prefix), query))]
        asked = [Message("user", query)] if query else []
        return [*messages, *as_messages(turns), *asked]

    def _rendered_query(self, context: NodeContext) -> str:
        """Empty in an app that has no query, such as a workflow."""
        if self._query is None or all(context.get(ref) is MISSING for ref in self._query.refs):
            return ""
        return context.render(self._query)

    def _shown_inputs(self) -> Inputs:
        templates = [template for text in self._texts for template in text.templates]
        query = [self._query] if self._query is not None else []
        context = [self._context] if self._context is not None else []
        return joined(template_inputs(*templates, *query), self._variables, shown(context), self._vision.inputs)


def context_text(value: Any) -> str:
    """A context variable as text: text as it is; of a list, each passage's summary and content, a line each."""
    if isinstance(value, list):
        return "\n".join(_passage_text(item) for item in value).strip()
    return render_text(value)


def _passage_text(item: Any) -> str:
    if not isinstance(item, dict):
        return render_text(item)
    if "content" not in item:
        message = "An item of the context has no 'content'. Use the result of a knowledge retrieval, or text."
        raise NodeError(message, code="invalid_context", retryable=False)
    return "\n".join(render_text(item[key]) for key in ("summary", "content") if item.get(key))


def _completion(text: str, histories: str, query: str) -> str:
    """Where the prompt has no place for them, the query and what was said before stand first."""
    for mark, value in ((HISTORIES_MARK, histories), (QUERY_MARK, query)):
        if mark in text:
            text = text.replace(mark, value)
        elif value:
            text = f"{value}\n{text}"
    return text


def _bound_text(prompt: PromptConfig, binder: Binder, field_name: str) -> BoundText:
    if prompt.is_jinja:
        return BoundText(prompt.role, (), weigh(prompt.jinja2_text or prompt.text))
    parts = prompt.text.split(CONTEXT_MARK)
    return BoundText(prompt.role, tuple(binder.template(part, field_name=f"{field_name}.text") for part in parts))


def _context_ref(config: LlmConfig, binder: Binder) -> Ref | None:
    if not config.context.enabled or not config.context.variable_selector:
        return None
    return binder.ref(config.context.variable_selector, field_name="context.variable_selector")


def _query_template(memory: MemoryConfig | None, binder: Binder) -> Template | None:
    if memory is None:
        return None
    written: Sequence[str] = (memory.query_prompt_template, DEFAULT_QUERY)
    return binder.template(next(filter(None, written)), field_name="memory.query_prompt_template")
