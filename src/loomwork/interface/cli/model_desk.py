"""Models, providers, routes, budgets and usage as commands see them: in the data folder, or behind a server's API.

What is handed out is what `/api/v1` answers with, so that `--json` is the same for both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from loomwork.interface.cli.pages import BudgetSubject
from loomwork.kernel.page import Page, PageRequest

Facts = Mapping[str, Any]


class ModelDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    async def list_models(self) -> Sequence[Facts]: ...

    async def list_weights(self) -> Sequence[Facts]: ...

    async def test_model(self, model: str) -> str: ...

    async def list_providers(self) -> Sequence[Facts]: ...

    async def add_provider(self, files: Mapping[str, str]) -> Facts: ...

    async def remove_provider(self, provider: str) -> None: ...

    async def add_credential(self, provider: str, credential: Facts) -> Facts:
        """`credential` has `name`, `values`, `weight` and `verify`."""
        ...

    async def remove_credential(self, provider: str, credential_id: str) -> None: ...

    async def list_routes(self) -> Sequence[Facts]: ...

    async def put_route(self, name: str, route: Facts) -> Facts: ...

    async def remove_route(self, name: str) -> None: ...

    async def list_budgets(
        self, page: PageRequest, *, subject: BudgetSubject | None = None, subject_id: str | None = None
    ) -> Page[Facts]: ...

    async def create_budget(self, budget: Facts) -> Facts: ...

    async def remove_budget(self, budget_id: str) -> None: ...

    async def usage(self, by: str, *, days: int) -> Sequence[Facts]:
        """Totals of the last so many days."""
        ...
