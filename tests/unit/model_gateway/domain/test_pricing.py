"""What a call costs, and that what is not known stays unknown."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loomwork.model_gateway.domain.metering import Estimate
from loomwork.model_gateway.domain.pricing import cost_of, most_it_may_cost, priced
from loomwork.model_gateway.domain.provider import ModelCard, Price, Provider, ProviderCard, Source
from loomwork.model_gateway.domain.usage import Cost, Usage

READ = Source(url="https://example.com/prices", read=date(2026, 1, 1))


def price(**given: Any) -> Price:
    return Price(
        source=READ,
        **{name: Decimal(v) if isinstance(v, str) and name not in WORDS else v for name, v in given.items()},
    )


WORDS = ("unit", "currency")


def provider(wire: Any = "openai_chat") -> Provider:
    return Provider(ProviderCard(id="vendor", label="Vendor", wire=wire))


@pytest.mark.parametrize(
    ("given", "usage", "amount"),
    [
        ({"input": "2", "output": "8"}, Usage(1_000_000, 500_000), "6"),
        ({"input": "0.0375", "output": "0.15"}, Usage(1, 1), "0.000000188"),
        ({"input": "0.02"}, Usage(10), "0.0000002"),
        ({"input": "0.02"}, Usage(10, 0), "0.0000002"),
        ({"input": "0", "output": "0"}, Usage(10, 10), "0"),
        ({"input": "3", "output": "15"}, Usage(100, 0, cached_tokens=90), "0.0003"),
        ({"input": "3", "output": "15", "cached_input": "0.3"}, Usage(100, 0, cached_tokens=90), "0.000057"),
        (
            {"input": "3", "output": "15", "cached_input": "0.3", "cache_write": "3.75"},
            Usage(100, 10, cached_tokens=50, cache_write_tokens=40),
            "0.000345",
        ),
        ({"input": "15", "unit": "character"}, Usage(characters=1000), "0.015"),
        ({"input": "0.006", "unit": "second", "per": 60}, Usage(seconds=90.5), "0.00905"),
        ({"input": "0.04", "unit": "image", "per": 1}, Usage(images=3), "0.12"),
        ({"input": "2", "unit": "search", "per": 1000}, Usage(searches=1), "0.002"),
        ({"input": "0.5", "unit": "request", "per": 1}, Usage(), "0.5"),
    ],
)
def test_a_call_costs_what_its_parts_cost(given: dict[str, Any], usage: Usage, amount: str) -> None:
    assert priced(price(**given), usage) == Cost(Decimal(amount))


@pytest.mark.parametrize(
    ("given", "usage"),
    [
        ({"input": "2"}, Usage(10, 1)),
        ({"output": "2"}, Usage(10, 1)),
        ({"input": "2", "output": "8"}, Usage()),
        ({"input": "2", "output": "8"}, Usage(10, None)),
        ({"input": "2", "output": "8"}, Usage(None, 10)),
        ({"input": "2", "output": "8", "cached_input": "1"}, Usage(10, 10, cache_write_tokens=5)),
        ({"input": "2", "output": "8", "cache_write": "3"}, Usage(10, 10, cached_tokens=5)),
        ({"input": "2", "unit": "image"}, Usage(10, 10)),
        ({"unit": "request"}, Usage(10, 10)),
        ({"input": "2", "unit": "second"}, Usage(seconds=float("nan"))),
    ],
)
def test_a_part_that_is_needed_and_not_known_makes_the_whole_unknown(given: dict[str, Any], usage: Usage) -> None:
    assert priced(price(currency="EUR", **given), usage) == Cost(None, "EUR")


def test_what_a_provider_says_beyond_all_reason_is_still_a_number() -> None:
    cost = priced(price(input="2", output="8"), Usage(10**60, -7, cached_tokens=10**61))
    assert cost.amount == Decimal(2_000_000)


def test_a_model_without_a_price_costs_nobody_knows_what_and_one_of_this_machine_nothing() -> None:
    card = ModelCard(id="m", label="M")
    assert cost_of(provider(), card, Usage(10, 10)) == Cost(None)
    assert most_it_may_cost(provider(), card, Usage(10, 10)) == Estimate(20, None)
    for wire in ("local", "debug"):
        assert cost_of(provider(wire), card, Usage()) == Cost(Decimal(0))
        assert most_it_may_cost(provider(wire), card, Usage(10, 10)) == Estimate(20, Decimal(0))


def test_before_a_call_all_input_counts_at_the_dearest_price_that_input_may_have() -> None:
    card = ModelCard(
        id="m", label="M", price=price(input="3", output="15", cached_input="0.3", cache_write="3.75", currency="EUR")
    )
    assert most_it_may_cost(provider(), card, Usage(1000, 100)) == Estimate(1100, Decimal("0.00525"), "EUR")
    written = cost_of(provider(), card, Usage(1000, 100, cache_write_tokens=1000))
    assert written.amount == Decimal("0.00525")
