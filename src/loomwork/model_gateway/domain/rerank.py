"""Which of these texts answer the query best."""

from collections.abc import Sequence
from dataclasses import dataclass

from loomwork.model_gateway.domain.usage import NOBODY, Spender, Usage


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """`top_n` None: all of them."""

    model: str
    query: str
    documents: Sequence[str]
    top_n: int | None = None
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class Ranked:
    """`index` is the document's place in the request; `score` rises with relevance, on the model's own scale."""

    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best first."""

    results: Sequence[Ranked]
    usage: Usage
    model: str | None = None
