"""The fault table: what a provider may do to us, and what becomes of the call. Every row over real sockets."""

import json
import socket
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from loomwork.model_gateway.api import Cause, Patience
from tests.contracts.gateway_faults.conftest import GENEROUS, KEY, Faulty
from tests.unit.adapters.wires.scripted_provider import Script, chunk, sse

SHORT = Patience(connect=60, first_token=0.3, idle=0.3, total=60)
HELLO = sse(chunk("Hel"))
OVERLOADED = {"error": {"message": "Overloaded", "type": "server_error", "code": 503}}
THROTTLED = {"error": {"message": "Slow down", "type": "rate_limit_error", "code": 429}}


def refusal(status: int, headers: Mapping[str, str] | None = None, **error: Any) -> Script:
    body = json.dumps({"error": {"message": "No.", **error}}).encode()
    return Script([body], status, "application/json", headers or {})


@dataclass
class Fault:
    """`asked` counts the requests of one call, `pauses` what it waited between them (None: not told to the second);
    `said` is what was passed on before it.
    """

    name: str
    script: Script
    cause: Cause
    asked: int
    pauses: Sequence[float] | None = None
    said: str = ""
    patience: Patience = field(default_factory=lambda: GENEROUS)


FAULTS = [
    Fault("429 with Retry-After", refusal(429, {"Retry-After": "3"}), "rate", 2, [3.0]),
    Fault("429 with a long Retry-After", refusal(429, {"Retry-After": "3600"}), "rate", 1, []),
    Fault("429 without Retry-After", refusal(429), "rate", 2, [1.0]),
    Fault("500", refusal(500), "outage", 2),
    Fault("529", refusal(529, type="overloaded_error"), "outage", 2),
    Fault("401", refusal(401), "credentials", 1, []),
    Fault("400", refusal(400), "bad_request", 1, []),
    Fault("404", refusal(404), "not_found", 1, []),
    Fault("a context that is too long", refusal(400, code="context_length_exceeded"), "context_too_long", 1, []),
    Fault("closed before the first byte", Script(drop=True), "outage", 2),
    Fault("a hang before the first byte", Script(mute=True), "timeout", 1, [], patience=SHORT),
    Fault("a hang after the headers", Script(hang=True), "timeout", 1, [], patience=SHORT),
    Fault("a stall in mid-stream", Script([HELLO], hang=True), "timeout", 1, [], "Hel", SHORT),
    Fault("a reset before the first piece", Script(reset=True), "outage", 2),
    Fault("a reset in mid-stream", Script([HELLO], reset=True), "outage", 1, [], "Hel"),
    Fault("cut off in mid-stream", Script([HELLO], cut=True), "outage", 1, [], "Hel"),
    Fault("garbage", Script([b"data: \x00{not json\n\n"]), "bad_answer", 2),
    Fault("bytes that are no text", Script([b"data: \xff\xfe\n\n"]), "bad_answer", 2),
    Fault("an error inside a 200", Script([sse(OVERLOADED)]), "outage", 2),
    Fault("a limit inside a 200", Script([sse(THROTTLED)]), "rate", 2, [1.0]),
    Fault("an error in mid-stream", Script([HELLO, sse(OVERLOADED)]), "outage", 1, [], "Hel"),
    Fault("a line of 10 MB", Script([b"data: " + b"x" * 65_536] + [b"x" * 65_536] * 160), "bad_answer", 2),
]
BEFORE_TEXT = [fault for fault in FAULTS if not fault.said]
PASSED_ON = [fault for fault in FAULTS if fault.said]


