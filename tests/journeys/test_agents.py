"""An agent whose server is killed in the middle of its work, while a person is asked about a call."""

import time
from typing import Any

import httpx

from tests.journeys.conftest import StartServer
from tests.journeys.effects import app, end, node
from tests.journeys.model_server import ModelServer
from tests.journeys.sse_reader import events_in

MODEL = {"provider": "openai-compatible", "name": "scripted-1", "mode": "chat", "completion_params": {}}
CALL = 'Thought: I work it out.\nAction: {"action": "eval_expression", "action_input": {"expression": "6*7"}}'
PATIENCE = 60.0


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
