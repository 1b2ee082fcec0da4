"""Providers and accounts in memory, behind the doors of the model gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loomwork.kernel.errors import InvalidInput, NotFound
from loomwork.kernel.ids import new_id
from loomwork.kernel.page import Page, PageRequest, page_within
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import (
    Budget,
    BudgetState,
    Cost,
    CredentialInfo,
    Entry,
    FieldInfo,
    ModelFailure,
    ProviderInfo,
    Route,
    Spender,
    Subject,
    Total,
    Usage,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
API_KEY = FieldInfo("api_key", "API key", "Make one on their page.", True, True, None, ())


class FakeProviders:
    """Providers whose keys work unless they end in `wrong`. What was stored is in `values`."""

    def __init__(self) -> None:
        self.values: dict[str, Mapping[str, str]] = {}
        self.credentials: dict[str, CredentialInfo] = {}
        self.files: dict[str, Mapping[str, str]] = {}
        self.routes: dict[str, Route] = {}
        self.fails_with: Exception | None = None

    async def list_providers(self, scope: Scope) -> Sequence[ProviderInfo]:
        return [self._info(name, removable=False) for name in ("openai", "debug")] + [
            self._info(name, removable=True) for name in self.files
        ]

    def _info(self, name: str, *, removable: bool) -> ProviderInfo:
        stored = [credential for credential in self.credentials.values() if credential.provider == name]
        return ProviderInfo(
            name, name.title(), "openai_chat", bool(stored), None if stored else "No API key.",
            "https://api.example.org/v1", [API_KEY], {"site": "https://example.org"}, False, 2, False, stored,
            False, removable,
        )  # fmt: skip

    def _check(self, values: Mapping[str, str], *, verify: bool) -> None:
        if set(values) != {"api_key"}:
            raise InvalidInput("Give `api_key`, and nothing else.", field="values")
        if verify and values["api_key"].endswith("wrong"):
            raise ModelFailure("The provider does not accept this key.", cause="credentials")

    async def add_credential(
        self, scope: Scope, provider: str, *, name: str, values: Mapping[str, str], weight: int = 1, verify: bool = True
    ) -> CredentialInfo:
        if provider not in {each.id for each in await self.list_providers(scope)}:
            raise NotFound("There is no such provider.")
        self._check(values, verify=verify)
        made = CredentialInfo(
            new_id(), provider, name, "https://api.example.org/v1", weight, True, values["api_key"][-4:], NOON, NOON,
            NOON if verify else None,
        )  # fmt: skip
        self.credentials[made.id] = made
        self.values[made.id] = values
        return made

    async def change_credential(
        self,
        scope: Scope,
        credential_id: str,
        *,
        name: str | None = None,
        values: Mapping[str, str] | None = None,
        weight: int | None = None,
        enabled: bool | None = None,
        verify: bool = True,
    ) -> CredentialInfo:
        old = self.credentials[credential_id]
        if values is not None:
            self._check(values, verify=verify)
            self.values[credential_id] = values
        changed = replace(
            old,
            name=name or old.name,
            weight=weight or old.weight,
            enabled=old.enabled if enabled is None else enabled,
            hint=values["api_key"][-4:] if values else old.hint,
        )
        self.credentials[credential_id] = changed
        return changed

    async def remove_credential(self, scope: Scope, credential_id: str) -> None:
        del self.credentials[credential_id]

    async def test_model(self, scope: Scope, model: str) -> str:
        if self.fails_with is not None:
            raise self.fails_with
        if model.startswith("x/"):
            raise ModelFailure(f"{model} is not configured here.", cause="not_configured")
        return f"{model} answered."

    async def add_provider(self, scope: Scope, files: Mapping[str, str]) -> ProviderInfo:
        if "provider.yml" not in files:
            raise InvalidInput("provider.yml is missing.", field="files")
        self.files["mine"] = files
        return self._info("mine", removable=True)

    async def remove_provider(self, scope: Scope, provider: str) -> None:
        if self.files.pop(provider, None) is None:
            raise NotFound("There is no provider of this name in the data folder.")

    async def list_routes(self, scope: Scope) -> Sequence[Route]:
        return [self.routes[name] for name in sorted(self.routes)]

    async def put_route(self, scope: Scope, route: Route) -> None:
        if any(share.model == f"route/{route.name}" for share in route.targets):
            raise InvalidInput("A route cannot lead to itself.", field="targets")
        self.routes[route.name] = route

    async def remove_route(self, scope: Scope, name: str) -> None:
        if self.routes.pop(name, None) is None:
            raise NotFound("There is no such route.")


class FakeAccounts:
    """Budgets of which a fifth is spent, and three calls, a minute apart."""

    def __init__(self) -> None:
        self.budgets: dict[str, Budget] = {}
        self.asked_for: list[tuple[datetime, datetime]] = []
        usage = Usage(prompt_tokens=10, completion_tokens=2)
        self.entries = [
            Entry(
                f"e{number}", NOON - timedelta(minutes=number), "chat", "openai/gpt", "route/fast", usage,
                Cost(Decimal("0.0012") if number else None), Spender(run_id="r1", key_id="k1"), 0.5,
            )
            for number in range(3)
        ]  # fmt: skip

    async def list_budgets(
        self, scope: Scope, page: PageRequest, *, subject: Subject | None = None, subject_id: str | None = None
    ) -> Page[BudgetState]:
        found = [self._state(it) for it in self.budgets.values() if subject in (None, it.subject)]
        return page_within(found, page, lambda state: state.budget.id)

    def _state(self, budget: Budget) -> BudgetState:
        return BudgetState(budget, budget.limit / 5, Decimal("0.5"))

    async def get_budget(self, scope: Scope, budget_id: str) -> BudgetState:
        if budget_id not in self.budgets:
            raise NotFound("There is no such budget.")
        return self._state(self.budgets[budget_id])

    async def put_budget(self, scope: Scope, budget: Budget) -> BudgetState:
        self.budgets[budget.id] = budget
        return self._state(budget)

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        if self.budgets.pop(budget_id, None) is None:
            raise NotFound("There is no such budget.")

    async def list_entries(
        self,
        scope: Scope,
        *,
        since: datetime,
        until: datetime,
        run_id: str | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[Entry]:
        self.asked_for.append((since, until))
        found = [entry for entry in self.entries if run_id in (None, entry.spender.run_id)]
        start = [entry.id for entry in found].index(before) + 1 if before else 0
        return found[start : start + limit]

    async def totals(self, scope: Scope, *, since: datetime, until: datetime, by: str) -> Sequence[Total]:
        self.asked_for.append((since, until))
        return [Total(f"{by} one", 3, 1, 30, 6, Cost(Decimal("0.0024")), 1)]
