"""What every `conversations.api.AnnotationStore` promises."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from loomwork.adapters.storage.sql import Storage
from loomwork.apps.domain import App
from loomwork.conversations.api import AnnotationStore
from loomwork.kernel.errors import NotFound
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope


@pytest.fixture
def annotations(storage: Storage) -> AnnotationStore:
    return storage.annotations


async def an_app(storage: Storage, scope: Scope, make: Any) -> App:
    app: App = make.app()
    await storage.apps.add(scope, app)
    return app


async def test_an_annotation_is_kept_changed_and_taken_away(
    annotations: AnnotationStore, storage: Storage, ours: Scope, make: Any, clock: Any
) -> None:
    app = await an_app(storage, ours, make)
    made = await annotations.add(ours, app.id, "When?", "At nine.")
    assert (made.question, made.answer, made.hits, made.created_by) == ("When?", "At nine.", 0, ours.actor.id)
    assert await annotations.get(ours, app.id, made.id) == made
    clock.advance(timedelta(minutes=1))
    saved = await annotations.save(ours, app.id, made.id, "When?", "At ten.")
    assert (saved.answer, saved.created_at, saved.updated_at) == ("At ten.", made.created_at, clock.now())
    await annotations.remove(ours, app.id, made.id)
    with pytest.raises(NotFound):
        await annotations.get(ours, app.id, made.id)


async def test_annotations_are_listed_newest_first_searched_and_counted(
    annotations: AnnotationStore, storage: Storage, ours: Scope, make: Any
) -> None:
    app, other = await an_app(storage, ours, make), await an_app(storage, ours, make)
    made = [await annotations.add(ours, app.id, f"Q{n}", f"100% of {n}") for n in range(3)]
    await annotations.add(ours, other.id, "Q0", "else")
    first = await annotations.list_annotations(ours, app.id, PageRequest(limit=2))
    rest = await annotations.list_annotations(ours, app.id, PageRequest(limit=2, after=first.next))
    skipped = await annotations.list_annotations(ours, app.id, PageRequest(limit=2), skip=2)
    assert [*first.items, *rest.items] == list(reversed(made))
    assert skipped.items == rest.items
    assert (await annotations.list_annotations(ours, app.id, PageRequest(), text="q1")).items == [made[1]]
    counts = [await annotations.count_annotations(ours, app.id, text=text) for text in ("", "100%", "_", "of 2")]
    assert counts == [3, 3, 0, 1]


async def test_an_annotation_of_another_app_or_workspace_is_not_found_and_never_changed(
    annotations: AnnotationStore, storage: Storage, ours: Scope, theirs: Scope, make: Any
) -> None:
    app, their_app = await an_app(storage, ours, make), await an_app(storage, theirs, make)
    another = await an_app(storage, theirs, make)
    made = await annotations.add(theirs, their_app.id, "When?", "At nine.")
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: annotations.add(ours, their_app.id, "x", "y"),
        lambda: annotations.list_annotations(ours, their_app.id, PageRequest()),
        lambda: annotations.count_annotations(ours, their_app.id),
    ]
    for scope, app_id in ((ours, app.id), (ours, their_app.id), (theirs, another.id)):
        attempts += [
            partial(annotations.get, scope, app_id, made.id),
            partial(annotations.save, scope, app_id, made.id, "x", "y"),
            partial(annotations.remove, scope, app_id, made.id),
        ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert await annotations.get(theirs, their_app.id, made.id) == made
