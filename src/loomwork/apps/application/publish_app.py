"""Freeze the draft as the version that visitors get."""

import contextlib

from loomwork.apps.api import NotPublished
from loomwork.apps.domain import App, Version
from loomwork.apps.ports import AppStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope

TRIES = 5
"""How many publishers of one app may be quicker, less one, before one is told that they were."""


async def publish_app(scope: Scope, app_id: AppId, *, apps: AppStore, clock: Clock) -> Version:
    """Publishing an unchanged draft again is the same version, also where somebody else does it at the same time."""
    for _ in range(TRIES - 1):
        # Whoever was quicker took the number. What is published next is the draft as it then is.
        with contextlib.suppress(Conflict):
            return await _publish(scope, app_id, apps=apps, clock=clock)
    return await _publish(scope, app_id, apps=apps, clock=clock)


async def _publish(scope: Scope, app_id: AppId, *, apps: AppStore, clock: Clock) -> Version:
    app = await apps.get(scope, app_id)
    if app.published_version is not None:
        current = await apps.get_version(scope, app_id, app.published_version)
        if current.document == app.document:
            return current
    number = (app.published_version or 0) + 1
    version = Version(app_id, number, app.document, clock.now(), scope.actor.id)
    await apps.publish(scope, version)
    return version


async def published_document(scope: Scope, app: App, *, apps: AppStore) -> str:
    """What visitors get. Raises `NotPublished`."""
    if app.published_version is None:
        raise NotPublished(f"'{app.name}' has no published version yet. Publish it, then try again.")
    return (await apps.get_version(scope, app.id, app.published_version)).document
