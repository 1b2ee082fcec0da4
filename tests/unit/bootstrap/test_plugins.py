"""Tools and plugins alone in a process: who may reach it, what it reads, and that an installation calls through it."""

from pathlib import Path

import pytest

from loomwork.adapters.remote.sandbox import RemoteSandbox, code_door
from loomwork.bootstrap.plugins import open_plugins, serve_plugins
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.bootstrap.workspace import open_workspace
from loomwork.interface.http.internal.app import InternalOptions, create_plugins_app
from loomwork.kernel.errors import InvalidInput
from loomwork.nodes.ports import SandboxLimits
from loomwork.tenancy.api import AuditFilter
from loomwork.tools.api import ToolDisabled, ToolUnavailable
from tests.contracts.models.conftest import serving

KEY = "a-key-of-thirty-two-characters-or-more"
SECRET = "a-secret-that-seals-credentials-0123456789"


def settings(folder: Path, data: str = "data", **variables: str) -> Settings:
    given = {
        "LOOMWORK_DATA": str(folder / data),
        "LOOMWORK_CACHE_DIR": str(folder / "cache"),
        "LOOMWORK_DATABASE_URL": f"sqlite:///{folder / 'lw.db'}",
        "LOOMWORK_SECRET_KEY": SECRET,
    }
    return read_settings({**given, "LOOMWORK_DEFAULT_MODEL": "debug/echo", **variables})


async def test_an_installation_calls_its_tools_through_the_service_with_what_it_has_switched(tmp_path: Path) -> None:
    # A service that is pointed at itself would ask itself for ever.
    own = settings(tmp_path, "service", LOOMWORK_INTERNAL_KEY=KEY, LOOMWORK_PLUGINS_URL="http://127.0.0.1:1")
    async with open_plugins(own) as service:
        room = service.room
        code = code_door(room.sandbox)
        app = create_plugins_app(room.tools, room.plugins, code, InternalOptions(key=KEY), ready=service.ready)
        async with serving(app) as url:
            through = settings(tmp_path, LOOMWORK_INTERNAL_KEY=KEY, LOOMWORK_PLUGINS_URL=url)
            async with open_workspace(through) as opened:
                tools, scope = opened.room.tools, opened.owner
                arguments = {"expression": "6*7"}
                assert (await tools.call(scope, "calculator/eval_expression", arguments, key="k")).text == "42"
                await tools.switch(scope, "calculator", on=False)
                with pytest.raises(ToolDisabled, match="calculator"):
                    await tools.call(scope, "calculator/eval_expression", arguments, key="k")
                assert await opened.room.plugins.all(scope) == []
                sandbox = opened.room.sandbox
                if room.sandbox.missing() is None:
                    source = "def main(a): return {'b': a}"
                    assert await sandbox.run("python3", source, {"a": 1}, SandboxLimits(seconds=60)) == {"b": 1}
                assert isinstance(sandbox, RemoteSandbox)
                said = [entry.action async for entry in opened.audit.entries(scope, AuditFilter())]
    assert {"tool.called", "tool.disabled"} <= set(said)


async def test_a_service_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    async with open_workspace(settings(tmp_path, LOOMWORK_PLUGINS_URL="http://127.0.0.1:1")) as opened:
        with pytest.raises(ToolUnavailable, match="The plugins service cannot be reached"):
            await opened.room.tools.toolsets(opened.owner)


async def test_without_the_database_of_the_installation_it_is_refused(tmp_path: Path) -> None:
    given = read_settings({"LOOMWORK_DATA": str(tmp_path / "data"), "LOOMWORK_CACHE_DIR": str(tmp_path / "cache")})
    with pytest.raises(InvalidInput, match="LOOMWORK_DATABASE_URL"):
        async with open_plugins(given):
            pass


async def test_others_may_reach_it_with_a_key_only(tmp_path: Path) -> None:
    given = settings(tmp_path, LOOMWORK_PLUGINS_HOST="0.0.0.0")
    with pytest.raises(InvalidInput, match="LOOMWORK_INTERNAL_KEY"):
        await serve_plugins(given, on_ready=print)
