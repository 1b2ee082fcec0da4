"""Models, providers, routes, budgets and usage behind a server, over `/api/v1`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.pages import BudgetSubject, page_told
from loomwork.kernel.page import Page, PageRequest

if TYPE_CHECKING:
    from loomwork.interface.python.client import AsyncClient

By = Literal["model", "app", "key", "run", "node", "day"]


class Asks(Protocol):
    """Asks the server: the JSON of its answer, None where it has none."""

    async def __call__(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class RemoteDesk:
    """Fits `ModelDesk`."""

    client: "AsyncClient"

    async def list_models(self) -> Sequence[Facts]:
        return (await self.client.list_models())["data"]

    async def list_weights(self) -> Sequence[Facts]:
        return (await self.client.list_local_models())["data"]

    async def test_model(self, model: str) -> str:
        return (await self.client.test_model(model))["message"]

    async def list_providers(self) -> Sequence[Facts]:
        return (await self.client.list_providers())["data"]

    async def add_provider(self, files: Mapping[str, str]) -> Facts:
        return await self.client.add_provider(files=dict(files))

    async def remove_provider(self, provider: str) -> None:
        await self.client.remove_provider(provider)

    async def add_credential(self, provider: str, credential: Facts) -> Facts:
        return await self.client.add_credential(provider, **credential)

    async def remove_credential(self, provider: str, credential_id: str) -> None:
        await self.client.remove_credential(provider, credential_id)

    async def list_routes(self) -> Sequence[Facts]:
        return (await self.client.list_model_routes())["data"]

    async def put_route(self, name: str, route: Facts) -> Facts:
        return await self.client.put_model_route(name, **route)

    async def remove_route(self, name: str) -> None:
        await self.client.remove_model_route(name)

    async def list_budgets(
        self, page: PageRequest, *, subject: BudgetSubject | None = None, subject_id: str | None = None
    ) -> Page[Facts]:
        return page_told(
            await self.client.list_budgets(limit=page.limit, after=page.after, subject=subject, subject_id=subject_id)
        )

    async def create_budget(self, budget: Facts) -> Facts:
        return await self.client.create_budget(**budget)

    async def remove_budget(self, budget_id: str) -> None:
        await self.client.remove_budget(budget_id)

    async def usage(self, by: str, *, days: int) -> Sequence[Facts]:
        since = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        return (await self.client.list_usage_totals(by=cast(By, by), since=since))["data"]
