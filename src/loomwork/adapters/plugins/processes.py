"""The processes of plugins: started at first use, one for each call that goes on and each workspace, ended when idle,
and started again after a crash, each time a little later.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from loomwork.adapters.plugins.process import Fetch, PluginProcess
from loomwork.adapters.sandbox.jails import Jail, NoJail
from loomwork.adapters.sandbox.keeper import Keeper, build
from loomwork.adapters.sandbox.runtime import Runtime, this_runtime
from loomwork.kernel.clock import Clock
from loomwork.plugins.domain.errors import PluginBroken, PluginRaised, PluginsRefused
from loomwork.plugins.ports import InstalledPlugin, PluginTask

IDLE_SECONDS = 300.0
MOST_EACH = 4
"""Processes of one plugin in one workspace: calls that go on at once; further ones wait."""

MOST = 32
"""Processes of all plugins."""

START_SECONDS = 60.0
FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds before a process is started again: at once after the first crash, then twice as long each time."""


class JailSource(Protocol):
    """Says which jail holds here. Blocks."""

    def chosen(self) -> Jail | None: ...

    def missing(self) -> str | None: ...


@dataclass(slots=True)
class _Home:
    """The processes of one plugin in one workspace."""

    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_EACH))
    idle: deque[PluginProcess] = field(default_factory=deque)
    working: set[PluginProcess] = field(default_factory=set)
    crashes: int = 0
    rests_until: float = 0.0
    ending: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _House:
    """A jail for one plugin as it is installed, with its processes by workspace."""

    plugin: InstalledPlugin
    keeper: Keeper
    homes: dict[str, _Home] = field(default_factory=dict)


