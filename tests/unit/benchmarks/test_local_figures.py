"""What the bench of the local model makes of what it hears, and whether its bar is held."""

import io
import itertools
from collections.abc import Callable

import pytest
from rich.console import Console

from benchmarks.local import (
    AGAIN,
    BARE,
    FIRST,
    IN_PROCESS,
    LOADED,
    SERVED,
    Decoded,
    Heard,
    decoded,
    first_tokens,
    problems,
    rate,
    read_stream,
    show,
    taken_in_turns,
)

STREAM = b"""data: {"choices":[{"delta":{"role":"assistant","content":null}}]}

data: {"choices":[{"delta":{"content":"1, "}}]}
: still here
data: {"choices":[{"delta":{"content":"2, 3"}}]}
data: {"choices":[{"delta":{},"finish_reason":"length"}]}
data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}}
data: [DONE]
"""


def shown(figures: list[Decoded]) -> tuple[bool, str]:
    text = io.StringIO()
    return show(figures, Console(file=text, width=160)), text.getvalue()


def test_the_rate_is_that_of_the_tokens_after_the_first() -> None:
    assert rate(Heard(tokens=11, first=2.0, last=4.0, text="...")) == 5.0


def test_a_stream_is_heard_from_its_first_piece_of_text_to_its_last() -> None:
    ticks = itertools.count(10.0)
    heard = read_stream(iter(STREAM.splitlines(keepends=True)), clock=lambda: next(ticks))
    assert heard == Heard(tokens=5, first=10.0, last=11.0, text="1, 2, 3")


def test_an_answer_without_text_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended after 0 tokens"):
        read_stream(iter([b"data: [DONE]\n"]))


def test_a_share_is_taken_within_a_round() -> None:
    bare, ours = decoded({BARE: [10.0, 20.0, 40.0], IN_PROCESS: [9.0, 20.0, 38.0]})
    assert (bare.tokens_per_second, bare.share) == (20.0, 1.0)
    assert (ours.tokens_per_second, ours.share) == (20.0, 0.95)


def test_the_first_tokens_are_compared_with_the_one_of_a_loaded_model() -> None:
    rounds = [{FIRST: seconds, AGAIN: seconds / 2, LOADED: 0.5} for seconds in (4.0, 9.0, 2.0)]
    figures = {it.since: (it.seconds, it.multiple) for it in first_tokens(rounds)}
    assert figures == {FIRST: (4.0, 8.0), AGAIN: (2.0, 4.0), LOADED: (0.5, 1.0)}


def test_what_falls_below_the_bar_is_said_and_fails() -> None:
    held = [Decoded(BARE, 20.0, 1.0), Decoded(IN_PROCESS, 19.5, 0.96), Decoded(SERVED, 19.0, 0.95)]
    assert problems(held) == []
    assert shown(held)[0]
    ok, said = shown([*held[:2], Decoded(SERVED, 17.0, 0.85)])
    assert not ok
    assert "0.850 of the runtime's tokens in a second, at least 0.95" in said


def test_without_the_weights_a_sentence_stands_for_the_figures() -> None:
    ok, said = shown([])
    assert ok
    assert "are not on this machine" in said


def heard_from(way: str, order: list[str], text: str = "1, 2") -> Callable[[], Heard]:
    def ask() -> Heard:
        order.append(way)
        return Heard(tokens=3, first=1.0, last=2.0, text=text)

    return ask


def test_the_ways_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    rates = taken_in_turns({way: heard_from(way, order) for way in (BARE, SERVED)}, rounds=2)
    assert order == [SERVED, BARE, BARE, SERVED, SERVED, BARE]
    assert rates == {BARE: [2.0, 2.0], SERVED: [2.0, 2.0]}


def test_ways_that_do_not_come_to_the_same_answer_are_not_compared() -> None:
    ways = {BARE: heard_from(BARE, []), SERVED: heard_from(SERVED, [], text="one, two")}
    with pytest.raises(RuntimeError, match="not the same answer"):
        taken_in_turns(ways, rounds=1)
