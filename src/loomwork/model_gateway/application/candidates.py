"""Where a call for a model can be sent: its deployments, each with each of its keys."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import ModelFailure, ModelNotFound, ModelRefused, ModelType, ModelUnavailable, Route
from loomwork.model_gateway.application.places import Place
from loomwork.model_gateway.domain.connection import WITHOUT_ADDRESS, Configuration, StoredCredential, configure
from loomwork.model_gateway.domain.fallbacks import telling
from loomwork.model_gateway.domain.provider import Catalog, ModelCard, Provider
from loomwork.model_gateway.domain.routes import Patience
from loomwork.model_gateway.domain.routing import find_model
from loomwork.model_gateway.ports import CatalogSource, CredentialStore, RouteStore, Target, Wire

ROUTE = "route"
"""What stands before the slash in the name of a route."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model with one key, over the wire that it speaks. `place` is None where nobody is called who could fail for
    all alike: the models of this machine, and the test doubles.
    """

    provider: Provider
    card: ModelCard
    wire: Wire
    target: Target
    weight: float
    place: Place | None

    @property
    def name(self) -> str:
        return f"{self.provider.id}/{self.card.id}"

    def cannot(self) -> ModelUnavailable:
        """What to raise where its wire does not carry models of its type."""
        wire = self.provider.wire_for(self.card)
        return ModelUnavailable(
            f"{self.name} cannot be called: the wire {wire!r} carries no models of type {self.card.type}.",
            cause="not_configured",
        )


@dataclass(frozen=True, slots=True)
class Named:
    """What a model's name stands for: at least one candidate. `route` is None for a model of the catalog."""

    candidates: Sequence[Candidate]
    route: Route | None = None


@dataclass(slots=True)
class _Found:
    """What was found so far, of a route that may lead to others."""

    type: ModelType
    patience: Patience | None
    candidates: list[Candidate] = field(default_factory=list)
    failures: list[ModelFailure] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


