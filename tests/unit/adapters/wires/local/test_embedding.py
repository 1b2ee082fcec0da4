"""How texts reach a model of this machine, shown by a real server in llama.cpp's place that counts words as tokens."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from loomwork.adapters.wires.http import Http
from loomwork.adapters.wires.local.embedding import AT_ONCE, WINDOWS, embedded
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.errors import ModelRefused, ModelUnavailable
from loomwork.model_gateway.domain.provider import ModelCard
from loomwork.model_gateway.ports import Target

BEGIN, END, READS = 1, 2, 16
CARD = ModelCard(
    id="small",
    label="Small",
    type="embedding",
    dimensions=2,
    max_input=READS,
    prefixes={"query": "query: ", "document": "passage: "},
)


@dataclass
class WordServer:
    """An input's vector points where its last word's length says."""

    url: str = ""
    inputs: list[list[Any]] = field(default_factory=list)
    fails: bool = False

    async def tokenize(self, request: web.Request) -> web.Response:
        content = (await request.json())["content"]
        return web.json_response({"tokens": [BEGIN, *(10 + len(word) for word in content.split()), END]})

    async def embeddings(self, request: web.Request) -> web.Response:
        if self.fails:
            return web.json_response({"error": {"message": "no room"}}, status=500)
        inputs = (await request.json())["input"]
        self.inputs.append(inputs)
        data = [{"index": place, "embedding": _vector(one)} for place, one in enumerate(inputs)]
        return web.json_response({"data": data[::-1], "usage": {"prompt_tokens": 3}})


def _vector(one: str | list[int]) -> list[float]:
    turn = len(one.split()[-1]) if isinstance(one, str) else one[-2] - 10
    return [math.cos(turn), math.sin(turn)]


@asynccontextmanager
async def word_server() -> AsyncIterator[WordServer]:
    server = WordServer()
    app = web.Application()
    app.router.add_post("/v1/embeddings", server.embeddings)
    app.router.add_post("/tokenize", server.tokenize)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()


async def embed(server: WordServer, *texts: str, **more: Any) -> Embeddings:
    http = Http()
    target = Target("local", "small", Connection(server.url, "key"), card=CARD)
    try:
        return await embedded(http, target, EmbeddingRequest("local/small", texts, **more))
    finally:
        await http.close()


async def test_questions_and_passages_go_with_their_own_prefix() -> None:
    async with word_server() as server:
        await embed(server, "a", kind="query")
        await embed(server, "a", kind="document")
        await embed(server, "a")
    assert server.inputs == [["query: a"], ["passage: a"], ["query: a"]]


async def test_many_texts_go_a_few_at_a_time_and_keep_their_order() -> None:
    texts = ["x" * (1 + place % 4) for place in range(2 * AT_ONCE + 1)]
    async with word_server() as server:
        found = await embed(server, *texts)
    assert [len(one) for one in server.inputs] == [AT_ONCE, AT_ONCE, 1]
    assert found.vectors == [_vector(text) for text in texts]
    assert found.usage.prompt_tokens == 9


async def test_a_long_text_is_read_in_pieces_that_fit_and_gets_one_vector_of_length_1() -> None:
    words = [("x" * (1 + place % 4)) for place in range(40)]
    async with word_server() as server:
        found = await embed(server, "a", " ".join(words), "b", kind="query")
    first, *pieces, last = [one for batch in server.inputs for one in batch]
    assert (first, last) == ("query: a", "query: b")
    assert all(piece[:2] == [BEGIN, 16] and piece[-1] == END and len(piece) <= READS for piece in pieces)
    assert [token for piece in pieces for token in piece[2:-1]] == [10 + len(word) for word in words]
    assert [math.hypot(*vector) for vector in found.vectors] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("text", ["word " * (READS * WINDOWS + 1), "x" * 10_000_000])
async def test_a_text_too_long_for_any_pieces_is_refused_with_its_cause(text: str) -> None:
    async with word_server() as server:
        with pytest.raises(ModelRefused, match="cut it into passages") as caught:
            await embed(server, text)
    assert caught.value.cause == "context_too_long"
    assert server.inputs == []


async def test_other_dimensions_than_it_has_and_half_characters_are_refused() -> None:
    async with word_server() as server:
        with pytest.raises(ModelRefused, match="2 dimensions"):
            await embed(server, "a", dimensions=3)
        for broken in ("\ud800", "\ud800 and so on, at length"):
            with pytest.raises(ModelRefused, match="half a character"):
                await embed(server, broken)
        assert (await embed(server, "a", dimensions=2)).vectors


async def test_what_the_server_complains_of_is_said() -> None:
    async with word_server() as server:
        server.fails = True
        with pytest.raises(ModelUnavailable, match="no room"):
            await embed(server, "a")
