"""How calls find their way: shares, fallbacks and patience, as a workspace sets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loomwork.model_gateway.domain.errors import Cause


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `first_token` runs from the request to the first piece of the answer, `idle` between two pieces."""

    connect: float = 10.0
    first_token: float = 300.0
    idle: float = 60.0
    total: float = 1800.0


@dataclass(frozen=True, slots=True)
class Share:
    """One way to have the answer: a model (`provider/model`), and its share beside the others."""

    model: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Route:
    """A model of a workspace's own making, called `route/<name>`.

    A call goes to one of `targets`, by weight. Where that one fails, the others are asked, and then, in order,
    `fallbacks` of the cause, or those under `"any"`. `hedge_after`: where the first piece takes longer than so many
    seconds, the same is asked of a second target and the first to speak is heard. `cache_seconds`: how long an equal
    request is answered from the cache. `retries`: further attempts at the same target, for causes that pass.
    """

    name: str
    targets: Sequence[Share]
    fallbacks: Mapping[Cause | str, Sequence[str]] = field(default_factory=dict)
    retries: int = 1
    hedge_after: float | None = None
    cache_seconds: float | None = None
    patience: Patience = Patience()
