"""Hits by meaning and by words in one order."""

import pytest

from loomwork.knowledge.domain.ranking import best_first, fused, names_something, within_tokens
from loomwork.knowledge.domain.settings import RetrievalSettings

MEANING = {"a": 0.9, "b": 0.8, "c": 0.1}
WORDS = {"c": 12.0, "b": 3.0}


def test_weights_let_meaning_lead_and_words_decide_where_a_question_names_something() -> None:
    how = RetrievalSettings(vector_weight=0.8)
    assert best_first(fused(MEANING, WORDS, how, "how do trams run"))[0] == "a"
    assert best_first(fused(MEANING, WORDS, how, "error E-4471"))[0] in ("a", "c")
    scores = fused(MEANING, WORDS, how, "error E-4471")
    assert scores["a"] == scores["c"] == pytest.approx(0.5)


def test_ranks_alone_count_in_reciprocal_rank_fusion() -> None:
    how = RetrievalSettings(fusion="rrf")
    scores = fused(MEANING, WORDS, how, "trams")
    assert scores == fused({"a": 9, "b": 8, "c": 1}, {"c": 2, "b": 1}, how, "trams")
    assert best_first(scores)[0] in ("b", "c")
    assert all(0 < score <= 1 for score in scores.values())


def test_hits_of_one_kind_keep_their_order() -> None:
    assert best_first(fused(MEANING, {}, RetrievalSettings(), "trams")) == ["a", "b", "c"]
    assert fused({}, {}, RetrievalSettings(), "trams") == {}
    assert fused({"a": 0.4}, {}, RetrievalSettings(vector_weight=1), "trams") == {"a": 1.0}


@pytest.mark.parametrize("question", ['"exact words"', "RFC 7519", "E-4471", "the file a_b.txt", "「東京」", "USB"])
def test_a_question_that_names_something_is_known(question: str) -> None:
    assert names_something(question)


def test_passages_are_bounded_by_tokens_and_the_first_always_fits() -> None:
    assert within_tokens([5, 5, 5], 10) == 2
    assert within_tokens([50, 5], 10) == 1
    assert within_tokens([5, 5], None) == 2
    assert within_tokens([], 10) == 0
