"""The cheapest call that shows whether a model answers: a word, a vector, a verdict."""

import io
import wave
from contextlib import aclosing

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    ChatRequest,
    EmbeddingRequest,
    ImageRequest,
    Message,
    Models,
    ModelType,
    ModelUnavailable,
    ModerationRequest,
    Patience,
    RerankRequest,
    SpeechRequest,
    TranscriptionRequest,
)
from loomwork.model_gateway.ports import Call, ChatWire, EmbeddingWire, ModerationWire, RerankWire, Target, Wire

PATIENCE = Patience(connect=10.0, first_token=60.0, idle=30.0, total=90.0)
"""Somebody waits in front of a form."""

CHECKED: tuple[ModelType, ...] = ("chat", "embedding", "rerank", "moderation")
"""What a credential may be tried with; the others cost more than a fraction of a cent."""

WORD = "ok"
QUESTION = Message("user", f"Answer with the word {WORD}.")
PARAMS = {"max_tokens": 16, "temperature": 0}
"""Sixteen tokens are the least that every vendor takes."""


async def ask_wire(wire: Wire, target: Target, type_: ModelType) -> None:
    """Ask one model with one key. Raises `ModelFailure`."""
    match type_:
        case "chat" if isinstance(wire, ChatWire):
            async with aclosing(wire.chat(_call(target))) as events:
                await anext(events, None)
        case "embedding" if isinstance(wire, EmbeddingWire):
            await wire.embed(target, EmbeddingRequest(target.name, [WORD]))
        case "rerank" if isinstance(wire, RerankWire):
            await wire.rerank(target, RerankRequest(target.name, WORD, [WORD]))
        case "moderation" if isinstance(wire, ModerationWire):
            await wire.moderate(target, ModerationRequest(target.name, [WORD]))
        case _:
            raise ModelUnavailable(f"{target.name} cannot be called with its wire.", cause="not_configured")


async def ask_model(scope: Scope, models: Models, model: str, type_: ModelType) -> None:
    """Ask a model as everyone does: with whatever keys and fallbacks it has. Raises `ModelFailure`."""
    match type_:
        case "chat":
            async for _ in models.chat(scope, ChatRequest(model, [QUESTION], PARAMS)):
                pass
        case "embedding":
            await models.embed(scope, EmbeddingRequest(model, [WORD]))
        case "rerank":
            await models.rerank(scope, RerankRequest(model, WORD, [WORD]))
        case "moderation":
            await models.moderate(scope, ModerationRequest(model, [WORD]))
        case "text_to_speech":
            async for _ in models.speak(scope, SpeechRequest(model, WORD)):
                pass
        case "speech_to_text":
            await models.transcribe(scope, TranscriptionRequest(model, _silence(), "ok.wav", "audio/wav"))
        case "image":
            await models.make_images(scope, ImageRequest(model, "A white square."))


def _call(target: Target) -> Call:
    params = {**(target.card.defaults if target.card else {}), **PARAMS}
    return Call(
        provider=target.provider,
        model=target.model,
        messages=(QUESTION,),
        connection=target.connection,
        profile=target.profile,
        params=params,
        patience=PATIENCE,
        card=target.card,
        secrets=target.secrets,
    )


def _silence() -> bytes:
    """A second of it, as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(16_000)
        audio.writeframes(bytes(32_000))
    return file.getvalue()
