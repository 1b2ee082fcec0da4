"""How a node calls a model: which one its document names, with which params, and what a failure becomes."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from loomwork.engine.ports import Binder, NodeContext, NodeError, NodeSpec
from loomwork.engine.variables import Template
from loomwork.kernel.errors import LoomworkError
from loomwork.model_gateway.api import (
    AUTO,
    ChatModels,
    ChatRequest,
    Finished,
    Message,
    ModelNotFound,
    ModelReference,
    ModelRefused,
    ReasoningDelta,
    Spender,
    TextDelta,
    Tool,
    ToolCallDelta,
    ToolChoice,
    Usage,
)
from loomwork.nodes.config import NodeConfig, Text
from loomwork.nodes.reading import Inputs, template_inputs

FALLBACKS = "x-loomwork.fallback_models"
MOST_FALLBACKS = 10

Hear = Callable[[TextDelta | ReasoningDelta], None]


def _params(value: Any) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


class ModelConfig(NodeConfig):
    """A model as app files write it."""

    provider: Text = ""
    name: Text = ""
    mode: Text = "chat"
    completion_params: Annotated[dict[str, Any], BeforeValidator(_params)] = Field(default_factory=dict)


class BoundModel:
    """A model reference with its params, ready to be asked in any run."""

    def __init__(self, models: ChatModels, config: ModelConfig, binder: Binder, spec: NodeSpec) -> None:
        self._models = models
        self._fallbacks = fallback_models(spec, binder)
        self._reference = ModelReference(config.provider, config.name)
        self._params = {
            key: _bound_param(value, binder, f"model.completion_params.{key}")
            for key, value in config.completion_params.items()
        }
        templates = [value for value in self._params.values() if isinstance(value, Template)]
        self.inputs: Inputs = template_inputs(*templates)
        if not config.name:
            message = "The node names no model; the default one answers for it."
            binder.problem("warning", "no_model", message, field_name="model")

    async def ask(
        self,
        context: NodeContext,
        messages: Sequence[Message],
        *,
        hear: Hear,
        json_schema: Mapping[str, Any] | None = None,
        tools: Sequence[Tool] = (),
        tool_choice: ToolChoice = AUTO,
        stop: Sequence[str] = (),
    ) -> Finished:
        """Call the model; `hear` gets every piece as it comes. `stop` are words at which the answer ends, beside those
        of the document. Cancelling closes the call. Raises `NodeError`.
        """
        try:
            request = ChatRequest(
                await self._model(context),
                messages,
                self._rendered_params(context, stop),
                json_schema,
                tools,
                tool_choice,
                fallbacks=self._fallbacks,
                spender=spender_of(context),
            )
            return await self._listen(context, request, hear)
        except NodeError:
            raise
        except LoomworkError as error:
            retryable = not isinstance(error, ModelRefused | ModelNotFound)
            raise NodeError(error.message, code=error.code, retryable=retryable) from error

    async def _listen(self, context: NodeContext, request: ChatRequest, hear: Hear) -> Finished:
        stream = self._models.chat(context.run.scope, request)
        try:
            async for event in stream:
                if isinstance(event, Finished):
                    return event
                if isinstance(event, ToolCallDelta):
                    context.say("")
                else:
                    hear(event)
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        raise NodeError("The model's answer broke off before its end.", code="model_unavailable")

    async def _model(self, context: NodeContext) -> str:
        return await answering_model(self._models, self._reference, context)

    def _rendered_params(self, context: NodeContext, stop: Sequence[str]) -> dict[str, Any]:
        params = {
            key: _number_or_text(context.render(value)) if isinstance(value, Template) else value
            for key, value in self._params.items()
        }
        if stop:
            own = params.get("stop") or ()
            params["stop"] = list(dict.fromkeys([*([own] if isinstance(own, str) else own), *stop]))
        return params


def fallback_models(spec: NodeSpec, binder: Binder) -> tuple[str, ...]:
    """The models of `x-loomwork.fallback_models`, each once. What is no name of a model is left out, with a warning."""
    own = spec.config.get("x-loomwork")
    written = own.get("fallback_models") if isinstance(own, Mapping) else None
    if written is None:
        return ()
    listed = written if isinstance(written, list | tuple) else [written]
    names = [name.strip() for name in listed if isinstance(name, str) and "/" in name.strip().strip("/")]
    if len(names) < len(listed) or len(names) > MOST_FALLBACKS:
        message = (
            f"{FALLBACKS} is a list of at most {MOST_FALLBACKS} models, each written as provider/model; "
            "what is not that does not count."
        )
        binder.problem("warning", "invalid_config", message, field_name=FALLBACKS)
    return tuple(dict.fromkeys(names[:MOST_FALLBACKS]))


async def answering_model(models: ChatModels, reference: ModelReference, context: NodeContext) -> str:
    """The model that answers for a reference in this run, as `provider/model`. Raises `LoomworkError`."""
    known = context.run.models.get(str(reference))
    return known if known is not None else (await models.resolve(context.run.scope, reference)).model


def spender_of(context: NodeContext) -> Spender:
    """Who a call of this node is counted for."""
    run, actor = context.run, context.run.scope.actor
    return Spender(
        app_id=run.app_id,
        run_id=run.run_id,
        node_id=context.node_id,
        key_id=actor.id if actor.kind == "key" else None,
        end_user=str(run.namespaces.get("sys", {}).get("user_id") or "") or None,
    )


def usage_output(usage: Usage) -> dict[str, Any]:
    """Usage as an output of a node; None where the provider did not say."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def usage_spent(usage: Usage) -> dict[str, int]:
    """Usage as it is summed up over a run: only what the provider said."""
    return {name: count for name, count in usage_output(usage).items() if count is not None}


def _bound_param(value: Any, binder: Binder, field_name: str) -> Any:
    return binder.template(value, field_name=field_name) if isinstance(value, str) and "{{#" in value else value


def _number_or_text(text: str) -> Any:
    """A param that a template made: most params are numbers."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, bool | int | float) else text
