"""What holds for `Models` and `LocalModels`, wherever the gateway runs."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from loomwork.interface.http.streams import closing
from loomwork.kernel.errors import LoomworkError
from loomwork.kernel.ids import WorkspaceId
from loomwork.kernel.scope import Actor, Scope, embedded_scope
from loomwork.model_gateway.api import (
    AudioDelta,
    BudgetExceeded,
    ChatEvent,
    ChatRequest,
    EmbeddingRequest,
    Finished,
    ImageRequest,
    Message,
    ModelNotFound,
    ModelReference,
    ModelRefused,
    ModelUnavailable,
    ModerationRequest,
    ReasoningDelta,
    RerankRequest,
    Route,
    Share,
    SpeechRequest,
    Spender,
    Spoken,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    TooManyCalls,
    TranscriptionRequest,
    Usage,
)
from tests.contracts.models.conftest import Door
from tests.unit.model_gateway.application.routed import Piece, said

SCOPE = embedded_scope()
WEATHER = Tool("weather", "Looks out of the window.", {"type": "object", "properties": {"city": {"type": "string"}}})


def asking(model: str, text: str = "Hello there, world", **more: Any) -> ChatRequest:
    return ChatRequest(model, [Message("user", text)], **more)


async def heard(door: Door, request: ChatRequest, scope: Scope = SCOPE) -> list[ChatEvent]:
    return [event async for event in door.models.chat(scope, request)]


async def heard_until_it_failed(door: Door, request: ChatRequest) -> tuple[list[ChatEvent], LoomworkError | None]:
    events: list[ChatEvent] = []
    try:
        async for event in door.models.chat(SCOPE, request):
            events.append(event)  # noqa: PERF401 - what was heard before the failure counts too
    except LoomworkError as error:
        return events, error
    return events, None


def in_tuples(message: Message) -> Message:
    return replace(message, images=tuple(message.images), tool_calls=tuple(message.tool_calls))


async def test_text_comes_in_pieces_and_ends_with_usage_and_who_answered(door: Door) -> None:
    *pieces, end = await heard(door, asking("debug/echo", "Grüße an 🧵 alle,\nüberall"))
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == "Grüße an 🧵 alle,\nüberall"
    assert len(pieces) > 1
    assert isinstance(end, Finished)
    assert (end.finish_reason, end.model) == ("stop", "debug/echo")
    assert (end.usage.total_tokens or 0) > 0


async def test_half_of_a_surrogate_pair_and_large_numbers_arrive_as_they_were(door: Door) -> None:
    request = asking("acme/fine", "cut \ud83e off", params={"seed": 2**70, "stop": ["\ud83e"]})
    await heard(door, request)
    call = door.wire.calls[0]
    assert call.messages[0].text == "cut \ud83e off"
    assert call.params == {"seed": 2**70, "stop": ["\ud83e"]}


async def test_a_whole_request_arrives_whole(door: Door) -> None:
    history = [
        Message("system", "Be short."),
        Message("user", "Look", images=["data:image/png;base64,AAAA"]),
        Message("assistant", "", tool_calls=[ToolCall("c1", "weather", '{"city"')], carried={"acme": {"signed": "x"}}),
        Message("tool", "rain", tool_call_id="c1"),
    ]
    request = ChatRequest(
        "acme/fine",
        history,
        params={"temperature": 0.5},
        json_schema={"type": "object"},
        tools=[WEATHER],
        tool_choice=ToolChoice("named", "weather"),
        parallel_tool_calls=False,
        spender=Spender("app", "run", "node", "key", "ada"),
    )
    await heard(door, request)
    call = door.wire.calls[0]
    assert [in_tuples(message) for message in call.messages] == [in_tuples(message) for message in history]
    assert (call.tools, call.tool_choice, call.parallel_tool_calls) == (
        (WEATHER,),
        ToolChoice("named", "weather"),
        False,
    )
    assert (call.json_schema, dict(call.params)) == ({"type": "object"}, {"temperature": 0.5})


async def test_the_workspace_and_the_spender_travel_with_the_call(door: Door) -> None:
    scope = Scope(WorkspaceId("01900000-0000-7000-8000-000000000001"), Actor("key", "k1"))
    await heard(door, asking("acme/fine", spender=Spender(app_id="app", node_id="n1")), scope)
    entry = door.ledger.written[0]
    assert entry.spender == Spender(app_id="app", node_id="n1")


async def test_tools_are_asked_for_in_pieces_and_stand_whole_at_the_end(door: Door) -> None:
    events = await heard(door, asking("debug/tools", tools=[WEATHER]))
    pieces = [event for event in events if isinstance(event, ToolCallDelta)]
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, [call.name for call in end.tool_calls]) == ("tool_calls", ["weather"])
    assert "".join(piece.arguments for piece in pieces) == end.tool_calls[0].arguments


async def test_thoughts_and_what_is_carried_come_through(door: Door) -> None:
    answer: list[Piece] = [
        ReasoningDelta("Hm."),
        TextDelta("Yes"),
        Finished("stop", Usage(1, 2, seconds=0.5), carried={"s": [1]}),
    ]
    door.wire.tell("acme/fine", answer)
    events = await heard(door, asking("acme/fine"))
    assert events[:2] == answer[:2]
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.carried, end.usage) == ({"s": [1]}, Usage(1, 2, seconds=0.5))


async def test_a_schema_is_kept(door: Door) -> None:
    schema = {"type": "object", "properties": {"count": {"type": "integer", "minimum": 7}}, "required": ["count"]}
    events = await heard(door, asking("debug/echo", json_schema=schema))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == '{"count": 7}'


async def test_closing_the_stream_ends_the_work(door: Door) -> None:
    door.wire.tell("acme/fine", [TextDelta("Once"), asyncio.Event(), *said("never")])
    events = door.models.chat(SCOPE, asking("acme/fine"))
    async with closing(events):
        assert await anext(events) == TextDelta("Once")
        assert door.wire.closed == []
    async with asyncio.timeout(20):
        await door.wire.until(lambda wire: wire.closed == ["acme/fine"])


async def test_a_caller_that_is_cancelled_before_the_first_word_ends_the_work(door: Door) -> None:
    door.wire.tell("acme/fine", [asyncio.Event(), *said("never")])
    asking_task = asyncio.create_task(heard(door, asking("acme/fine")))
    async with asyncio.timeout(20):
        await door.wire.until(lambda wire: wire.asked == ["acme/fine"])
        asking_task.cancel()
        await asyncio.gather(asking_task, return_exceptions=True)
        await door.wire.until(lambda wire: wire.closed == ["acme/fine"])


@pytest.mark.parametrize(
    "failure",
    [
        ModelUnavailable("Too often.", cause="rate", status=429, retry_after=0.01, model="acme/fine"),
        ModelUnavailable("Gone.", cause="outage", status=503),
        ModelUnavailable("Too slow.", cause="timeout"),
        ModelUnavailable("Nonsense.", cause="bad_answer"),
        ModelUnavailable("No key.", cause="not_configured", model="acme/fine"),
        ModelRefused("Too long.", cause="context_too_long", status=400, tokens=9000),
        ModelRefused("Not that.", cause="policy", status=400),
        ModelRefused("Whose key?", cause="credentials", status=401),
        ModelRefused("What?", cause="bad_request", status=422),
        ModelNotFound("Who?", model="acme/fine"),
        BudgetExceeded("Spent.", budget="b1"),
        TooManyCalls("Slowly.", retry_after=2.5),
    ],
    ids=lambda failure: f"{failure.code}-{failure.cause}",
)
async def test_a_failure_after_the_first_word_keeps_its_type_cause_and_details(
    door: Door, failure: ModelUnavailable
) -> None:
    """After a word has been said nothing is tried again, so what the wire raises is what the caller hears."""
    door.wire.tell("acme/fine", [TextDelta("Once"), failure])
    events, error = await heard_until_it_failed(door, asking("acme/fine"))
    assert events == [TextDelta("Once")]
    assert isinstance(error, type(failure))
    assert (error.message, error.cause, error.retry_after, error.status, dict(error.details)) == (
        failure.message,
        failure.cause,
        failure.retry_after,
        failure.status,
        dict(failure.details),
    )


async def test_what_is_asked_for_and_not_there_is_said(door: Door) -> None:
    with pytest.raises(ModelNotFound, match="nobody"):
        await heard(door, asking("nobody/here"))
    with pytest.raises(ModelUnavailable, match="always fails"):
        await heard(door, asking("debug/fail"))
    with pytest.raises(ModelRefused, match="type chat"):
        await door.models.rerank(SCOPE, RerankRequest("acme/fine", "q", ["a"]))


async def test_a_stream_that_breaks_off_says_so_after_what_it_said(door: Door) -> None:
    events, error = await heard_until_it_failed(door, asking("debug/half", "one two three four"))
    assert events != []
    assert isinstance(error, ModelUnavailable)
    assert error.cause == "outage"


async def test_vectors_stand_in_the_order_of_their_texts(door: Door) -> None:
    one, other, again = (
        await door.models.embed(SCOPE, EmbeddingRequest("debug/embedding", ["loom", "a red house", "loom"]))
    ).vectors
    assert list(one) == list(again) != list(other)
    assert all(isinstance(number, float) for number in one)


async def test_a_ranking_has_the_best_first(door: Door) -> None:
    ranking = await door.models.rerank(SCOPE, RerankRequest("debug/rerank", "red house", ["blue", "a red house"], 1))
    assert [ranked.index for ranked in ranking.results] == [1]
    assert ranking.model == "debug/rerank"


async def test_texts_are_judged_each(door: Door) -> None:
    told = await door.models.moderate(SCOPE, ModerationRequest("debug/moderation", ["fine", "forbidden"]))
    assert [verdict.flagged for verdict in told.verdicts] == [False, True]
    assert told.verdicts[1].scores.keys() == told.verdicts[1].categories.keys()


async def test_what_is_spoken_is_heard_again(door: Door) -> None:
    events = [event async for event in door.models.speak(SCOPE, SpeechRequest("debug/speech", "Say it again."))]
    *pieces, end = events
    assert isinstance(end, Spoken)
    assert end.media_type == "audio/wav"
    audio = b"".join(piece.audio for piece in pieces if isinstance(piece, AudioDelta))
    assert audio.startswith(b"RIFF")
    asked = TranscriptionRequest("debug/transcription", audio, timestamps=True)
    heard_back = await door.models.transcribe(SCOPE, asked)
    assert heard_back.text == "Say it again."
    assert heard_back.segments[0].text == "Say it again."


async def test_an_image_is_the_bytes_of_a_file(door: Door) -> None:
    images = await door.models.make_images(SCOPE, ImageRequest("debug/image", "a loom", count=2))
    assert len(images.images) == 2
    assert (images.images[0].data or b"").startswith(b"\x89PNG")
    assert images.usage.images == 2


async def test_models_are_listed_with_their_types_and_the_routes(door: Door) -> None:
    await door.routes.put(SCOPE, Route("best", [Share("acme/fine")]))
    listed = {info.id: info for info in await door.models.list_models(SCOPE)}
    assert {info.type for info in listed.values()} >= {"chat", "embedding", "rerank", "moderation", "image"}
    assert listed["route/best"].ready
    assert listed["acme/fine"].price is not None
    assert "vision" in listed["acme/fine"].abilities


async def test_a_reference_that_is_not_configured_is_answered_by_another_with_a_notice(door: Door) -> None:
    found = await door.models.resolve(SCOPE, ModelReference("debug", "echo"))
    assert (found.model, found.notice) == ("debug/echo", None)
    stood_in = await door.models.resolve(SCOPE, ModelReference("nobody", "here"))
    assert stood_in.model == "local/good"
    assert "nobody" in (stood_in.notice or "")
    overridden = await door.models.resolve(SCOPE, ModelReference("debug", "echo"), override="acme/fine")
    assert overridden.model == "acme/fine"
    with pytest.raises(ModelNotFound):
        await door.models.resolve(SCOPE, ModelReference("debug", "echo"), override="nobody/here")


async def test_weights_are_shown_fetched_and_waited_for(door: Door) -> None:
    before = await door.local_models.status()
    assert [(status.model, status.state) for status in before] == [("local/good", "absent")]
    begun = await door.local_models.fetch("local/good")
    assert begun.state in ("fetching", "ready")
    after = await door.local_models.wait("local/good")
    assert (after.state, after.licence, after.size) == ("ready", "MIT", 100)
    with pytest.raises(ModelNotFound):
        await door.local_models.fetch("debug/echo")


async def test_many_ask_at_once_and_each_hears_its_own(door: Door) -> None:
    texts = [f"question {number} of many" for number in range(40)]
    answers = await asyncio.gather(*(heard(door, asking("debug/echo", text)) for text in texts))
    assert ["".join(e.text for e in events if isinstance(e, TextDelta)) for events in answers] == texts


async def test_a_very_long_answer_and_question_come_through(door: Door) -> None:
    long = "x" * 3_000_000
    door.ledger.limit = 10_000_000
    door.wire.tell("acme/fine", said(long))
    events = await heard(door, asking("acme/fine", long))
    assert door.wire.calls[0].messages[0].text == long
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == long
