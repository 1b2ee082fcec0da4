"""Apps and their versions in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import app_versions, apps
from loomwork.adapters.storage.sql.workspace_rows import missing, one, paged, refusing, require, this, to_page, within
from loomwork.apps.domain import App, Version
from loomwork.kernel.ids import AppId, new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope

_DRAFT = (
    "name",
    "description",
    "mode",
    "icon",
    "icon_background",
    "document",
    "node_count",
    "warnings",
    "updated_at",
)
_LISTED = [column for column in apps.c if column.name != "document"]

MOST_VERSIONS = 2**31 - 1
"""What an integer column holds on every database."""


class SqlAppStore:
    """Fits `apps.ports.AppStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: Scope, app: App) -> None:
        with refusing("An app with this id exists already.", id=app.id):
            await self._database.change(insert(apps).values(workspace_id=scope.workspace_id, **_values(app)))

    async def get(self, scope: Scope, app_id: AppId) -> App:
        return _app(await one(self._database, apps, scope, app_id, "app"))

    async def save_draft(self, scope: Scope, app: App) -> App:
        draft = {name: getattr(app, name) for name in _DRAFT}
        return await self._database.write(lambda connection: _changed(connection, scope, app.id, draft))

    async def set_binding(self, scope: Scope, app_id: AppId, reference: str, model: str | None, *, at: datetime) -> App:
        def write(connection: Connection) -> App:
            row = connection.execute(select(apps.c.bindings).where(this(apps, scope, app_id)).with_for_update()).first()
            if row is None:
                raise missing("app", app_id)
            bindings = {key: value for key, value in row.bindings.items() if key != reference}
            if model is not None:
                bindings[reference] = model
            return _changed(connection, scope, app_id, {"bindings": bindings, "updated_at": at})

        return await self._database.write(write)

    async def delete(self, scope: Scope, app_id: AppId) -> None:
        """What belongs to the app goes with it, by the foreign keys."""
        if not await self._database.change(delete(apps).where(this(apps, scope, app_id))):
            raise missing("app", app_id)

    async def list_apps(self, scope: Scope, page: PageRequest, *, search: str = "") -> Page[App]:
        statement = select(*_LISTED).where(within(apps, scope))
        if search:
            statement = statement.where(apps.c.name.icontains(search, autoescape=True))
        return to_page(await self._database.rows(paged(statement, apps, page)), page, _app)

    async def publish(self, scope: Scope, version: Version) -> None:
        row = {"workspace_id": scope.workspace_id, "id": new_id(), **_version_values(version)}

        def write(connection: Connection) -> None:
            require(connection, apps, scope, version.app_id, "app")
            with refusing(f"The app has a version {version.number} already.", number=version.number):
                connection.execute(insert(app_versions), row)
            _changed(connection, scope, version.app_id, {"published_version": version.number})

        await self._database.write(write)

    async def get_version(self, scope: Scope, app_id: AppId, number: int) -> Version:
        if not 0 < number <= MOST_VERSIONS:
            raise missing("version of this app", number)
        row = await self._database.row(
            select(app_versions)
            .where(within(app_versions, scope))
            .where(app_versions.c.app_id == app_id, app_versions.c.number == number)
        )
        if row is None:
            raise missing("version of this app", number)
        return _version(row)


def _changed(connection: Connection, scope: Scope, app_id: AppId, values: dict[str, Any]) -> App:
    """The app after the change. Raises `NotFound`."""
    change = update(apps).where(this(apps, scope, app_id)).values(**values)
    if not connection.execute(change).rowcount:
        raise missing("app", app_id)
    return _app(connection.execute(select(apps).where(this(apps, scope, app_id))).mappings().one())


def _values(app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "description": app.description,
        "mode": app.mode,
        "icon": app.icon,
        "icon_background": app.icon_background,
        "document": app.document,
        "node_count": app.node_count,
        "warnings": app.warnings,
        "bindings": dict(app.bindings),
        "published_version": app.published_version,
        "created_at": app.created_at,
        "updated_at": app.updated_at,
    }


def _app(row: RowMapping) -> App:
    return App(
        id=AppId(row["id"]),
        name=row["name"],
        description=row["description"],
        mode=row["mode"],
        icon=row["icon"],
        icon_background=row["icon_background"],
        document=row.get("document", ""),
        node_count=row["node_count"],
        warnings=row["warnings"],
        bindings=row["bindings"],
        published_version=row["published_version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _version_values(version: Version) -> dict[str, Any]:
    return {
        "app_id": version.app_id,
        "number": version.number,
        "document": version.document,
        "published_at": version.published_at,
        "published_by": version.published_by,
    }


def _version(row: RowMapping) -> Version:
    return Version(
        app_id=AppId(row["app_id"]),
        number=row["number"],
        document=row["document"],
        published_at=row["published_at"],
        published_by=row["published_by"],
    )
