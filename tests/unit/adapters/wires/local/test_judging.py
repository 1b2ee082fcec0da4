"""How a local model is asked about documents, shown by a real server in llama.cpp's place that is sure by numbers."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from loomwork.adapters.wires.http import Http
from loomwork.adapters.wires.local.judging import MOST, judged
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.rerank import Ranking, RerankRequest
from loomwork.model_gateway.ports import Target


@dataclass
class Judge:
    """Gives each document the tokens that were set for it."""

    url: str = ""
    says: dict[str, dict[str, float]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        document = asked["messages"][-1]["content"].partition("<document>\n")[2].partition("\n</document>")[0]
        if document == "endless":
            error = {"message": "too long", "type": "exceed_context_size_error"}
            return web.json_response({"error": error}, status=400)
        likely = [{"token": token, "logprob": math.log(share)} for token, share in self.says[document].items()]
        choice = {"message": {"content": "?"}, "logprobs": {"content": [{"top_logprobs": likely}]}}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 1}})


@asynccontextmanager
async def judge(**says: dict[str, float]) -> AsyncIterator[Judge]:
    one = Judge(says=says)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", one.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield one
    finally:
        await runner.cleanup()


async def rank(one: Judge, *documents: str, **more: Any) -> Ranking:
    http = Http()
    request = RerankRequest("local/judge", "What is it?", documents, **more)
    try:
        return await judged(http, Target("local", "judge", Connection(one.url, "key")), request)
    finally:
        await http.close()


async def test_documents_are_ranked_by_how_sure_the_model_is_of_yes_in_any_spelling() -> None:
    doubtful, sure = {"No": 0.5, "Yes": 0.2, " no": 0.1}, {"yes": 0.3, "Yes": 0.4, "NO": 0.1, "To": 0.2}
    async with judge(doubtful=doubtful, sure=sure, never={"No": 0.9}) as one:
        ranking = await rank(one, "never", "doubtful", "sure")
    assert [found.index for found in ranking.results] == [2, 1, 0]
    assert [found.score for found in ranking.results] == pytest.approx([0.7 / 0.8, 0.2 / 0.8, 0])
    assert ranking.usage.prompt_tokens == 21
    assert {asked["max_tokens"] for asked in one.asked} == {1}


async def test_no_more_are_given_than_were_asked_for_though_all_are_judged() -> None:
    async with judge(a={"Yes": 0.5}, b={"Yes": 0.5, "No": 0.4}) as one:
        ranking = await rank(one, "b", "a", top_n=1)
    assert [found.index for found in ranking.results] == [1]
    assert len(one.asked) == 2


async def test_a_document_that_is_too_long_says_so() -> None:
    async with judge() as one:
        with pytest.raises(ModelRefused) as refused:
            await rank(one, "endless")
    assert refused.value.cause == "context_too_long"


async def test_a_model_that_says_neither_yes_nor_no_has_answered_badly() -> None:
    async with judge(other={"Perhaps": 0.9}) as one:
        with pytest.raises(ModelUnavailable) as failed:
            await rank(one, "other")
    assert failed.value.cause == "bad_answer"


async def test_more_documents_than_it_judges_are_refused_before_any_is() -> None:
    async with judge() as one:
        with pytest.raises(ModelRefused, match=f"{MOST}"):
            await rank(one, *["x"] * (MOST + 1))
    assert one.asked == []
