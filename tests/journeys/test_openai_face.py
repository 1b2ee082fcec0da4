"""Programs that were written for OpenAI talk to a server as people start it: with its models, and with their apps."""

import httpx

from tests.clients.environments import client_program
from tests.journeys.conftest import APPS
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import ServerProcess

QUESTION = {"model": "debug/echo", "messages": [{"role": "user", "content": "Say it again."}]}


def test_a_workspace_key_from_the_terminal_opens_the_models(server: ServerProcess) -> None:
    key = server.command.done("keys", "create", "--json").json["key"]
    with server.anyone(key) as client:
        answer = client.post("/openai/v1/chat/completions", json=QUESTION)
        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"] == "Say it again."
        assert answer.json()["usage"]["completion_tokens"] > 0
        listed = [model["id"] for model in client.get("/openai/v1/models").json()["data"]]
        assert "debug/echo" in listed
        failed = client.post("/openai/v1/chat/completions", json=QUESTION | {"model": "debug/fail"})
        assert (failed.status_code, failed.json()["error"]["type"]) == (503, "server_error")
        unknown = client.post("/openai/v1/chat/completions", json=QUESTION | {"model": "nobody/here"})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


def test_the_official_package_talks_with_an_app_by_its_own_key(
    hosted: ServerProcess, hosted_owner: httpx.Client, model_server: ModelServer
) -> None:
    told = hosted.command.done("import", APPS / "hosted-chat.yml", "--publish", "--json").json
    model_server.says("Hello ", "Ada.")
    seen = client_program("openai_app", "openai-3").run(f"{hosted.url}/openai/v1", told["api_key"], told["app_id"])
    assert seen["models"] == [f"app:{told['app_id']}"]
    assert "Hello Ada." in seen["first"]
    assert seen["streamed"] == seen["first"]
    assert seen["pieces"] > 1
    assert seen["id"] == f"chatcmpl-{seen['run_id']}"
    run = hosted_owner.get(f"/api/v1/runs/{seen['run_id']}").json()
    assert (run["status"], run["source"], run["end_user"]) == ("succeeded", "openai", "ada")
    first, second, _ = [body["messages"] for body in model_server.bodies]
    assert len(second) == len(first) + 2
    assert [message["content"] for message in second[-3:-1]] == ["My name is Ada.", seen["first"]]


def test_the_run_of_a_client_that_hangs_up_is_stopped(
    hosted: ServerProcess, hosted_owner: httpx.Client, model_server: ModelServer
) -> None:
    told = hosted.command.done("import", APPS / "hosted-chat.yml", "--publish", "--json").json
    model_server.says("Once ", "upon ", "a time.", hold_after=2)
    body = QUESTION | {"model": f"app:{told['app_id']}", "stream": True}
    with (
        hosted.anyone(told["api_key"]) as client,
        client.stream("POST", "/openai/v1/chat/completions", json=body) as response,
    ):
        run_id = response.headers["x-loomwork-run-id"]
        assert next(line for line in response.iter_lines() if "Once" in line)
    assert model_server.client_left.wait(30)
    hosted_owner.get(f"/api/v1/runs/{run_id}/events")
    assert hosted_owner.get(f"/api/v1/runs/{run_id}").json()["status"] == "stopped"


def test_the_official_package_finds_all_that_the_debug_models_do(server: ServerProcess) -> None:
    key = server.command.done("keys", "create", "--json").json["key"]
    seen = client_program("openai_debug", "openai-3").run(f"{server.url}/openai/v1", key)
    name, code, said = seen.pop("broken off")
    assert (name, code) == ("APIError", "model_unavailable")
    assert said
    assert "Is Rome a city?".startswith(said)
    assert seen.pop("streamed call").keys() == {"city"}
    assert seen == {
        "calls": ["weather", "people"],
        "after the results": "stop",
        "parsed": True,
        "thought": True,
        "reasoning tokens": True,
        "failing": ["InternalServerError", "model_unavailable", ""],
        "failing stream": ["InternalServerError", "model_unavailable", ""],
        "too often": ["RateLimitError", "rate_limit_exceeded", ""],
        "vectors": [16, 16],
        "flagged": [False, True],
        "heard": "Hello",
        "images": 2,
    }


def test_routes_and_budgets_of_the_terminal_hold_for_programs(server: ServerProcess) -> None:
    key = server.command.done("keys", "create", "--json").json["key"]
    key_id = server.command.done("keys", "list", "--json").lines[0]["id"]
    server.command.done("models", "routes", "set", "sure", "--to", "debug/fail", "--fallback", "debug/echo")
    server.command.done("models", "budgets", "set", "2", "--measure", "calls", "--of-key", key_id)
    asked = QUESTION | {"model": "route/sure"}
    with server.anyone(key) as client:
        answers = [client.post("/openai/v1/chat/completions", json=asked) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].json()["choices"][0]["message"]["content"] == "Say it again."
    assert answers[0].json()["model"] == "debug/echo"
    assert answers[2].json()["error"]["code"] == "insufficient_quota"
    totals = {total["group"]: total for total in server.command.done("models", "usage", "--by", "key", "--json").lines}
    assert totals[key_id]["calls"] >= 2
