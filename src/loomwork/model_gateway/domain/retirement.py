"""A model that its vendor is about to switch off."""

from datetime import date, timedelta

from loomwork.model_gateway.domain.provider import ModelCard, Provider

NOTICE = timedelta(days=90)
"""How long before the day people are told."""


def retirement_notice(provider: Provider, model: ModelCard, today: date) -> str | None:
    """A sentence for whoever uses the model, from some time before its last day on."""
    retires = model.retires
    if retires is None or today < retires.date - NOTICE:
        return None
    name = f"{provider.id}/{model.id}"
    verb = "is switched off on" if today <= retires.date else "was to be switched off on"
    instead = f" Use {provider.id}/{retires.successor} instead." if retires.successor else " Choose another model."
    return f"{name} {verb} {retires.date.isoformat()} by its vendor.{instead}"
