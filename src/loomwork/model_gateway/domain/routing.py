"""Which model is meant by a name or by a reference, or the sentence that says why none is."""

import difflib

from loomwork.model_gateway.domain.errors import ModelNotFound
from loomwork.model_gateway.domain.names import ModelName, parse_model_name
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Provider
from loomwork.model_gateway.domain.references import ModelReference


def find_model(catalog: Catalog, text: str) -> tuple[Provider, ModelCard]:
    """The provider and the model behind `provider/model`. Raises `ModelNotFound`, naming what there is instead."""
    name = parse_model_name(text)
    if name is None:
        raise ModelNotFound(
            f"A model is named provider/model, and {text!r} is not. Providers: {_providers(catalog)}.", model=text
        )
    provider = catalog.named(name.provider)
    if provider is None:
        raise ModelNotFound(_no_such_provider(catalog, name), model=text)
    model = provider.model(name.name)
    if model is None:
        raise ModelNotFound(_no_such_model(provider, name), model=text)
    return provider, model


def asked_for(catalog: Catalog, reference: ModelReference) -> tuple[Provider, ModelCard] | str:
    """The provider and the model that a reference means, or a few words that say why there is none."""
    provider = catalog.named(reference.provider)
    if provider is None:
        return f"{reference} is not known here"
    model = provider.model(reference.name)
    if model is None:
        return f"{reference} is not known here ({provider.id} has {_models(provider)})"
    return provider, model


def _providers(catalog: Catalog) -> str:
    return ", ".join(sorted(catalog.providers)) or "none"


def _models(provider: Provider) -> str:
    return ", ".join(sorted(provider.models)) or "no models"


def _no_such_provider(catalog: Catalog, name: ModelName) -> str:
    broken = catalog.problems.get(name.provider)
    if broken is not None:
        return f"The provider {name.provider!r} cannot be used: {broken}"
    near = difflib.get_close_matches(name.provider, catalog.providers, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"There is no provider {name.provider!r}. {meant}Providers: {_providers(catalog)}."


def _no_such_model(provider: Provider, name: ModelName) -> str:
    broken = provider.problems.get(name.name)
    if broken is not None:
        return f"The model {name} cannot be used: {broken}"
    return f"{provider.id} has no model {name.name!r}. It has {_models(provider)}."
