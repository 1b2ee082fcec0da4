"""What a run of a flow is started with: inputs, reserved namespaces, and the models that answer for it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loomwork.apps.application.blind_models import blind_notices
from loomwork.apps.application.compile_flow import Flow
from loomwork.engine.ports import RunContext, Turn
from loomwork.engine.variables import File
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels, ModelReference, ResolvedModel


@dataclass(frozen=True, slots=True)
class FlowInput:
    """What is asked of a flow. `conversation_variables` are those of the conversation so far; the document's defaults
    stand in for those that it does not have.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    files: Sequence[File] = ()
    user: str = ""
    app_id: str | None = None
    version: int | None = None
    conversation_id: str | None = None
    dialogue_count: int = 0
    conversation_variables: Mapping[str, Any] | None = None
    history: Sequence[Turn] = ()


async def resolve_models(
    scope: Scope,
    flow: Flow,
    models: ChatModels,
    *,
    bindings: Mapping[str, str] | None = None,
    override: str | None = None,
) -> list[ResolvedModel]:
    """Which model answers for each reference of the document, in order of appearance."""
    bound = bindings or {}
    resolved = []
    for item in flow.document.model_references:
        reference = ModelReference(item.provider, item.name)
        resolved.append(await models.resolve(scope, reference, override=override or bound.get(str(reference))))
        # Each looks at the catalog's files, and a hostile document names thousands: others have their turn between.
        await asyncio.sleep(0)
    return resolved


def begin_flow(
    flow: Flow,
    scope: Scope,
    run_id: RunId,
    asked: FlowInput,
    resolved: Sequence[ResolvedModel],
    *,
    now: datetime,
    origin: Mapping[str, Any] | None = None,
) -> RunContext:
    """The context of one run. Raises `InvalidInput` where a chat app is asked nothing."""
    if asked.query is None and flow.reads_query:
        raise InvalidInput("This is a chat app: it needs a query to answer.", field="query")
    return RunContext(
        run_id=run_id,
        scope=scope,
        inputs=with_files(asked.inputs),
        namespaces={
            "sys": _system_variables(flow, run_id, asked, now),
            "env": flow.document.environment_variables,
            "conversation": {**flow.document.conversation_variables, **(asked.conversation_variables or {})},
        },
        history=asked.history,
        models={str(item.reference): item.model for item in resolved},
        app_id=asked.app_id,
        version=asked.version,
        origin=origin,
    )


def notices_of(flow: Flow, resolved: Sequence[ResolvedModel]) -> list[str]:
    """What the user is told about models, each sentence once."""
    return [*stand_in_notices(resolved), *blind_notices(flow.document, resolved)]


def stand_in_notices(resolved: Sequence[ResolvedModel]) -> list[str]:
    """What is told of models that another answers for, or that are about to go."""
    return list(dict.fromkeys(item.notice for item in resolved if item.notice is not None))


def _system_variables(flow: Flow, run_id: RunId, asked: FlowInput, now: datetime) -> dict[str, Any]:
    """`sys.*`, as in dify.md 2.4: what every graph app has, and what its mode adds."""
    variables: dict[str, Any] = {
        "files": list(asked.files),
        "user_id": asked.user,
        "app_id": asked.app_id or "",
        "workflow_id": asked.app_id or "",
        "workflow_run_id": run_id,
        "timestamp": int(now.timestamp()),
    }
    if flow.is_chat:
        variables["query"] = asked.query or ""
        variables["conversation_id"] = asked.conversation_id or ""
        variables["dialogue_count"] = asked.dialogue_count
    return variables


def with_files(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs with file objects in wire form turned into files."""
    return {name: _as_file(value) for name, value in inputs.items()}


def _as_file(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_file(item) for item in value]
    if isinstance(value, Mapping) and "transfer_method" in value and "type" in value:
        return File.from_wire(value)
    return value
