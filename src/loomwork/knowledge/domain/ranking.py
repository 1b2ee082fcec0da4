"""How hits by meaning and hits by words become one order."""

import re
from collections.abc import Mapping, Sequence

from loomwork.knowledge.domain.settings import RetrievalSettings

RANK_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""

BY_WORDS = 0.5
"""The weight of meaning, at most, where a question names something exactly."""

_EXACT = re.compile(r"[\"“”「『]|\d|[A-Z]{2,}|\w[_./#-]\w")


def fused(
    by_meaning: Mapping[str, float], by_words: Mapping[str, float], how: RetrievalSettings, question: str
) -> dict[str, float]:
    """A score between 0 and 1 for each hit of either kind."""
    if how.fusion == "rrf":
        return _by_rank(by_meaning, by_words)
    weight = min(how.vector_weight, BY_WORDS) if names_something(question) else how.vector_weight
    meaning, words = _spread(by_meaning), _spread(by_words)
    return {
        each: weight * meaning.get(each, 0.0) + (1 - weight) * words.get(each, 0.0)
        for each in dict.fromkeys((*by_meaning, *by_words))
    }


def names_something(question: str) -> bool:
    """Whether a question has quotes, digits or identifiers: such words mean themselves."""
    return _EXACT.search(question) is not None


def best_first(scores: Mapping[str, float]) -> list[str]:
    """Those of one score in the order of their ids, so that it is always the same."""
    return sorted(scores, key=lambda each: (-scores[each], each))


def similarity(cosine: float) -> float:
    """A cosine as a score: what points away is no better than what has nothing to do with it."""
    return min(max(cosine, 0.0), 1.0)


def _by_rank(*orders: Mapping[str, float]) -> dict[str, float]:
    best = len(orders) / (RANK_CONSTANT + 1)
    scores: dict[str, float] = {}
    for order in orders:
        for rank, each in enumerate(best_first(order), start=1):
            scores[each] = scores.get(each, 0.0) + 1 / (RANK_CONSTANT + rank) / best
    return scores


def _spread(scores: Mapping[str, float]) -> dict[str, float]:
    """From 0, the least, to 1, the greatest."""
    if not scores:
        return {}
    least, most = min(scores.values()), max(scores.values())
    if most == least:
        return dict.fromkeys(scores, 1.0)
    return {each: (score - least) / (most - least) for each, score in scores.items()}


def within_tokens(tokens: Sequence[int], most: int | None) -> int:
    """How many of the first passages fit. The first always does."""
    if most is None:
        return len(tokens)
    total = 0
    for count, each in enumerate(tokens):
        total += each
        if total > most:
            return max(count, 1)
    return len(tokens)
