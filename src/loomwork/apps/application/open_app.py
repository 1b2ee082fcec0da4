"""An app opened for use: its graph, its form, what is wrong with it, and which models would answer."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from loomwork.apps.api import AppOverview, GraphEdge, GraphNode
from loomwork.apps.application.blind_models import blind_notice
from loomwork.apps.application.compile_flow import Flow, FlowCompiler, report
from loomwork.apps.application.publish_app import published_document
from loomwork.apps.domain import App
from loomwork.apps.ports import AppStore
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels, ModelNotFound, ModelReference, ResolvedModel


async def open_app(
    scope: Scope, app_id: AppId, *, published: bool, apps: AppStore, compiler: FlowCompiler, models: ChatModels
) -> AppOverview:
    """The draft, or what visitors get."""
    app = await apps.get(scope, app_id)
    text = await published_document(scope, app, apps=apps) if published else app.document
    flow = await compiler.compile_kept(text)
    nodes, edges = graph_of(flow)
    return AppOverview(
        app=app,
        nodes=nodes,
        edges=edges,
        form=flow.document.form,
        features=_features(flow),
        problems=report(flow.problems),
        models=await _models_of(scope, app, flow, models),
        runnable=flow.plan is not None,
    )


def _features(flow: Flow) -> Mapping[str, Any]:
    """The document's features, with our own keys of it (sample inputs) under the name that they have there."""
    extension = flow.document.tree.get("x-loomwork")
    own = {"x-loomwork": extension} if isinstance(extension, Mapping) else {}
    return {**flow.document.features, **own}


def graph_of(flow: Flow) -> tuple[Sequence[GraphNode], Sequence[GraphEdge]]:
    """The graph as it is drawn."""
    return flow.document.drawn_nodes, flow.document.drawn_edges


async def _models_of(scope: Scope, app: App, flow: Flow, models: ChatModels) -> list[dict[str, str | None]]:
    """Who answers for each reference. A binding to a model that is gone is told of here, and refused when it is run:
    the app has to open for somebody to choose another.
    """
    answering: list[dict[str, str | None]] = []
    for item in flow.document.model_references:
        reference = ModelReference(item.provider, item.name)
        bound = app.bindings.get(str(reference))
        try:
            resolved = await models.resolve(scope, reference, override=bound)
        except ModelNotFound as error:
            resolved = ResolvedModel(reference, bound or str(reference), error.message)
        answering.append(
            {
                "reference": str(reference),
                "name": item.name,
                "model": resolved.model,
                "notice": resolved.notice,
                "provider": resolved.provider,
                "blind": blind_notice(flow.document, resolved),
            }
        )
        # As in `resolve_models`: a hostile document names thousands, and others have their turn between.
        await asyncio.sleep(0)
    return answering
