"""A key is tried with a model that answers today."""

from datetime import date
from typing import cast

import pytest

from loomwork.model_gateway.application.check_credential import model_to_ask
from loomwork.model_gateway.domain.provider import ModelCard, Provider, ProviderCard, Retirement, Source
from loomwork.model_gateway.ports import Wire

SOURCE = Source(url="https://acme.example/retired", read=date(2026, 1, 1))
LAST_DAY = date(2026, 6, 1)
WIRES = {"openai_chat": cast(Wire, None)}
OLD = ModelCard(id="old", label="Old", retires=Retirement(date=LAST_DAY, source=SOURCE))
VECTORS = ModelCard(id="vectors", label="Vectors", type="embedding")
NEW = ModelCard(id="new", label="New")


def provider(*models: ModelCard, named: str | None = None) -> Provider:
    card = ProviderCard(id="acme", label="Acme", wire="openai_chat", check_model=named)
    return Provider(card, {model.id: model for model in models})


@pytest.mark.parametrize(
    ("models", "named", "today", "asked"),
    [
        ([OLD, NEW], None, LAST_DAY, "old"),
        ([OLD, NEW], None, date(2026, 6, 2), "new"),
        ([OLD, VECTORS, NEW], "old", date(2026, 6, 2), "new"),
        ([OLD, VECTORS], None, date(2026, 6, 2), "vectors"),
        ([OLD], "old", date(2026, 6, 2), "old"),
        ([VECTORS, NEW], "vectors", LAST_DAY, "vectors"),
        ([], None, LAST_DAY, None),
    ],
)
def test_a_model_that_was_switched_off_is_asked_only_where_there_is_no_other(
    models: list[ModelCard], named: str | None, today: date, asked: str | None
) -> None:
    found = model_to_ask(provider(*models, named=named), WIRES, today)
    assert (found.id if found else None) == asked


def test_a_model_of_a_wire_that_is_not_here_is_not_asked() -> None:
    assert model_to_ask(provider(NEW), {}, LAST_DAY) is None
