"""Files that were handed in for apps in SQL, bytes and all: a backup has them, and every server of a database."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from loomwork.adapters.storage.sql.database import Database
from loomwork.adapters.storage.sql.tables import apps, files
from loomwork.adapters.storage.sql.workspace_rows import missing, require, this, within
from loomwork.apps.domain import UploadedFile
from loomwork.kernel.ids import AppId
from loomwork.kernel.scope import Scope

_ABOUT = [column for column in files.c if column.name not in ("workspace_id", "used_at", "content")]


class SqlFileStore:
    """Fits `apps.ports.FileStore` and `nodes.ports.StoredFiles`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: Scope, file: UploadedFile, content: bytes) -> None:
        row = {
            "workspace_id": scope.workspace_id,
            "id": file.id,
            "app_id": file.app_id,
            "name": file.name,
            "kind": file.kind,
            "media_type": file.media_type,
            "size": file.size,
            "uploaded_by": file.uploaded_by,
            "created_at": file.created_at,
            "content": content,
        }

        def write(connection: Connection) -> None:
            require(connection, apps, scope, file.app_id, "app")
            connection.execute(insert(files), row)

        await self._database.of(scope).write(write)

    async def get(self, scope: Scope, file_id: str) -> UploadedFile:
        row = await self._database.of(scope).row(select(*_ABOUT).where(this(files, scope, file_id)))
        if row is None:
            raise missing("file", file_id)
        return _file(row)

    async def content(self, scope: Scope, file_id: str) -> bytes:
        row = await self._database.of(scope).row(select(files.c.content).where(this(files, scope, file_id)))
        if row is None:
            raise missing("file", file_id)
        return bytes(row["content"])

    async def use(self, scope: Scope, file_ids: Collection[str], *, at: datetime) -> None:
        taken = update(files).where(within(files, scope), files.c.id.in_(sorted(file_ids)))
        await self._database.of(scope).change(taken.values(used_at=at))


def _file(row: RowMapping) -> UploadedFile:
    return UploadedFile(
        id=row["id"],
        app_id=AppId(row["app_id"]),
        name=row["name"],
        kind=row["kind"],
        media_type=row["media_type"],
        size=row["size"],
        uploaded_by=row["uploaded_by"],
        created_at=row["created_at"],
    )
