"""The people behind a server, over `/api/v1`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from loomwork.interface.cli.pages import InvitationState
from loomwork.interface.cli.people_desk import InvitationLine, InvitationLink
from loomwork.kernel.errors import InvalidInput
from loomwork.kernel.page import Page, PageRequest

_LINE = ("id", "email", "role", "state", "expires_at")


@dataclass(frozen=True, slots=True)
class RemotePeople:
    """Fits `PeopleDesk`. `ask` takes a method, a path and a body, and gives what the server answers."""

    ask: Callable[..., Awaitable[Any]]

    async def set_password(self, email: str, password: str) -> str:
        raise _not_from_here("A password is set")

    async def password_link(self, email: str) -> str:
        raise _not_from_here("A link for a new password is made")

    async def invite(self, email: str, role: str) -> InvitationLink:
        made = await self.ask("POST", "/invitations", body={"email": email, "role": role})
        return InvitationLink(made["id"], made["link"], made["mail"])

    async def list_invitations(
        self, page: PageRequest, *, state: InvitationState | None = None, email: str = ""
    ) -> Page[InvitationLine]:
        asked = {"limit": str(page.limit), "after": page.after, "state": state, "email": email}
        found = await self.ask("GET", "/invitations", query={name: value for name, value in asked.items() if value})
        lines = [InvitationLine(**{name: each[name] for name in _LINE}) for each in found["data"]]
        return Page(lines, next=found.get("next"))

    async def revoke_invitation(self, invitation_id: str) -> None:
        await self.ask("DELETE", f"/invitations/{quote(invitation_id, safe='')}")


def _not_from_here(what: str) -> InvalidInput:
    return InvalidInput(f"{what} on the server's own machine: leave --server away.")
