"""Limits as commands see them: of the data folder, or behind a server's API."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.kernel.ids import new_id
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.interface.python.client import AsyncClient
    from loomwork.tenancy.api import Limits, LimitState


class LimitDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not. What is handed out is what `/api/v1` answers with."""

    async def list_limits(self) -> Sequence[Facts]: ...

    async def set_limit(self, limit: Facts) -> Facts:
        """`limit` has `subject`, `subject_id`, `measure` and `most`. One of the same meaning is replaced."""
        ...

    async def remove_limit(self, limit_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class LocalLimitDesk:
    """Fits `LimitDesk`."""

    scope: Scope
    limits: "Limits"

    async def list_limits(self) -> Sequence[Facts]:
        return [_facts(state) for state in await self.limits.list_limits(self.scope)]

    async def set_limit(self, limit: Facts) -> Facts:
        # Here, because most commands do not need it, and it takes time to import.
        from loomwork.tenancy.api import Limit

        limit_id = same_limit(limit, await self.list_limits()) or new_id()
        return _facts(await self.limits.put_limit(self.scope, Limit(limit_id, **limit)))

    async def remove_limit(self, limit_id: str) -> None:
        await self.limits.remove_limit(self.scope, limit_id)


@dataclass(frozen=True, slots=True)
class RemoteLimitDesk:
    """Fits `LimitDesk`."""

    client: "AsyncClient"

    async def list_limits(self) -> Sequence[Facts]:
        return [dict(each) for each in (await self.client.list_limits())["data"]]

    async def set_limit(self, limit: Facts) -> Facts:
        limit_id = same_limit(limit, await self.list_limits())
        if limit_id is None:
            return dict(await self.client.create_limit(**limit))
        return dict(await self.client.replace_limit(limit_id, **limit))

    async def remove_limit(self, limit_id: str) -> None:
        await self.client.remove_limit(limit_id)


OF_THE_INSTALLATION = "installation:"
"""What the ids of limits begin with that a workspace cannot change."""


def same_limit(wanted: Facts, limits: Sequence[Facts]) -> str | None:
    """The id of the workspace's own limit for the same."""
    meaning = ("subject", "subject_id", "measure")
    for each in limits:
        if not each["id"].startswith(OF_THE_INSTALLATION) and all(each[name] == wanted[name] for name in meaning):
            return str(each["id"])
    return None


def _facts(state: "LimitState") -> Facts:
    return {**asdict(state.limit), "used": state.used}
