"""What an app writes into a conversation is there in the next turn, for a client of the Service API as well."""

from typing import Any

import httpx

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.sse_reader import streamed


def ask(client: httpx.Client, query: str, conversation_id: str = "") -> Any:
    body = {"query": query, "inputs": {}, "user": "ada", "response_mode": "blocking"}
    answered = client.post("/v1/chat-messages", json=body | {"conversation_id": conversation_id})
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_turns_of_a_conversation_share_its_variables_even_over_a_restart(start_server: StartServer) -> None:
    server = start_server()
    key = server.command.done("import", APPS / "notebook.yml", "--publish", "--json").json["api_key"]
    with server.anyone(key) as client:
        first = ask(client, "milk")
        assert first["answer"] == "1.0:\n- milk"
        second = ask(client, "eggs", first["conversation_id"])
        assert second["answer"] == "2.0:\n- milk\n- eggs"
        other = ask(client, "bread")
        assert other["answer"] == "1.0:\n- bread"
    server.restart()
    with server.anyone(key) as client:
        body = {"query": "tea", "inputs": {}, "user": "ada", "conversation_id": first["conversation_id"]}
        with client.stream("POST", "/v1/chat-messages", json=body | {"response_mode": "streaming"}) as response:
            frames = list(streamed(response))
        said = "".join(frame["answer"] for frame in frames if frame["event"] == "message")
        assert said == "3.0:\n- milk\n- eggs\n- tea"
