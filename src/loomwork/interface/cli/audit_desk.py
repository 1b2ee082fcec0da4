"""The audit trail as commands see it: in the data folder, or behind a server's API.

What is handed out is what `/api/v1` answers with, so that `--json` is the same for both.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from loomwork.interface.cli.model_desk import Facts
from loomwork.interface.cli.remote_desk import Asks
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope

if TYPE_CHECKING:
    from loomwork.tenancy.api import AuditFilter, AuditTrail

MOST = 100
"""Entries of one page."""

Wanted = Mapping[str, str]
"""The filters of `GET /api/v1/audit`, by their names there; moments in ISO 8601, with their zone."""


class AuditDesk(Protocol):
    """Each raises the `LoomworkError` that says why it could not."""

    async def newest(self, wanted: Wanted, count: int) -> Sequence[Facts]: ...

    def entries(self, wanted: Wanted) -> AsyncIterator[Facts]:
        """All of them, oldest first."""
        ...

    async def check(self, noted: tuple[int, str] | None) -> Facts:
        """`noted` is the number and the seal of an entry that was noted before."""
        ...


@dataclass(frozen=True, slots=True)
class LocalAuditDesk:
    """Fits `AuditDesk`."""

    scope: Scope
    trail: "AuditTrail"

    async def newest(self, wanted: Wanted, count: int) -> Sequence[Facts]:
        found: list[Facts] = []
        after: str | None = None
        while len(found) < count:
            request = PageRequest(min(MOST, count - len(found)), after)
            page = await self.trail.search(self.scope, _filter(wanted), request)
            found += [_facts(entry) for entry in page.items]
            if (after := page.next) is None:
                break
        return found

    async def entries(self, wanted: Wanted) -> AsyncIterator[Facts]:
        async for entry in self.trail.entries(self.scope, _filter(wanted)):
            yield _facts(entry)

    async def check(self, noted: tuple[int, str] | None) -> Facts:
        from loomwork.interface.http.api.audit_shapes import AuditCheckShape
        from loomwork.tenancy.api import Link

        checked = await self.trail.verify(self.scope, Link(*noted) if noted is not None else None)
        return AuditCheckShape.of(checked).model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class RemoteAuditDesk:
    """Fits `AuditDesk`."""

    ask: Asks

    async def newest(self, wanted: Wanted, count: int) -> Sequence[Facts]:
        found: list[Facts] = []
        query = dict(wanted)
        while len(found) < count:
            page = await self.ask("GET", "/audit", query={**query, "limit": str(min(MOST, count - len(found)))})
            found += page["data"]
            if page["next"] is None:
                break
            query["after"] = page["next"]
        return found

    async def entries(self, wanted: Wanted) -> AsyncIterator[Facts]:
        # Page by page from the newest on, because an answer of any length would have to be held in memory.
        pages: list[list[Facts]] = []
        query = dict(wanted)
        while True:
            page = await self.ask("GET", "/audit", query={**query, "limit": str(MOST)})
            pages.append(page["data"])
            if page["next"] is None:
                break
            query["after"] = page["next"]
        for entries in reversed(pages):
            for entry in reversed(entries):
                yield entry

    async def check(self, noted: tuple[int, str] | None) -> Facts:
        query = {"number": str(noted[0]), "seal": noted[1]} if noted is not None else {}
        checked: Facts = await self.ask("GET", "/audit/check", query=query)
        return checked


def _filter(wanted: Wanted) -> "AuditFilter":
    # Here, because most commands need nothing of it.
    from loomwork.tenancy.api import AuditFilter

    given: dict[str, Any] = {**wanted}
    for name in ("since", "until"):
        if name in given:
            given[name] = moment(given[name])
    return AuditFilter(**given)


def moment(text: str) -> datetime:
    """A moment in ISO 8601; one without a zone is of this machine's. Raises `InvalidInput`."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text[:40]!r} is no moment; write it like 2026-01-31 or 2026-01-31T18:00.") from None


def _facts(entry: Any) -> Facts:
    # Here, because most commands do not need the shapes, which take time to import.
    from loomwork.interface.http.api.audit_shapes import AuditEntryShape

    return AuditEntryShape.of(entry).model_dump(mode="json")
