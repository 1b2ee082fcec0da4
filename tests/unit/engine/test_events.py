"""Which words a client forgets when a node runs again."""

from typing import Any

import pytest

from loomwork.engine.events import FramePath, NodeRetrying, TextChunk, is_taken_back

ROUND: FramePath = (("it", 1),)


def chunk(seq: int, source: tuple[str, ...], frame: FramePath = ()) -> dict[str, Any]:
    return TextChunk("words", source, node_id="answer", frame=frame, seq=seq).wire()


def retrying(node_id: str, frame: FramePath = (), *, discard_from: int | None = 5) -> dict[str, Any]:
    return NodeRetrying(None, 2, 0.0, "failed", discard_from, node_id=node_id, frame=frame, seq=9).wire()


@pytest.mark.parametrize(
    ("said", "again"),
    [
        (chunk(5, ("llm", "text")), retrying("llm")),
        (chunk(5, ("llm", "text"), ROUND), retrying("llm", ROUND)),
        (chunk(5, ("llm", "text"), ROUND), retrying("llm")),
        (chunk(5, ("llm", "text"), ROUND), retrying("it")),
        (chunk(5, (), (*ROUND, ("lo", 3))), retrying("it")),
        (chunk(5, (), (*ROUND, ("lo", 3))), retrying("lo", ROUND)),
        (chunk(5, ()), retrying("answer")),
    ],
)
def test_words_of_the_node_and_of_rounds_inside_it_are_forgotten(said: Any, again: Any) -> None:
    assert is_taken_back(said, again)


@pytest.mark.parametrize(
    ("said", "again"),
    [
        (chunk(4, ("llm", "text")), retrying("llm")),
        (chunk(5, ("llm", "text")), retrying("llm", discard_from=None)),
        (chunk(5, ("llm", "text")), retrying("other")),
        (chunk(5, ("llm", "text")), retrying("llm", ROUND)),
        (chunk(5, ("llm", "text"), (("it", 2),)), retrying("llm", ROUND)),
        (chunk(5, ("llm", "text"), ROUND), retrying("lo", ROUND)),
        (chunk(5, ("llm", "text"), (("it", 2), ("lo", 3))), retrying("lo", ROUND)),
    ],
)
def test_words_of_others_and_of_before_are_kept(said: Any, again: Any) -> None:
    assert not is_taken_back(said, again)
