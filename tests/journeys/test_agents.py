"""An agent whose server is killed in the middle of its work, while a person is asked about a call."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.journeys.conftest import StartServer
from tests.journeys.effects import EffectsServer, app, end, node
from tests.journeys.model_server import ModelServer
from tests.journeys.sse_reader import events_in

MODEL = {"provider": "openai-compatible", "name": "scripted-1", "mode": "chat", "completion_params": {}}
CALL = 'Thought: I work it out.\nAction: {"action": "eval_expression", "action_input": {"expression": "6*7"}}'
PATIENCE = 60.0


@pytest.fixture
def effects() -> Iterator[EffectsServer]:
    serving = EffectsServer(pause=0.02)
    serving.start()
    yield serving
    serving.close()


def agent_app() -> str:
    given = {
        "model": MODEL,
        "tools": [{"provider_name": "calculator", "tool_name": "eval_expression", "type": "builtin"}],
        "instruction": "Be brief.",
        "query": "What is six times seven?",
    }
    parameters = {name: {"type": "constant", "value": value} for name, value in given.items()}
    own = {"approval": {"effects": ["read"]}}
    agent = node("agent", "agent", agent_strategy_name="ReAct", agent_parameters=parameters, **{"x-loomwork": own})
    return app("Agent", [node("start", "start", variables=[]), agent, end(("agent", "text"))], "start>agent, agent>end")


def classic_app(mode: str, prompt: str, form: list[dict[str, Any]], **more: Any) -> str:
    """An app without a graph of its own, as Dify exports it."""
    config = {"model": MODEL, "pre_prompt": prompt, "prompt_type": "simple", "user_input_form": form, **more}
    return yaml.safe_dump({"app": {"mode": mode, "name": "Classic"}, "kind": "app", "model_config": config})


def key_of_published(owner: httpx.Client, document: str) -> dict[str, str]:
    """The headers that open the app's Service API."""
    made = owner.post("/api/v1/apps", json={"document": document, "publish": True}).raise_for_status().json()
    key = owner.post(f"/api/v1/apps/{made['id']}/keys", json={}).raise_for_status().json()
    return {"Authorization": f"Bearer {key['secret']}"}


