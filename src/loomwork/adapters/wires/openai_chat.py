"""The dialect of OpenAI's API before responses, which most vendors and local servers speak.

`POST {endpoint}/chat/completions`, with `stream: true` unless nobody looks at the pieces, `/embeddings`,
`/moderations`, `/audio/...` and `/images/...`; the API reference of OpenAI is its description.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial

from loomwork.adapters.wires.http import Http, address, headers_for
from loomwork.adapters.wires.multipart import FormBody
from loomwork.adapters.wires.openai_answer import Answer
from loomwork.adapters.wires.openai_embedding import embedding_body, read_embeddings
from loomwork.adapters.wires.openai_failure import failure
from loomwork.adapters.wires.openai_image import edit_body, image_body, read_images
from loomwork.adapters.wires.openai_moderation import moderation_body, read_moderation
from loomwork.adapters.wires.openai_request import request_body
from loomwork.adapters.wires.openai_speech import speech_body, spoken
from loomwork.adapters.wires.openai_transcription import read_transcription, transcription_body
from loomwork.adapters.wires.sse import SseParser
from loomwork.adapters.wires.streaming import events_of
from loomwork.adapters.wires.tool_router import needs_routing, routed
from loomwork.model_gateway.domain.audio import SpeechEvent, SpeechRequest, Transcription, TranscriptionRequest
from loomwork.model_gateway.domain.chat import ChatEvent
from loomwork.model_gateway.domain.embedding import EmbeddingRequest, Embeddings
from loomwork.model_gateway.domain.image import ImageRequest, Images
from loomwork.model_gateway.domain.moderation import Moderation, ModerationRequest
from loomwork.model_gateway.ports import Call, Target

STREAM = {"Accept": "text/event-stream, application/json"}
JSON = {"Accept": "application/json"}


class OpenAIChatWire:
    """Implements every protocol of a wire but `RerankWire`: OpenAI has no rerank."""

    def __init__(self, http: Http | None = None) -> None:
        self._http = http or Http()

    def chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        """See `ChatWire.chat`."""
        return routed(self._chat, call) if needs_routing(call) else self._chat(call)

    async def _chat(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        body, url = request_body(call), address(call, "chat", "/chat/completions")
        headers = headers_for(call, JSON if call.whole else STREAM)
        async with self._http.post(call, url, body, headers, whole=call.whole) as reply:
            if reply.status != 200:
                raise failure(call, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(events_of(reply, SseParser(), Answer(call))) as events:
                async for event in events:
                    yield event

    async def embed(self, target: Target, request: EmbeddingRequest) -> Embeddings:
        """See `EmbeddingWire.embed`."""
        url, body = address(target, "embedding", "/embeddings"), embedding_body(target, request)
        read = partial(read_embeddings, target, request)
        return await self._http.ask(target, url, body, headers_for(target, JSON), refusal=failure, read=read)

    async def moderate(self, target: Target, request: ModerationRequest) -> Moderation:
        """See `ModerationWire.moderate`."""
        url, body = address(target, "moderation", "/moderations"), moderation_body(target, request)
        read = partial(read_moderation, target, request)
        return await self._http.ask(target, url, body, headers_for(target, JSON), refusal=failure, read=read)

    async def speak(self, target: Target, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        """See `SpeechWire.speak`."""
        url, body = address(target, "text_to_speech", "/audio/speech"), speech_body(target, request)
        async with self._http.post(target, url, body, headers_for(target, {})) as reply:
            if reply.status != 200:
                raise failure(target, await reply.error(), status=reply.status, retry_after=reply.retry_after)
            async with aclosing(spoken(target, request, reply)) as events:
                async for event in events:
                    yield event

    async def transcribe(self, target: Target, request: TranscriptionRequest) -> Transcription:
        """See `TranscriptionWire.transcribe`."""
        url = address(target, "speech_to_text", "/audio/transcriptions")
        if request.translate:
            url = "/translations".join(url.rsplit("/transcriptions", 1))
        body, read = await transcription_body(target, request), partial(read_transcription, target, request)
        return await self._http.ask(target, url, body.body, _carrying(target, body), refusal=failure, read=read)

    async def make_images(self, target: Target, request: ImageRequest) -> Images:
        """See `ImageWire.make_images`."""
        url = address(target, "image", "/images/generations")
        if request.images:
            url = "/edits".join(url.rsplit("/generations", 1))
            body = await edit_body(target, request)
        else:
            body = image_body(target, request)
        read = partial(read_images, target, request)
        return await self._http.ask(target, url, body.body, _carrying(target, body), refusal=failure, read=read)

    async def close(self) -> None:
        """See `Wire.close`."""
        await self._http.close()


def _carrying(target: Target, body: FormBody) -> Mapping[str, str]:
    return headers_for(target, {**JSON, "Content-Type": body.content_type})
