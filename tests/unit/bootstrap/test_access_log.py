"""What the server writes down of requests."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from loomwork.bootstrap.access_log import log_config

LOGGERS = ("uvicorn", "uvicorn.access", "uvicorn.error", "uvicorn.asgi")


@pytest.fixture
def _loggers_as_they_were() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate


async def nothing_there(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@pytest.mark.usefixtures("_loggers_as_they_were")
async def test_the_token_of_a_one_time_link_is_not_in_the_access_log(capsys: pytest.CaptureFixture[str]) -> None:
    config = uvicorn.Config(nothing_there, log_config=log_config(), log_level="debug", lifespan="off", ws="none")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listening]))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
            await client.get("/sign-in?token=sk-secret&a=?b")
            await client.get("/api/apps")
        server.should_exit = True
        await serving
    written = "".join(capsys.readouterr())
    assert '"GET /sign-in?... HTTP/1.1" 404' in written
    assert '"GET /api/apps HTTP/1.1" 404' in written
    assert "secret" not in written
