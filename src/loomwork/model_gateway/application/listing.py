"""Every model there is, and what keeps it from being called."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ModelInfo, Route, WeightsStatus
from loomwork.model_gateway.application.candidates import ROUTE, Candidates
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Profile, Provider, WireName


async def list_models(
    scope: Scope, *, catalog: Catalog, candidates: Candidates, weights: Sequence[WeightsStatus]
) -> list[ModelInfo]:
    """By id: the models of all providers, what cannot be read of them, and the workspace's routes."""
    statuses = {status.model: status for status in weights}
    infos: list[ModelInfo] = []
    for provider in catalog.providers.values():
        missing = await candidates.missing(scope, provider)
        infos += _infos(provider, missing, statuses)
    infos += [_broken(f"{provider}/*", problem) for provider, problem in catalog.problems.items()]
    known = {info.id: info for info in infos}
    infos += [_of_route(route, known) for route in await candidates.routes(scope)]
    return sorted(infos, key=lambda info: info.id)


def _infos(provider: Provider, missing: Sequence[str], weights: Mapping[str, WeightsStatus]) -> Iterator[ModelInfo]:
    problem = f"Not configured: {' and '.join(missing)}." if missing else None
    for model in _listed(provider):
        status = weights.get(f"{provider.id}/{model.id}")
        trouble = problem or (status.problem if status and status.state == "failed" else None)
        yield _info(provider, model, trouble)
    for name, broken in provider.problems.items():
        yield _broken(f"{provider.id}/{name}", broken)


TOOLS_BY_JSON: frozenset[WireName] = frozenset({"local", "openai_chat"})
"""Wires that offer tools by JSON to models that know none."""


def _info(provider: Provider, model: ModelCard, problem: str | None) -> ModelInfo:
    retires = model.retires
    return ModelInfo(
        id=f"{provider.id}/{model.id}",
        provider=provider.id,
        label=model.label,
        type=model.type,
        context_size=model.context_size,
        ready=problem is None,
        problem=problem,
        abilities=_abilities(provider.profile_of(model), provider.wire_for(model)) if model.type == "chat" else (),
        max_output=model.max_output,
        dimensions=model.dimensions,
        price=_price(model),
        retires=retires.date.isoformat() if retires else None,
        successor=f"{provider.id}/{retires.successor}" if retires and retires.successor else None,
    )


def _abilities(profile: Profile, wire: WireName) -> tuple[str, ...]:
    has = {
        "tools": profile.tools or wire in TOOLS_BY_JSON,
        "vision": profile.vision,
        "reasoning": profile.reasoning,
        "structured_output": profile.structured_output != "prompt",
    }
    return tuple(name for name, there in has.items() if there)


def _price(model: ModelCard) -> Mapping[str, Any] | None:
    """Plain JSON; amounts as text, since they are exact."""
    return model.price.model_dump(mode="json", exclude_none=True) if model.price is not None else None


def _of_route(route: Route, known: Mapping[str, ModelInfo]) -> ModelInfo:
    """A route can do what all of its targets can, and may be called where one of them may."""
    targets = [known[share.model] for share in route.targets if share.model in known]
    sizes = [info.context_size for info in targets if info.context_size is not None]
    abilities = set.intersection(*(set(info.abilities) for info in targets)) if targets else set()
    there = any(info.ready for info in targets) or len(targets) < len(route.targets)
    return ModelInfo(
        id=f"{ROUTE}/{route.name}",
        provider=ROUTE,
        label=route.name,
        type=targets[0].type if targets else "chat",
        context_size=min(sizes, default=None),
        ready=there,
        problem=None if there else "None of its targets can be called.",
        abilities=tuple(sorted(abilities)),
    )


def _listed(provider: Provider) -> Iterable[ModelCard]:
    if provider.card.open_ended:
        return [*provider.models.values(), ModelCard(id="*", label=f"{provider.card.label}: any other model, by name")]
    return provider.models.values()


def _broken(model_id: str, problem: str) -> ModelInfo:
    return ModelInfo(model_id, model_id.partition("/")[0], model_id, ready=False, problem=problem)
