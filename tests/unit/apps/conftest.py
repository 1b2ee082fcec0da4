"""A studio: the use cases of apps over a real database file, with a model that says what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from loomwork.adapters.bus.local import LocalDispatcher
from loomwork.adapters.storage.memory import LocalEventLog
from loomwork.adapters.storage.sql import Storage, open_storage
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.apps.application.execute_run import RunExecutor
from loomwork.apps.application.life import AppLifeService
from loomwork.apps.application.run_subflow import SubflowRunner
from loomwork.apps.application.service import AppService
from loomwork.apps.ports import StepsAtOnce
from loomwork.bootstrap.late_subflows import LateSubflows
from loomwork.kernel.clock import SystemClock
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    ChatEvent,
    ChatRequest,
    Finished,
    ModelInfo,
    ModelReference,
    ResolvedModel,
    TextDelta,
    Usage,
)
from loomwork.nodes.registry import node_types
from loomwork.tenancy.application.ensure_installation import ensure_installation
from tests.unit.nodes.outside import refusing

STARTERS = Path(__file__).resolve().parents[3] / "catalog" / "apps"


@dataclass
class Parrot:
    """A model for tests of what is around models: says the last message back, word by word, when it is let."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[ChatRequest] = field(default_factory=list)

    async def resolve(self, scope: Scope, reference: ModelReference, *, override: str | None = None) -> ResolvedModel:
        if override is not None:
            return ResolvedModel(reference, override)
        return ResolvedModel(reference, "debug/parrot", f"{reference} is not here; debug/parrot answers instead.")

    async def chat(self, scope: Scope, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        await self.let.wait()
        for word in request.messages[-1].text.split(" "):
            yield TextDelta(f"{word} ")
        yield Finished("stop", Usage(1, 2))

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        return []


@dataclass
class Studio:
    apps: AppService
    life: AppLifeService
    owner: Scope
    storage: Storage
    executor: RunExecutor
    dispatcher: LocalDispatcher
    parrot: Parrot


async def open_studio(folder: Path, *, steps_at_once: StepsAtOnce | None = None) -> Studio:
    clock = SystemClock()
    storage = await open_storage(f"sqlite:///{folder / 'loomwork.db'}", clock=clock)
    owner = await ensure_installation(storage.gatekeeper_store, clock)
    parrot = Parrot()
    parrot.let.set()
    log = LocalEventLog(storage.journal)
    subflows = LateSubflows()
    compiler = FlowCompiler(node_types(parrot, replace(refusing(), subflows=subflows)))
    executor = RunExecutor(
        apps=storage.apps,
        runs=storage.runs,
        conversations=storage.conversations,
        models=parrot,
        compiler=compiler,
        journal=storage.journal,
        leases=storage.leases,
        commands=storage.commands,
        log=log,
        clock=clock,
        owner="the studio",
        steps_at_once=steps_at_once,
    )
    dispatcher = LocalDispatcher(executor)
    apps = AppService(
        apps=storage.apps,
        runs=storage.runs,
        conversations=storage.conversations,
        models=parrot,
        compiler=compiler,
        dispatcher=dispatcher,
        journal=storage.journal,
        log=log,
        clock=clock,
        starters_folder=STARTERS,
    )
    subflows.join(SubflowRunner(apps.run_start, log))
    return Studio(
        apps,
        AppLifeService(storage.apps, storage.retention, compiler, clock),
        owner,
        storage,
        executor,
        dispatcher,
        parrot,
    )


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    opened = await open_studio(tmp_path)
    yield opened
    await opened.dispatcher.close()
    await opened.storage.close()


def app_text(mode: str, nodes: Sequence[Mapping[str, Any]], edges: str, name: str = "Demo") -> str:
    """An app file from short words: nodes are their `data`, with an id; edges are `a>b, a:handle>c`."""
    drawn = [{"id": node["id"], "type": "custom", "position": {"x": 0, "y": 0}, "data": dict(node)} for node in nodes]
    workflow = {"graph": {"nodes": drawn, "edges": [_edge(text) for text in edges.split(",")]}}
    tree = {"version": "0.6.0", "kind": "app", "app": {"name": name, "mode": mode}, "workflow": workflow}
    return yaml.safe_dump(tree, sort_keys=False)


def _edge(text: str) -> dict[str, str]:
    source, target = text.strip().split(">")
    source, _, handle = source.partition(":")
    return {"id": text.strip(), "source": source, "sourceHandle": handle or "source", "target": target}


@pytest.fixture
def shout() -> str:
    """A workflow that asks the model to repeat a text."""
    return app_text(
        "workflow",
        [
            {
                "id": "s",
                "type": "start",
                "title": "Start",
                "variables": [{"variable": "text", "label": "Text", "type": "text-input", "required": True}],
            },
            {
                "id": "m",
                "type": "llm",
                "title": "Model",
                "model": {"provider": "acme", "name": "big", "completion_params": {}},
                "prompt_template": [{"role": "user", "text": "{{#s.text#}}"}],
            },
            {
                "id": "e",
                "type": "end",
                "title": "End",
                "outputs": [{"variable": "said", "value_selector": ["m", "text"]}],
            },
        ],
        "s>m, m>e",
    )


@pytest.fixture
def talk() -> str:
    """A chat app with memory."""
    return app_text(
        "advanced-chat",
        [
            {"id": "s", "type": "start", "title": "Start", "variables": []},
            {
                "id": "m",
                "type": "llm",
                "title": "Model",
                "model": {"provider": "acme", "name": "big", "completion_params": {}},
                "prompt_template": [{"role": "system", "text": "be kind"}],
                "memory": {"window": {"enabled": False}, "query_prompt_template": "{{#sys.query#}}"},
            },
            {"id": "a", "type": "answer", "title": "Answer", "answer": "{{#m.text#}}"},
        ],
        "s>m, m>a",
    )
