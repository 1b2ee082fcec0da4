"""What is said of a model that its vendor switches off."""

from datetime import date

import pytest

from loomwork.model_gateway.domain.provider import ModelCard, Provider, ProviderCard, Retirement, Source
from loomwork.model_gateway.domain.retirement import retirement_notice

SOURCE = Source(url="https://acme.example/retired", read=date(2026, 1, 1))
ACME = Provider(ProviderCard(id="acme", label="Acme", wire="openai_chat"))


def old(successor: str | None = None) -> ModelCard:
    retires = Retirement(date=date(2026, 6, 1), successor=successor, source=SOURCE)
    return ModelCard(id="old", label="Old", retires=retires)


@pytest.mark.parametrize(
    ("today", "successor", "said"),
    [
        (date(2026, 3, 2), "new", None),
        (date(2026, 3, 3), "new", "acme/old is switched off on 2026-06-01 by its vendor. Use acme/new instead."),
        (date(2026, 6, 1), None, "acme/old is switched off on 2026-06-01 by its vendor. Choose another model."),
        (
            date(2026, 6, 2),
            "new",
            "acme/old was to be switched off on 2026-06-01 by its vendor. Use acme/new instead.",
        ),
    ],
)
def test_people_are_told_from_three_months_before_on(today: date, successor: str | None, said: str | None) -> None:
    assert retirement_notice(ACME, old(successor), today) == said


def test_nothing_is_said_of_a_model_that_stays() -> None:
    assert retirement_notice(ACME, ModelCard(id="m", label="M"), date(2026, 6, 1)) is None
