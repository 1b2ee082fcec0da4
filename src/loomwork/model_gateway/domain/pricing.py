"""What a call costs, from what it used and what the catalog says of its model's price.

What is not known stays unknown: where a part of the usage has to be paid for and either its count or its price is not
given, the whole cost is unknown, which is not nothing. Prices are given for one unit of each kind:

- tokens: input that came from the provider's cache costs `cached_input`, input that was written into it `cache_write`,
  all other input `input`, and output `output`. Where the price says nothing of caching, all input is input: the source
  that was read knows no other price. Where it says one of the two, the other is not known, and a call that needs it has
  an unknown cost.
- characters, seconds, images, searches and requests: `input` for each; tokens do not count.

Amounts are kept to the billionth of a unit of money, rounded half to even.
"""

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from loomwork.model_gateway.domain.metering import Estimate
from loomwork.model_gateway.domain.provider import ModelCard, Price, Provider
from loomwork.model_gateway.domain.usage import UNKNOWN_COST, Cost, Usage

BILLIONTH = Decimal("0.000000001")
MOST_COUNTED = 10**12
"""Units of one call. Providers say many things, and beyond this there is no reason in it."""
FREE = Cost(Decimal(0))
COSTS_NOTHING = frozenset({"local", "debug"})
"""Wires whose models run on this machine."""


def cost_of(provider: Provider, model: ModelCard, usage: Usage) -> Cost:
    """What was to be paid for one call."""
    if provider.wire_for(model) in COSTS_NOTHING:
        return FREE
    if model.price is None:
        return UNKNOWN_COST
    return priced(model.price, usage)


def most_it_may_cost(provider: Provider, model: ModelCard, usage: Usage) -> Estimate:
    """What to hold in the budgets before a call that may use as much as `usage`: all input at the dearest price that
    input may have.
    """
    worst = model.model_copy(update={"price": _at_its_dearest(model.price)})
    cost = cost_of(provider, worst, usage)
    return Estimate(usage.total_tokens or 0, cost.amount, cost.currency)


def _at_its_dearest(price: Price | None) -> Price | None:
    if price is None or price.input is None:
        return price
    dearest = max(price.input, price.cached_input or price.input, price.cache_write or price.input)
    return price.model_copy(update={"input": dearest})


def priced(price: Price, usage: Usage) -> Cost:
    """The usage at this price."""
    whole = _for_tokens(price, usage) if price.unit == "token" else _for_units(price, usage)
    if whole is None:
        return Cost(None, price.currency)
    return Cost((whole / price.per).quantize(BILLIONTH, ROUND_HALF_EVEN), price.currency)


def _for_tokens(price: Price, usage: Usage) -> Decimal | None:
    if usage.prompt_tokens is None:
        return None
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    silent = price.cached_input is None and price.cache_write is None
    return _sum(
        _part(max(0, usage.prompt_tokens - cached - written), price.input),
        _part(cached, price.input if silent else price.cached_input),
        _part(written, price.input if silent else price.cache_write),
        _output(price, usage),
    )


def _output(price: Price, usage: Usage) -> Decimal | None:
    if usage.completion_tokens is None:
        # A model without a price for output (an embedding) has no output to count.
        return None if price.output else Decimal(0)
    return _part(usage.completion_tokens, price.output)


def _sum(*parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _for_units(price: Price, usage: Usage) -> Decimal | None:
    counts: Mapping[str, int | float | None] = {
        "character": usage.characters,
        "second": usage.seconds,
        "image": usage.images,
        "search": usage.searches,
        "request": 1,
    }
    count = counts[price.unit]
    return None if count is None else _part(count, price.input)


def _part(count: int | float, price: Decimal | None) -> Decimal | None:
    """Nothing of it costs nothing, whatever its price."""
    if not count:
        return Decimal(0)
    if price is None or not math.isfinite(count):
        return None
    return Decimal(str(min(max(count, 0), MOST_COUNTED))) * price
