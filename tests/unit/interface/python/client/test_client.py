"""The client against a real server of ours, and against servers that fail in every way that a network knows."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvicorn
from aiohttp import web

import loomwork
from loomwork.bootstrap import monolith
from loomwork.bootstrap.listening import bound_socket
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.interface.python.client import AsyncClient, Client, ServerRefused, ServerUnreachable
from loomwork.kernel.errors import InvalidInput

CHAT = Path(__file__).parents[4] / "journeys" / "apps" / "chat.yml"
Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def a_server(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of a server of its own, and a key for it."""
    settings = read_settings({"LOOMWORK_DATA": str(folder), "LOOMWORK_CACHE_DIR": str(folder / "cache")})
    async with open_workspace(settings) as workspace:
        key = (await workspace.gatekeeper.create_key(workspace.owner, "workspace")).secret
        server = uvicorn.Server(monolith._config(workspace, settings, "127.0.0.1", "http://127.0.0.1"))
        with bound_socket("127.0.0.1", 0) as listening:
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", key
            server.should_exit = True
            await serving


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with a_server(tmp_path) as (url, key), AsyncClient(url, key) as client:
        yield client


@contextmanager
def served_in_a_thread(folder: Path) -> Iterator[tuple[str, str]]:
    """The same server, with an event loop of its own."""
    ready: list[tuple[str, str]] = []
    is_ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with a_server(folder) as told:
            ready.append(told)
            is_ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert is_ready.wait(60)
        yield ready[0]
    finally:
        done.set()
        thread.join(60)


