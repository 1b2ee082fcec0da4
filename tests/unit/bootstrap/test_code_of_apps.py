"""Code of apps in the compositions: where it runs, what the settings change, and what is said where it cannot."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from loomwork.apps.application.begin_flow import FlowInput
from loomwork.bootstrap.embedded import open_runtime
from loomwork.bootstrap.monolith import http_app
from loomwork.bootstrap.settings import BadSetting, read_settings
from loomwork.bootstrap.workspace import open_workspace
from tests.unit.interface.cli.conftest import document, end, field, start

WHOLE = "def main(a):\n    return {'x': a * 2}"


def app(code: str = WHOLE) -> str:
    node = {
        "type": "code",
        "title": "Code",
        "code_language": "python3",
        "code": code,
        "variables": [{"variable": "a", "value_selector": ["start", "a"]}],
        "outputs": {"x": {"type": "string", "children": None}},
    }
    return document([start(field("a")), node, end(x=["code", "x"])])


async def outcome(tmp_path: Path, text: str = app(), **environment: str) -> Any:
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path), "LOOMWORK_CODE_SECONDS": "60", **environment})
    async with open_runtime(settings) as runtime:
        jail, problem = runtime.code_jail()
        if jail is None and environment.get("LOOMWORK_CODE_JAIL") != "off":
            pytest.skip(str(problem))
        return await runtime.flow(text).run(FlowInput({"a": "ab"}))


async def test_code_runs_and_nothing_warns_of_it(tmp_path: Path) -> None:
    result = await outcome(tmp_path)
    assert (result.status, result.outputs) == ("succeeded", {"x": "abab"})
    async with open_runtime(read_settings({"LOOMWORK_DATA": str(tmp_path)})) as runtime:
        assert runtime.compiler.examine(app()).problems == []


async def test_code_that_is_turned_off_fails_its_node_and_is_warned_of(tmp_path: Path) -> None:
    result = await outcome(tmp_path, LOOMWORK_CODE_JAIL="off")
    assert (result.status, result.error["code"]) == ("failed", "not_runnable_yet")
    assert "LOOMWORK_CODE_JAIL" in result.error["message"]
    async with open_runtime(read_settings({"LOOMWORK_CODE_JAIL": "off"})) as runtime:
        assert [problem.code for problem in runtime.compiler.examine(app()).problems] == ["not_runnable_yet"]


@pytest.mark.parametrize(
    ("environment", "code", "error"),
    [
        ({"LOOMWORK_CODE_STRING": "3"}, WHOLE, "invalid_output"),
        ({"LOOMWORK_CODE_SIZE": "100"}, "def main(a): return {'x': 'x' * 101}", "code_output_too_large"),
        ({"LOOMWORK_CODE_SECONDS": "0.2"}, "while True: pass", "code_timeout"),
        ({"LOOMWORK_CODE_MEMORY": "16"}, "def main(a): return {'x': len(' ' * 50_000_000)}", "code_memory_exceeded"),
    ],
)
async def test_the_limits_of_code_are_settings(
    tmp_path: Path, environment: dict[str, str], code: str, error: str
) -> None:
    result = await outcome(tmp_path, app(code), **environment)
    assert (result.status, result.error["code"]) == ("failed", error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOOMWORK_CODE_JAIL", "none"),
        ("LOOMWORK_CODE_IDLE", "101"),
        ("LOOMWORK_CODE_AT_ONCE", "0"),
        ("LOOMWORK_CODE_MEMORY", "1"),
    ],
)
def test_settings_of_code_that_mean_nothing_are_refused(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({name: value})


async def test_the_server_says_whether_code_is_held(tmp_path: Path) -> None:
    settings = read_settings({"LOOMWORK_DATA": str(tmp_path), "LOOMWORK_CODE_JAIL": "off"})
    async with open_workspace(settings) as workspace:
        transport = httpx.ASGITransport(http_app(workspace, settings, settings.host))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get("/ready")
    assert answer.status_code == 200
    said = "Code is turned off on this installation (LOOMWORK_CODE_JAIL)."
    assert answer.json()["code"] == {"jail": None, "problem": said}
