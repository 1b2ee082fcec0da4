"""Who is let in to the internal face, and what it says to questions that are none."""

import json
from collections.abc import Mapping

import httpx
import pytest

from loomwork.interface.http.internal.app import BODY_LIMIT, InternalOptions, create_internal_app
from tests.unit.model_gateway.application.routed import World

KEY = "the-key-of-this-installation-0123456789"
SCOPE = {"workspace_id": "00000000-0000-7000-8000-000000000000", "actor": {"kind": "system", "id": "loomwork"}}
ASKED = {"scope": SCOPE, "request": {"model": "acme/fine", "messages": [{"role": "user", "text": "Hi"}]}}
CHAT = "/internal/v1/models/chat"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


def face(key: str | None = KEY, problem: str | None = None, base: str = "http://inference:8701") -> httpx.AsyncClient:
    async def ready() -> Mapping[str, str | None]:
        return {"catalog": problem}

    world = World()
    app = create_internal_app(world.models, world.models._local, InternalOptions(key=key), ready=ready)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)


async def test_only_who_has_the_key_is_answered() -> None:
    async with face() as client:
        assert (await client.post(CHAT, json=ASKED)).status_code == 401
        assert (await client.post(CHAT, json=ASKED, headers={b"Authorization": b"Bearer \xe9"})).status_code == 401
        assert (await client.post(CHAT, json=ASKED, headers={"Authorization": f"Bearer {KEY}x"})).status_code == 401
        answer = await client.post(CHAT, json=ASKED, headers=AUTHORIZED)
    assert answer.status_code == 200
    lines = [json.loads(line) for line in answer.text.splitlines() if line]
    assert lines[0] == {"text": "Hi"}, answer.text
    assert lines[-1]["finished"]["finish_reason"] == "stop"


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
async def test_no_page_in_a_browser_is_answered_with_a_key_or_without(header: str) -> None:
    async with face() as client:
        assert (await client.post(CHAT, json=ASKED, headers=AUTHORIZED | {header: "null"})).status_code == 403
    async with face(None, base="http://127.0.0.1:8701") as client:
        assert (await client.post(CHAT, json=ASKED, headers={header: "http://127.0.0.1:8701"})).status_code == 403
        assert (await client.post(CHAT, json=ASKED)).status_code == 200


async def test_without_a_key_it_goes_by_names_of_this_machine_only() -> None:
    async with face(None) as client:
        assert (await client.post(CHAT, json=ASKED)).status_code == 421


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"[]",
        b"{}",
        b'{"scope": 1}',
        json.dumps({"scope": SCOPE}).encode(),
        json.dumps({"scope": SCOPE, "request": {"model": 1}}).encode(),
        json.dumps(ASKED | {"scope": {"workspace_id": "w", "actor": {"kind": "ghost", "id": "x"}}}).encode(),
        b"[" * 100_000,
    ],
)
async def test_a_question_that_is_none_is_refused_with_a_sentence(body: bytes) -> None:
    async with face() as client:
        answer = await client.post(CHAT, content=body, headers=AUTHORIZED)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_input"


async def test_what_is_not_there_is_said() -> None:
    async with face() as client:
        for path in ("/internal/v1/models/think", "/internal/v1/models/", "/api/v1/apps"):
            assert (await client.post(path, json={}, headers=AUTHORIZED)).status_code == 404
        assert (await client.get(CHAT, headers=AUTHORIZED)).status_code == 404


async def test_a_question_that_is_too_large_is_refused_before_it_is_read() -> None:
    async with face() as client:
        answer = await client.post(CHAT, content=b"{}", headers=AUTHORIZED | {"Content-Length": str(BODY_LIMIT + 1)})
    assert answer.status_code == 413


async def test_health_and_readiness_need_no_key_and_say_what_is_wrong() -> None:
    async with face() as client:
        assert (await client.get("/health")).json() == {"status": "ok", "server": "loomwork-inference"}
        assert (await client.get("/ready")).json() == {"ready": True, "parts": {"catalog": True}, "problems": {}}
    async with face(problem="The catalog is empty.") as client:
        answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["problems"]) == (503, {"catalog": "The catalog is empty."})


def test_the_key_is_in_no_representation() -> None:
    assert KEY not in repr(InternalOptions(key=KEY))
