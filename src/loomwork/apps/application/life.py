"""The door of apps' life, as one object: each use case bound to what it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loomwork.apps.application.compare_versions import compare_versions
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.duplicate_app import duplicate_app
from loomwork.apps.application.erase_old_runs import check_days
from loomwork.apps.application.import_app import replace_document
from loomwork.apps.application.promote_version import promote_version
from loomwork.apps.application.publish_app import check_notes
from loomwork.apps.application.tag_app import tag_app
from loomwork.apps.domain import App, Difference, Environment, Promotion, Version
from loomwork.apps.ports import AppStore, RetentionStore
from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import AppId
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope


@dataclass(frozen=True, slots=True)
class AppLifeService:
    """Fits `loomwork.apps.api.AppLife`."""

    apps: AppStore
    kept: RetentionStore
    compiler: FlowCompiler
    clock: Clock

    async def list_versions(self, scope: Scope, app_id: AppId, page: PageRequest) -> Page[Version]:
        return await self.apps.list_versions(scope, app_id, page)

    async def get_version(self, scope: Scope, app_id: AppId, number: int) -> Version:
        return await self.apps.get_version(scope, app_id, number)

    async def note_version(self, scope: Scope, app_id: AppId, number: int, notes: str) -> Version:
        check_notes(notes)
        return await self.apps.set_notes(scope, app_id, number, notes)

    async def compare(self, scope: Scope, app_id: AppId, old: int | None, new: int | None) -> Difference:
        return await compare_versions(scope, app_id, old, new, apps=self.apps)

    async def restore(self, scope: Scope, app_id: AppId, number: int, *, revision: int | None = None) -> App:
        version = await self.apps.get_version(scope, app_id, number)
        return await replace_document(
            scope,
            app_id,
            version.document,
            revision=revision,
            apps=self.apps,
            compiler=self.compiler,
            clock=self.clock,
        )

    async def duplicate(self, scope: Scope, app_id: AppId, *, name: str | None = None) -> App:
        return await duplicate_app(scope, app_id, name, apps=self.apps, compiler=self.compiler, clock=self.clock)

    async def tag(self, scope: Scope, app_id: AppId, tags: Sequence[str]) -> App:
        return await tag_app(scope, app_id, tags, apps=self.apps)

    async def list_tags(self, scope: Scope) -> Mapping[str, int]:
        return await self.apps.list_tags(scope)

    async def promote(
        self, scope: Scope, app_id: AppId, environment: Environment, number: int | None = None
    ) -> Promotion:
        return await promote_version(scope, app_id, environment, number, apps=self.apps, clock=self.clock)

    async def environments(self, scope: Scope, app_id: AppId) -> Mapping[Environment, Promotion]:
        return await self.apps.environments(scope, app_id)

    async def list_promotions(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, environment: Environment | None = None
    ) -> Page[Promotion]:
        return await self.apps.list_promotions(scope, app_id, page, environment=environment)

    async def retention(self, scope: Scope, app_id: AppId | None = None) -> int | None:
        return await self.kept.days(scope, app_id)

    async def retain(self, scope: Scope, app_id: AppId | None, days: int | None) -> None:
        check_days(days)
        await self.kept.set_days(scope, app_id, days)
