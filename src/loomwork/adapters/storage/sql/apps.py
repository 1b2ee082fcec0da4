"""Apps, their versions, and where those stand, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, insert, select, update

from loomwork.adapters.storage.sql.audit_rows import record
from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import app_promotions, app_versions, apps
from loomwork.adapters.storage.sql.workspace_rows import missing, one, paged, refusing, require, this, to_page, within
from loomwork.apps.domain import ENVIRONMENTS, App, DraftChanged, Environment, Promotion, Version
from loomwork.kernel.clock import Clock
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

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, scope: Scope, app: App) -> None:
        row = {"workspace_id": scope.workspace_id, **_values(app)}

        def write(connection: Connection) -> None:
            with refusing("An app with this id exists already.", id=app.id):
                connection.execute(insert(apps), row)
            self._record(connection, scope, "app.created", app.id, {"name": app.name, "mode": app.mode})

        await self._database.of(scope).write(write)

    async def get(self, scope: Scope, app_id: AppId) -> App:
        return _app(await one(self._database, apps, scope, app_id, "app"))

    async def save_draft(self, scope: Scope, app: App, *, revision: int | None = None) -> App:
        draft = {name: getattr(app, name) for name in _DRAFT}

        def write(connection: Connection) -> App:
            held = _revision(connection, scope, app.id)
            if revision is not None and held != revision:
                raise DraftChanged(
                    "Somebody has changed the draft since you read it. Read it again, then make your change there.",
                    revision=held,
                )
            changed = _changed(connection, scope, app.id, {**draft, "revision": held + 1})
            self._record(connection, scope, "app.changed", app.id, {"revision": held + 1})
            return changed

        return await self._database.of(scope).write(write)

    async def set_binding(self, scope: Scope, app_id: AppId, reference: str, model: str | None, *, at: datetime) -> App:
        def write(connection: Connection) -> App:
            row = connection.execute(select(apps.c.bindings).where(this(apps, scope, app_id)).with_for_update()).first()
            if row is None:
                raise missing("app", app_id)
            bindings = {key: value for key, value in row.bindings.items() if key != reference}
            if model is not None:
                bindings[reference] = model
            changed = _changed(connection, scope, app_id, {"bindings": bindings, "updated_at": at})
            self._record(connection, scope, "app.bound", app_id, {"reference": reference, "model": model})
            return changed

        return await self._database.of(scope).write(write)

    async def delete(self, scope: Scope, app_id: AppId) -> None:
        """What belongs to the app goes with it, by the foreign keys."""

        def write(connection: Connection) -> None:
            if not connection.execute(delete(apps).where(this(apps, scope, app_id))).rowcount:
                raise missing("app", app_id)
            self._record(connection, scope, "app.deleted", app_id, {})

        await self._database.of(scope).write(write)

    async def list_apps(self, scope: Scope, page: PageRequest, *, search: str = "", tag: str = "") -> Page[App]:
        statement = select(*_LISTED).where(within(apps, scope))
        if search:
            statement = statement.where(apps.c.name.icontains(search, autoescape=True))
        if tag:
            statement = statement.where(apps.c.tags.contains(_tag_text([tag]), autoescape=True))
        return to_page(await self._database.of(scope).rows(paged(statement, apps, page)), page, _app)

    async def set_tags(self, scope: Scope, app_id: AppId, tags: Sequence[str]) -> App:
        def write(connection: Connection) -> App:
            changed = _changed(connection, scope, app_id, {"tags": _tag_text(tags)})
            self._record(connection, scope, "app.tagged", app_id, {"tags": list(tags)})
            return changed

        return await self._database.of(scope).write(write)

    async def list_tags(self, scope: Scope) -> Mapping[str, int]:
        rows = await self._database.of(scope).rows(select(apps.c.tags).where(within(apps, scope), apps.c.tags != ""))
        counts: dict[str, int] = {}
        for row in rows:
            for tag in row["tags"].split("\n")[1:-1]:
                counts[tag] = counts.get(tag, 0) + 1
        return dict(sorted(counts.items()))

    async def publish(self, scope: Scope, version: Version, environments: Sequence[Environment] = ENVIRONMENTS) -> None:
        row = {"workspace_id": scope.workspace_id, "id": new_id(), **_version_values(version)}

        def write(connection: Connection) -> None:
            require(connection, apps, scope, version.app_id, "app")
            with refusing(f"The app has a version {version.number} already.", number=version.number):
                connection.execute(insert(app_versions), row)
            for environment in environments:
                promotion = Promotion(
                    version.app_id, environment, version.number, version.published_at, version.published_by
                )
                _promote(connection, scope, promotion)
            said = {"version": version.number, "environments": list(environments)}
            self._record(connection, scope, "app.published", version.app_id, said)

        await self._database.of(scope).write(write)

    async def promote(self, scope: Scope, promotions: Sequence[Promotion]) -> None:
        def write(connection: Connection) -> None:
            for promotion in promotions:
                require(connection, apps, scope, promotion.app_id, "app")
                of_app = _version_of(scope, promotion.app_id, promotion.number)
                if connection.execute(select(app_versions.c.id).where(*of_app)).first() is None:
                    raise missing("version of this app", promotion.number)
                _promote(connection, scope, promotion)
                said = {"version": promotion.number, "environment": promotion.environment}
                self._record(connection, scope, "app.promoted", promotion.app_id, said)

        await self._database.of(scope).write(write)

    async def environments(self, scope: Scope, app_id: AppId) -> Mapping[Environment, Promotion]:
        def read(connection: Connection) -> list[RowMapping]:
            require(connection, apps, scope, app_id, "app")
            newest = [
                connection.execute(_promotions(scope, app_id, each).order_by(app_promotions.c.id.desc()).limit(1))
                for each in ENVIRONMENTS
            ]
            return [row for found in newest for row in found.mappings()]

        return {row["environment"]: _promotion(row) for row in await self._database.of(scope).read(read)}

    async def list_promotions(
        self, scope: Scope, app_id: AppId, page: PageRequest, *, environment: Environment | None = None
    ) -> Page[Promotion]:
        statement = paged(_promotions(scope, app_id, environment), app_promotions, page)
        return to_page(await self._rows_of(scope, app_id, statement), page, _promotion)

    async def has_stood_in(self, scope: Scope, app_id: AppId, number: int, environment: Environment) -> bool:
        statement = _promotions(scope, app_id, environment).where(app_promotions.c.number == number).limit(1)
        return await self._database.of(scope).row(statement) is not None

    async def list_versions(self, scope: Scope, app_id: AppId, page: PageRequest) -> Page[Version]:
        listed = [column for column in app_versions.c if column.name != "document"]
        statement = select(*listed).where(within(app_versions, scope), app_versions.c.app_id == app_id)
        return to_page(await self._rows_of(scope, app_id, paged(statement, app_versions, page)), page, _version)

    async def newest_version(self, scope: Scope, app_id: AppId) -> Version | None:
        statement = select(app_versions).where(within(app_versions, scope), app_versions.c.app_id == app_id)
        row = await self._database.of(scope).row(statement.order_by(app_versions.c.number.desc()).limit(1))
        return None if row is None else _version(row)

    async def set_notes(self, scope: Scope, app_id: AppId, number: int, notes: str) -> Version:
        if not 0 < number <= MOST_VERSIONS:
            raise missing("version of this app", number)
        of_app = _version_of(scope, app_id, number)

        def write(connection: Connection) -> Version:
            if not connection.execute(update(app_versions).where(*of_app).values(notes=notes)).rowcount:
                raise missing("version of this app", number)
            self._record(connection, scope, "app.noted", app_id, {"version": number})
            return _version(connection.execute(select(app_versions).where(*of_app)).mappings().one())

        return await self._database.of(scope).write(write)

    def _record(
        self, connection: Connection, scope: Scope, action: str, app_id: AppId, details: Mapping[str, Any]
    ) -> None:
        record(connection, scope, action, "app", app_id, details, at=self._clock.now())

    async def _rows_of(self, scope: Scope, app_id: AppId, statement: Select[Any]) -> Sequence[RowMapping]:
        """Rows of an app, which may have none. Raises `NotFound` without the app."""

        def read(connection: Connection) -> Sequence[RowMapping]:
            rows = connection.execute(statement).mappings().all()
            if not rows:
                require(connection, apps, scope, app_id, "app")
            return rows

        return await self._database.of(scope).read(read)

    async def get_version(self, scope: Scope, app_id: AppId, number: int) -> Version:
        if not 0 < number <= MOST_VERSIONS:
            raise missing("version of this app", number)
        row = await self._database.of(scope).row(select(app_versions).where(*_version_of(scope, app_id, number)))
        if row is None:
            raise missing("version of this app", number)
        return _version(row)


def _version_of(scope: Scope, app_id: AppId, number: int) -> Sequence[ColumnElement[bool]]:
    return within(app_versions, scope), app_versions.c.app_id == app_id, app_versions.c.number == number


def _promotions(scope: Scope, app_id: AppId, environment: Environment | None) -> Select[Any]:
    statement = select(app_promotions).where(within(app_promotions, scope), app_promotions.c.app_id == app_id)
    return statement if environment is None else statement.where(app_promotions.c.environment == environment)


def _promote(connection: Connection, scope: Scope, promotion: Promotion) -> None:
    row = {
        "workspace_id": scope.workspace_id,
        "id": new_id(),
        "app_id": promotion.app_id,
        "environment": promotion.environment,
        "number": promotion.number,
        "promoted_at": promotion.promoted_at,
        "promoted_by": promotion.promoted_by,
    }
    connection.execute(insert(app_promotions), row)
    if promotion.environment == "prod":
        _changed(connection, scope, promotion.app_id, {"published_version": promotion.number})


def _revision(connection: Connection, scope: Scope, app_id: AppId) -> int:
    """The draft's, with the app locked until the transaction ends. Raises `NotFound`."""
    row = connection.execute(select(apps.c.revision).where(this(apps, scope, app_id)).with_for_update()).first()
    if row is None:
        raise missing("app", app_id)
    return int(row.revision)


def _tag_text(tags: Sequence[str]) -> str:
    return "".join(f"\n{tag}" for tag in tags) + "\n" if tags else ""


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
        "revision": app.revision,
        "tags": _tag_text(app.tags),
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
        revision=row["revision"],
        tags=tuple(row["tags"].split("\n")[1:-1]),
    )


def _version_values(version: Version) -> dict[str, Any]:
    return {
        "app_id": version.app_id,
        "number": version.number,
        "document": version.document,
        "published_at": version.published_at,
        "published_by": version.published_by,
        "notes": version.notes,
    }


def _version(row: RowMapping) -> Version:
    return Version(
        app_id=AppId(row["app_id"]),
        number=row["number"],
        document=row.get("document", ""),
        published_at=row["published_at"],
        published_by=row["published_by"],
        notes=row["notes"],
    )


def _promotion(row: RowMapping) -> Promotion:
    return Promotion(
        app_id=AppId(row["app_id"]),
        environment=row["environment"],
        number=row["number"],
        promoted_at=row["promoted_at"],
        promoted_by=row["promoted_by"],
    )
