"""The composition for flows without a server: `loomwork run`, and `from loomwork import Workflow`."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.embedded_flow import EmbeddedFlow
from loomwork.bootstrap.settings import Settings, read_settings
from loomwork.bootstrap.wiring import ModelRoom, open_models, run_limits
from loomwork.interface.python.loop_thread import LoopThread
from loomwork.interface.python.workflow import FlowHost
from loomwork.interface.python.workflow import Workflow as BareWorkflow
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.model_gateway.api import LocalModels, Models

if TYPE_CHECKING:
    from loomwork.adapters.storage.sql.standalone_journal import StandaloneJournal


class EmbeddedRuntime:
    """What flows run on in this process. It belongs to the event loop that its flows run in, and is closed there."""

    def __init__(self, settings: Settings) -> None:
        self._room: ModelRoom = open_models(settings, reads_local_files=True)
        self._limits = run_limits(settings)
        self._journals: dict[str, StandaloneJournal] = {}
        self.scope: Scope = embedded_scope()
        self.clock = SystemClock()
        self.compiler = FlowCompiler(self._room.node_types)

    @property
    def models(self) -> Models:
        return self._room.models

    @property
    def local_models(self) -> LocalModels:
        return self._room.local_models

    def code_jail(self) -> tuple[str | None, str | None]:
        """See `Runtime` of the command line."""
        self._room.sandbox.missing()
        return self._room.sandbox.known()

    def document_walls(self) -> str:
        """See `Runtime` of the command line."""
        return self._room.documents.walls

    def flow(
        self,
        text: str | bytes,
        *,
        model: str | None = None,
        mocks: Mapping[str, Mapping[str, Any]] | None = None,
        mock_outside: bool = False,
        journal: "StandaloneJournal | None" = None,
    ) -> EmbeddedFlow:
        """Compile a document. Raises `DslError`."""
        flow = self.compiler.compile(text, mocks=mocks, mock_outside=mock_outside)
        return EmbeddedFlow(
            flow, self.scope, self.models, self.clock, model=model, journal=journal, limits=self._limits
        )

    async def journal(self, url: str) -> "StandaloneJournal":
        """The journal at a URL, opened once for all flows that use it. Raises `InvalidInput`."""
        # Here, because most flows keep no journal, and the database takes longer to import than they take to run.
        from loomwork.adapters.storage.sql.standalone_journal import open_journal

        if url not in self._journals:
            self._journals[url] = await open_journal(url, clock=self.clock)
        return self._journals[url]

    async def close(self) -> None:
        """Close the journals, then the models with their connections and processes."""
        journals, self._journals = list(self._journals.values()), {}
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self._room.close)
            for journal in journals:
                closing.push_async_callback(journal.close)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[EmbeddedRuntime]:
    """A runtime for as long as the block lasts."""
    runtime = EmbeddedRuntime(settings)
    try:
        yield runtime
    finally:
        await runtime.close()


class EmbeddedHost:
    """Fits `FlowHost`: one runtime in a thread of its own, closed when the interpreter ends."""

    def __init__(self, settings: Settings) -> None:
        self._runtime = EmbeddedRuntime(settings)
        self.thread = LoopThread(self._runtime.close)

    def make(
        self,
        text: str | bytes,
        *,
        model: str | None,
        mocks: Mapping[str, Mapping[str, Any]] | None,
        mock_outside: bool,
        journal: str | None,
    ) -> EmbeddedFlow:
        """See `FlowHost.make`."""
        opened = self.thread.wait(self._runtime.journal(journal)) if journal is not None else None
        return self._runtime.flow(text, model=model, mocks=mocks, mock_outside=mock_outside, journal=opened)


class Workflow(BareWorkflow):
    """A compiled app file: `Workflow.from_file("app.yml")`, then `await flow.run({...})`, `flow.run_sync({...})` or
    `async for event in flow.stream({...})`.
    """

    @classmethod
    def _host(cls) -> FlowHost:
        return _host_of(os.getpid())


@cache
def _host_of(_process: int) -> EmbeddedHost:
    """One host for a process, so that all its flows share the loaded model; a forked child gets its own."""
    return EmbeddedHost(read_settings(os.environ))
