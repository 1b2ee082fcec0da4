"""Models, providers, routes, budgets and usage of the data folder, over the doors of this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.pages import BudgetSubject
from loomwork.interface.http.api.model_shapes import (
    BudgetBody,
    BudgetShape,
    CredentialShape,
    ModelShape,
    ProviderShape,
    RouteBody,
    RouteShape,
    TotalShape,
)
from loomwork.interface.http.api.shapes import LocalModelShape
from loomwork.kernel.errors import InvalidInput, LoomworkError
from loomwork.kernel.ids import new_id
from loomwork.kernel.page import Page, PageRequest
from loomwork.kernel.scope import Scope
from loomwork.model_gateway.api import Accounts, Budget, LocalModels, Models, Providers

B = TypeVar("B", bound=BaseModel)


class NotServed(LoomworkError):
    """This installation has no such part."""

    code = "not_served"


@dataclass(frozen=True, slots=True)
class LocalDesk:
    """Fits `ModelDesk`."""

    scope: Scope
    models: Models
    local_models: LocalModels
    providers: Providers | None
    accounts: Accounts | None

    async def list_models(self) -> Sequence[Facts]:
        return [_facts(ModelShape.of(model)) for model in await self.models.list_models(self.scope)]

    async def list_weights(self) -> Sequence[Facts]:
        return [_facts(LocalModelShape.of(status)) for status in await self.local_models.status()]

    async def test_model(self, model: str) -> str:
        return await self._providers.test_model(self.scope, model)

    async def list_providers(self) -> Sequence[Facts]:
        return [_facts(ProviderShape.of(each)) for each in await self._providers.list_providers(self.scope)]

    async def add_provider(self, files: Mapping[str, str]) -> Facts:
        return _facts(ProviderShape.of(await self._providers.add_provider(self.scope, files)))

    async def remove_provider(self, provider: str) -> None:
        await self._providers.remove_provider(self.scope, provider)

    async def add_credential(self, provider: str, credential: Facts) -> Facts:
        return _facts(CredentialShape.of(await self._providers.add_credential(self.scope, provider, **credential)))

    async def remove_credential(self, provider: str, credential_id: str) -> None:
        await self._providers.remove_credential(self.scope, credential_id)

    async def list_routes(self) -> Sequence[Facts]:
        return [_facts(RouteShape.of(route)) for route in await self._providers.list_routes(self.scope)]

    async def put_route(self, name: str, route: Facts) -> Facts:
        made = _checked(RouteBody, route).route(name)
        await self._providers.put_route(self.scope, made)
        return _facts(RouteShape.of(made))

    async def remove_route(self, name: str) -> None:
        await self._providers.remove_route(self.scope, name)

    async def list_budgets(
        self, page: PageRequest, *, subject: BudgetSubject | None = None, subject_id: str | None = None
    ) -> Page[Facts]:
        found = await self._accounts.list_budgets(self.scope, page, subject=subject, subject_id=subject_id)
        return Page([_facts(BudgetShape.of(state)) for state in found.items], next=found.next)

    async def create_budget(self, budget: Facts) -> Facts:
        wanted = _checked(BudgetBody, budget)
        subject_id = wanted.subject_id or self.scope.workspace_id
        facts = wanted.model_dump(exclude={"subject_id"})
        made = Budget(id=new_id(), subject_id=subject_id, **facts)
        return _facts(BudgetShape.of(await self._accounts.put_budget(self.scope, made)))

    async def remove_budget(self, budget_id: str) -> None:
        await self._accounts.remove_budget(self.scope, budget_id)

    async def usage(self, by: str, *, days: int) -> Sequence[Facts]:
        now = datetime.now(UTC)
        totals = await self._accounts.totals(self.scope, since=now - timedelta(days=days), until=now, by=by)
        return [_facts(TotalShape.of(total)) for total in totals]

    @property
    def _providers(self) -> Providers:
        if self.providers is None:
            raise NotServed("This installation does not manage providers.")
        return self.providers

    @property
    def _accounts(self) -> Accounts:
        if self.accounts is None:
            raise NotServed("This installation keeps no accounts.")
        return self.accounts


def _facts(shape: BaseModel) -> Facts:
    return shape.model_dump(mode="json")


def _checked(shape: type[B], given: Facts) -> B:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{place}: {first['msg']}", field=place) from None