MOST_KNOWN = 1024
"""Names that are kept with what they stand for; of an open-ended provider anybody can make up any number."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What there is for a provider beside its files: stored credentials, and what the environment says."""

    stored: tuple[StoredCredential, ...]
    variables: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a name stood for, and what it followed from beside the catalog."""

    provider: Provider
    given: _Given = field(repr=False)
    candidates: Sequence[Candidate]


class Candidates:
    """Finds them by name. Reads the catalog, and what the workspace has stored, at each call; what follows from them is
    kept for as long as they stay what they are.
    """

    def __init__(
        self,
        *,
        catalog: CatalogSource,
        wires: Mapping[str, Wire],
        environment: Mapping[str, str],
        credentials: CredentialStore | None,
        routes: RouteStore | None,
    ) -> None:
        self._catalog = catalog
        self._wires = wires
        self._environment = environment
        self._credentials = credentials
        self._routes = routes
        self._known: dict[Hashable, _Known] = {}
        self._known_by: Catalog | None = None

    async def named(
        self, scope: Scope, name: str, type_: ModelType, *, weight: float = 1.0, patience: Patience | None = None
    ) -> Named:
        """Raises `ModelNotFound`, `ModelRefused` for a model of another type, `ModelUnavailable` for one that is not
        configured; for a route, where all of its targets fail so.
        """
        if not name.startswith(f"{ROUTE}/"):
            return Named(await self._of_model(scope, name, type_, weight, patience))
        route = await self.route(scope, name)
        found = _Found(type_, route.patience, seen={name})
        await self._follow(scope, route, weight, found)
        if not found.candidates:
            raise telling(found.failures) if found.failures else _leads_nowhere(name)
        return Named(found.candidates, route)

    async def routes(self, scope: Scope) -> Sequence[Route]:
        """Every route of the workspace."""
        return () if self._routes is None else await self._routes.listed(scope)

    async def route(self, scope: Scope, name: str) -> Route:
        """The route called `route/<name>`. Raises `ModelNotFound`."""
        routes = await self.routes(scope)
        for route in routes:
            if name == f"{ROUTE}/{route.name}":
                return route
        there = ", ".join(f"{ROUTE}/{route.name}" for route in routes) or "none"
        raise ModelNotFound(f"There is no route {name!r} in this workspace. Routes: {there}.", model=name)

    async def configurations(self, scope: Scope, provider: Provider) -> Sequence[tuple[Configuration, int]]:
        """How the provider can be called, each way with its weight: with the keys that the workspace has stored, or,
        where there are none, as the environment says. There is always one, be it incomplete.
        """
        return self._configured(provider, await self._stored(scope, provider))

    async def _stored(self, scope: Scope, provider: Provider) -> Sequence[StoredCredential]:
        if self._credentials is None or not provider.card.credentials:
            return ()
        return await self._credentials.usable(scope, provider.id)

    def _configured(
        self, provider: Provider, stored: Sequence[StoredCredential]
    ) -> Sequence[tuple[Configuration, int]]:
        if not stored:
            return ((configure(provider.card, self._environment), 1),)
        return [(configure(provider.card, self._environment, one), one.weight) for one in stored]

    async def missing(self, scope: Scope, provider: Provider) -> tuple[str, ...]:
        """What has to be set before the provider can be called, each in a few words; nothing where it can be."""
        ways = await self.configurations(scope, provider)
        return () if any(way.complete for way, _ in ways) else ways[0][0].missing

    async def _follow(self, scope: Scope, route: Route, weight: float, found: _Found) -> None:
        whole = sum(share.weight for share in route.targets) or 1
        for share in route.targets:
            if share.model in found.seen:
                continue
            found.seen.add(share.model)
            part = weight * share.weight / whole
            try:
                if share.model.startswith(f"{ROUTE}/"):
                    await self._follow(scope, await self.route(scope, share.model), part, found)
                else:
                    found.candidates += await self._of_model(scope, share.model, found.type, part, found.patience)
            except ModelFailure as failure:
                found.failures.append(failure)

    async def _of_model(
        self, scope: Scope, name: str, type_: ModelType, weight: float, patience: Patience | None
    ) -> Sequence[Candidate]:
        kept = self._known_in(self._catalog.read())
        which = (scope.workspace_id, name, type_, weight, patience)
        known = kept.get(which)
        if known is not None and known.given == await self._given(scope, known.provider):
            return known.candidates
        provider, card = self._found(name, type_)
        given = await self._given(scope, provider)
        candidates = self._made(scope, name, provider, card, given.stored, weight, patience)
        kept[which] = _Known(provider, given, candidates)
        return candidates

    def _known_in(self, catalog: Catalog) -> dict[Hashable, _Known]:
        if catalog is not self._known_by or len(self._known) > MOST_KNOWN:
            self._known, self._known_by = {}, catalog
        return self._known

    async def _given(self, scope: Scope, provider: Provider) -> _Given:
        variables = tuple(self._environment.get(name) for name in provider.card.variables)
        return _Given(tuple(await self._stored(scope, provider)), variables)

    def _made(
        self,
        scope: Scope,
        name: str,
        provider: Provider,
        card: ModelCard,
        stored: Sequence[StoredCredential],
        weight: float,
        patience: Patience | None,
    ) -> Sequence[Candidate]:
        wire = self._wire(provider, card)
        ways = self._configured(provider, stored)
        complete = [(way, share) for way, share in ways if way.complete]
        if not complete:
            what = " and ".join(ways[0][0].missing)
            message = f"{name} is not configured here: {what}."
            raise ModelUnavailable(message, cause="not_configured", model=name)
        whole = sum(share for _, share in complete) or 1
        return [
            _candidate(scope, provider, card, wire, way, weight * share / whole, patience) for way, share in complete
        ]

    def _found(self, name: str, type_: ModelType) -> tuple[Provider, ModelCard]:
        provider, model = find_model(self._catalog.read(), name)
        if model.type == type_:
            return provider, model
        if provider.describes(model):
            raise ModelRefused(
                f"{name} is a model of type {model.type}, and this needs one of type {type_}.", model=name
            )
        return provider, model.model_copy(update={"type": type_})

    def _wire(self, provider: Provider, model: ModelCard) -> Wire:
        name = provider.wire_for(model)
        wire = self._wires.get(name)
        if wire is None:
            spoken = f"{provider.id}/{model.id} speaks {name!r}, which this installation does not."
            raise ModelUnavailable(spoken, cause="not_configured")
        return wire


def _candidate(
    scope: Scope,
    provider: Provider,
    card: ModelCard,
    wire: Wire,
    way: Configuration,
    weight: float,
    patience: Patience | None,
) -> Candidate:
    connection = way.connection
    target = Target(
        provider=provider.id,
        model=card.provider_model or card.id,
        connection=connection,
        profile=provider.profile_of(card),
        card=card,
        patience=patience,
        secrets=connection.secrets(provider.card),
    )
    place = None
    if provider.wire_for(card) not in WITHOUT_ADDRESS:
        owner = scope.workspace_id if connection.key_id is not None else ""
        place = Place(owner, provider.id, target.model, connection.key_id or "")
    return Candidate(provider, card, wire, target, weight, place)


def _leads_nowhere(name: str) -> ModelUnavailable:
    return ModelUnavailable(f"{name} has no targets.", cause="not_configured", model=name)