class PluginProcesses:
    """Implements `PluginRunner`. It belongs to the event loop that it is used in, and is closed there."""

    def __init__(
        self,
        jails: JailSource,
        clock: Clock,
        *,
        environment: Mapping[str, str] | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._jails = jails
        self._clock = clock
        self._environment = dict(environment or {})
        self._idle_seconds = idle_seconds
        self._houses: dict[str, _House] = {}
        self._building: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """Processes of plugins that there are now."""
        return sum(len(home.idle) + len(home.working) for home in self._homes())

    @property
    def working(self) -> int:
        """How many of them are at a call."""
        return sum(len(home.working) for home in self._homes())

    async def describe(self, plugin: InstalledPlugin) -> Mapping[str, str | None]:
        """See `PluginRunner.describe`."""
        keeper = await self._built(plugin)
        try:
            async with asyncio.timeout(START_SECONDS):
                process = await self._begun(plugin, keeper)
                try:
                    return await process.describe()
                finally:
                    await process.end()
        except TimeoutError:
            raise PluginBroken("It takes too long to be loaded.", reason="crashed") from None
        finally:
            await asyncio.to_thread(keeper.close)

    async def call(
        self, plugin: InstalledPlugin, task: PluginTask, *, tell: Callable[[str], None], fetch: Fetch
    ) -> Mapping[str, Any]:
        """See `PluginRunner.call`."""
        house = await self._house(plugin)
        home = house.homes.setdefault(task.workspace, _Home())
        self._refuse_resting(home)
        async with home.room:
            process = await self._process(house, home)
            home.working.add(process)
            try:
                result = await process.call(task, tell=tell, fetch=fetch)
            except PluginRaised:
                self._rest(home, process)
                raise
            except asyncio.CancelledError:
                self._go_on(self._settled(home, process))
                raise
            except BaseException:
                await self._buried(home, process)
                raise
            self._rest(home, process)
            return result

    async def end(self, plugin_id: str) -> None:
        """See `PluginRunner.end`."""
        house = self._houses.pop(plugin_id, None)
        if house is not None:
            await self._ended(house)

    async def close(self) -> None:
        """End all of them."""
        for plugin_id in list(self._houses):
            await self.end(plugin_id)
        await self.settled()

    async def settled(self) -> None:
        """Wait until every process whose call was given up waits for another one, or has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _homes(self) -> list[_Home]:
        return [home for house in self._houses.values() for home in house.homes.values()]

    async def _house(self, plugin: InstalledPlugin) -> _House:
        """The one of the plugin as it is installed now; that of another release of it is ended."""
        async with self._building.setdefault(plugin.id, asyncio.Lock()):
            house = self._houses.get(plugin.id)
            if house is not None and house.plugin.folders == plugin.folders and house.keeper.alive:
                return house
            await self.end(plugin.id)
            self._houses[plugin.id] = house = _House(plugin, await self._built(plugin))
            return house

    async def _built(self, plugin: InstalledPlugin) -> Keeper:
        try:
            return await asyncio.to_thread(self._build, plugin)
        except NoJail as error:
            raise PluginsRefused(f"The jail for {plugin.id} cannot be built: {error}.") from error

    def _build(self, plugin: InstalledPlugin) -> Keeper:
        jail = self._jails.chosen()
        if jail is None:
            raise PluginsRefused(f"Plugins run in a jail alone. {self._jails.missing()}")
        return build(jail, _runtime(plugin))

    async def _begun(self, plugin: InstalledPlugin, keeper: Keeper) -> PluginProcess:
        asked = plugin.manifest.permissions
        hello = {
            "memory": asked.memory << 20,
            "environment": {name: self._environment[name] for name in asked.environment if name in self._environment},
            "tools": {tool.name: tool.entry for tool in plugin.manifest.tools},
        }
        try:
            worker = keeper.new_worker()
        except OSError:
            raise PluginBroken("Its jail has just ended; try again.", reason="gone", unsent=True) from None
        return await PluginProcess.begin(worker, hello)

    async def _process(self, house: _House, home: _Home) -> PluginProcess:
        """One that waits, or a new one."""
        while home.idle:
            process = home.idle.popleft()
            if process.is_well:
                return process
            await process.end()
        await self._make_room()
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._begun(house.plugin, house.keeper)
        except TimeoutError:
            self._count_crash(home)
            raise PluginBroken("Its process does not start in time.", reason="crashed", unsent=True) from None
        except PluginBroken as error:
            if error.reason != "gone":
                self._count_crash(home)
            raise PluginBroken(error.message, reason=error.reason, unsent=True) from None

    async def _make_room(self) -> None:
        if self.count < MOST:
            return
        idle = next((home for home in self._homes() if home.idle), None)
        if idle is None:
            raise PluginBroken(
                f"All {MOST} processes for plugins are at work; try again.", reason="gone", unsent=True, retry_after=1.0
            )
        await idle.idle.popleft().end()

    def _refuse_resting(self, home: _Home) -> None:
        left = home.rests_until - self._clock.monotonic()
        if left > 0:
            raise PluginBroken(
                f"It has crashed {home.crashes} times, and is started again in {left:.0f} seconds.",
                reason="resting",
                unsent=True,
                retry_after=left,
            )

    def _count_crash(self, home: _Home) -> None:
        home.crashes += 1
        if home.crashes > 1:
            pause = min(LONGEST_REST, FIRST_REST * 2.0 ** min(home.crashes - 2, 10))
            home.rests_until = self._clock.monotonic() + pause

    def _rest(self, home: _Home, process: PluginProcess) -> None:
        """It has answered, and waits for the next call."""
        home.working.discard(process)
        home.crashes = 0
        if process.ended:
            return
        process.listen()
        home.idle.append(process)
        if home.ending is not None:
            home.ending.cancel()
        loop = asyncio.get_running_loop()
        home.ending = loop.call_later(self._idle_seconds, lambda: self._go_on(self._end_idle(home)))

    async def _settled(self, home: _Home, process: PluginProcess) -> None:
        if await process.settle():
            self._rest(home, process)
        else:
            await self._buried(home, process)

    async def _buried(self, home: _Home, process: PluginProcess) -> None:
        home.working.discard(process)
        if not process.ended:
            self._count_crash(home)
        await process.end()

    async def _end_idle(self, home: _Home) -> None:
        while home.idle:
            await home.idle.popleft().end()
        for plugin_id, house in list(self._houses.items()):
            if not any(each.idle or each.working for each in house.homes.values()):
                await self.end(plugin_id)

    async def _ended(self, house: _House) -> None:
        for home in house.homes.values():
            if home.ending is not None:
                home.ending.cancel()
            for process in [*home.idle, *home.working]:
                await process.end()
            home.idle.clear()
        await asyncio.to_thread(house.keeper.close)

    def _go_on(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _runtime(plugin: InstalledPlugin) -> Runtime:
    """Python with what the plugin is imported from, and the files that it may read."""
    bare = this_runtime()
    return Runtime(
        python=bare.python,
        root=bare.root,
        own=bare.own,
        standard=bare.standard,
        packages={},
        libraries=[path for path in plugin.manifest.permissions.files if Path(path).exists()],
        plugin=plugin.id,
        paths=[str(folder) for folder in plugin.folders],
    )
