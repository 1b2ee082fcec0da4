"""Freeze the draft as a version, and have it stand where it is wanted."""

import contextlib

from loomwork.apps.api import NotPublished
from loomwork.apps.domain import App, Environment, Promotion, Version
from loomwork.apps.domain.environment import up_to
from loomwork.apps.ports import AppStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.errors import Conflict, InvalidInput
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope

TRIES = 5
"""How many publishers of one app may be quicker, less one, before one is told that they were."""

MOST_NOTES = 10_000
"""Characters that are kept about a version."""


async def publish_app(
    scope: Scope, app_id: AppId, *, notes: str, environment: Environment, apps: AppStore, clock: Clock
) -> Version:
    """Publishing an unchanged draft again is the same version, also where somebody else does it at the same time."""
    check_notes(notes)
    for _ in range(TRIES - 1):
        # Whoever was quicker took the number. What is published next is the draft as it then is.
        with contextlib.suppress(Conflict):
            return await _publish(scope, app_id, notes, environment, apps=apps, clock=clock)
    return await _publish(scope, app_id, notes, environment, apps=apps, clock=clock)


def check_notes(notes: str) -> None:
    """Raises `InvalidInput` for more than are kept."""
    if len(notes) > MOST_NOTES:
        raise InvalidInput(f"Notes of a version may have at most {MOST_NOTES:,} characters.", field="notes")


async def _publish(
    scope: Scope, app_id: AppId, notes: str, environment: Environment, *, apps: AppStore, clock: Clock
) -> Version:
    # In this order: a version of what the draft becomes after this reading has a higher number, and is noticed by it.
    newest = await apps.newest_version(scope, app_id)
    app = await apps.get(scope, app_id)
    same = await _like_the_draft(scope, app, newest, environment, apps)
    if same is not None:
        await _put(scope, same, environment, apps=apps, clock=clock)
        return same
    number = newest.number + 1 if newest is not None else 1
    version = Version(app_id, number, app.document, clock.now(), scope.actor.id, notes)
    await apps.publish(scope, version, up_to(environment))
    return version


async def _like_the_draft(
    scope: Scope, app: App, newest: Version | None, environment: Environment, apps: AppStore
) -> Version | None:
    """The newest version, or the one that stands in the environment, if it is what the draft is."""
    if newest is None or newest.document == app.document:
        return newest
    standing = (await apps.environments(scope, app.id)).get(environment)
    if standing is None:
        return None
    version = await apps.get_version(scope, app.id, standing.number)
    return version if version.document == app.document else None


async def _put(scope: Scope, version: Version, environment: Environment, *, apps: AppStore, clock: Clock) -> None:
    """Have a version stand in the environment and in those before it."""
    standing = await apps.environments(scope, version.app_id)
    missing = [
        Promotion(version.app_id, each, version.number, clock.now(), scope.actor.id)
        for each in up_to(environment)
        if each not in standing or standing[each].number != version.number
    ]
    if missing:
        await apps.promote(scope, missing)


async def published_document(scope: Scope, app: App, *, apps: AppStore) -> str:
    """What visitors get. Raises `NotPublished`."""
    if app.published_version is None:
        raise NotPublished(f"'{app.name}' has no published version yet. Publish it, then try again.")
    return (await apps.get_version(scope, app.id, app.published_version)).document
