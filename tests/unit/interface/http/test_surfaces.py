"""What holds for every route: who gets in, which shape errors have, what the descriptions promise."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from loomwork.interface.http.app import body_limit_of
from loomwork.interface.http.edge import without_empty
from tests.tenancy.meanings import OPEN

from .world import World

pytestmark = pytest.mark.anyio

UNAUTHORIZED = {"not_signed_in", "unauthorized", "invalid_api_key", "APIKEY_VALIDATION_FAILED"}
"""What each surface calls it."""


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every route of the guarded surfaces."""
    for mount in app.routes:
        if isinstance(mount, Mount) and mount.path:
            for route in iter_route_contexts(mount.routes):
                for method in sorted(route.methods or ()):
                    yield method, f"{mount.path}{route.path}".replace("{", "").replace("}", "")


async def test_every_surface_has_its_routes(build: Callable[..., FastAPI]) -> None:
    routes = list(routes_of(build()))
    assert ("POST", "/api/v1/runs") in routes
    assert ("GET", "/api/v1/openapi.json") in routes
    assert ("POST", "/v1/chat-messages") in routes
    assert ("POST", "/openai/v1/chat/completions") in routes
    assert ("POST", "/taskingai/v1/inference/rerank") in routes
    assert len(routes) > 35


@pytest.mark.parametrize("credentials", ["none", "unknown key", "revoked key", "ended session", "not a bearer"])
async def test_no_route_answers_without_valid_credentials(
    build: Callable[..., FastAPI], client: httpx.AsyncClient, world: World, credentials: str
) -> None:
    app = world.apps.add(world.home)
    keys = {"/api/v1": await world.workspace_key(), "/v1": await world.app_key(app)}
    for secret in keys.values():
        await world.gatekeeper.revoke_key(world.home, world.gatekeeper.keys[secret][1].id)
    for method, path in routes_of(build()):
        revoked = keys["/api/v1" if path.startswith("/api/v1") else "/v1"]
        headers = {
            "none": {},
            "unknown key": {"Authorization": "Bearer lw-nobody"},
            "revoked key": {"Authorization": f"Bearer {revoked}"},
            "ended session": {"Cookie": "loomwork_session=gone", "X-Loomwork-CSRF": "1"},
            "not a bearer": {"Authorization": f"Basic {revoked}"},
        }[credentials]
        if f"{method} {path}" in OPEN or f"GET {path}" in OPEN:
            continue
        answer = await client.request(method, path, headers=headers, content=b"{not json")
        if path.startswith("/api/v1/people/me") and "Authorization" in headers:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
            continue
        assert answer.status_code == 401, (method, path)
        if method != "HEAD":
            body = answer.json()
            assert body.get("error", body)["code"] in UNAUTHORIZED


