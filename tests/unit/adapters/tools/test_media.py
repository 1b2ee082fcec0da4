"""Pictures and speech, by models that a workspace has."""

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from loomwork.adapters.catalog.tool_files import ToolFileReader
from loomwork.adapters.documents.parser import ProcessDocumentParser
from loomwork.adapters.documents.reader import ProcessDocumentReader
from loomwork.adapters.files import FileReader
from loomwork.adapters.tools.catalog import CatalogTools
from loomwork.adapters.tools.world import ToolWorld
from loomwork.bootstrap.package_data import catalog_dir
from loomwork.engine.variables import File
from loomwork.kernel.ids import RunId
from loomwork.kernel.scope import Scope, embedded_scope
from loomwork.model_gateway.api import (
    AudioDelta,
    ImageRequest,
    Images,
    MadeImage,
    ModelInfo,
    Models,
    Ranked,
    Ranking,
    RerankRequest,
    SpeechEvent,
    SpeechRequest,
    Transcription,
    TranscriptionRequest,
    Usage,
)
from loomwork.tools.api import Caller, ToolFailed
from loomwork.tools.domain.call import ToolCall, ToolResult
from tests.contracts.tools.exchanging import OtherSide, SaidResponse

OURS = embedded_scope()
LISTED = (
    ModelInfo("openai/gpt-image-1", "openai", "Image", "image", ready=False),
    ModelInfo("vendor/draws", "vendor", "Draws", "image"),
    ModelInfo("vendor/speaks", "vendor", "Speaks", "text_to_speech"),
    ModelInfo("openai/tts-1", "openai", "Speaks", "text_to_speech"),
    ModelInfo("vendor/listens", "vendor", "Listens", "speech_to_text"),
    ModelInfo("vendor/ranks", "vendor", "Ranks", "rerank"),
)


@dataclass
class Studio:
    """Models that make what they are asked for, and remember it."""

    listed: Sequence[ModelInfo] = LISTED
    asked: list[Any] = field(default_factory=list)

    async def list_models(self, scope: Scope) -> Sequence[ModelInfo]:
        return self.listed

    async def make_images(self, scope: Scope, request: ImageRequest) -> Images:
        self.asked.append(request)
        return Images([MadeImage(b"\x89PNG"), MadeImage(url="https://example.com/2.png")], Usage())

    async def speak(self, scope: Scope, request: SpeechRequest) -> AsyncIterator[SpeechEvent]:
        self.asked.append(request)
        for piece in (b"ID3", b"..."):
            yield AudioDelta(piece)

    async def rerank(self, scope: Scope, request: RerankRequest) -> Ranking:
        self.asked.append(request)
        return Ranking([Ranked(1, 0.9), Ranked(0, 0.1)], Usage())

    async def transcribe(self, scope: Scope, request: TranscriptionRequest) -> Transcription:
        self.asked.append(request)
        return Transcription("hello", Usage())


async def called(studio: Studio, tool: str, *answers: SaidResponse, **arguments: Any) -> ToolResult:
    gate = OtherSide(answers)
    documents = ProcessDocumentParser(ProcessDocumentReader())
    world = ToolWorld(gate, documents, FileReader(gate, local=False), models=cast(Models, studio))
    source = CatalogTools(ToolFileReader([catalog_dir() / "tools"]), world, {})
    toolset = await source.toolset(OURS, "media")
    assert toolset is not None
    return await toolset.tools[tool].call(ToolCall(OURS, arguments, "k", caller=Caller(run_id=RunId("r1"))))


async def test_pictures_are_made_by_the_first_model_that_can_be_called() -> None:
    studio = Studio()
    result = await called(studio, "text_to_image", prompt="a loom", n=2, size="square", model="elsewhere#model")
    assert (studio.asked[0].model, studio.asked[0].size, studio.asked[0].count) == ("vendor/draws", "1024x1024", 2)
    assert studio.asked[0].spender.run_id == "r1"
    assert [(file.name, (file.url or "")[:10]) for file in result.files] == [
        ("picture-1.png", "data:image"),
        ("picture-2.png", "https://ex"),
    ]


async def test_a_model_that_the_app_names_is_taken_where_it_is_there() -> None:
    studio = Studio()
    result = await called(studio, "text_to_speech", text="hello", model="langgenius/openai/openai#tts-1")
    assert studio.asked[0].model == "openai/tts-1"
    assert base64.b64decode((result.files[0].url or "").partition(",")[2]) == b"ID3..."


async def test_a_recording_is_written_down() -> None:
    studio = Studio()
    file = {"dify_model_identity": "__dify__file__", "url": "data:audio/mpeg;base64,SUQz", "filename": "a.mp3"}

    result = await called(studio, "speech_to_text", audio_file=File.from_wire(file))
    assert (result.text, studio.asked[0].audio, studio.asked[0].file_name) == ("hello", b"ID3", "a.mp3")


async def test_without_a_model_it_says_what_to_do() -> None:
    with pytest.raises(ToolFailed, match="set one up"):
        await called(Studio(listed=LISTED[:1]), "text_to_image", prompt="a loom", n=1)


async def test_a_picture_is_made_after_one_at_an_address() -> None:
    studio = Studio()
    there = SaidResponse(headers={"Content-Type": "image/png"}, body="png")
    await called(studio, "image_to_image", there, prompt="in red", image_url="https://example.com/a.png")
    assert (studio.asked[0].prompt, studio.asked[0].images) == ("in red", ["data:image/png;base64,cG5n"])


async def test_a_recording_at_an_address_is_written_down() -> None:
    studio = Studio()
    there = SaidResponse(headers={"Content-Type": "audio/mpeg"}, body="ID3")
    address = "https://example.com/a.mp3"
    result = await called(studio, "transcribe_address", there, file_url=address, language_code="en-US")
    asked = studio.asked[0]
    assert (result.text, asked.audio, asked.file_name, asked.language) == ("hello", b"ID3", "a.mp3", "en")


@pytest.mark.parametrize("given", [[{"content": "a"}, {"content": "b"}], '["a", "b"]', "a;b"])
async def test_texts_are_ranked(given: Any) -> None:
    studio = Studio()
    result = await called(studio, "rerank", query="which?", candidate_texts=given, topk=1)
    assert studio.asked[0].documents == ["a", "b"]
    assert list(result.json) == [{"text": "b", "score": 0.9, "index": 1}]