@asynccontextmanager
async def answering(answers: Answers) -> AsyncIterator[AsyncClient]:
    """A client of a server that answers as it is told to."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answers)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with AsyncClient(f"http://127.0.0.1:{port}", "lw-key", timeout=20) as client:
            yield client
    finally:
        await runner.cleanup()


async def test_an_app_is_made_run_and_followed(client: AsyncClient) -> None:
    app = await client.create_app(document=CHAT.read_text(encoding="utf-8"), publish=True)
    assert (app["name"], app["published_version"]) == ("Parrot", 1)
    run = await client.start_run(app_id=app["id"], query="Hello")
    told = [event async for event in client.follow_run(run["id"])]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert (await client.read_run(run["id"]))["answer"] == "You said: Hello"
    assert "Parrot" in await client.export_document(app["id"])
    await client.delete_app(app["id"])
    assert (await client.list_apps())["data"] == []


async def test_all_of_a_long_list_comes_page_after_page(client: AsyncClient) -> None:
    made = [(await client.create_app(starter="chat"))["id"] for _ in range(3)]
    first = await client.list_apps(limit=2)
    assert (len(first["data"]), first["next"] is None) == (2, False)
    assert [app["id"] async for app in client.all_apps()] == made[::-1]


async def test_what_the_server_refuses_is_raised_with_its_code(client: AsyncClient) -> None:
    with pytest.raises(ServerRefused, match="no app") as refused:
        await client.open_app("01a205a4-b638-74d9-a421-e51ad0440f33")
    assert (refused.value.code, refused.value.status) == ("not_found", 404)
    with pytest.raises(ServerRefused) as refused:
        await client.list_apps(limit=0)
    assert refused.value.details["field"] == "limit"


def test_the_same_without_await(tmp_path: Path) -> None:
    with served_in_a_thread(tmp_path) as (url, key), loomwork.Client(url, key) as client:
        app = client.create_app(document=CHAT.read_text(encoding="utf-8"))
        run = client.start_run(app_id=app["id"], query="Hello")
        assert [event["type"] for event in client.follow_run(run["id"])][-1] == "run_succeeded"
        assert [each["id"] for each in client.all_apps()] == [app["id"]]
        with pytest.raises(ServerRefused, match="no run"):
            client.read_run("none")


async def test_a_request_that_makes_something_is_sent_again_with_the_same_key_when_its_answer_is_lost() -> None:
    seen: list[str] = []

    async def answers(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["Idempotency-Key"])
        if len(seen) == 1:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"id": "made"}, status=201)

    async with answering(answers) as client:
        assert (await client.create_app(starter="chat"))["id"] == "made"
    assert (len(seen), len(set(seen))) == (2, 1)


async def test_what_could_happen_twice_is_sent_once() -> None:
    seen: list[str] = []

    async def answers(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with answering(answers) as client:
        with pytest.raises(ServerUnreachable):
            await client.test_model("debug/echo")
    assert seen == ["/api/v1/models/debug/echo/test"]


async def test_a_server_that_is_busy_is_asked_again_after_the_pause_that_it_names() -> None:
    seen: list[str] = []

    async def answers(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        if len(seen) == 1:
            return web.json_response({}, status=503, headers={"Retry-After": "0"})
        return web.json_response({"data": [], "next": None})

    async with answering(answers) as client:
        assert (await client.list_apps())["data"] == []
    assert len(seen) == 2


async def test_a_pause_that_is_too_long_is_left_to_the_caller() -> None:
    async def answers(_request: web.Request) -> web.StreamResponse:
        error = {"code": "budget_exceeded", "message": "The budget is spent.", "details": {"retry_after": 3600}}
        return web.json_response({"error": error}, status=429, headers={"Retry-After": "3600"})

    async with answering(answers) as client:
        with pytest.raises(ServerRefused) as refused:
            await client.list_apps()
    assert (refused.value.code, refused.value.details["retry_after"]) == ("budget_exceeded", 3600)


@pytest.mark.parametrize("cut", [1, 20, 45, 70])
async def test_a_stream_that_is_cut_off_anywhere_goes_on_without_loss_or_repetition(cut: int) -> None:
    frames = [
        b'id: 1\ndata: {"seq":1,"type":"run_started"}\n\n',
        b'id: 2\ndata: {"seq":2,"type":"text_chunk"}\n\n: ping\n\n',
        b'id: 3\ndata: {"seq":3,"type":"run_succeeded"}\n\n',
    ]
    asked: list[int] = []

    async def answers(request: web.Request) -> web.StreamResponse:
        after = int(request.headers.get("Last-Event-ID", "0"))
        asked.append(after)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        left = b"".join(frames[after:])
        await response.write(left[:cut] if len(asked) == 1 else left)
        return response

    async with answering(answers) as client:
        assert [event["seq"] async for event in client.follow_run("run")] == [1, 2, 3]
    assert len(asked) == 2


async def test_a_stream_that_ends_in_an_error_raises_it() -> None:
    async def answers(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b'event: error\ndata: {"error":{"code":"unreadable_journal","message":"No."}}\n\n')
        return response

    async with answering(answers) as client:
        with pytest.raises(ServerRefused) as refused:
            await anext(client.follow_run("run"))
    assert refused.value.code == "unreadable_journal"


async def test_what_is_no_server_of_ours_is_said_so() -> None:
    async def answers(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Welcome</html>")

    async with answering(answers) as client:
        with pytest.raises(ServerUnreachable, match="is no Loomwork server"):
            await client.list_apps()


async def test_an_address_that_nobody_listens_at_is_said_so_and_no_key_with_it() -> None:
    with bound_socket("127.0.0.1", 0) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with AsyncClient(url, "lw-secret", retries=0) as client:
            with pytest.raises(ServerUnreachable, match="does not answer") as failure:
                await client.list_apps()
    assert "secret" not in str(failure.value) + repr(client)


@pytest.mark.parametrize(("url", "key"), [("127.0.0.1:8700", "lw-key"), ("http://127.0.0.1:8700", "lw-\n")])
def test_an_address_or_a_key_that_is_none_is_refused(url: str, key: str) -> None:
    with pytest.raises(InvalidInput):
        Client(url, key)
