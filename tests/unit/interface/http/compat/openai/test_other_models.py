"""Embeddings, moderations, audio, images, and the list of models."""

import base64
import struct
from typing import Any

import httpx
import pytest

from loomwork.model_gateway.api import ModelInfo
from tests.unit.interface.http.world import World

pytestmark = pytest.mark.anyio


async def test_embeddings_come_as_numbers_or_as_bytes(program: httpx.AsyncClient, world: World) -> None:
    asked = {"model": "x/e", "input": ["one", "three"], "user": "ann"}
    answer = (await program.post("/embeddings", json=asked)).json()
    assert [item["embedding"] for item in answer["data"]] == [[3.0, 0.5, -1.0], [5.0, 0.5, -1.0]]
    assert [item["index"] for item in answer["data"]] == [0, 1]
    assert answer["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    packed = {"encoding_format": "base64", "dimensions": 2}
    answer = (await program.post("/embeddings", json=asked | packed)).json()
    assert struct.unpack("<2f", base64.b64decode(answer["data"][0]["embedding"])) == (3.0, 0.5)
    assert world.models.asked[0].spender.end_user == "ann"


@pytest.mark.parametrize(("given", "code"), [
    ([1, 2, 3], "unsupported_parameter"),
    ([[1, 2], [3]], "unsupported_parameter"),
    ([], "invalid_value"),
    ("", "invalid_value"),
    (["a", ""], "invalid_value"),
    ([True], "invalid_value"),
    ({"text": "x"}, "invalid_value"),
    (None, "invalid_value"),
    (["x"] * 2049, "invalid_value"),
])  # fmt: skip
async def test_inputs_that_are_no_texts_are_refused(program: httpx.AsyncClient, given: Any, code: str) -> None:
    answer = await program.post("/embeddings", json={"model": "x/e", "input": given})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert answer.json()["error"]["param"] == "input"


async def test_models_are_listed_where_they_can_be_called_and_apps_where_they_are_published(
    program: httpx.AsyncClient, world: World
) -> None:
    app = world.apps.add(world.home, name="Parrot")
    draft = world.apps.add(world.home, published=False)
    world.apps.add(world.away)
    world.models.infos.append(ModelInfo("hub/org/model:free", "hub", "A model with slashes"))
    world.models.infos.append(ModelInfo("hub/*", "hub", "Any other"))
    answer = (await program.get("/models")).json()
    assert [model["id"] for model in answer["data"]] == ["debug/echo", "hub/org/model:free", f"app:{app.id}"]
    assert {model["object"] for model in answer["data"]} == {"model"}
    for model in ("debug/echo", "hub/org/model:free", "x/y", f"app:{app.id}"):
        assert (await program.get(f"/models/{model}")).json()["id"] == model
    for model in ("nobody", "x/z", f"app:{draft.id}", "app:nobody"):
        answer_ = await program.get(f"/models/{model}")
        assert (answer_.status_code, answer_.json()["error"]["code"]) == (404, "model_not_found")


async def test_moderations_say_which_categories_apply(program: httpx.AsyncClient, world: World) -> None:
    answer = (await program.post("/moderations", json={"model": "x/m", "input": ["fine", "bad"]})).json()
    assert [result["flagged"] for result in answer["results"]] == [False, True]
    assert answer["results"][1]["categories"] == {"violence": True}
    parts = [{"type": "text", "text": "so"}, {"type": "text", "text": "bad"}]
    assert len((await program.post("/moderations", json={"model": "x/m", "input": parts})).json()["results"]) == 1
    image = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    assert (await program.post("/moderations", json={"model": "x/m", "input": image})).status_code == 400
    assert (await program.post("/moderations", json={"input": "fine"})).json()["error"]["param"] == "model"
    world.models.infos.append(ModelInfo("x/m", "x", "M", "moderation"))
    assert (await program.post("/moderations", json={"input": "fine"})).json()["model"] == "x/m"


async def test_speech_comes_as_bytes_or_as_events(program: httpx.AsyncClient, world: World) -> None:
    asked = {"model": "x/s", "input": "Hello", "voice": "alloy", "speed": 1.5}
    answer = await program.post("/audio/speech", json=asked)
    assert (answer.content, answer.headers["content-type"]) == (b"RIFFHello", "audio/mpeg")
    spoken = world.models.asked[0]
    assert (spoken.voice, spoken.format, spoken.speed) == ("alloy", "mp3", 1.5)
    answer = await program.post("/audio/speech", json=asked | {"stream_format": "sse", "voice": {"id": "v1"}})
    assert [line for line in answer.text.split("\n") if "speech.audio.done" in line]
    assert world.models.asked[1].voice == "v1"
    for changed in ({"speed": 9}, {"response_format": "mp4"}, {"input": ""}):
        assert (await program.post("/audio/speech", json=asked | changed)).status_code == 400


@pytest.mark.parametrize(("format_", "expected"), [
    ("text", "One. Two.\n"),
    ("srt", "1\n00:00:00,000 --> 00:00:01,500\nOne.\n\n2\n00:00:01,500 --> 01:02:03,250\nTwo.\n-> Three.\n"),
    ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne.\n\n00:00:01.500 --> 01:02:03.250\nTwo.\n-> Three.\n"),
])  # fmt: skip
async def test_a_recording_is_written_down_in_every_format(
    program: httpx.AsyncClient, format_: str, expected: str
) -> None:
    answer = await transcribe(program, response_format=format_)
    assert answer.text == expected


async def transcribe(program: httpx.AsyncClient, path: str = "transcriptions", **fields: Any) -> httpx.Response:
    sent = {"file": ("talk.wav", b"RIFF...", "audio/wav")}
    return await program.post(f"/audio/{path}", data={"model": "x/t", **fields}, files=sent)


async def test_a_recording_is_written_down_as_json(program: httpx.AsyncClient, world: World) -> None:
    answer = (await transcribe(program, language="de", prompt="Names: Ann", temperature="0.2")).json()
    assert answer == {"text": "One. Two.", "usage": {"type": "duration", "seconds": 3.0}}
    asked = world.models.asked[0]
    assert (asked.audio, asked.file_name, asked.media_type) == (b"RIFF...", "talk.wav", "audio/wav")
    assert (asked.language, asked.prompt, asked.temperature, asked.translate) == ("de", "Names: Ann", 0.2, False)
    fields = {"response_format": "verbose_json", "timestamp_granularities[]": ["segment"]}
    answer = (await transcribe(program, "translations", **fields)).json()
    assert (answer["task"], answer["language"], answer["duration"]) == ("translate", "en", 3.0)
    assert answer["segments"][1]["end"] == 3723.25
    assert world.models.asked[1].translate


@pytest.mark.parametrize("fields", [
    {"response_format": "diarized_json"}, {"stream": "true"}, {"timestamp_granularities[]": "word"},
    {"temperature": "warm"}, {"model": ""},
])  # fmt: skip
async def test_a_wish_that_cannot_be_met_is_refused_before_anything_is_heard(
    program: httpx.AsyncClient, world: World, fields: dict[str, str]
) -> None:
    answer = await transcribe(program, **fields)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert world.models.asked == []


@pytest.mark.parametrize(("content_type", "body"), [
    ("application/json", b"{}"),
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=b", b"--c\r\n"),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nx/t\r\n--b--\r\n'),
    ("multipart/form-data; boundary=b",
     b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nx/t\r\n--b\r\nContent-Disposition: form-data; '
     b'name="file"; filename="a"\r\n\r\n\r\n--b--\r\n'),
])  # fmt: skip
async def test_a_form_without_a_recording_is_refused(
    program: httpx.AsyncClient, world: World, content_type: str, body: bytes
) -> None:
    answer = await program.post("/audio/transcriptions", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert world.models.asked == []


async def test_images_are_made_and_changed(program: httpx.AsyncClient, world: World) -> None:
    asked = {"model": "x/i", "prompt": "A cat", "n": 2, "size": "512x512"}
    answer = (await program.post("/images/generations", json=asked)).json()
    assert [base64.b64decode(image["b64_json"]) for image in answer["data"]] == [b"PNG", b"PNG"]
    assert answer["data"][0]["revised_prompt"] == "A nicer prompt."
    files = [("image[]", ("a.png", b"1", "image/png")), ("image[]", ("b.bin", b"2", "text/html"))]
    answer_ = await program.post("/images/edits", data={"model": "x/i", "prompt": "A dog"}, files=files)
    assert answer_.status_code == 200, answer_.text
    assert list(world.models.asked[1].images) == ["data:image/png;base64,MQ==", "data:image/png;base64,Mg=="]
    masked = [*files, ("mask", ("m.png", b"3", "image/png"))]
    answer_ = await program.post("/images/edits", data={"model": "x/i", "prompt": "A dog"}, files=masked)
    assert (answer_.status_code, answer_.json()["error"]["param"]) == (400, "mask")
    assert (await program.post("/images/generations", json=asked | {"n": 11})).status_code == 400
