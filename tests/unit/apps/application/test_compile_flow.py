"""Compiled flows are kept, and compiled where they keep nobody waiting."""

import asyncio
import threading
from typing import Any

import pytest

from loomwork.apps.application import compile_flow
from loomwork.apps.application.compile_flow import Flow, FlowCompiler
from loomwork.dsl import DslError
from loomwork.nodes.registry import node_types
from tests.unit.apps.conftest import Parrot
from tests.unit.nodes.outside import refusing

pytestmark = pytest.mark.anyio


class Watched(FlowCompiler):
    """Counts compilations, and notes which threads they happened in."""

    def __init__(self) -> None:
        super().__init__(node_types(Parrot(), refusing()))
        self.threads: list[int] = []

    def compile(self, text: str | bytes, **options: Any) -> Flow:
        self.threads.append(threading.get_ident())
        return super().compile(text, **options)


async def test_a_document_is_compiled_once_and_never_in_the_event_loop(shout: str) -> None:
    compiler = Watched()
    first, second = await asyncio.gather(compiler.compile_kept(shout), compiler.compile_kept(shout))
    assert await compiler.compile_kept(shout) is first is second
    assert len(compiler.threads) == 1
    assert threading.get_ident() not in compiler.threads


async def test_a_document_that_does_not_compile_is_refused_each_time() -> None:
    compiler = Watched()
    for _ in range(2):
        with pytest.raises(DslError):
            await compiler.compile_kept("just words")
    assert len(compiler.threads) == 2


async def test_who_gives_up_waiting_spoils_it_for_no_one(shout: str) -> None:
    compiler = Watched()
    impatient = asyncio.create_task(compiler.compile_kept(shout))
    patient = asyncio.create_task(compiler.compile_kept(shout))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).plan is not None
    assert len(compiler.threads) == 1


async def test_the_flows_kept_are_bounded_by_the_size_of_their_documents(
    shout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_flow, "KEPT_CHARACTERS", 3 * len(shout))
    compiler = Watched()
    texts = [f"{shout}# {number}\n" for number in range(4)]
    for text in texts:
        await compiler.compile_kept(text)
    await compiler.compile_kept(texts[-1])
    assert len(compiler.threads) == 4
    await compiler.compile_kept(texts[0])
    assert len(compiler.threads) == 5