def run_in(owner: httpx.Client, run_id: str, *statuses: str) -> dict[str, Any]:
    """The run, once it has one of these statuses."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        run: dict[str, Any] = owner.get(f"/api/v1/runs/{run_id}").raise_for_status().json()
        if run["status"] in statuses:
            return run
        time.sleep(0.05)
    raise AssertionError(f"the run is still {run['status']}: {run}")


def test_a_call_is_approved_after_the_server_was_killed_and_no_finished_turn_is_asked_for_again(
    start_server: StartServer, model_server: ModelServer
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    model_server.says(CALL)
    with server.sign_in() as owner:
        made = owner.post("/api/v1/apps", json={"document": agent_app(), "publish": True}).raise_for_status().json()
        run_id = owner.post("/api/v1/runs", json={"app_id": made["id"], "inputs": {}}).raise_for_status().json()["id"]
        asked = run_in(owner, run_id, "paused", "failed", "succeeded")
        assert asked["status"] == "paused", asked
        server.kill()
        server.start()
        model_server.says("Thought: I know.\nFinal Answer: It is 42.")
        (question,) = owner.get(f"/api/v1/runs/{run_id}").json()["questions"]
        told = {"node_id": "agent", "frame": question["frame"], "action": "approve", "values": {"arguments": "{"}}
        refused = owner.post(f"/api/v1/runs/{run_id}/answers", json=told)
        assert refused.status_code == 422, refused.text
        told["values"] = {"arguments": '{"expression": "6*8"}'}
        owner.post(f"/api/v1/runs/{run_id}/answers", json=told).raise_for_status()
        run = run_in(owner, run_id, "succeeded", "failed")
        assert run["outputs"] == {"agent": "It is 42."}, run
        first, second = model_server.bodies
        assert len(first["messages"]) == 2
        assert "48" in second["messages"][-1]["content"]
        events = [event.data for event in events_in(owner.get(f"/api/v1/runs/{run_id}/events").content)]
        steps = [event["data"]["kind"] for event in events if event["type"] == "agent_step"]
        assert steps == ["thought", "approval", "tool", "thought"]


def test_an_agent_app_answers_in_difys_words_and_remembers_what_was_said(
    start_server: StartServer, model_server: ModelServer
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    tool = {"provider_id": "calculator", "provider_name": "calculator", "provider_type": "builtin", "enabled": True}
    tools = [{**tool, "tool_name": "eval_expression", "tool_parameters": {"expression": ""}}]
    agent_mode = {"enabled": True, "strategy": "react", "max_iteration": 2, "tools": tools}
    form = [{"text-input": {"variable": "tone", "label": "Tone", "required": True}}]
    greeting = {"opening_statement": "Ask me to count.", "suggested_questions": ["Two and two?"]}
    document = classic_app("agent-chat", "Be {{tone}}.", form, agent_mode=agent_mode, **greeting)
    with server.sign_in() as owner, httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        client.headers.update(key_of_published(owner, document))
        shown = client.get("/v1/parameters").raise_for_status().json()
        assert {name: shown[name] for name in greeting} == greeting
        assert [field["text-input"]["variable"] for field in shown["user_input_form"]] == ["tone"]
        said = {"query": "What is six times seven?", "inputs": {"tone": "brief"}, "user": "ann"}
        model_server.says(CALL)
        answer = client.post("/v1/chat-messages", json={**said, "response_mode": "streaming"}).raise_for_status()
        frames = [event.data for event in events_in(answer.content)]
        assert {frame["event"] for frame in frames} == {"agent_thought", "agent_message", "message_end"}
        thoughts = [frame for frame in frames if frame["event"] == "agent_thought"]
        assert [(each["position"], bool(each["observation"])) for each in thoughts[:2]] == [(1, False), (1, True)]
        assert thoughts[0]["tool"] == "calculator/eval_expression"
        assert "42" in thoughts[1]["observation"]
        first, *_, last = model_server.bodies
        assert first["messages"][0]["content"].startswith("Be brief.")
        assert "You have used up the turns" in last["messages"][-1]["content"]
        model_server.forget()
        model_server.says("Thought: I know.\nFinal Answer: It is 42.")
        talk = {"conversation_id": frames[-1]["conversation_id"], "response_mode": "blocking"}
        told = client.post("/v1/chat-messages", json={**said, **talk}).raise_for_status().json()
        assert (told["answer"], told["mode"]) == ("It is 42.", "agent-chat")
        assert [each["role"] for each in model_server.bodies[0]["messages"]][:2] == ["system", "user"]
        assert len(model_server.bodies[0]["messages"]) == 4


def acting(tool: str, **given: str) -> str:
    """What a model writes that wants this tool called."""
    return f"Thought: I act.\nAction: {json.dumps({'action': tool, 'action_input': given})}"


def test_an_agent_hands_work_to_an_agent_that_is_its_tool_and_neither_calls_the_one_above_it(
    start_server: StartServer, model_server: ModelServer
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    with server.sign_in() as owner:

        def tool(provider: str, name: str, kind: str = "workflow") -> dict[str, Any]:
            return {"provider_id": provider, "provider_type": kind, "tool_name": name, "tool_parameters": {}}

        def agent(name: str, *tools: dict[str, Any]) -> str:
            mode = {"enabled": True, "strategy": "react", "tools": list(tools)}
            text = classic_app("agent-chat", f"You are {name}.", [], agent_mode=mode).replace("Classic", name)
            made = owner.post("/api/v1/apps", json={"document": text, "publish": True}).raise_for_status()
            app_id: str = made.json()["id"]
            return app_id

        counter = agent("Counter", tool("calculator", "eval_expression", "builtin"), tool("app.boss", "boss"))
        boss = agent("Boss", tool("app.counter", "counter"))
        model_server.says_in_turn(
            acting("counter", query="6*7?"),
            acting("boss", query="Is it 42?"),
            acting("eval_expression", expression="6*7"),
            "Thought: I know.\nFinal Answer: 42.",
            "Thought: I know.\nFinal Answer: Counter says 42.",
        )
        asked = {"app_id": boss, "inputs": {}, "query": "Six times seven?"}
        run_id = owner.post("/api/v1/runs", json=asked).raise_for_status().json()["id"]
        run = run_in(owner, run_id, "succeeded", "failed")
        assert run["answer"] == "Counter says 42.", run
        told = [[each["content"] for each in body["messages"]] for body in model_server.bodies]
        assert [texts[0].split(".")[0] for texts in told] == ["You are Boss", *["You are Counter"] * 3, "You are Boss"]
        assert "6*7?" in told[1][1]
        assert "being run already" in told[2][-1]
        assert "42" in told[3][-1]
        below = owner.get("/api/v1/runs", params={"app_id": counter}).raise_for_status().json()["data"]
        assert [each["status"] for each in below] == ["succeeded"]


def test_an_agent_that_is_killed_between_two_calls_makes_neither_of_them_twice(
    start_server: StartServer, model_server: ModelServer, effects: EffectsServer
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url, LOOMWORK_EGRESS_ALLOW=effects.place)
    properties = {name: {"type": "string"} for name in ("run", "node", "item")}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    operation = {
        "operationId": "act",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Done."}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Acts", "version": "1"},
        "servers": [{"url": f"http://{effects.place}"}],
        "paths": {"/": {"post": operation}},
    }
    tools = [{"provider_id": "api.acts", "provider_type": "api", "tool_name": "act", "tool_parameters": {}}]
    agent_mode = {"enabled": True, "strategy": "react", "tools": tools}
    one, two = (acting("act", run="r", node="n", item=item) for item in ("one", "two"))
    with server.sign_in() as owner:
        given = {"name": "acts", "document": json.dumps(document)}
        owner.post("/api/v1/tools/apis", json=given).raise_for_status()
        text = classic_app("agent-chat", "", [], agent_mode=agent_mode)
        made = owner.post("/api/v1/apps", json={"document": text, "publish": True}).raise_for_status().json()
        model_server.says_in_turn(one)
        model_server.says(two, hold_after=0)
        asked = {"app_id": made["id"], "inputs": {}, "query": "Do one, then two."}
        run_id = owner.post("/api/v1/runs", json=asked).raise_for_status().json()["id"]
        until = time.monotonic() + PATIENCE
        while len(model_server.bodies) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert [effect.item for effect in effects.asked()] == ["one"]
        server.kill()
        model_server.says_in_turn(two)
        model_server.says("Thought: I know.\nFinal Answer: Both are done.")
        server.start()
        run = run_in(owner, run_id, "succeeded", "failed")
        assert run["answer"] == "Both are done.", run
        assert [(effect.item, len(keys)) for effect, keys in effects.asked().items()] == [("one", 1), ("two", 1)]
        assert len(model_server.bodies) == 4
        events = [event.data for event in events_in(owner.get(f"/api/v1/runs/{run_id}/events").content)]
        steps = [event["data"]["kind"] for event in events if event["type"] == "agent_step"]
        assert steps == ["thought", "tool", "thought", "tool", "thought"]


def test_a_completion_app_writes_its_text_as_one_message(start_server: StartServer, model_server: ModelServer) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url)
    document = classic_app("completion", "Greet {{name}}.", [{"text-input": {"variable": "name", "required": True}}])
    with server.sign_in() as owner, httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        client.headers.update(key_of_published(owner, document))
        given = {"inputs": {"name": "Ann"}, "user": "ann"}
        answer = client.post("/v1/completion-messages", json={**given, "response_mode": "streaming"})
        frames = [event.data for event in events_in(answer.raise_for_status().content)]
        assert [frame["event"] for frame in frames] == ["message", "message", "message_end"]
        assert "".join(frame["answer"] for frame in frames[:2]) == "Hello there."
        told = client.post("/v1/completion-messages", json={**given, "response_mode": "blocking"}).raise_for_status()
        assert (told.json()["answer"], told.json()["mode"]) == ("Hello there.", "completion")
        assert told.json()["message_id"]
        assert [each["content"] for each in model_server.bodies[0]["messages"]] == ["Greet Ann."]
        lacking = client.post("/v1/completion-messages", json={"inputs": {}, "user": "ann"})
        assert (lacking.status_code, lacking.json()["code"]) == (400, "invalid_param")
