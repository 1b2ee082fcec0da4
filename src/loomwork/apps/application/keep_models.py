"""Hold a published app to the models that answer for it, so that none is changed for another behind its back."""

from loomwork.apps.application.begin_flow import resolve_models
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.domain import Version
from loomwork.apps.ports import AppStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ChatModels


async def keep_models(
    scope: Scope, version: Version, *, apps: AppStore, compiler: FlowCompiler, models: ChatModels, clock: Clock
) -> None:
    """Bind each model reference of the version to the model that answers for it now, where that is the one it asks for.

    When its provider is taken away later, runs say so instead of being answered by the default model. A reference that
    a stand-in answers stays unbound: its own model may come yet. What somebody bound already stays as it is.
    """
    app = await apps.get(scope, version.app_id)
    try:
        flow = await compiler.compile_kept(version.document)
        resolved = await resolve_models(scope, flow, models, bindings=app.bindings)
    except LoomworkError:
        # An app that cannot run, or that names a model which is gone, may be published all the same: its runs say so.
        return
    for each in resolved:
        if each.notice is None and str(each.reference) not in app.bindings:
            await apps.set_binding(scope, app.id, str(each.reference), each.model, at=clock.now())
