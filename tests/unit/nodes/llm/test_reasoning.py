"""Telling thoughts from answers, wherever the tags are split."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from loomwork.nodes.llm.reasoning import ThoughtSplitter


def split(*pieces: str) -> tuple[str, str]:
    splitter = ThoughtSplitter()
    found = [piece for text in pieces for piece in splitter.feed(text)] + splitter.finish()
    return (
        "".join(piece.text for piece in found if piece.kind == "reasoning"),
        "".join(piece.text for piece in found if piece.kind == "text"),
    )


def test_a_thought_and_an_answer() -> None:
    assert split("<think>\nhm\n</think>\n\nYes, 1 < 2") == ("hm\n", "Yes, 1 < 2")


def test_a_thought_that_never_ends_is_all_reasoning() -> None:
    assert split("<THINK>hm", "m") == ("hmm", "")


def test_what_only_begins_like_a_tag_is_text() -> None:
    assert split("a <thin", "g> b <", "think") == ("", "a <thing> b <think")


def test_letters_that_change_length_in_lower_case_do_not_shift_the_tags() -> None:
    assert split("İİİ<think>hm</think>İ") == ("hm", "İİİİ")


def test_text_is_not_held_back_longer_than_it_may_become_a_tag() -> None:
    splitter = ThoughtSplitter()
    assert [piece.text for piece in splitter.feed("Hello <t")] == ["Hello "]
    assert [piece.text for piece in splitter.feed("here")] == ["<there"]


@given(st.lists(st.sampled_from(["<think>", "</think>", "a", " b", "<", "/", "think>", "\n"]), max_size=12), st.data())
def test_it_does_not_matter_where_the_pieces_are_cut(parts: list[str], data: st.DataObject) -> None:
    whole = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    bounds = [0, *cuts, len(whole)]
    pieces = [whole[start:end] for start, end in itertools.pairwise(bounds)]
    assert split(*pieces) == split(whole)
