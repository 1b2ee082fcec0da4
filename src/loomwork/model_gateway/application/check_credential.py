"""Whether a credential lets us in: one real call with it, before it is stored."""

from collections.abc import Mapping

from loomwork.model_gateway.application.ask_cheaply import CHECKED, PATIENCE, ask_wire
from loomwork.model_gateway.domain.connection import Connection
from loomwork.model_gateway.domain.provider import ModelCard, Provider
from loomwork.model_gateway.ports import Target, Wire


async def check_credential(provider: Provider, connection: Connection, wires: Mapping[str, Wire]) -> bool:
    """Call the provider with it. False where there is no model to call. Raises `ModelFailure` where it does not answer
    as it should.
    """
    model = _model_to_ask(provider, wires)
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


def _model_to_ask(provider: Provider, wires: Mapping[str, Wire]) -> ModelCard | None:
    """The one that its file names, else the first of the cheapest type."""
    named = provider.model(provider.card.check_model) if provider.card.check_model else None
    if named is not None and provider.wire_for(named) in wires:
        return named
    found = (
        model
        for type_ in CHECKED
        for model in provider.models.values()
        if model.type == type_ and provider.wire_for(model) in wires
    )
    return next(found, None)
