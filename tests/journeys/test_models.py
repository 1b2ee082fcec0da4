"""An app asks the model that it names where that is configured, and otherwise the default, which is said."""

import time
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.conftest import APPS, StartServer
from tests.journeys.model_server import ModelServer
from tests.journeys.server_process import CommandLine, ServerProcess

KEY = "sk-a-secret-that-nobody-may-see"


def run_hosted(client: httpx.Client, app: str = "hosted.yml") -> dict[str, object]:
    """Run an app over our own API, to its end."""
    app_id = client.post("/api/v1/apps", json={"document": (APPS / app).read_text(encoding="utf-8")}).json()["id"]
    run = client.post("/api/v1/runs", json={"app_id": app_id, "inputs": {"question": "Are you there?"}}).json()
    client.get(f"/api/v1/runs/{run['id']}/events")
    ended: dict[str, object] = client.get(f"/api/v1/runs/{run['id']}").json()
    return ended


def test_a_configured_server_answers_for_an_app_that_names_it_by_an_alias(
    start_server: StartServer, model_server: ModelServer
) -> None:
    server = start_server(LOOMWORK_OPENAI_COMPATIBLE_URL=model_server.url, LOOMWORK_OPENAI_COMPATIBLE_API_KEY=KEY)
    model_server.says("I ", "am.")
    with server.sign_in() as owner:
        run = run_hosted(owner)
        assert (run["status"], run["outputs"], run["notices"]) == ("succeeded", {"text": "I am."}, [])
        told = [owner.get(path).text for path in ("/api/v1/models", "/api/v1/runs", "/api/v1/apps")]
    (body,) = model_server.bodies
    assert body["model"] == "scripted-1"
    assert body["temperature"] == 0.3
    assert body["messages"] == [{"role": "user", "content": "Are you there?"}]
    assert model_server.keys == [f"Bearer {KEY}"]
    assert not any(KEY in text for text in (*told, server.output))


def test_without_configuration_the_default_answers_and_says_so_once(server: ServerProcess, owner: httpx.Client) -> None:
    run = run_hosted(owner)
    assert (run["status"], run["outputs"]) == ("succeeded", {"text": "Are you there?"})
    notices = run["notices"]
    assert isinstance(notices, list)
    assert len(notices) == 1
    assert "debug/echo answers instead" in notices[0]
    assert "LOOMWORK_OPENAI_COMPATIBLE_URL" in notices[0]


def test_the_terminal_says_on_stderr_once_that_another_model_answers(command: CommandLine) -> None:
    ran = command.done("run", APPS / "hosted.yml", "-i", "question=Are you there?")
    assert ran.out == "Are you there?\n"
    assert ran.err.replace("\n", " ").count("debug/echo answers instead") == 1


def test_a_model_server_that_is_not_there_fails_the_run_with_a_sentence(start_server: StartServer) -> None:
    server = start_server(
        LOOMWORK_OPENAI_COMPATIBLE_URL="http://127.0.0.1:9/v1", LOOMWORK_OPENAI_COMPATIBLE_API_KEY=KEY
    )
    with server.sign_in() as owner:
        run = run_hosted(owner)
    assert run["status"] == "failed"
    error = run["error"]
    assert isinstance(error, dict)
    assert error["node_id"] == "llm"
    assert error["code"]
    assert "Traceback" not in str(error["message"])
    assert KEY not in str(run)


def eventually(owner: httpx.Client, model: str, *, there: bool) -> None:
    """Wait until the list of models has, or has no more, this one. Files are looked at once a second."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        listed = owner.get("/api/v1/models", params={"limit": 1000}).json()["data"]
        if any(each["id"] == model for each in listed) == there:
            return
        time.sleep(0.1)
    raise AssertionError(f"{model} is {'not there' if there else 'still there'}")


def a_provider(folder: Path, url: str) -> Path:
    """The files of a provider that is called Acme, in the catalog of a data folder."""
    acme = folder / "catalog" / "providers" / "acme"
    (acme / "models").mkdir(parents=True)
    (acme / "models" / "small.yml").write_text("id: small\nlabel: Small\n")
    (acme / "provider.yml").write_text(f"id: acme\nlabel: Acme\nwire: openai_chat\nendpoint: {url}\n")
    return acme


def ended(owner: httpx.Client, app_id: str) -> dict[str, Any]:
    run = owner.post("/api/v1/runs", json={"app_id": app_id, "inputs": {"question": "Hm?"}, "published": True}).json()
    if run.get("error"):
        return dict(run)
    owner.get(f"/api/v1/runs/{run['id']}/events")
    return dict(owner.get(f"/api/v1/runs/{run['id']}").json())


def test_a_provider_comes_and_goes_with_its_file_while_the_server_runs(
    start_server: StartServer, model_server: ModelServer
) -> None:
    server = start_server()
    model_server.says("Acme ", "here.")
    document = (APPS / "hosted.yml").read_text(encoding="utf-8")
    assert "langgenius/openai_api_compatible/openai_api_compatible" in document
    document = document.replace("langgenius/openai_api_compatible/openai_api_compatible", "acme")
    document = document.replace("scripted-1", "small")
    with server.sign_in() as owner:
        acme = a_provider(server.data, model_server.url)
        eventually(owner, "acme/small", there=True)
        app_id = owner.post("/api/v1/apps", json={"document": document, "publish": True}).json()["id"]
        answered = ended(owner, app_id)
        assert answered["outputs"] == {"text": "Acme here."}, answered

        (acme / "models" / "small.yml").unlink()
        (acme / "provider.yml").unlink()
        eventually(owner, "acme/small", there=False)
        refused = ended(owner, app_id)
        assert refused["error"]["code"] == "model_not_found"
        assert "There is no provider 'acme'" in refused["error"]["message"]
        (told,) = owner.get(f"/api/v1/apps/{app_id}").json()["models"]
        assert (told["reference"], told["model"]) == ("acme/small", "acme/small")
        assert "There is no provider 'acme'" in told["notice"]
