"""What two versions of an app, or a version and the draft, do not have in common."""

import asyncio

from loomwork.apps.domain import Difference, difference
from loomwork.apps.ports import AppStore
from loomwork.dsl import read_document
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope


async def compare_versions(
    scope: Scope, app_id: AppId, old: int | None, new: int | None, *, apps: AppStore
) -> Difference:
    """What changes from one to the other; None stands for the draft. Raises `NotFound`."""
    before, after = await _document(scope, app_id, old, apps), await _document(scope, app_id, new, apps)
    # In a thread: reading a hostile document may take seconds, which no other request should wait for.
    return await asyncio.to_thread(lambda: difference(read_document(before), read_document(after)))


async def _document(scope: Scope, app_id: AppId, number: int | None, apps: AppStore) -> str:
    if number is None:
        return (await apps.get(scope, app_id)).document
    return (await apps.get_version(scope, app_id, number)).document
