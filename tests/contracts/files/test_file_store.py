"""What every `apps.ports.FileStore` promises, and how long files are kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.apps.application.erase_old_runs import erase_old_runs
from loomwork.apps.domain import App, UploadedFile
from loomwork.apps.ports import FileStore
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope


@pytest.fixture
def files(storage: Storage) -> FileStore:
    return storage.files


async def an_app(storage: Storage, scope: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(scope, app)
    return app


def a_file(app: App, at: datetime, content: bytes = b"A note.") -> UploadedFile:
    return UploadedFile(new_id(), app.id, "note ✎.txt", "document", "text/plain", len(content), "somebody", at)


async def test_a_file_is_kept_with_its_bytes_until_its_app_goes(
    files: FileStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, ours, make)
    file, content = a_file(app, clock.now(), bytes(range(256))), bytes(range(256))
    await files.add(ours, file, content)
    assert (await files.get(ours, file.id), await files.content(ours, file.id)) == (file, content)
    await storage.apps.delete(ours, app.id)
    with pytest.raises(NotFound):
        await files.content(ours, file.id)


async def test_a_file_of_another_workspace_is_not_found_and_never_put_to_use(
    files: FileStore, storage: Storage, ours: Scope, theirs: Scope, make: Any, clock: Any
) -> None:
    theirs_app = await an_app(storage, theirs, make)
    file = a_file(theirs_app, clock.now())
    await files.add(theirs, file, b"A note.")
    for attempt in (files.get(ours, file.id), files.content(ours, file.id), files.add(ours, file, b"Ours.")):
        with pytest.raises(NotFound):
            await attempt
    await files.use(ours, [file.id], at=clock.now())
    clock.advance(timedelta(days=2))
    assert await erase_old_runs(storage.retention, clock) == 1, "for nobody used it"


async def test_files_that_no_run_takes_are_kept_for_a_day_and_others_as_long_as_runs(
    files: FileStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, ours, make)
    idle, used = a_file(app, clock.now()), a_file(app, clock.now())
    for file in (idle, used):
        await files.add(ours, file, b"A note.")
    await files.use(ours, [used.id], at=clock.now())
    assert await erase_old_runs(storage.retention, clock) == 0
    clock.advance(timedelta(days=2))
    assert await erase_old_runs(storage.retention, clock) == 1
    assert await files.get(ours, used.id) == used
    await storage.retention.set_days(ours, app.id, 7)
    clock.advance(timedelta(days=4))
    assert await erase_old_runs(storage.retention, clock) == 0
    clock.advance(timedelta(days=2))
    assert await erase_old_runs(storage.retention, clock) == 1
    with pytest.raises(NotFound):
        await files.get(ours, used.id)
