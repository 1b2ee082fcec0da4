"""Whether a credential lets us in: one real call with it, before it is stored."""

from collections.abc import Mapping
from datetime import date

from loomwork.model_gateway.application.ask_cheaply import CHECKED, PATIENCE, ask_wire
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.provider import ModelCard, Provider
from loomwork.model_gateway.ports import Target, Wire


async def check_credential(provider: Provider, connection: Connection, wires: Mapping[str, Wire], today: date) -> bool:
    """Call the provider with it. False where there is no model to call. Raises `ModelFailure` where it does not answer
    as it should.
    """
    model = model_to_ask(provider, wires, today)
    if model is None:
        return False
    target = Target(
        provider=provider.id,
        model=model.provider_model or model.id,
        connection=connection,
        profile=provider.profile_of(model),
        card=model,
        patience=PATIENCE,
        secrets=connection.secrets(provider.card),
    )
    await ask_wire(wires[provider.wire_for(model)], target, model.type)
    return True


def model_to_ask(provider: Provider, wires: Mapping[str, Wire], today: date) -> ModelCard | None:
    """The one that its file names, else the first of the cheapest type; one that its vendor has switched off only where
    there is no other.
    """
    found = [model for model in _in_order(provider) if provider.wire_for(model) in wires]
    there = (model for model in found if model.retires is None or today <= model.retires.date)
    return next(there, next(iter(found), None))


def _in_order(provider: Provider) -> list[ModelCard]:
    named = provider.model(provider.card.check_model) if provider.card.check_model else None
    others = [model for type_ in CHECKED for model in provider.models.values() if model.type == type_]
    return others if named is None else [named, *others]
