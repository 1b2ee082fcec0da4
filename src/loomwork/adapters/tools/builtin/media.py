"""Pictures, speech and ranking, by the models of the workspace."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from loomwork.adapters.tools.answers import received_file
from loomwork.adapters.tools.asking import fetched, refused
from loomwork.adapters.tools.reading import bytes_of
from loomwork.adapters.tools.world import ToolWorld
from loomwork.engine.variables import File
from loomwork.model_gateway.api import (
    AudioDelta,
    ImageRequest,
    MadeImage,
    ModelInfo,
    Models,
    RerankRequest,
    SpeechRequest,
    Spender,
    TranscriptionRequest,
)
from loomwork.nodes.ports import EgressRequest
from loomwork.tools.api import Link, ToolFailed, ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult, file_of

__all__ = ["draw", "draw_after", "listen", "listen_at", "rank", "speak"]

EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


async def draw(call: ToolCall, world: ToolWorld) -> ToolResult:
    """Pictures of what a text says."""
    models = _models(world)
    request = ImageRequest(
        model=await _chosen(call, models, "image", "picture"),
        prompt=call.arguments["prompt"],
        count=call.arguments["n"],
        size=_pixels(call.arguments.get("size")),
        quality=call.arguments.get("quality"),
        style=call.arguments.get("style"),
        spender=_spender(call),
    )
    made = await models.make_images(call.scope, request)
    return ToolResult(files=_files(made.images), links=[Link(each.url) for each in made.images if each.url])


async def draw_after(call: ToolCall, world: ToolWorld) -> ToolResult:
    """A picture after another one."""
    models = _models(world)
    file = await _fetched(call.arguments["image_url"], "picture", world)
    request = ImageRequest(
        model=await _chosen(call, models, "image", "picture"),
        prompt=call.arguments["prompt"],
        size=_pixels(call.arguments.get("size")),
        images=[file.url or ""],
        spender=_spender(call),
    )
    return ToolResult(files=_files((await models.make_images(call.scope, request)).images))


async def speak(call: ToolCall, world: ToolWorld) -> ToolResult:
    """A text, spoken."""
    models = _models(world)
    model = await _chosen(call, models, "text_to_speech", "speech")
    request = SpeechRequest(model, call.arguments["text"], call.arguments.get("voice"), spender=_spender(call))
    audio = bytearray()
    async for event in models.speak(call.scope, request):
        if isinstance(event, AudioDelta):
            audio += event.audio
    return ToolResult(files=[file_of(bytes(audio), name="speech.mp3", mime_type="audio/mpeg")])


async def listen(call: ToolCall, world: ToolWorld) -> ToolResult:
    """What is said in a recording."""
    models, file = _models(world), call.arguments["audio_file"]
    content = await bytes_of(call.scope, file, world)
    name = file.name if isinstance(file, File) and file.name else "audio.mp3"
    model = await _chosen(call, models, "speech_to_text", "recording")
    request = TranscriptionRequest(model, content, name, spender=_spender(call))
    return ToolResult((await models.transcribe(call.scope, request)).text, marks=frozenset({"retrieved"}))


async def listen_at(call: ToolCall, world: ToolWorld) -> ToolResult:
    """What is said in the recording at an address."""
    models = _models(world)
    file = await _fetched(call.arguments["file_url"], "recording", world)
    request = TranscriptionRequest(
        model=await _chosen(call, models, "speech_to_text", "text of a recording"),
        audio=await bytes_of(call.scope, file, world),
        file_name=file.name,
        language=(call.arguments.get("language_code") or "").partition("-")[0] or None,
        spender=_spender(call),
    )
    return ToolResult((await models.transcribe(call.scope, request)).text, marks=frozenset({"web"}))


async def rank(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The texts that answer a question best, the best first."""
    models, items = _models(world), _candidates(call.arguments["candidate_texts"])
    model = await _chosen(call, models, "rerank", "ranking")
    most, spender = call.arguments["topk"], _spender(call)
    request = RerankRequest(model, call.arguments["query"], [_words(each) for each in items], most, spender)
    ranked = (await models.rerank(call.scope, request)).results[:most]
    best = [{"text": _words(items[each.index]), "score": each.score, "index": each.index} for each in ranked]
    return ToolResult(json.dumps([items[each.index] for each in ranked], ensure_ascii=False), json=best)


def _candidates(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = [each for each in value.split(";") if each.strip()]
    if not isinstance(value, list) or not value:
        raise ToolInputInvalid("There are no texts to rank.", parameter="candidate_texts")
    return value


def _words(item: Any) -> str:
    """The text of an item: itself, or what stands in an object of a passage."""
    if isinstance(item, Mapping):
        item = item.get("content") or item.get("text") or item
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)


async def _fetched(url: str, what: str, world: ToolWorld) -> File:
    response = await fetched(world.egress, EgressRequest("GET", url.strip()), label=f"The {what}")
    if not 200 <= response.status < 300:
        raise refused(response, label=f"The {what}", said="", let_in=False)
    return received_file(response, PurePosixPath(urlsplit(response.url).path).name or what)


def _models(world: ToolWorld) -> Models:
    if world.models is None:
        raise ToolFailed("There are no models here.")
    return world.models


async def _chosen(call: ToolCall, models: Models, kind: str, what: str) -> str:
    """The model that the builder named, if the workspace has it, else the first of its kind that can be called. App
    files of other products name models of their own (`provider#model`).
    """
    listed = [each for each in await models.list_models(call.scope) if each.type == kind]
    wanted = str(call.arguments.get("model") or "")
    provider, _, name = wanted.rpartition("#")
    names = {wanted, f"{provider.rpartition('/')[2]}/{name}"}
    found = next((each.id for each in listed if each.id in names), None) or _first(listed)
    if found is None:
        raise ToolFailed(f"No model for a {what} can be called; set one up among the models of the workspace.")
    return found


def _first(listed: Sequence[ModelInfo]) -> str | None:
    return next((each.id for each in listed if each.ready and each.provider != "debug"), None)


def _pixels(size: str | None) -> str | None:
    """App files of other products name shapes, too."""
    return {"square": "1024x1024", "vertical": "1024x1792", "horizontal": "1792x1024"}.get(size or "", size)


def _spender(call: ToolCall) -> Spender:
    caller = call.caller
    return Spender(app_id=caller.app_id, run_id=caller.run_id, node_id=caller.node_id)


def _files(images: Sequence[MadeImage]) -> list[File]:
    return [_file(number, each) for number, each in enumerate(images, start=1)]


def _file(number: int, image: MadeImage) -> File:
    name = f"picture-{number}{EXTENSIONS.get(image.media_type, '.png')}"
    if image.data is not None:
        return file_of(image.data, name=name, mime_type=image.media_type)
    return File("image", "remote_url", url=image.url, name=name, mime_type=image.media_type)
