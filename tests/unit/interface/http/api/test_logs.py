"""Logs of runs and messages, feedback, annotations and retention over `/api/v1` and over Dify's face."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from loomwork.bootstrap import monolith
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace

pytestmark = pytest.mark.anyio


def chat_document() -> str:
    nodes: list[dict[str, Any]] = [
        {"id": "s", "data": {"type": "start", "title": "Start", "variables": []}},
        {"id": "a", "data": {"type": "answer", "title": "Answer", "answer": "You said {{#sys.query#}}"}},
    ]
    graph = {"nodes": nodes, "edges": [{"source": "s", "target": "a"}]}
    app = {"name": "Talk", "mode": "advanced-chat"}
    return yaml.safe_dump({"app": app, "kind": "app", "version": "0.6.0", "workflow": {"graph": graph}})


@dataclass
class Place:
    """A chat app, spoken to over both faces."""

    api: httpx.AsyncClient
    dify: httpx.AsyncClient
    app_id: str

    async def say(self, query: str, user: str = "ann") -> dict[str, Any]:
        body = {"query": query, "inputs": {}, "user": user, "response_mode": "blocking"}
        answer = await self.dify.post("/chat-messages", json=body)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")})
    async with open_workspace(settings) as workspace:
        transport = httpx.ASGITransport(monolith.http_app(workspace, settings, "127.0.0.1"))
        key = (await workspace.gatekeeper.create_key(workspace.owner, "workspace")).secret
        app = await workspace.apps.import_app(workspace.owner, chat_document(), publish=True)
        app_key = (await workspace.gatekeeper.create_key(workspace.owner, "app", app.id)).secret
        async with (
            httpx.AsyncClient(
                transport=transport,
                base_url="http://127.0.0.1:8700/api/v1",
                headers={"Authorization": f"Bearer {key}"},
            ) as api,
            httpx.AsyncClient(
                transport=transport,
                base_url="http://127.0.0.1:8700/v1",
                headers={"Authorization": f"Bearer {app_key}"},
            ) as dify,
        ):
            yield Place(api, dify, app.id)


async def texts(place: Place, path: str, **params: Any) -> list[str]:
    answer = await place.api.get(path, params=params)
    return [each["query"] for each in answer.raise_for_status().json()["data"]]


async def test_messages_and_runs_are_found_by_who_when_and_what(place: Place) -> None:
    await place.say("Where is Bern?")
    await place.say("Why?", user="bob")
    for path in ("/messages", "/runs"):
        assert await texts(place, path) == ["Why?", "Where is Bern?"]
        assert await texts(place, path, end_user="bob") == ["Why?"]
        assert await texts(place, path, text="bern") == ["Where is Bern?"]
        assert await texts(place, path, environment="prod", version=1, source="dify") == ["Why?", "Where is Bern?"]
        assert await texts(place, path, environment="dev") == []
        assert await texts(place, path, status="failed") == []
        assert await texts(place, path, since="2100-01-01T00:00:00Z") == []
        assert len(await texts(place, path, until="2100-01-01T00:00:00")) == 2
    assert len(await texts(place, "/runs", status=["failed", "succeeded"])) == 2


async def test_what_an_end_user_and_a_member_think_stands_beside_the_message(place: Place) -> None:
    told = await place.say("Hello")
    address = f"/messages/{told['message_id']}"
    liked = await place.dify.post(f"{address}/feedbacks", json={"rating": "like", "user": "ann", "content": "Nice."})
    assert liked.json() == {"result": "success"}
    mine = (await place.api.put(f"{address}/feedback", json={"rating": "dislike", "content": "Too long."})).json()
    assert [(each["source"], each["rating"], each["content"]) for each in mine["feedback"]] == [
        ("end_user", "like", "Nice."),
        ("member", "dislike", "Too long."),
    ]
    assert (mine["app_id"], mine["version"], mine["environment"], mine["end_user"]) == (place.app_id, 1, "prod", "ann")
    assert await texts(place, "/messages", rating="dislike") == ["Hello"]
    listed = (await place.api.get(f"/apps/{place.app_id}/feedback", params={"rating": "like"})).json()["data"]
    assert [(each["author"], each["query"], each["answer"]) for each in listed] == [("ann", "Hello", "You said Hello")]
    theirs = (await place.dify.get("/app/feedbacks")).json()["data"]
    assert [(each["from_source"], each["rating"]) for each in theirs] == [("admin", "dislike"), ("user", "like")]
    seen = await place.dify.get("/messages", params={"user": "ann", "conversation_id": told["conversation_id"]})
    assert seen.json()["data"][0]["feedback"] == {"rating": "like"}
    await place.dify.post(f"{address}/feedbacks", json={"rating": None, "user": "ann"})
    await place.api.put(f"{address}/feedback", json={"rating": None})
    assert (await place.api.get(address)).json()["feedback"] == []
    seen = await place.dify.get("/messages", params={"user": "ann", "conversation_id": told["conversation_id"]})
    assert seen.json()["data"][0]["feedback"] is None


async def test_nobody_rates_what_another_user_was_sent(place: Place) -> None:
    told = await place.say("Hello")
    answers = [
        await place.dify.post(f"/messages/{message}/feedbacks", json={"rating": "like", "user": user})
        for message, user in ((told["message_id"], "bob"), ("never", "ann"))
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    odd = await place.dify.post(f"/messages/{told['message_id']}/feedbacks", json={"rating": "meh", "user": "ann"})
    assert odd.status_code == 400


async def test_annotations_are_written_over_either_face(place: Place) -> None:
    address = f"/apps/{place.app_id}/annotations"
    made = (await place.api.post(address, json={"question": "When?", "answer": "At nine."})).json()
    theirs = (await place.dify.post("/apps/annotations", json={"question": "Where?", "answer": "Here."})).json()
    assert set(theirs) == {"id", "question", "answer", "hit_count", "created_at"}
    assert [each["question"] for each in (await place.api.get(address)).json()["data"]] == ["Where?", "When?"]
    edited = await place.dify.put(f"/apps/annotations/{made['id']}", json={"question": "When?", "answer": "At ten."})
    assert edited.json()["answer"] == "At ten."
    assert (await place.api.get(f"{address}/{made['id']}")).json()["answer"] == "At ten."
    page = (await place.dify.get("/apps/annotations", params={"page": 2, "limit": 1})).json()
    assert ([each["id"] for each in page["data"]], page["total"], page["has_more"]) == ([made["id"]], 2, False)
    assert (await place.api.put(f"{address}/{theirs['id']}", json={"question": "", "answer": "x"})).status_code == 422
    assert (await place.dify.delete(f"/apps/annotations/{theirs['id']}")).status_code == 204
    assert (await place.api.delete(f"{address}/{made['id']}")).status_code == 204
    assert (await place.api.delete(f"{address}/{made['id']}")).status_code == 404
    assert (await place.dify.get("/apps/annotations")).json()["data"] == []


async def test_how_long_things_are_kept_is_said_for_all_apps_and_for_one(place: Place) -> None:
    of_app = f"/apps/{place.app_id}/retention"
    assert (await place.api.get("/retention")).json() == {"days": None}
    assert (await place.api.put("/retention", json={"days": 90})).json() == {"days": 90}
    assert (await place.api.get(of_app)).json() == {"days": None}
    await place.api.put(of_app, json={"days": 7})
    assert [(await place.api.get(path)).json()["days"] for path in ("/retention", of_app)] == [90, 7]
    for days in (0, -1, 36_501, "x"):
        assert (await place.api.put("/retention", json={"days": days})).status_code == 422


@pytest.mark.parametrize("path", ["/messages", "/runs"])
@pytest.mark.parametrize(
    "params", [{"status": "odd\0"}, {"since": "yesterday"}, {"version": 0}, {"environment": "moon"}, {"rating": "meh"}]
)
async def test_a_filter_that_means_nothing_is_refused_or_finds_nothing(
    place: Place, path: str, params: dict[str, Any]
) -> None:
    answer = await place.api.get(path, params=params)
    if answer.status_code == 200:
        assert answer.json()["data"] == []
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("path", ["/messages", "/runs", "/usage/totals", "/audit"])
@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z"])
async def test_moments_at_the_end_of_calendars_are_refused_or_answered(place: Place, path: str, when: str) -> None:
    for name in ("since", "until"):
        assert (await place.api.get(path, params={name: when})).status_code in (200, 422)
