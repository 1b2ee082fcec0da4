"""What programs do with the official `openai` package, 2.x or 3.x, unchanged. Run with an address and a key, against
models that answer as `tests/clients/conftest.py` says; prints by name what came of each.
"""

import asyncio
import base64
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import openai
from pydantic import BaseModel

BASE, KEY = sys.argv[1], sys.argv[2]
QUESTION: Any = [{"role": "user", "content": "Hi"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}

client = openai.OpenAI(base_url=BASE, api_key=KEY, timeout=60)
async_client = openai.AsyncOpenAI(base_url=BASE, api_key=KEY, timeout=60)
impatient = client.with_options(max_retries=0)


class Place(BaseModel):
    city: str


class City(BaseModel):
    name: str
    people: int


def chat() -> None:
    answer = client.chat.completions.create(model="test/hello", messages=QUESTION, temperature=0.1, user="ann")
    assert answer.choices[0].message.content == "Hello there."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 13
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 1
    assert answer._request_id
    assert answer._request_id.startswith("req_")


def stream() -> None:
    chunks = list(
        client.chat.completions.create(
            model="test/hello", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello there."
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 2
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


async def async_chat() -> None:
    answers = await asyncio.gather(
        *(async_client.chat.completions.create(model="test/hello", messages=QUESTION) for _ in range(3))
    )
    assert [answer.choices[0].message.content for answer in answers] == ["Hello there."] * 3


async def async_stream() -> None:
    said = ""
    async for chunk in await async_client.chat.completions.create(model="test/hello", messages=QUESTION, stream=True):
        said += chunk.choices[0].delta.content or ""
    assert said == "Hello there."


def stream_helper() -> None:
    with client.chat.completions.stream(model="test/tools", messages=QUESTION, tools=[WEATHER]) as events:
        kinds = {event.type for event in events}
        final = events.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds, kinds
    calls = final.choices[0].message.tool_calls
    assert [json.loads(call.function.arguments) for call in calls or ()] == [{"city": "Rome"}, {"city": "Oslo"}]


def parallel_tools_and_their_results() -> None:
    first = client.chat.completions.create(model="test/tools", messages=QUESTION, tools=[WEATHER])
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    calls: Any = message.tool_calls
    assert [(call.id, call.function.name) for call in calls] == [("c1", "weather"), ("c2", "weather")]
    results: Any = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in calls]
    second = client.chat.completions.create(model="test/hello", messages=[*QUESTION, message, *results])
    assert second.choices[0].message.content == "Hello there."


def structured_output() -> None:
    parsed = client.chat.completions.parse(model="test/json", messages=QUESTION, response_format=City)
    assert parsed.choices[0].message.parsed == City(name="Rome", people=3)
    called = client.chat.completions.parse(
        model="test/tools", messages=QUESTION, tools=[openai.pydantic_function_tool(Place, name="weather")]
    )
    calls: Any = called.choices[0].message.tool_calls
    assert [call.function.parsed_arguments for call in calls] == [Place(city="Rome"), Place(city="Oslo")]


def reasoning() -> None:
    answer: Any = client.chat.completions.create(model="test/thinking", messages=QUESTION).choices[0].message
    assert (answer.reasoning_content, answer.content) == ("Hm.", "Yes.")
    deltas: Any = [
        chunk.choices[0].delta
        for chunk in client.chat.completions.create(model="test/thinking", messages=QUESTION, stream=True)
    ]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "Hm."


def raises(kind: type[Exception], code: str, call: Callable[[], Any]) -> Any:
    raised: Any = None
    try:
        call()
    except kind as error:
        raised = error
    assert raised is not None, f"no {kind.__name__}"
    assert raised.code == code, (raised, raised.code)
    return raised


def ask(model: str, **more: Any) -> Callable[[], Any]:
    return lambda: impatient.chat.completions.create(model=model, messages=QUESTION, **more)


def typed_errors() -> None:
    error = raises(openai.RateLimitError, "rate_limit_exceeded", ask("test/rate"))
    assert error.response.headers["retry-after"] == "1"
    raises(openai.RateLimitError, "insufficient_quota", ask("test/budget"))
    raises(openai.NotFoundError, "model_not_found", ask("test/unknown"))
    error = raises(openai.BadRequestError, "context_length_exceeded", ask("test/long"))
    assert (error.param, error.type) == ("messages", "invalid_request_error")
    raises(openai.BadRequestError, "content_filter", ask("test/policy"))
    raises(openai.BadRequestError, "unsupported_parameter", ask("test/hello", n=2))
    raises(openai.BadRequestError, "invalid_value", ask("test/hello", temperature="hot"))
    raises(openai.InternalServerError, "model_unavailable", ask("test/outage"))
    raises(openai.InternalServerError, "timeout", ask("test/timeout"))
    stranger = openai.OpenAI(base_url=BASE, api_key="lw-nobody", max_retries=0)
    raises(openai.AuthenticationError, "invalid_api_key", stranger.models.list)


def errors_of_streams() -> None:
    raises(openai.RateLimitError, "rate_limit_exceeded", ask("test/rate", stream=True))
    said: list[str] = []

    def hear() -> None:
        for chunk in ask("test/cut", stream=True)():
            said.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - what came before the error counts

    error = raises(openai.APIError, "model_unavailable", hear)
    assert ("".join(said), error.message) == ("Hel", "The line is cut.")


def retries() -> None:
    answer = client.chat.completions.create(model="test/second-time", messages=QUESTION)
    assert answer.choices[0].message.content == "Hello there."


def no_retries_of_what_cannot_succeed() -> None:
    raises(openai.RateLimitError, "insufficient_quota", lambda: client.chat.completions.create(
        model="test/budget-counted", messages=QUESTION
    ))  # fmt: skip


def embeddings() -> None:
    made = client.embeddings.create(model="test/vectors", input=["one", "three"])
    assert [item.embedding for item in made.data] == [[3.0, 0.5, -1.0], [5.0, 0.5, -1.0]]
    plain = client.embeddings.create(model="test/vectors", input="one", encoding_format="float", dimensions=2)
    assert plain.data[0].embedding == [3.0, 0.5]
    assert plain.usage.prompt_tokens == 7
    tokens: Any = [[1, 2, 3]]
    raises(openai.BadRequestError, "unsupported_parameter", lambda: impatient.embeddings.create(
        model="test/vectors", input=tokens
    ))  # fmt: skip


def models() -> None:
    listed = [model.id for model in client.models.list()]
    assert "hub/org/model:free" in listed
    assert client.models.retrieve("hub/org/model:free").owned_by == "hub"
    raises(openai.NotFoundError, "model_not_found", lambda: client.models.retrieve("nobody/here"))


def moderations() -> None:
    made = client.moderations.create(model="test/judge", input=["fine", "bad"])
    assert [result.flagged for result in made.results] == [False, True]
    assert made.results[1].categories.violence


def audio() -> None:
    spoken = client.audio.speech.create(model="test/voice", input="Hello", voice="alloy")
    assert spoken.read() == b"RIFFHello"
    with client.audio.speech.with_streaming_response.create(
        model="test/voice", input="Hello", voice="alloy", response_format="wav"
    ) as response:
        assert b"".join(response.iter_bytes()) == b"RIFFHello"
    recording = ("talk.wav", b"RIFF...")
    assert client.audio.transcriptions.create(model="test/ear", file=recording).text == "One. Two."
    verbose: Any = client.audio.transcriptions.create(
        model="test/ear", file=recording, response_format="verbose_json", timestamp_granularities=["segment"]
    )
    assert (verbose.language, verbose.segments[0].end) == ("en", 1.5)
    assert str(client.audio.transcriptions.create(model="test/ear", file=recording, response_format="srt"))[:2] == "1\n"
    assert client.audio.translations.create(model="test/ear", file=recording).text == "One. Two."


def images() -> None:
    made = client.images.generate(model="test/brush", prompt="A cat", n=2)
    assert [base64.b64decode(image.b64_json or "") for image in made.data or ()] == [b"PNG", b"PNG"]
    edited = client.images.edit(model="test/brush", prompt="A dog", image=[("a.png", b"1"), ("b.png", b"2")])
    assert len(edited.data or ()) == 1


CHECKS: tuple[Callable[[], Awaitable[None] | None], ...] = (
    chat,
    stream,
    async_chat,
    async_stream,
    stream_helper,
    parallel_tools_and_their_results,
    structured_output,
    reasoning,
    typed_errors,
    errors_of_streams,
    retries,
    no_retries_of_what_cannot_succeed,
    embeddings,
    models,
    moderations,
    audio,
    images,
)


async def main() -> None:
    told = {"version": openai.__version__}
    for check in CHECKS:
        try:
            waiting = check()
            if waiting is not None:
                await waiting
            told[check.__name__] = "ok"
        except Exception:  # noqa: BLE001 - whatever went wrong is what there is to tell
            told[check.__name__] = traceback.format_exc(limit=-3)
    print(json.dumps(told))


asyncio.run(main())
