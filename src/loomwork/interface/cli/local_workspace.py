"""The workspace of a data folder, opened by this process; a server may have it open at the same time."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loomwork.apps.api import App, Apps
from loomwork.interface.cli.workspace import AppDetails, AppLine, KeyLine
from loomwork.kernel.ids import AppId, KeyId
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.tenancy.api import ApiKey, Gatekeeper

PAGE = 100


@dataclass(frozen=True, slots=True)
class LocalWorkspace:
    """Fits `Workspace`. `address` is where the server of this folder would answer."""

    apps: Apps
    gatekeeper: Gatekeeper
    scope: Scope
    address: str

    async def import_app(self, document: str, *, publish: bool) -> AppLine:
        return _app_line(await self.apps.import_app(self.scope, document, publish=publish))

    async def list_apps(self, *, search: str = "") -> Sequence[AppLine]:
        found: list[AppLine] = []
        after: str | None = None
        while True:
            page = await self.apps.list_apps(self.scope, PageRequest(limit=PAGE, after=after), search=search)
            found += map(_app_line, page.items)
            if page.next is None:
                return found
            after = page.next

    async def open_app(self, app_id: str) -> AppDetails:
        overview = await self.apps.open_app(self.scope, AppId(app_id))
        return AppDetails(
            app=_app_line(overview.app),
            form=[dataclasses.asdict(item) for item in overview.form],
            models=overview.models,
            problems=[dataclasses.asdict(item) for item in overview.problems],
            runnable=overview.runnable,
        )

    async def delete_app(self, app_id: str) -> None:
        await self.apps.delete_app(self.scope, AppId(app_id))

    async def publish_app(self, app_id: str) -> int:
        return (await self.apps.publish_app(self.scope, AppId(app_id))).number

    async def export_app(self, app_id: str) -> str:
        return await self.apps.export_app(self.scope, AppId(app_id))

    async def create_app_key(self, app_id: str) -> str:
        app = await self.apps.get_app(self.scope, AppId(app_id))
        return (await self.gatekeeper.create_key(self.scope, "app", app.id)).secret

    async def create_dataset_key(self, dataset_id: str) -> str:
        return (await self.gatekeeper.create_key(self.scope, "dataset", dataset_id)).secret

    async def create_workspace_key(self) -> str:
        return (await self.gatekeeper.create_key(self.scope, "workspace")).secret

    async def list_keys(self, app_id: str | None = None) -> Sequence[KeyLine]:
        if app_id is not None:
            await self.apps.get_app(self.scope, AppId(app_id))
        return [_key_line(key) for key in await self.gatekeeper.list_keys(self.scope, subject_id=app_id)]

    async def revoke_key(self, key_id: str) -> None:
        await self.gatekeeper.revoke_key(self.scope, KeyId(key_id))

    async def sign_in_link(self) -> str:
        return f"{self.address}/sign-in?token={await self.gatekeeper.create_sign_in_token(self.scope)}"


def _app_line(app: App) -> AppLine:
    return AppLine(
        id=app.id,
        name=app.name,
        description=app.description,
        mode=app.mode,
        node_count=app.node_count,
        warnings=app.warnings,
        published_version=app.published_version,
        updated_at=app.updated_at.isoformat(),
    )


def _key_line(key: ApiKey) -> KeyLine:
    return KeyLine(key.id, key.kind, key.subject_id, key.last_four, key.created_at.isoformat(), _iso(key.revoked_at))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
