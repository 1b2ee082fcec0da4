"""The workspace behind a server: the very commands, against the real API in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from aiohttp import web

from loomwork.bootstrap import monolith
from loomwork.bootstrap.listening import bound_socket
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.interface.cli.remote_workspace import RemoteWorkspace, ServerUnreachable, remote_workspace
from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound
from loomwork.kernel.page import PageRequest
from tests.unit.interface.cli.conftest import document, start


@pytest.fixture
async def remote(tmp_path: Path) -> AsyncIterator[RemoteWorkspace]:
    """A workspace on a server of its own."""
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")})
    async with open_workspace(settings) as workspace:
        key = (await workspace.gatekeeper.create_key(workspace.owner, "workspace")).secret
        server = uvicorn.Server(monolith._config(workspace, settings, "127.0.0.1", "http://127.0.0.1"))
        with bound_socket("127.0.0.1", 0) as listening:
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            async with remote_workspace(f"http://127.0.0.1:{listening.getsockname()[1]}", key) as opened:
                yield opened
            server.should_exit = True
            await serving


@pytest.fixture
def text(greeting: str) -> str:
    return Path(greeting).read_text()


async def test_apps_and_keys_are_administered_over_the_api(remote: RemoteWorkspace, text: str) -> None:
    app = await remote.import_app(text, publish=True)
    assert (app.name, app.published_version) == ("Tested", 1)
    assert [each.id for each in await remote.list_apps()] == [app.id]
    assert [each["variable"] for each in (await remote.open_app(app.id)).form] == ["name", "n"]
    assert await remote.publish_app(app.id) == 1
    assert "Hello" in await remote.export_app(app.id)
    assert (await remote.create_app_key(app.id)).startswith("app-")
    [key] = (await remote.list_keys(PageRequest(), app.id)).items
    await remote.revoke_key(key.id)
    assert (await remote.create_workspace_key()).startswith("lw-")
    await remote.delete_app(app.id)
    assert await remote.list_apps() == []


async def test_a_long_list_is_read_to_its_end(remote: RemoteWorkspace, text: str) -> None:
    for _ in range(101):
        await remote.import_app(text, publish=False)
    assert len(await remote.list_apps()) == 101


async def test_what_the_server_refuses_is_said_in_its_words(remote: RemoteWorkspace) -> None:
    with pytest.raises(NotFound):
        await remote.open_app("../keys")
    with pytest.raises(LoomworkError) as refused:
        await remote.import_app("a: [", publish=False)
    assert refused.value.code == "document_refused"
    with pytest.raises(InvalidInput, match="own machine"):
        await remote.create_dataset_key("d")
    with pytest.raises(InvalidInput, match="own machine"):
        await remote.sign_in_link()
    with pytest.raises(InvalidInput, match="own machine"):
        await remote.people.set_password("ann@example.org", "four words that rhyme")
    with pytest.raises(InvalidInput, match="own machine"):
        await remote.people.password_link("ann@example.org")


Handler = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def stranger(handler: Handler) -> AsyncIterator[str]:
    """A server that is none of ours."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("status", "body"), [(200, "<html>"), (500, "<html>"), (200, '{"data": [{}]}')])
async def test_what_is_no_loomwork_server_is_called_so(status: int, body: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    async with stranger(answer) as address, remote_workspace(address, "lw-x") as remote:
        with pytest.raises(ServerUnreachable):
            await remote.list_apps()


async def test_the_audit_trail_is_read_and_proved_over_the_api(remote: RemoteWorkspace, text: str) -> None:
    app = await remote.import_app(text, publish=True)
    desk = remote.audit_desk
    newest = await desk.newest({"action": "app"}, 2)
    assert [(entry["action"], entry["object"]["id"], entry["via"]) for entry in newest] == [
        ("app.published", app.id, "api"),
        ("app.created", app.id, "api"),
    ]
    everything = [entry["number"] async for entry in desk.entries({})]
    assert everything == list(range(1, len(everything) + 1))
    check = await desk.check(None)
    assert check["ok"] is True
    assert (await desk.check((check["last"]["number"], "0" * 64)))["problem"]["kind"] == "replaced"


async def test_apps_live_over_the_api(remote: RemoteWorkspace, text: str) -> None:
    life, app = remote.life, await remote.import_app(text, publish=True)
    await remote.life.tag(app.id, ["a"])
    [listed] = await remote.list_apps(tag="a")
    assert (listed.id, listed.tags) == (app.id, ["a"])
    assert (await life.publish(app.id, "", "prod"))["number"] == 1
    assert [each["environments"] for each in await life.list_versions(app.id)] == [["dev", "staging", "prod"]]
    assert (await life.note(app.id, 1, "Kept."))["notes"] == "Kept."
    assert (await life.compare(app.id, "1", "draft"))["lines"] == []
    assert (await life.restore(app.id, 1))["id"] == app.id
    assert (await life.promote(app.id, "prod", 1))["number"] == 1
    assert (await life.promote(app.id, "staging", None))["number"] == 1
    assert (await life.duplicate(app.id, None))["name"] == "Tested 2"
    await life.retain(None, 90)
    await life.retain(app.id, 7)
    assert (await life.retention(None), await life.retention(app.id)) == (90, 7)
    made = await life.add_annotation(app.id, "When?", "At nine.")
    assert (await life.edit_annotation(app.id, str(made["id"]), "When?", "At ten."))["answer"] == "At ten."
    assert len(await life.list_annotations(app.id, "ten")) == 1
    await life.remove_annotation(app.id, str(made["id"]))
    assert await life.list_annotations(app.id, "") == []


async def test_what_was_said_is_found_and_rated_over_the_api(remote: RemoteWorkspace) -> None:
    answer = {"type": "answer", "title": "Answer", "answer": "Good day."}
    talk = document([start(), answer], mode="advanced-chat")
    app = await remote.import_app(talk, publish=False)
    run = await remote.client.start_run(app_id=app.id, query="Hello")
    wanted = {"app_id": app.id, "text": "hello", "since": "2026-01-31T00:00:00+02:00"}
    [message] = await remote.life.list_messages(wanted)
    assert (message["run_id"], message["query"]) == (run["id"], "Hello")
    rated = await remote.life.rate(str(message["id"]), "dislike", "No.")
    assert [(given["rating"], given["content"]) for given in rated["feedback"]] == [("dislike", "No.")]
    assert (await remote.life.get_message(str(message["id"])))["feedback"] == rated["feedback"]
    assert (await remote.life.rate(str(message["id"]), None, ""))["feedback"] == []
    assert [
        each["id"] for each in await remote.life.list_runs({**wanted, "status": ["queued", "running", "succeeded"]})
    ]
    assert await remote.life.list_runs({**wanted, "environment": "prod"}) == []
