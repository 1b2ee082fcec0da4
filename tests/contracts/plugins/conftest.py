"""Plugins as a workspace meets them, in each jail that this machine can build."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loomwork.adapters.documents.parser import ProcessDocumentParser
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.egress import EgressGate, EgressPolicy
from loomwork.adapters.files import FileReader
from loomwork.adapters.plugins.environments import Environments
from loomwork.adapters.plugins.processes import PluginProcesses
from loomwork.adapters.plugins.shelf import FolderShelf
from loomwork.adapters.plugins.source import PluginTools
from loomwork.adapters.remote.line import Line
from loomwork.adapters.remote.sandbox import code_door
from loomwork.adapters.remote.tools import PATH, SERVICE, RemotePlugins, RemoteTools
from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, Landlock
from loomwork.adapters.sandbox.pool import JailedSandbox
from loomwork.adapters.storage.memory import MemoryPluginBook, MemorySwitchStore, MemoryToolCredentialStore
from loomwork.adapters.tools.world import ToolWorld
from loomwork.interface.cli.plugin_desk import packed
from loomwork.interface.http.internal.app import InternalOptions, create_plugins_app
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.ids import WorkspaceId, new_id
from loomwork.kernel.scope import Actor, Scope
from loomwork.plugins.api import PluginInfo, Plugins
from loomwork.plugins.application.manage_plugins import InstalledPlugins
from loomwork.tools.api import ToolResult, Tools
from loomwork.tools.application.calling import Calling
from loomwork.tools.application.registry import WorkspaceTools
from tests.contracts.models.conftest import KEY, serving
from tests.contracts.plugins.packages import helpful, hostile

JAILS: dict[str, Jail] = {"bubblewrap": Bubblewrap(), "landlock": Landlock()}


@dataclass
class House:
    """An installation's plugins, and what two workspaces see of them."""

    plugins: Plugins
    tools: Tools
    runner: PluginProcesses
    shelf: FolderShelf
    folder: Path
    ours: Scope
    theirs: Scope

    @property
    def index(self) -> Path:
        """The folder of wheels that pip takes for its only index."""
        return self.folder / "index"

    async def call(self, name: str, scope: Scope | None = None, /, **arguments: Any) -> ToolResult:
        return await self.tools.call(scope or self.ours, f"plugin.{name}", arguments, key=new_id(), seconds=20)

    async def install(self, package: Path) -> PluginInfo:
        """A folder where it lies, or as it is sent to a service."""
        given = packed(package) if isinstance(self.plugins, RemotePlugins) else package
        return await self.plugins.install(self.ours, given)

    async def add(self, package: Path, *scopes: Scope) -> None:
        info = await self.install(package)
        for scope in scopes or (self.ours,):
            await self.plugins.switch(scope, info.manifest.id, on=True)


@pytest.fixture(scope="package", params=[*JAILS, "remote"])
def way(request: pytest.FixtureRequest) -> str:
    """In which jail, and for the service the first that holds."""
    return str(request.param)


@pytest.fixture(scope="package")
def jails(way: str) -> Iterator[JailedSandbox]:
    made = JailedSandbox(jails=list(JAILS.values()) if way == "remote" else [JAILS[way]], idle=0)
    missing = made.missing()
    if missing is not None:
        made.close()
        pytest.skip(missing)
    yield made
    made.close()


def scope_of(name: str) -> Scope:
    return Scope(WorkspaceId(name), Actor("person", name))


@dataclass
class Site:
    """A server of this machine, and the requests that it was asked."""

    port: int
    asked: list[bytes]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        elsewhere = b"GET /away" in head
        status = b"302 Found\r\nLocation: http://127.0.0.1:9/" if elsewhere else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield Site(server.sockets[0].getsockname()[1], asked)


@asynccontextmanager
async def remote_doors(plugins: Plugins, tools: Tools, sandbox: JailedSandbox) -> AsyncIterator[tuple[Plugins, Tools]]:
    """The same doors, by the service and over its socket."""

    async def ready() -> Mapping[str, str | None]:
        return {"plugins": None}

    app = create_plugins_app(tools, plugins, code_door(sandbox), InternalOptions(key=KEY), ready=ready)
    async with serving(app) as url:
        line = Line(url, KEY, path=PATH, service=SERVICE)
        yield RemotePlugins(line), RemoteTools(line)
        await line.close()


@pytest.fixture
async def house(jails: JailedSandbox, tmp_path: Path, site: Site, way: str) -> AsyncIterator[House]:
    clock = SystemClock()
    egress = EgressGate(EgressPolicy(allow=frozenset({f"127.0.0.1:{site.port}"})))
    reader = ProcessDocumentReader()
    documents = ProcessDocumentParser(reader)
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": os.devnull}
    book, shelf = MemoryPluginBook(), FolderShelf(tmp_path / "plugins", Environments(index), clock)
    runner = PluginProcesses(jails, clock)
    world = ToolWorld(egress, documents, FileReader(egress), clock)
    credentials = MemoryToolCredentialStore()
    tools = WorkspaceTools(
        [PluginTools(shelf, book, runner, world)],
        switches=MemorySwitchStore(),
        credentials=credentials,
        calling=Calling(clock),
        clock=clock,
    )
    plugins = InstalledPlugins(shelf, book, runner)
    async with AsyncExitStack() as closing:
        doors: tuple[Plugins, Tools] = (plugins, tools)
        if way == "remote":
            doors = await closing.enter_async_context(remote_doors(plugins, tools, jails))
        yield House(*doors, runner, shelf, tmp_path, scope_of("ours"), scope_of("theirs"))
    await runner.close()
    await egress.close()
    reader.close()


@pytest.fixture
async def both(house: House) -> House:
    """With a plugin that means well, and one that does not."""
    await house.add(helpful(house.folder / "given"))
    await house.add(hostile(house.folder / "given"))
    return house
