"""`/v1` where a run asks people: the stream rests, the form is read and submitted, and the stream is taken up again."""

from typing import Any

import httpx
import pytest

from loomwork.apps.api import App
from loomwork.interface.http.compat.dify.form_tokens import FormPlace, form_token, read_form_token
from loomwork.kernel.errors import NotFound
from loomwork.kernel.ids import RunId
from tests.unit.interface.http.compat.dify.test_service_api import bearer, frames_in
from tests.unit.interface.http.world import NOON, World

pytestmark = pytest.mark.anyio

BODY = {"inputs": {"text": "hi"}, "user": "ann"}


@pytest.fixture
def workflow(world: World) -> App:
    world.apps.asks_first = True
    return world.apps.add(world.home, mode="workflow", name="A workflow")


async def asked(client: httpx.AsyncClient, world: World, app: App) -> list[tuple[int | None, dict[str, Any]]]:
    """The frames of a run until it waits."""
    body = {**BODY, "response_mode": "streaming"}
    return frames_in((await client.post("/v1/workflows/run", json=body, headers=await bearer(world, app))).text)


async def test_a_stream_ends_where_a_run_waits_for_somebody(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    frames = [frame for _, frame in await asked(client, world, workflow)]
    assert [frame["event"] for frame in frames[-2:]] == ["human_input_required", "workflow_paused"]
    form, paused = frames[-2]["data"], frames[-1]["data"]
    assert (form["node_id"], form["node_title"], form["form_content"], form["display_in_ui"]) == (
        "h", "Review", "Fine?", True)  # fmt: skip
    assert form["actions"] == [{"id": "yes", "title": "Yes", "button_style": "primary"}]
    assert [field["output_variable_name"] for field in form["inputs"]] == ["note"]
    assert form["expiration_time"] == int(NOON.timestamp())
    assert (paused["status"], paused["paused_nodes"]) == ("paused", ["h"])
    assert paused["reasons"] == [{"TYPE": "human_input_required", **form}]
    run_id = frames[-1]["workflow_run_id"]
    detail = (await client.get(f"/v1/workflows/run/{run_id}", headers=await bearer(world, workflow))).json()
    assert (detail["status"], detail["finished_at"]) == ("paused", None)


async def test_a_form_is_read_and_submitted_and_the_stream_goes_on_where_it_rested(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    seen = await asked(client, world, workflow)
    last, paused = seen[-1]
    headers = await bearer(world, workflow)
    address = f"/v1/form/human_input/{paused['data']['reasons'][0]['form_token']}"
    form = (await client.get(address, headers=headers)).json()
    assert (form["form_content"], form["user_actions"][0]["id"]) == ("Fine?", "yes")
    refused = await client.post(address, json={"inputs": {}, "action": "no", "user": "ann"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_param")
    answer = {"inputs": {"note": "good"}, "action": "yes", "user": "ann"}
    taken = await client.post(address, json=answer, headers=headers)
    assert (taken.status_code, taken.json()) == (200, {})
    run_id = paused["workflow_run_id"]
    again = await client.get(
        f"/v1/workflow/{run_id}/events", params={"user": "ann"}, headers={**headers, "Last-Event-ID": str(last)}
    )
    names = [frame["event"] for _, frame in frames_in(again.text)]
    assert names == ["human_input_form_filled", "workflow_started", "node_finished", "workflow_finished"]
    filled = frames_in(again.text)[0][1]["data"]
    assert (filled["action_id"], filled["action_text"], filled["submitted_data"]) == ("yes", "Yes", {"note": "good"})
    for late in (await client.get(address, headers=headers), await client.post(address, json=answer, headers=headers)):
        assert (late.status_code, late.json()["code"]) == (412, "human_input_form_submitted")


async def test_a_caller_that_waits_is_told_that_the_run_waits(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    headers = await bearer(world, workflow)
    answer = (await client.post("/v1/workflows/run", json=BODY, headers=headers)).json()
    assert (answer["data"]["status"], answer["data"]["paused_nodes"]) == ("paused", ["h"])
    token = answer["data"]["reasons"][0]["form_token"]
    assert (await client.get(f"/v1/form/human_input/{token}", headers=headers)).status_code == 200


async def test_a_chat_that_waits_says_so_with_what_it_has_said(client: httpx.AsyncClient, world: World) -> None:
    world.apps.asks_first = True
    app = world.apps.add(world.home, mode="advanced-chat")
    body = {**BODY, "query": "hello"}
    answer = (await client.post("/v1/chat-messages", json=body, headers=await bearer(world, app))).json()
    assert (answer["event"], answer["answer"]) == ("workflow_paused", "Hello, world")
    assert answer["data"]["reasons"][0]["node_id"] == "h"


async def test_a_form_belongs_to_its_app_and_its_token_to_this_installation(
    client: httpx.AsyncClient, world: World, workflow: App
) -> None:
    token = (await asked(client, world, workflow))[-1][1]["data"]["reasons"][0]["form_token"]
    other = await bearer(world, world.apps.add(world.home))
    forged = form_token(FormPlace(RunId("run"), "h", ()), b"another key")
    for headers, word in ((other, token), (await bearer(world, workflow), forged), (other, "x"), (other, "é")):
        answer = await client.get(f"/v1/form/human_input/{word}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await client.get(f"/v1/form/human_input/{token}")).status_code == 401


@pytest.mark.parametrize("change", range(0, 60, 7))
async def test_no_character_of_a_token_can_be_changed(change: int) -> None:
    place = FormPlace(RunId("0198c2a5-1b22-7e84-8b0d-5f0c9e7d1c42"), "node", (("it", 3),))
    token = form_token(place, b"key")
    assert read_form_token(token, b"key") == place
    other = "A" if token[change] != "A" else "B"
    with pytest.raises(NotFound):
        read_form_token(token[:change] + other + token[change + 1 :], b"key")
