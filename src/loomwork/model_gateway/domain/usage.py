"""What a call used, what that costs, and for whom it is counted."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call used. None where the provider did not say.

    `prompt_tokens` counts all of the input; `cached_tokens` (read from the provider's cache) and
    `cache_write_tokens` are among them. `completion_tokens` counts all of the output, `reasoning_tokens` among them.
    The others are for models that are not counted in tokens: `characters` of text spoken, `seconds` of audio heard,
    `images` made, `searches` (one rerank of one query).
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    characters: int | None = None
    seconds: float | None = None
    images: int | None = None
    searches: int | None = None

    @property
    def total_tokens(self) -> int | None:
        if self.prompt_tokens is None and self.completion_tokens is None:
            return None
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)

    def plus(self, other: "Usage") -> "Usage":
        """What two calls used together. What neither said stays unknown."""
        return Usage(**{name: _sum(getattr(self, name), getattr(other, name)) for name in _NAMES})


def filled(usage: Usage, otherwise: Usage) -> Usage:
    """The usage, with another's word for what it does not say."""
    missing = {name: getattr(otherwise, name) for name in _NAMES if getattr(usage, name) is None}
    return replace(usage, **missing)


def _sum(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


_NAMES = tuple(each.name for each in fields(Usage))


@dataclass(frozen=True, slots=True)
class Spender:
    """Who a call is counted for, beside the workspace of its scope. None where it is nobody's."""

    app_id: str | None = None
    run_id: str | None = None
    node_id: str | None = None
    key_id: str | None = None
    end_user: str | None = None

    def at_node(self, node_id: str) -> "Spender":
        return replace(self, node_id=node_id)


NOBODY = Spender()


@dataclass(frozen=True, slots=True)
class Cost:
    """Money. `amount` None: the price of the model is not known, which is not the same as nothing."""

    amount: Decimal | None = None
    currency: str = "USD"


UNKNOWN_COST = Cost()
