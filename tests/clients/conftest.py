"""The HTTP face on a real socket, over models that say what their names say."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from loomwork.interface.http.app import create_http_app
from loomwork.interface.http.services import HttpOptions
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    BudgetExceeded,
    ChatEvent,
    ChatRequest,
    Finished,
    ModelFailure,
    ModelInfo,
    ModelNotFound,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    TooManyCalls,
)
from tests.unit.interface.http.world import USAGE, FakeModels, Said, World

HELLO: Sequence[Said] = (TextDelta("Hello"), TextDelta(" there."), Finished("stop", USAGE))
CALLS = (ToolCall("c1", "weather", '{"city": "Rome"}'), ToolCall("c2", "weather", '{"city": "Oslo"}'))
OUTAGE = ModelFailure("The line is cut.", cause="outage")

SCRIPTS: Mapping[str, Sequence[Said]] = {
    "hello": HELLO,
    "json": (TextDelta('{"name": "Rome",'), TextDelta(' "people": 3}'), Finished("stop", USAGE)),
    "thinking": (ReasoningDelta("Hm."), TextDelta("Yes."), Finished("stop", USAGE)),
    "tools": (
        ToolCallDelta(0, "c1", "weather", '{"city"'),
        ToolCallDelta(0, arguments=': "Rome"}'),
        ToolCallDelta(1, "c2", "weather", '{"city": "Oslo"}'),
        Finished("tool_calls", USAGE, CALLS),
    ),
    "rate": (TooManyCalls("Slower.", retry_after=0.2),),
    "budget": (BudgetExceeded("It is spent."),),
    "unknown": (ModelNotFound("There is no such model."),),
    "long": (ModelFailure("Too long.", cause="context_too_long"),),
    "policy": (ModelFailure("Not said.", cause="policy"),),
    "outage": (OUTAGE,),
    "timeout": (ModelFailure("Too slow.", cause="timeout"),),
    "cut": (TextDelta("Hel"), OUTAGE),
}


class NamedModels(FakeModels):
    """Models that do what the second part of their name says. `second-time` fails once, and `budget-counted` says of
    itself at its second call that it was called twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self.infos.append(ModelInfo("hub/org/model:free", "hub", "A model with slashes"))
        self.infos += [ModelInfo(f"test/{name}", "test", name) for name in SCRIPTS]
        self.infos.append(ModelInfo("test/vectors", "test", "Vectors", "embedding"))

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        name = request.model.partition("/")[2]
        self.calls[name] += 1
        for said in self._script(name):
            if isinstance(said, Exception):
                raise said
            yield said

    def _script(self, name: str) -> Sequence[Said]:
        if name == "second-time":
            return HELLO if self.calls[name] > 1 else SCRIPTS["rate"]
        if name == "budget-counted":
            return SCRIPTS["budget"] if self.calls[name] == 1 else SCRIPTS["outage"]
        return SCRIPTS[name]


@dataclass
class ServedWorld:
    """A world behind a real server that runs in a thread, so that programs may be waited for."""

    world: World
    url: str = ""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def call(self, work: Callable[[], Any]) -> Any:
        """Await something on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(30)

    def forget(self) -> None:
        """Let the models begin afresh."""
        assert isinstance(self.world.models, NamedModels)
        self.world.models.calls.clear()

    def key(self) -> str:
        return str(self.call(self.world.workspace_key))

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.call(self._serve)

    async def _serve(self) -> None:
        app = create_http_app(self.world.services, HttpOptions(version="0.1.0", heartbeat_seconds=0.2))
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        # Bound before it serves, so whoever comes before it has started waits in line.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._task = asyncio.create_task(self._server.serve([self._listener]))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        async def stop() -> None:
            self._server.should_exit = True
            await self._task

        self.call(stop)
        self._listener.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@pytest.fixture(scope="session")
def named_world() -> Iterator[ServedWorld]:
    """A served world whose models do what their names say."""
    served = ServedWorld(World(models=NamedModels()))
    served.start()
    yield served
    served.close()
