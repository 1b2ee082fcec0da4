"""Models, providers, routes, budgets and usage behind a server, over `/api/v1`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from loomwork.interface.cli.model_desk import Facts


class Asks(Protocol):
    """Asks the server: the JSON of its answer, None where it has none."""

    async def __call__(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class RemoteDesk:
    """Fits `ModelDesk`."""

    ask: Asks

    async def list_models(self) -> Sequence[Facts]:
        return await self._list("/models")

    async def list_weights(self) -> Sequence[Facts]:
        return await self._list("/models/local")

    async def test_model(self, model: str) -> str:
        return str((await self.ask("POST", f"/models/{quote(model)}/test"))["message"])

    async def list_providers(self) -> Sequence[Facts]:
        return await self._list("/providers")

    async def add_provider(self, files: Mapping[str, str]) -> Facts:
        made: Facts = await self.ask("POST", "/providers", body={"files": dict(files)})
        return made

    async def remove_provider(self, provider: str) -> None:
        await self.ask("DELETE", f"/providers/{_part(provider)}")

    async def add_credential(self, provider: str, credential: Facts) -> Facts:
        made: Facts = await self.ask("POST", f"/providers/{_part(provider)}/credentials", body=credential)
        return made

    async def remove_credential(self, provider: str, credential_id: str) -> None:
        await self.ask("DELETE", f"/providers/{_part(provider)}/credentials/{_part(credential_id)}")

    async def list_routes(self) -> Sequence[Facts]:
        return await self._list("/model-routes")

    async def put_route(self, name: str, route: Facts) -> Facts:
        made: Facts = await self.ask("PUT", f"/model-routes/{_part(name)}", body=route)
        return made

    async def remove_route(self, name: str) -> None:
        await self.ask("DELETE", f"/model-routes/{_part(name)}")

    async def list_budgets(self) -> Sequence[Facts]:
        return await self._list("/budgets")

    async def create_budget(self, budget: Facts) -> Facts:
        made: Facts = await self.ask("POST", "/budgets", body=budget)
        return made

    async def remove_budget(self, budget_id: str) -> None:
        await self.ask("DELETE", f"/budgets/{_part(budget_id)}")

    async def usage(self, by: str, *, days: int) -> Sequence[Facts]:
        since = datetime.now(UTC) - timedelta(days=days)
        return await self._list("/usage/totals", {"by": by, "since": since.isoformat()})

    async def _list(self, path: str, query: Mapping[str, str] | None = None) -> Sequence[Facts]:
        found: Sequence[Facts] = (await self.ask("GET", path, query=query))["data"]
        return found


def _part(text: str) -> str:
    """A part of a path, whatever it holds."""
    return quote(text, safe="")
