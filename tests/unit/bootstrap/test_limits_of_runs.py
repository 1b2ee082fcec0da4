"""What the settings and an app say of limits reaches the runs of a server, and those of a flow without one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loomwork.apps.api import Run, RunRequest
from loomwork.apps.application.embedded_flow import FlowInput
from loomwork.bootstrap.embedded import open_runtime
from loomwork.bootstrap.settings import read_settings
from loomwork.bootstrap.workspace import open_workspace
from tests.unit.apps.conftest import app_text

pytestmark = pytest.mark.anyio

NODES = [{"id": name, "type": kind, "title": name} for name, kind in (("s", "start"), ("e", "end"))]
TWO_STEPS = app_text("workflow", NODES, "s>e")


def child_and_parent(child: str) -> tuple[str, str]:
    """An app that takes a place, and one that runs it as a step beside a step that takes a place as well."""
    model = {"provider": "debug", "name": "echo", "mode": "chat"}
    asking = {"type": "llm", "title": "M", "model": model, "prompt_template": [{"role": "user", "text": "hi"}]}
    inner = app_text("workflow", [NODES[0], {"id": "m", **asking}, NODES[1]], "s>m, m>e")
    step = {"id": "c", "type": "sub-workflow", "title": "C", "app_id": child}
    return inner, app_text("workflow", [NODES[0], step, {"id": "m", **asking}, NODES[1]], "s>c, s>m, c>e, m>e")


async def ended(tmp_path: Path, environment: Mapping[str, str], document: str) -> Run:
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path), **environment})
    async with open_workspace(settings) as workspace:
        app = await workspace.apps.import_app(workspace.owner, document)
        run = await workspace.apps.start_run(workspace.owner, RunRequest(app.id, {}))
        return await workspace.apps.wait_for_run(workspace.owner, run.id)


async def test_a_run_of_the_server_is_held_to_the_settings(tmp_path: Path) -> None:
    run = await ended(tmp_path, {"LOOMWORK_RUN_STEPS": "1"}, TWO_STEPS)
    assert (run.status, (run.error or {}).get("code")) == ("failed", "too_many_steps")


@pytest.mark.parametrize(("asked", "status"), [(1, "failed"), (2, "succeeded"), (10**6, "succeeded")])
async def test_an_app_may_hold_its_runs_to_less(tmp_path: Path, asked: int, status: str) -> None:
    document = f"{TWO_STEPS}x-loomwork:\n  limits: {{steps: {asked}, nodes: 1, colour: red}}\n"
    assert (await ended(tmp_path, {"LOOMWORK_RUN_STEPS": "2"}, document)).status == status


async def test_a_flow_without_a_server_is_held_to_the_settings_too(tmp_path: Path) -> None:
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path), "LOOMWORK_RUN_STEPS": "1"})
    async with open_runtime(settings) as runtime:
        result: Any = await runtime.flow(TWO_STEPS).run(FlowInput({}))
    assert result.error["code"] == "too_many_steps"


async def test_with_one_place_for_all_an_app_may_still_be_a_step_of_another(tmp_path: Path) -> None:
    places = dict.fromkeys(("LOOMWORK_APP_NODES", "LOOMWORK_WORKSPACE_NODES", "LOOMWORK_WORKSPACE_RUNS"), "1")
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path), **places})
    async with open_workspace(settings) as workspace:
        inner, outer = child_and_parent("child")
        child = await workspace.apps.import_app(workspace.owner, inner, publish=True)
        parent = await workspace.apps.import_app(workspace.owner, outer)
        await workspace.apps.bind_app(workspace.owner, parent.id, "child", child.id)
        runs = [await workspace.apps.start_run(workspace.owner, RunRequest(parent.id, {})) for _ in range(3)]
        ends = [await workspace.apps.wait_for_run(workspace.owner, run.id) for run in runs]
    assert [(run.status, run.error) for run in ends] == [("succeeded", None)] * 3