async def test_an_app_key_does_not_open_our_api_nor_a_workspace_key_difys(
    client: httpx.AsyncClient, world: World
) -> None:
    app_key = await world.app_key(world.apps.add(world.home))
    answer = await client.get("/api/v1/apps", headers={"Authorization": f"Bearer {app_key}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    answer = await client.get("/v1/info", headers={"Authorization": f"Bearer {await world.workspace_key()}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_every_route_of_our_api_says_in_a_sentence_what_it_does(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["description"].strip().endswith((".", ")")), (method, path)
            assert "default" in operation["responses"]


async def test_the_openapi_document_is_sound(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/runs/{run_id}/events" in document["paths"]
    refs = list(_refs(document))
    assert refs
    for ref in refs:
        assert ref.startswith("#/components/schemas/")
        assert ref.rpartition("/")[2] in document["components"]["schemas"]
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _refs(item)


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/api/v1/nothing", 404, "not_found"),
    ("GET", "/api/v2/apps", 404, "not_found"),
    ("DELETE", "/api/v1/runs", 405, "method_not_allowed"),
    ("GET", "/api/v1/session/sign-out", 405, "method_not_allowed"),
    ("POST", "/anything", 405, "method_not_allowed"),
    ("GET", "/openai/v2/models", 404, "not_found"),
])  # fmt: skip
async def test_unknown_addresses_and_methods_answer_in_our_shape(
    api: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_an_unexpected_exception_tells_a_reference_and_nothing_else(
    api: httpx.AsyncClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.apps.explode = True
    answer = await api.post("/api/v1/apps", json={"document": "app: {}"})
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert error["code"] == "internal_error"
    assert "sk-123" not in answer.text
    assert "Traceback" not in answer.text
    assert error["details"]["reference"] in caplog.text


@pytest.mark.parametrize("body", [
    b"{",
    b'{"document": NaN}',
    b'{"document": "\\ud800"}',
    b"[" * 100_000,
    b"\xff\xfe",
    b'"text"',
    b'{"document": 7}',
    b'{"documnet": "x"}',
    b'{"document": "x", "starter": "y"}',
])  # fmt: skip
async def test_a_body_that_cannot_be_used_is_refused_with_a_sentence(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/api/v1/apps", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("application/json", b"{bad", "The body is not JSON: "),
        ("application/json", b"[]", "Send a JSON object as the body, with `Content-Type: application/json`."),
        ("application/json", b"", "Send a JSON object as the body, with `Content-Type: application/json`."),
        ("application/x-www-form-urlencoded", b"{}", "Send a JSON object as the body, with `Content-Type: "),
    ],
)
async def test_a_body_that_is_no_json_object_is_told_so(
    api: httpx.AsyncClient, content_type: str, body: bytes, said: str
) -> None:
    answer = await api.post("/api/v1/runs", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["message"].startswith(said)
    assert error["details"]["field"] == ""


async def test_a_refused_field_is_named(api: httpx.AsyncClient) -> None:
    error = (await api.get("/api/v1/apps?limit=1000")).json()["error"]
    assert (error["code"], error["details"]["field"]) == ("invalid_input", "limit")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused_while_it_is_read(api: httpx.AsyncClient, announced: bool) -> None:
    sent = 0

    async def chunks() -> Any:
        nonlocal sent
        for _ in range(1000):
            sent += 100_000
            yield b" " * 100_000

    headers = {"Content-Type": "application/json"} | ({"Content-Length": "100000000"} if announced else {})
    answer = await api.post("/api/v1/runs", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert "2 MB" in answer.json()["error"]["message"]
    assert sent <= 2_200_000


async def test_documents_may_be_larger_than_other_bodies(api: httpx.AsyncClient) -> None:
    assert body_limit_of("/api/v1/apps") == body_limit_of("/api/v1/apps/x/document") == body_limit_of("/api/v1/check")
    answer = await api.post("/api/v1/check", json={"document": "x" * 3_000_000})
    assert answer.status_code == 200
    answer = await api.put("/api/v1/apps/x/bindings", json={"reference": "x" * 3_000_000, "model": None})
    assert answer.status_code == 413


async def test_browsers_are_told_how_to_treat_every_answer(client: httpx.AsyncClient) -> None:
    for path in ("/", "/health", "/api/v1/apps", "/v1/info"):
        headers = (await client.get(path)).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert (headers.get("cache-control") == "no-store") == (path not in ("/health",))


@pytest.mark.parametrize(("host", "options", "allowed"), [
    ("127.0.0.1:8700", {}, True),
    ("localhost", {}, True),
    ("LOCALHOST:1", {}, True),
    ("[::1]:8700", {}, True),
    ("evil.example", {}, False),
    ("127.0.0.1.evil.example", {}, False),
    ("localhost@evil.example", {}, False),
    ("192.168.1.5:8700", {}, False),
    ("192.168.1.5:8700", {"host": "192.168.1.5"}, True),
    ("192.168.1.5:8700", {"host": "0.0.0.0"}, True),
    ("evil.example", {"host": "0.0.0.0"}, False),
    ("loom.example:443", {"allowed_hosts": frozenset({"loom.example"})}, True),
    ("", {}, False),
])  # fmt: skip
async def test_only_names_that_the_server_goes_by_are_answered(
    build: Callable[..., FastAPI], host: str, options: dict[str, Any], allowed: bool
) -> None:
    transport = httpx.ASGITransport(build(**options))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/health", headers={"Host": host})
    assert answer.status_code == (200 if allowed else 421)
    if not allowed:
        assert answer.json()["error"]["code"] == "host_not_allowed"


async def test_readiness_names_its_parts(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "parts": {"database": True},
        "problems": {},
        "local_models": [{"model": "local/small", "state": "absent"}],
        "code": None,
    }
    world.parts = {"database": "The disk is full.", "queue": None}
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        503,
        {
            "ready": False,
            "parts": {"database": False, "queue": True},
            "problems": {"database": "The disk is full."},
            "local_models": [],
            "code": None,
        },
    )
    assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/runs", "/v1/info", "/anything"])
async def test_a_websocket_is_closed_wherever_it_knocks(build: Callable[..., FastAPI], path: str) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1")]
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
             "headers": headers, "scheme": "ws", "subprotocols": [], "client": None, "server": None}  # fmt: skip
    await build()(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_an_empty_query_parameter_counts_as_absent_on_every_surface(
    client: httpx.AsyncClient, api: httpx.AsyncClient, world: World
) -> None:
    app = world.apps.add(world.home, mode="advanced-chat")
    key = {"Authorization": f"Bearer {await world.app_key(app)}"}
    left_open = await client.get("/v1/conversations?user=ann&last_id=&limit=", headers=key)
    assert (left_open.status_code, left_open.json()["limit"]) == (200, 20)
    given = await client.get("/v1/conversations?user=ann&last_id=&limit=7&pinned", headers=key)
    assert (given.status_code, given.json()["limit"]) == (200, 7)
    missing = await client.get("/v1/conversations?user=&limit=", headers=key)
    assert (missing.status_code, missing.json()["code"]) == (400, "invalid_param")
    assert (await api.get("/api/v1/apps?search=&cursor=&limit=")).json() == (await api.get("/api/v1/apps")).json()


def test_parameters_with_a_value_are_left_as_they_were_sent() -> None:
    assert without_empty(b"a=%20&b=&c&d==&a=1+2&&") == b"a=%20&d==&a=1+2"
