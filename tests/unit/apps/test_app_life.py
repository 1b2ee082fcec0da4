"""Versions of apps: published, compared, restored, promoted from environment to environment; copies and tags."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import yaml

from loomwork.apps.api import DraftChanged, NotPublished, RunRequest
from loomwork.kernel.errors import Conflict, InvalidInput, NotFound
from loomwork.kernel.ids import AppId, WorkspaceId, new_id
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope

pytestmark = pytest.mark.anyio


async def standing(studio: Any, app_id: AppId) -> dict[str, int]:
    return {each: kept.number for each, kept in (await studio.life.environments(studio.owner, app_id)).items()}


async def redrawn(studio: Any, app_id: AppId, document: str, name: str) -> None:
    await studio.apps.replace_document(studio.owner, app_id, document.replace("Demo", name))


async def test_what_is_published_stands_in_every_environment_up_to_the_one_that_was_named(
    studio: Any, shout: str
) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    assert await standing(studio, app.id) == {"dev": 1, "staging": 1, "prod": 1}
    await redrawn(studio, app.id, shout, "Second")
    second = await studio.apps.publish_app(studio.owner, app.id, environment="dev", notes="Trying.")
    assert (second.number, second.notes) == (2, "Trying.")
    assert await standing(studio, app.id) == {"dev": 2, "staging": 1, "prod": 1}
    assert (await studio.apps.get_app(studio.owner, app.id)).published_version == 1


async def test_a_version_goes_up_step_by_step_and_never_skips_one(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    with pytest.raises(NotPublished):
        await studio.life.promote(studio.owner, app.id, "staging")
    await studio.apps.publish_app(studio.owner, app.id, environment="dev")
    with pytest.raises(Conflict, match="'staging'"):
        await studio.life.promote(studio.owner, app.id, "prod", 1)
    with pytest.raises(NotPublished):
        await studio.life.promote(studio.owner, app.id, "prod")
    assert (await studio.life.promote(studio.owner, app.id, "staging")).number == 1
    assert (await studio.life.promote(studio.owner, app.id, "prod")).number == 1
    assert (await studio.apps.get_app(studio.owner, app.id)).published_version == 1


async def test_visitors_get_an_earlier_version_again_at_once(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("said", "shouted"))
    await studio.apps.publish_app(studio.owner, app.id)
    await studio.life.promote(studio.owner, app.id, "prod", 1)
    run = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}, published=True))
    assert (run.version, run.environment) == (1, "prod")
    assert (await studio.apps.wait_for_run(studio.owner, run.id)).outputs == {"said": "x "}
    told = await studio.life.list_promotions(studio.owner, app.id, PageRequest(), environment="prod")
    assert [each.number for each in told.items] == [1, 2, 1]


async def test_publishing_after_an_earlier_version_came_back_makes_no_number_twice(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await redrawn(studio, app.id, shout, "Second")
    await studio.apps.publish_app(studio.owner, app.id)
    await studio.life.promote(studio.owner, app.id, "prod", 1)
    assert (await studio.apps.publish_app(studio.owner, app.id)).number == 2
    assert await standing(studio, app.id) == {"dev": 2, "staging": 2, "prod": 2}
    await studio.life.promote(studio.owner, app.id, "prod", 1)
    await studio.life.restore(studio.owner, app.id, 1)
    assert (await studio.apps.publish_app(studio.owner, app.id)).number == 1
    await redrawn(studio, app.id, shout, "Third")
    assert (await studio.apps.publish_app(studio.owner, app.id)).number == 3


async def test_a_run_is_pinned_to_the_version_of_its_environment(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("said", "tried"))
    await studio.apps.publish_app(studio.owner, app.id, environment="dev")
    tried = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}, environment="dev"))
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("said", "drawn"))
    await studio.apps.publish_app(studio.owner, app.id)
    assert (tried.version, tried.environment) == (2, "dev")
    assert (await studio.apps.wait_for_run(studio.owner, tried.id)).outputs == {"tried": "x "}
    numbered = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}, version=1))
    draft = await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}))
    assert [(run.version, run.environment) for run in (numbered, draft)] == [(1, None), (None, None)]


async def test_an_environment_without_a_version_runs_nothing(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    with pytest.raises(NotPublished, match="'dev'"):
        await studio.apps.start_run(studio.owner, RunRequest(app.id, {"text": "x"}, environment="dev"))


async def test_versions_and_the_draft_are_compared_by_meaning(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await studio.apps.replace_document(studio.owner, app.id, shout.replace("{{#s.text#}}", "Again: {{#s.text#}}"))
    [node] = (await studio.life.compare(studio.owner, app.id, 1, None)).nodes
    assert (node.id, node.change, [change.path for change in node.fields]) == (
        "m", "changed", ["prompt_template[0].text"],
    )  # fmt: skip
    assert (await studio.life.compare(studio.owner, app.id, 1, 1)).is_empty
    with pytest.raises(NotFound):
        await studio.life.compare(studio.owner, app.id, 1, 2)


async def test_a_restored_version_is_the_draft_and_what_visitors_get_stays(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await redrawn(studio, app.id, shout, "Second")
    await studio.apps.publish_app(studio.owner, app.id)
    before = await studio.apps.get_app(studio.owner, app.id)
    with pytest.raises(DraftChanged):
        await studio.life.restore(studio.owner, app.id, 1, revision=before.revision - 1)
    restored = await studio.life.restore(studio.owner, app.id, 1, revision=before.revision)
    assert (restored.name, restored.published_version) == ("Demo", 2)
    assert yaml.safe_load(await studio.apps.export_app(studio.owner, app.id)) == yaml.safe_load(shout)


async def test_of_two_who_changed_the_same_draft_the_later_one_is_told(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    changes = [
        studio.apps.replace_document(studio.owner, app.id, shout.replace("Demo", name), revision=app.revision)
        for name in ("Mine", "Yours")
    ]
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["App", "DraftChanged"]


async def test_a_copy_is_an_app_of_its_own_with_bindings_and_tags_and_no_version(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    await studio.apps.bind_model(studio.owner, app.id, "acme/big", "debug/parrot")
    await studio.life.tag(studio.owner, app.id, ["zeta", " alpha ", "zeta"])
    copy = await studio.life.duplicate(studio.owner, app.id)
    named = await studio.life.duplicate(studio.owner, app.id, name=" Mine ")
    assert (copy.name, named.name) == ("Demo 2", "Mine")
    assert (copy.tags, copy.published_version) == (("alpha", "zeta"), None)
    assert copy.bindings == {"acme/big": "debug/parrot"}
    await redrawn(studio, copy.id, shout, "Changed")
    assert (await studio.apps.get_app(studio.owner, app.id)).name == "Demo"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
async def test_a_name_that_is_none_is_refused(studio: Any, shout: str, name: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    with pytest.raises(InvalidInput):
        await studio.life.duplicate(studio.owner, app.id, name=name)


@pytest.mark.parametrize("tags", [[""], ["two\nlines"], ["x" * 51], [f"{number}" for number in range(21)], ["nul\0"]])
async def test_tags_that_are_none_are_refused(studio: Any, shout: str, tags: list[str]) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    with pytest.raises(InvalidInput):
        await studio.life.tag(studio.owner, app.id, tags)


async def test_notes_have_an_end(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout)
    with pytest.raises(InvalidInput):
        await studio.apps.publish_app(studio.owner, app.id, notes="x" * 10_001)
    await studio.apps.publish_app(studio.owner, app.id)
    assert (await studio.life.note_version(studio.owner, app.id, 1, "Kept.")).notes == "Kept."
    with pytest.raises(InvalidInput):
        await studio.life.note_version(studio.owner, app.id, 1, "x" * 10_001)


async def test_an_app_of_another_workspace_has_no_life_here(studio: Any, shout: str) -> None:
    app = await studio.apps.import_app(studio.owner, shout, publish=True)
    stranger = Scope(WorkspaceId(new_id()), studio.owner.actor)
    life = studio.life
    attempts: list[Callable[[], Awaitable[Any]]] = [
        lambda: life.list_versions(stranger, app.id, PageRequest()),
        lambda: life.get_version(stranger, app.id, 1),
        lambda: life.note_version(stranger, app.id, 1, "x"),
        lambda: life.compare(stranger, app.id, 1, None),
        lambda: life.restore(stranger, app.id, 1),
        lambda: life.duplicate(stranger, app.id),
        lambda: life.tag(stranger, app.id, ["x"]),
        lambda: life.promote(stranger, app.id, "prod", 1),
        lambda: life.environments(stranger, app.id),
        lambda: life.list_promotions(stranger, app.id, PageRequest()),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
