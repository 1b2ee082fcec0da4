"""Which routes can be kept: their targets exist, are of one type, and none leads back to where it began."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from loomwork.kernel.errors import InvalidInput
from loomwork.model_gateway.domain.errors import Cause, ModelNotFound
from loomwork.model_gateway.domain.provider import Catalog, ModelType
from loomwork.model_gateway.domain.routes import Route
from loomwork.model_gateway.domain.routing import find_model

PREFIX = "route/"
CAUSES = frozenset(get_args(Cause)) | {"any"}
MOST_TARGETS = 50
MOST_RETRIES = 10
MOST_WEIGHT = 1_000_000
LONGEST = 7 * 24 * 3600.0
"""Seconds that any time of a route may be."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def check_route(route: Route, others: Sequence[Route], catalog: Catalog) -> None:
    """Raises `InvalidInput` saying which part cannot be kept."""
    if not _NAME.fullmatch(route.name):
        raise InvalidInput("A route's name has 1 to 64 small letters, digits, dots, dashes or underscores.")
    routes = {**{other.name: other for other in others}, route.name: route}
    _check_numbers(route)
    _check_shape(route)
    _check_circles(route, routes)
    types = {name: type_of(name, routes, catalog) for name in models_of(route)}
    if len(set(types.values())) > 1:
        named = ", ".join(f"{name} ({type_})" for name, type_ in types.items())
        raise InvalidInput(f"A route leads to models of one type; these are of several: {named}.", field="targets")


def models_of(route: Route) -> Iterator[str]:
    """Every model that it names."""
    yield from (share.model for share in route.targets)
    for models in route.fallbacks.values():
        yield from models


def type_of(name: str, routes: Mapping[str, Route], catalog: Catalog) -> ModelType:
    """What kind of model a name stands for, be it a route's. Raises `InvalidInput` where it stands for nothing."""
    if name.startswith(PREFIX):
        route = routes.get(name.removeprefix(PREFIX))
        if route is None or not route.targets:
            raise InvalidInput(f"There is no route {name[:80]!r} in this workspace.", model=name[:80])
        return type_of(route.targets[0].model, routes, catalog)
    try:
        return find_model(catalog, name)[1].type
    except ModelNotFound as problem:
        raise InvalidInput(problem.message, model=name[:80]) from None


def _check_numbers(route: Route) -> None:
    patience = route.patience
    seconds = {
        "hedge_after": route.hedge_after,
        "cache_seconds": route.cache_seconds,
        "connect": patience.connect,
        "first_token": patience.first_token,
        "idle": patience.idle,
        "total": patience.total,
    }
    for name, value in seconds.items():
        if value is not None and not (math.isfinite(value) and 0 < value <= LONGEST):
            raise InvalidInput(f"{name} is a number of seconds, above 0 and at most a week.", field=name)
    if not 0 <= route.retries <= MOST_RETRIES:
        raise InvalidInput(f"A route tries again 0 to {MOST_RETRIES} times.", field="retries")
    if any(not 0 <= share.weight <= MOST_WEIGHT for share in route.targets):
        raise InvalidInput(f"A target's weight is 0 to {MOST_WEIGHT}.", field="targets")


def _check_shape(route: Route) -> None:
    unknown = sorted(set(route.fallbacks) - CAUSES)
    if unknown:
        raise InvalidInput(
            f"Fallbacks are for {', '.join(sorted(CAUSES))}, not for {unknown[0][:40]!r}.", field="fallbacks"
        )
    if not any(share.weight for share in route.targets):
        raise InvalidInput("A route has at least one target with a weight above 0.", field="targets")
    names = [share.model for share in route.targets]
    if len(set(names)) < len(names):
        raise InvalidInput("A target stands in a route once; give it more weight instead.", field="targets")
    if len(list(models_of(route))) > MOST_TARGETS:
        raise InvalidInput(f"A route names {MOST_TARGETS} models at most.", field="targets")


def _check_circles(route: Route, routes: Mapping[str, Route]) -> None:
    """Follow every way that leads on from the route."""
    ahead, seen = [route.name], set[str]()
    while ahead:
        here = ahead.pop()
        for model in models_of(routes[here]) if here in routes else ():
            name = model.removeprefix(PREFIX)
            if not model.startswith(PREFIX):
                continue
            if name == route.name:
                raise InvalidInput(f"The route {route.name!r} would lead back to itself.", field="targets")
            if name not in seen:
                seen.add(name)
                ahead.append(name)
