"""Store a document as an app, or in the place of an app's draft."""

import asyncio
import dataclasses

from loomwork.apps.application.compile_flow import Flow, FlowCompiler, refused
from loomwork.apps.domain import App
from loomwork.apps.ports import AppStore
from loomwork.dsl import DslError, write_document
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId, new_id
from loomwork.kernel.scope import Scope


async def import_app(scope: Scope, document: str, *, apps: AppStore, compiler: FlowCompiler, clock: Clock) -> App:
    """A new app whose draft is this document. Raises `DocumentRefused`."""
    flow = await _compile(document, compiler)
    now = clock.now()
    blank = App(AppId(new_id()), "", "", "", "", "", "", 0, 0, created_at=now, updated_at=now)
    app = _described(blank, flow)
    await apps.add(scope, app)
    return app


async def replace_document(
    scope: Scope,
    app_id: AppId,
    document: str,
    *,
    revision: int | None,
    apps: AppStore,
    compiler: FlowCompiler,
    clock: Clock,
) -> App:
    """The app with another draft. Raises `DocumentRefused`, and `DraftChanged` where the draft that was is of another
    revision than the one given.
    """
    flow = await _compile(document, compiler)
    app = dataclasses.replace(_described(await apps.get(scope, app_id), flow), updated_at=clock.now())
    return await apps.save_draft(scope, app, revision=revision)


async def _compile(document: str, compiler: FlowCompiler) -> Flow:
    """In a thread: reading a hostile document may take seconds, which no other request should wait for."""
    try:
        return await asyncio.to_thread(compiler.compile, document)
    except DslError as error:
        raise refused(error) from error


def _described(app: App, flow: Flow) -> App:
    """The app with the document and what lists show of it."""
    document = flow.document
    return dataclasses.replace(
        app,
        name=document.name,
        description=document.description,
        mode=document.mode,
        icon=document.icon,
        icon_background=document.icon_background,
        document=write_document(document),
        node_count=document.node_count,
        warnings=len(flow.problems),
    )
