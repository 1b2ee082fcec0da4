"""Whether texts may be said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loomwork.model_gateway.domain.usage import NOBODY, Spender, Usage


@dataclass(frozen=True, slots=True)
class ModerationRequest:
    model: str
    texts: Sequence[str]
    spender: Spender = NOBODY


@dataclass(frozen=True, slots=True)
class Verdict:
    """`categories` says of each category of the model whether it applies, `scores` how strongly (0 to 1)."""

    flagged: bool
    categories: Mapping[str, bool] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moderation:
    """One verdict for each text, in their order."""

    verdicts: Sequence[Verdict]
    usage: Usage
    model: str | None = None
