"""Every error in OpenAI's shape, with the status that makes clients do the right thing."""

import json
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.api import BudgetExceeded, ModelFailure, ModelNotFound, ModelRefused, TooManyCalls
from tests.unit.interface.http.conftest import BASE
from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio

ASKED = {"model": "debug/echo", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("error", "status", "code"), [
    (ModelFailure("No.", cause="rate", retry_after=1.2), 429, "rate_limit_exceeded"),
    (TooManyCalls("No.", retry_after=1.2), 429, "rate_limit_exceeded"),
    (BudgetExceeded("No."), 429, "insufficient_quota"),
    (ModelFailure("No.", cause="context_too_long"), 400, "context_length_exceeded"),
    (ModelFailure("No.", cause="policy"), 400, "content_filter"),
    (ModelFailure("No.", cause="credentials"), 503, "provider_credentials_refused"),
    (ModelFailure("No.", cause="not_configured"), 503, "model_not_configured"),
    (ModelFailure("No.", cause="outage"), 503, "model_unavailable"),
    (ModelFailure("No.", cause="timeout"), 504, "timeout"),
    (ModelFailure("No.", cause="bad_answer"), 502, "bad_answer"),
    (ModelRefused("No."), 400, "model_refused"),
    (ModelNotFound("No."), 404, "model_not_found"),
    (InvalidInput("No."), 400, "invalid_value"),
])  # fmt: skip
async def test_each_cause_has_its_status_even_where_a_stream_was_asked_for(
    program: httpx.AsyncClient, world: World, error: Exception, status: int, code: str, stream: bool
) -> None:
    world.models.fails_with = error
    answer = await program.post("/chat/completions", json=ASKED | {"stream": stream})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"] == "No."
    assert answer.headers["x-request-id"]


async def test_how_long_to_wait_is_said_in_whole_seconds_and_in_milliseconds(
    program: httpx.AsyncClient, world: World
) -> None:
    world.models.fails_with = TooManyCalls("No.", retry_after=1.2)
    headers = (await program.post("/chat/completions", json=ASKED)).headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("2", "1200")
    assert "x-should-retry" not in headers


@pytest.mark.parametrize("error", [
    BudgetExceeded("No."), ModelFailure("No.", cause="credentials"), ModelFailure("No.", cause="not_configured")
])  # fmt: skip
async def test_clients_are_told_not_to_try_again_what_cannot_succeed(
    program: httpx.AsyncClient, world: World, error: Exception
) -> None:
    world.models.fails_with = error
    assert (await program.post("/chat/completions", json=ASKED)).headers["x-should-retry"] == "false"


@pytest.mark.parametrize("key", [None, "Bearer lw-nobody", "Basic abc", "Bearer "])
async def test_a_key_that_is_not_valid_is_a_401(client: httpx.AsyncClient, key: str | None) -> None:
    headers = {"Authorization": key} if key is not None else {}
    answer = await client.post("/openai/v1/chat/completions", headers=headers, json=ASKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_the_key_of_an_app_opens_that_app_only(build: Callable[..., FastAPI], world: World) -> None:
    app = world.apps.add(world.home, mode="advanced-chat")
    other = world.apps.add(world.home, mode="advanced-chat")
    headers = {"Authorization": f"Bearer {await world.app_key(app)}"}
    transport = httpx.ASGITransport(build())
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/openai/v1", headers=headers) as client:
        for model in ("debug/echo", f"app:{other.id}"):
            answer = await client.post("/chat/completions", json=ASKED | {"model": model})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
        answer = await client.post("/embeddings", json={"model": "debug/echo", "input": "x"})
        assert answer.status_code == 403
        assert (await client.get("/models/debug/echo")).status_code == 403
        assert [model["id"] for model in (await client.get("/models")).json()["data"]] == [f"app:{app.id}"]
        assert (await client.get(f"/models/app:{app.id}")).json()["id"] == f"app:{app.id}"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b'{"model": NaN}', b"\xff\xfe", b"[" * 100_000, b""])
async def test_a_body_that_is_no_json_object_is_refused(program: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await program.post("/chat/completions", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""])
@pytest.mark.parametrize("path", ["/chat/completions", "/embeddings", "/moderations"])
async def test_a_body_of_a_kind_that_pages_of_other_sites_may_send_is_refused(
    program: httpx.AsyncClient, world: World, path: str, kind: str
) -> None:
    body = json.dumps(ASKED | {"input": "x"}).encode()
    answer = await program.post(path, content=body, headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_value")
    assert "Content-Type: application/json" in answer.json()["error"]["message"]
    assert world.models.asked == []


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.own+json"])
async def test_json_is_known_by_any_of_its_names(program: httpx.AsyncClient, kind: str) -> None:
    answer = await program.post("/chat/completions", content=json.dumps(ASKED), headers={"Content-Type": kind})
    assert answer.status_code == 200


async def test_a_body_may_carry_images_up_to_ten_megabytes(program: httpx.AsyncClient) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9_000_000}}
    body = ASKED | {"messages": [{"role": "user", "content": [image]}]}
    assert (await program.post("/chat/completions", json=body)).status_code == 200
    answer = await program.post("/chat/completions", json=ASKED | {"x": "A" * 11_000_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    assert "10 MB" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nothing", 404, "unknown_url"),
    ("GET", "/chat/completions", 405, "method_not_allowed"),
    ("DELETE", "/models/debug/echo", 405, "method_not_allowed"),
])  # fmt: skip
async def test_unknown_addresses_and_methods_answer_in_their_shape(
    program: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await program.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_an_unexpected_exception_tells_a_reference_and_nothing_else(
    program: httpx.AsyncClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.models.fails_with = RuntimeError("the secret is sk-123")
    answer = await program.post("/embeddings", json={"model": "debug/echo", "input": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "sk-123" not in answer.text
    assert "sk-123" in caplog.text
