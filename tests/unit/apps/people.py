"""Apps that ask people, and what it takes to watch their runs."""

import asyncio
from collections.abc import Mapping
from typing import Any

import yaml

from loomwork.apps.api import Run, RunRequest
from loomwork.kernel.ids import RunId
from tests.unit.apps.conftest import app_text

START = {"id": "s", "type": "start", "title": "Start", "variables": [{"variable": "text", "type": "paragraph"}]}
REVIEW = {
    "id": "h",
    "type": "human-input",
    "title": "Review",
    "form_content": "Is {{#m.text#}} fine?",
    "inputs": [{"type": "paragraph", "output_variable_name": "note"}],
    "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
}
YES: Mapping[str, Any] = {"action": "yes", "values": {"note": "good"}}


def model(node_id: str, text: str) -> dict[str, Any]:
    """A node that asks the model to repeat a text."""
    return {
        "id": node_id,
        "type": "llm",
        "title": f"Model {node_id}",
        "model": {"provider": "acme", "name": "big", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": text}],
    }


def end(**outputs: list[str]) -> dict[str, Any]:
    rows = [{"variable": name, "value_selector": selector} for name, selector in outputs.items()]
    return {"id": "e", "type": "end", "title": "End", "outputs": rows}


def kept(text: str, durability: str) -> str:
    """The app with this durability."""
    tree = yaml.safe_load(text)
    tree["x-loomwork"] = {"durability": durability}
    return yaml.safe_dump(tree, sort_keys=False)


def contained(text: str) -> str:
    """The app with its nodes inside the containers that they name."""
    tree = yaml.safe_load(text)
    for node in tree["workflow"]["graph"]["nodes"]:
        container = node["data"].get("iteration_id") or node["data"].get("loop_id")
        if container:
            node["parentId"] = container
    return yaml.safe_dump(tree, sort_keys=False)


def review() -> str:
    """A model says something, a person looks at it, and the model says what the person noted."""
    nodes = [START, model("m", "{{#s.text#}}"), REVIEW, model("n", "{{#h.note#}}"), end(said=["n", "text"])]
    return app_text("workflow", nodes, "s>m, m>h, h:yes>n, n>e, h:no>e")


async def started(studio: Any, document: str, /, **inputs: Any) -> Run:
    """A run of an app made of this document."""
    app = await studio.apps.import_app(studio.owner, document)
    run: Run = await studio.apps.start_run(studio.owner, RunRequest(app.id, inputs))
    return run


async def rested(studio: Any, run_id: RunId) -> Run:
    """The run once it is paused, or has ended. Whoever reads what is stored may be told of it a moment before its row
    says so.
    """
    async for batch in studio.apps.follow_run(studio.owner, run_id):
        if batch[-1]["type"] == "run_paused":
            break
    run: Run = await studio.apps.get_run(studio.owner, run_id)
    while run.status in ("queued", "running"):
        await asyncio.sleep(0.01)
        run = await studio.apps.get_run(studio.owner, run_id)
    return run


async def asking(studio: Any, document: str | None = None, /, **inputs: Any) -> Run:
    """A run that waits for a person."""
    run = await rested(studio, (await started(studio, document or review(), **(inputs or {"text": "it"}))).id)
    assert run.status == "paused"
    return run


async def events(studio: Any, run_id: RunId) -> list[dict[str, Any]]:
    """All that a run that has ended told of itself."""
    return [event async for batch in studio.apps.follow_run(studio.owner, run_id) for event in batch]
