"""The responses dialect of OpenAI: `POST {endpoint}/responses` with `stream: true`, and nothing stored over there."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.openai_failure import failure
from loomwork.adapters.wires.openai_responses_answer import Answer
from loomwork.adapters.wires.openai_responses_request import request_body
from loomwork.adapters.wires.sse import SseParser
from loomwork.adapters.wires.streaming import events_of
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.ports import Call

STREAM = {"Accept": "text/event-stream, application/json"}


class OpenAIResponsesWire:
    """Implements `ChatWire`."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        body, url = request_body(call), address(call, "chat", "/responses")
        async with self._http.post(call, url, body, headers_for(call, STREAM)) as reply:
            if reply.status != 200:
                raise failure(call, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(events_of(reply, SseParser(), Answer(call))) as events:
                async for event in events:
                    yield event

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()