def named(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", FAULTS, ids=named)
async def test_a_fault_ends_the_call_with_its_cause_and_one_ledger_entry(faulty: Faulty, fault: Fault) -> None:
    faulty.scripted.script = fault.script
    outcome = await faulty.ask(patience=fault.patience)
    assert outcome.failure is not None
    assert (outcome.failure.cause, outcome.text) == (fault.cause, fault.said)
    assert len(faulty.scripted.paths) == fault.asked
    if fault.pauses is not None:
        assert faulty.clock.slept == pytest.approx(fault.pauses)
    assert KEY not in f"{outcome.failure!r} {outcome.failure.message} {outcome.failure.details}"
    (entry,) = faulty.ledger.written
    assert (entry.failure, entry.attempts) == (fault.cause, fault.asked)


@pytest.mark.parametrize("fault", BEFORE_TEXT, ids=named)
async def test_before_the_first_piece_another_model_answers_instead(faulty: Faulty, fault: Fault) -> None:
    faulty.scripted.script = fault.script
    outcome = await faulty.ask(patience=fault.patience, fallbacks=["debug/echo"])
    if fault.cause == "bad_request":
        assert outcome.failure is not None
        return
    assert outcome.finished is not None
    assert (outcome.text, outcome.finished.model) == ("Hello?", "debug/echo")
    assert faulty.ledger.written[0].failure is None


@pytest.mark.parametrize("fault", PASSED_ON, ids=named)
async def test_after_the_first_piece_the_fault_is_passed_on_and_nothing_is_repeated(
    faulty: Faulty, fault: Fault
) -> None:
    faulty.store_keys("one", "two")
    faulty.scripted.script = fault.script
    outcome = await faulty.ask(patience=fault.patience, fallbacks=["debug/echo"])
    assert outcome.failure is not None
    assert (outcome.failure.cause, outcome.text, len(faulty.scripted.paths)) == (fault.cause, "Hel", 1)


@pytest.mark.parametrize("fault", [fault for fault in BEFORE_TEXT if fault.cause != "bad_request"], ids=named)
async def test_before_the_first_piece_another_key_is_asked_unless_it_would_hear_the_same(
    faulty: Faulty, fault: Fault
) -> None:
    faulty.store_keys("one", "two")
    faulty.scripted.script = fault.script
    await faulty.ask(patience=fault.patience)
    used = {headers["Authorization"] for headers in faulty.scripted.headers}
    is_of_the_request = fault.cause in ("context_too_long", "not_found")
    assert len(used) == (1 if is_of_the_request else 2)
    first_two = [headers["Authorization"] for headers in faulty.scripted.headers[:2]]
    assert len(set(first_two)) == len(used)


@pytest.mark.parametrize("fault", [fault for fault in BEFORE_TEXT if fault.patience is GENEROUS], ids=named)
async def test_the_same_becomes_of_an_answer_that_is_wanted_whole(faulty: Faulty, fault: Fault) -> None:
    faulty.scripted.script = fault.script
    outcome = await faulty.ask_for_all_at_once()
    assert outcome.failure is not None
    assert (outcome.failure.cause, len(faulty.scripted.paths)) == (fault.cause, fault.asked)
    assert {body["stream"] for body in faulty.scripted.bodies} == {False}
    (entry,) = faulty.ledger.written
    assert (entry.failure, entry.attempts) == (fault.cause, fault.asked)


async def test_an_answer_that_is_wanted_whole_and_torn_is_repeated_and_then_another_model_answers(
    faulty: Faulty,
) -> None:
    faulty.scripted.script = Script([b'{"choices": [{"message"'], content_type="application/json", cut=True)
    outcome = await faulty.ask_for_all_at_once(fallbacks=["debug/echo"])
    assert outcome.finished is not None
    assert (outcome.text, len(faulty.scripted.paths)) == ("Hello?", 2)


async def test_a_refused_connection_is_an_outage(faulty: Faulty) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        faulty.point_at(f"http://127.0.0.1:{nobody_listens.getsockname()[1]}/v1")
        alone = await faulty.ask()
        instead = await faulty.ask(fallbacks=["debug/echo"])
    assert alone.failure is not None
    assert (alone.failure.cause, faulty.ledger.written[0].attempts) == ("outage", 2)
    assert instead.text == "Hello?"


async def test_a_long_pause_that_was_asked_for_is_kept_by_the_calls_after_it(faulty: Faulty) -> None:
    faulty.scripted.script = refusal(429, {"Retry-After": "120"})
    for _ in range(2):
        outcome = await faulty.ask()
        assert outcome.failure is not None
        assert outcome.failure.retry_after is not None
        assert outcome.failure.retry_after > 100
    assert len(faulty.scripted.paths) == 1
    faulty.clock.passed += 121
    faulty.scripted.script = Script([sse(chunk("Hi", finish_reason="stop"), "[DONE]")])
    assert (await faulty.ask()).text == "Hi"


async def test_a_provider_that_is_down_is_not_asked_again_and_again(faulty: Faulty) -> None:
    faulty.scripted.script = refusal(500)
    for _ in range(10):
        assert (await faulty.ask()).failure is not None
    asked = len(faulty.scripted.paths)
    assert asked < 10
    assert (await faulty.ask(fallbacks=["debug/echo"])).text == "Hello?"
    assert len(faulty.scripted.paths) == asked
    faulty.clock.passed += 400
    faulty.scripted.script = Script([sse(chunk("Hi", finish_reason="stop"), "[DONE]")])
    assert (await faulty.ask()).text == "Hi"


async def test_text_that_is_split_within_a_character_arrives_whole(faulty: Faulty) -> None:
    whole = sse(chunk("größer 東京 🙂", finish_reason="stop"), "[DONE]")
    faulty.scripted.script = Script([whole[place : place + 1] for place in range(len(whole))])
    outcome = await faulty.ask()
    assert outcome.text == "größer 東京 🙂"


async def test_an_answer_that_ends_twice_ends_once(faulty: Faulty) -> None:
    faulty.scripted.script = Script([sse(chunk("Hi", finish_reason="stop"), "[DONE]", "[DONE]")])
    outcome = await faulty.ask()
    assert outcome.finished is not None
    assert (outcome.text, outcome.finished.finish_reason) == ("Hi", "stop")


async def test_a_line_without_end_is_not_kept_in_memory(faulty: Faulty) -> None:
    piece = b"x" * 65_536
    faulty.scripted.script = Script([b"data: ", *[piece] * 640])
    tracemalloc.start()
    try:
        outcome = await faulty.ask()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.failure is not None
    assert outcome.failure.cause == "bad_answer"
    assert peak < 16 * 1024 * 1024
