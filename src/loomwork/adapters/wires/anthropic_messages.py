"""The Messages API of Anthropic, which others offer too.

`POST {endpoint}/v1/messages` with `stream: true`; the reference of the Claude API is its description.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from loomwork.adapters.wires.anthropic_answer import Answer
from loomwork.adapters.wires.anthropic_failure import failure
from loomwork.adapters.wires.anthropic_request import asked
from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.sse import SseParser
from loomwork.adapters.wires.streaming import events_of
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.provider import Auth
from loomwork.model_gateway.ports import Call

VERSION = "2023-06-01"
OWN = {"anthropic-version": VERSION, "Accept": "text/event-stream, application/json"}
KEY = Auth(header="x-api-key", prefix="")


class AnthropicMessagesWire:
    """Implements `ChatWire`."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    async def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        request = asked(call)
        url, headers = address(call, "chat", "/messages", "v1"), headers_for(call, OWN, usual=KEY)
        async with self._http.post(call, url, request.body, headers) as reply:
            if reply.status != 200:
                raise failure(call, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(events_of(reply, SseParser(), Answer(call, request.answer_tool))) as events:
                async for event in events:
                    yield event

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()
