"""What a run is started with."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from loomwork.apps.application.begin_flow import resolve_models
from loomwork.apps.application.compile_flow import FlowCompiler
from loomwork.kernel.scope import embedded_scope
from loomwork.nodes.registry import node_types
from tests.unit.apps.conftest import Parrot, app_text
from tests.unit.nodes.outside import refusing

pytestmark = pytest.mark.anyio


async def test_a_document_that_names_many_models_lets_others_have_their_turn() -> None:
    nodes: list[dict[str, Any]] = [{"id": "s", "type": "start", "title": "Start"}]
    nodes += [{"id": f"m{n}", "type": "llm", "model": {"provider": "acme", "name": f"m{n}"}} for n in range(50)]
    flow = FlowCompiler(node_types(Parrot(), refusing())).compile(app_text("workflow", nodes, "s>m0"))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    resolved = await resolve_models(embedded_scope(), flow, Parrot())
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside
    assert len(resolved) == 50
    assert turns >= 50
