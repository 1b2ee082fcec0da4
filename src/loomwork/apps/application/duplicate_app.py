"""Make an app like another: its draft, its bindings, its tags."""

import asyncio

from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.import_app import import_app
from loomwork.apps.application.starters import unlike_the_others, with_name
from loomwork.apps.domain import App
from loomwork.apps.ports import AppStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope

MOST_NAME = 200
"""Characters of the name that a copy is given."""


async def duplicate_app(
    scope: Scope, app_id: AppId, name: str | None, *, apps: AppStore, compiler: FlowCompiler, clock: Clock
) -> App:
    """The copy, which is not published. Without a name it has that of the original with a number after it."""
    app = await apps.get(scope, app_id)
    if name is not None and not 0 < len(name.strip()) <= MOST_NAME:
        raise InvalidInput(f"A name has 1 to {MOST_NAME} characters.", field="name")
    if name is None:
        document = await unlike_the_others(scope, app.document, apps)
    else:
        document = await asyncio.to_thread(with_name, app.document, name.strip())
    copy = await import_app(scope, document, apps=apps, compiler=compiler, clock=clock)
    for reference, resource in app.bindings.items():
        await apps.set_binding(scope, copy.id, reference, resource, at=clock.now())
    return await apps.set_tags(scope, copy.id, app.tags)
