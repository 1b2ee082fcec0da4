"""Verdicts, speech and images in OpenAI's shapes, over real sockets."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from loomwork.adapters.wires.openai_chat import OpenAIChatWire
from loomwork.model_gateway.domain.audio import (
    AudioDelta,
    Segment,
    SpeechEvent,
    SpeechRequest,
    Spoken,
    Transcription,
    TranscriptionRequest,
)
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.embedding import EmbeddingRequest
from loomwork.model_gateway.domain.errors import ModelFailure
from loomwork.model_gateway.domain.image import ImageRequest, MadeImage
from loomwork.model_gateway.domain.moderation import ModerationRequest, Verdict
from loomwork.model_gateway.domain.provider import ModelCard, Profile
from loomwork.model_gateway.domain.usage import Usage
from loomwork.model_gateway.ports import Target
from tests.unit.adapters.wires.scripted_provider import KEY, Script, ScriptedProvider

TEXTS = ModerationRequest("m", ["kind", "cruel"])
SPEECH = SpeechRequest("m", "Grüße!", format="wav")
HEARD = TranscriptionRequest("m", b"RIFF\x00\xff", 'said\r\nX-Evil: 1".wav', "audio/wav", language="de", prompt="names")
PICTURE = ImageRequest("m", "a fox", count=2, size="1024x1024", quality="low")
PNG = b"\x89PNG\r\n\x1a\n"
PACKED = base64.b64encode(PNG).decode()


def at(acme: ScriptedProvider, **more: Any) -> Target:
    return Target("acme", "small", Connection(acme.url, KEY), **more)


def answers(acme: ScriptedProvider, body: Any, **more: Any) -> None:
    acme.script = Script([json.dumps(body).encode()], content_type="application/json", **more)


async def spoken(wire: OpenAIChatWire, target: Target, request: SpeechRequest = SPEECH) -> list[SpeechEvent]:
    return [event async for event in wire.speak(target, request)]


ASKED: dict[str, Callable[[OpenAIChatWire, Target], Awaitable[Any]]] = {
    "embed": lambda wire, target: wire.embed(target, EmbeddingRequest("m", ["a"])),
    "moderate": lambda wire, target: wire.moderate(target, TEXTS),
    "speak": spoken,
    "transcribe": lambda wire, target: wire.transcribe(target, HEARD),
    "make images": lambda wire, target: wire.make_images(target, PICTURE),
}


async def test_each_text_has_its_verdict(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    kind = {"flagged": False, "categories": {"hate": False}, "category_scores": {"hate": 0.01}}
    cruel = {"flagged": True, "categories": {"hate": True, "illicit": None}, "category_scores": {"hate": 1}}
    answers(acme, {"results": [kind, cruel]})
    result = await wire.moderate(at(acme), TEXTS)
    assert list(result.verdicts) == [
        Verdict(False, {"hate": False}, {"hate": 0.01}),
        Verdict(True, {"hate": True}, {"hate": 1.0}),
    ]
    assert (acme.paths, acme.bodies) == (["/v1/moderations"], [{"model": "small", "input": ["kind", "cruel"]}])


async def test_speech_comes_as_bytes_with_what_was_spoken(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([b"RIFF", b"\x00\xff"], content_type="audio/x-wav")
    events = await spoken(wire, at(acme, card=ModelCard(id="m", label="m", voices=("coral",))))
    assert b"".join(event.audio for event in events if isinstance(event, AudioDelta)) == b"RIFF\x00\xff"
    assert events[-1] == Spoken("audio/x-wav", Usage(characters=6))
    assert acme.bodies == [{"model": "small", "input": "Grüße!", "voice": "coral", "response_format": "wav"}]
    assert acme.paths == ["/v1/audio/speech"]


async def test_a_wish_for_a_voice_and_its_manner_is_passed_on(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([b"a"], content_type="application/octet-stream")
    request = SpeechRequest("m", "Hi", voice="nova", format="opus", speed=1.5, instructions="softly")
    events = await spoken(wire, at(acme, profile=Profile(unsupported=("instructions",))), request)
    assert events[-1] == Spoken("audio/ogg", Usage(characters=2))
    assert {name: acme.bodies[0].get(name) for name in ("voice", "speed", "instructions")} == {
        "voice": "nova",
        "speed": 1.5,
        "instructions": None,
    }


async def test_speech_that_is_torn_is_an_outage(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([b"RIFF"], content_type="audio/wav", cut=True)
    with pytest.raises(ModelFailure) as caught:
        await spoken(wire, at(acme))
    assert caught.value.cause == "outage"


async def test_no_speech_is_a_bad_answer(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([], content_type="audio/wav")
    with pytest.raises(ModelFailure, match="no audio"):
        await spoken(wire, at(acme))


async def test_leaving_speech_early_ends_it_on_the_other_side(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    acme.script = Script([b"RIFF"], content_type="audio/wav", hang=True)
    speech = wire.speak(at(acme), SPEECH)
    assert await anext(speech) == AudioDelta(b"RIFF")
    await speech.aclose()
    await acme.left.wait()


async def test_what_is_heard_comes_as_text(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    answers(acme, {"text": "Grüße", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 3}})
    assert await wire.transcribe(at(acme), HEARD) == Transcription("Grüße", Usage(14, 3), "de")
    form = acme.forms[0]
    assert acme.paths == ["/v1/audio/transcriptions"]
    for part in (
        b'name="model"\r\n\r\nsmall',
        b'name="language"\r\n\r\nde',
        b'name="prompt"\r\n\r\nnames',
        HEARD.audio,
    ):
        assert part in form
    assert b"\r\nX-Evil" not in form
    assert acme.headers[0]["Content-Type"].startswith("multipart/form-data; boundary=")


async def test_segments_come_with_their_times_where_they_were_asked_for(
    acme: ScriptedProvider, wire: OpenAIChatWire
) -> None:
    segments = [{"start": 0, "end": 1.5, "text": "Hi"}, {"start": "?", "end": 2, "text": "lost"}]
    answers(acme, {"text": "Hi", "language": "english", "duration": "8.47", "segments": segments})
    request = TranscriptionRequest("m", b"a", timestamps=True, temperature=0.5)
    heard = await wire.transcribe(at(acme), request)
    assert heard == Transcription("Hi", Usage(seconds=8.47), "english", 8.47, [Segment(0.0, 1.5, "Hi")])
    assert b"verbose_json" in acme.forms[0]
    await wire.transcribe(at(acme, profile=Profile(unsupported=("timestamps", "temperature"))), request)
    assert b"verbose_json" not in acme.forms[1]
    assert b"temperature" not in acme.forms[1]


async def test_a_translation_is_asked_for_at_its_own_address(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    answers(acme, {"text": ""})
    assert (await wire.transcribe(at(acme), TranscriptionRequest("m", b"a", translate=True, language="de"))).text == ""
    assert acme.paths == ["/v1/audio/translations"]
    assert b"language" not in acme.forms[0]


async def test_images_come_as_bytes_or_as_addresses(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    made = [{"b64_json": PACKED, "revised_prompt": "a red fox"}, {"url": "https://example.com/fox.png"}]
    answers(acme, {"data": made, "output_format": "webp", "usage": {"input_tokens": 9, "output_tokens": 200}})
    result = await wire.make_images(at(acme), PICTURE)
    assert list(result.images) == [
        MadeImage(PNG, None, "image/webp", "a red fox"),
        MadeImage(None, "https://example.com/fox.png", "image/webp"),
    ]
    assert result.usage == Usage(9, 200, images=2)
    assert acme.paths == ["/v1/images/generations"]
    assert acme.bodies == [{"model": "small", "prompt": "a fox", "n": 2, "size": "1024x1024", "quality": "low"}]


async def test_images_to_start_from_are_sent_as_files(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    answers(acme, {"data": [{"b64_json": PACKED}]})
    for count, name in ((1, b'name="image"'), (2, b'name="image[]"')):
        request = ImageRequest("m", "a fox", images=(f"data:image/png;base64,{PACKED}",) * count)
        assert (await wire.make_images(at(acme), request)).images[0].data == PNG
        assert acme.forms[-1].count(PNG) == acme.forms[-1].count(name) == count
    assert acme.paths == ["/v1/images/edits"] * 2


@pytest.mark.parametrize("address", ["https://example.com/a.png", "data:image/png;base64,?", "file:///etc/passwd"])
async def test_an_image_that_is_not_in_hand_cannot_be_started_from(address: str, wire: OpenAIChatWire) -> None:
    target = Target("acme", "small", Connection("http://127.0.0.1:9/v1"))
    with pytest.raises(ModelFailure, match="no data: URL") as caught:
        await wire.make_images(target, ImageRequest("m", "a fox", images=(address,)))
    assert caught.value.cause == "bad_request"


@pytest.mark.parametrize("name", ASKED)
async def test_an_error_has_its_cause_whatever_is_asked_for(
    acme: ScriptedProvider, wire: OpenAIChatWire, name: str
) -> None:
    answers(acme, {"error": {"message": f"slow down, {KEY}"}}, status=429, headers={"Retry-After": "3"})
    with pytest.raises(ModelFailure) as caught:
        await ASKED[name](wire, at(acme))
    assert (caught.value.cause, caught.value.retry_after, caught.value.status) == ("rate", 3.0, 429)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ASKED)
async def test_an_error_inside_a_good_answer_is_an_error(
    acme: ScriptedProvider, wire: OpenAIChatWire, name: str
) -> None:
    answers(acme, {"error": {"message": "no such model", "code": "model_not_found"}})
    with pytest.raises(ModelFailure) as caught:
        await ASKED[name](wire, at(acme))
    assert caught.value.cause == "not_found"


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "?",
        {"data": 3, "results": 3, "text": 3},
        {"data": [{"embedding": "?", "b64_json": "?"}], "results": [{"flagged": "no"}] * 2},
        {"data": [{"embedding": [], "url": "file:///etc/passwd"}], "results": [{}]},
    ],
)
async def test_nonsense_is_a_bad_answer_whatever_is_asked_for(
    acme: ScriptedProvider, wire: OpenAIChatWire, name: str, body: Any
) -> None:
    answers(acme, body)
    with pytest.raises(ModelFailure) as caught:
        await ASKED[name](wire, at(acme))
    assert caught.value.cause == "bad_answer"


async def test_what_a_provider_refuses_is_not_sent(acme: ScriptedProvider, wire: OpenAIChatWire) -> None:
    answers(acme, {"data": [{"embedding": [1]}]})
    request = EmbeddingRequest("m", ["a"], dimensions=1)
    await wire.embed(at(acme), request)
    await wire.embed(at(acme, profile=Profile(unsupported=("encoding_format", "dimensions"))), request)
    assert acme.bodies[0] == {"model": "small", "input": ["a"], "encoding_format": "float", "dimensions": 1}
    assert acme.bodies[1] == {"model": "small", "input": ["a"]}


HALF = "half of one: \ud800"
UNSENDABLE: dict[str, Callable[[OpenAIChatWire, Target], Awaitable[Any]]] = {
    "moderate": lambda wire, target: wire.moderate(target, ModerationRequest("m", [HALF])),
    "speak": lambda wire, target: spoken(wire, target, SpeechRequest("m", HALF)),
    "transcribe": lambda wire, target: wire.transcribe(target, TranscriptionRequest("m", b"a", prompt=HALF)),
    "make images": lambda wire, target: wire.make_images(target, ImageRequest("m", HALF)),
    "edit images": lambda wire, target: wire.make_images(
        target, ImageRequest("m", HALF, images=(f"data:image/png;base64,{PACKED}",))
    ),
}


@pytest.mark.parametrize("name", UNSENDABLE)
async def test_what_no_body_can_carry_is_refused_before_anything_is_sent(
    acme: ScriptedProvider, wire: OpenAIChatWire, name: str
) -> None:
    with pytest.raises(ModelFailure) as caught:
        await UNSENDABLE[name](wire, at(acme))
    assert (caught.value.cause, acme.paths) == ("bad_request", [])


async def test_a_file_whose_name_no_header_can_hold_is_sent_under_another(
    acme: ScriptedProvider, wire: OpenAIChatWire
) -> None:
    answers(acme, {"text": "a"})
    for name in (HALF, "\ud800", "\r\n", "n" * 5000):
        assert (await wire.transcribe(at(acme), TranscriptionRequest("m", b"a", name, "audio/wav\r\nX: 1"))).text == "a"
    assert b'filename="file"' in acme.forms[1]
    assert not any(b"\r\nX: 1" in form or len(form) > 2000 for form in acme.forms)
