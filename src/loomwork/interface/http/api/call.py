"""What every handler of `/api/v1` works with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from loomwork.apps.api import AppFiles, AppLife
from loomwork.conversations.api import AnnotationStore, MessageLog
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.kernel.errors import LoomworkError, NotAllowed
from loomwork.kernel.page import PageRequest
from loomwork.kernel.scope import Scope
from loomwork.knowledge.api import Knowledge
from loomwork.model_gateway.api import Accounts, Providers
from loomwork.plugins.api import Plugins
from loomwork.tenancy.api import (
    AuditTrail,
    Identity,
    InvitationDesk,
    KnowledgeGrants,
    Limits,
    Members,
    People,
    SignedIn,
    SingleSignOn,
    Takeout,
    Workspaces,
)
from loomwork.tools.api import Apis, McpServers, Tools


class NotServed(LoomworkError):
    """This part of the API is not served here."""

    code = "not_served"


@dataclass(frozen=True, slots=True)
class Call:
    """The doors, and who asks."""

    services: Services
    options: HttpOptions
    identity: Identity

    @property
    def scope(self) -> Scope:
        return self.identity.scope

    @property
    def providers(self) -> Providers:
        """Raises `NotServed` where this server has none."""
        if self.services.providers is None:
            raise NotServed("This server does not manage providers; ask the one that serves the workspace.")
        return self.services.providers

    @property
    def accounts(self) -> Accounts:
        """Raises `NotServed` where this server has none."""
        if self.services.accounts is None:
            raise NotServed("This server keeps no accounts; ask the one that serves the workspace.")
        return self.services.accounts

    @property
    def life(self) -> AppLife:
        """Raises `NotServed` where this server has none."""
        if self.services.life is None:
            raise NotServed("This server keeps no versions; ask the one that serves the workspace.")
        return self.services.life

    @property
    def files(self) -> AppFiles:
        """Raises `NotServed` where this server has none."""
        if self.services.files is None:
            raise NotServed("This server takes no files; ask the one that serves the workspace.")
        return self.services.files

    @property
    def message_log(self) -> MessageLog:
        """Raises `NotServed` where this server has none."""
        if self.services.message_log is None:
            raise NotServed("This server keeps no log of messages; ask the one that serves the workspace.")
        return self.services.message_log

    @property
    def annotations(self) -> AnnotationStore:
        """Raises `NotServed` where this server has none."""
        if self.services.annotations is None:
            raise NotServed("This server keeps no annotations; ask the one that serves the workspace.")
        return self.services.annotations

    @property
    def limits(self) -> Limits:
        """Raises `NotServed` where this server has none."""
        if self.services.limits is None:
            raise NotServed("This server keeps no limits; ask the one that serves the workspace.")
        return self.services.limits

    @property
    def audit(self) -> AuditTrail:
        """Raises `NotServed` where this server has none."""
        if self.services.audit is None:
            raise NotServed("This server keeps no audit trail; ask the one that serves the workspace.")
        return self.services.audit

    @property
    def members(self) -> Members:
        """Raises `NotServed` where this server has none."""
        if self.services.members is None:
            raise NotServed("This server does not manage members; ask the one that serves the workspace.")
        return self.services.members

    @property
    def workspaces(self) -> Workspaces:
        """Raises `NotServed` where this server has none."""
        if self.services.workspaces is None:
            raise NotServed("This server does not manage workspaces; ask the one that serves them.")
        return self.services.workspaces

    @property
    def takeout(self) -> Takeout:
        """Raises `NotServed` where this server has none."""
        if self.services.takeout is None:
            raise NotServed("This server holds no workspaces; ask the one that serves them.")
        return self.services.takeout

    @property
    def tools(self) -> Tools:
        """Raises `NotServed` where this server has none."""
        if self.services.tools is None:
            raise NotServed("This server has no tools; ask the one that serves the workspace.")
        return self.services.tools

    @property
    def apis(self) -> Apis:
        """Raises `NotServed` where this server has none."""
        if self.services.apis is None:
            raise NotServed("This server imports no APIs; ask the one that serves the workspace.")
        return self.services.apis

    @property
    def servers(self) -> McpServers:
        """Raises `NotServed` where this server has none."""
        if self.services.servers is None:
            raise NotServed("This server asks no servers of MCP; ask the one that serves the workspace.")
        return self.services.servers

    @property
    def knowledge(self) -> Knowledge:
        """Raises `NotServed` where this server has none."""
        if self.services.knowledge is None:
            raise NotServed("This server keeps no knowledge; ask the one that serves the workspace.")
        return self.services.knowledge

    @property
    def knowledge_grants(self) -> KnowledgeGrants:
        """Raises `NotServed` where this server has none."""
        if self.services.knowledge_grants is None:
            raise NotServed("This server keeps no knowledge; ask the one that serves the workspace.")
        return self.services.knowledge_grants

    @property
    def plugins(self) -> Plugins:
        """Raises `NotServed` where this server has none."""
        if self.services.plugins is None:
            raise NotServed("This server has no plugins; ask the one that serves the workspace.")
        return self.services.plugins

    @property
    def own_member_id(self) -> str:
        """Who asks, as a member. Raises `NotAllowed` for a key that is nobody's own."""
        if self.identity.member_id is None:
            raise NotAllowed("This is for people, and this key is nobody's own. Sign in, or use your own key.")
        return self.identity.member_id

    def require_home(self, what: str) -> None:
        """Raises `NotAllowed` in any workspace but the one whose owner runs the installation; `what` names what all
        workspaces share.
        """
        home = self.services.home
        if home is not None and home != self.scope.workspace_id:
            raise NotAllowed(f"{what} belong to the whole installation; ask whoever runs it to change them.")

    @property
    def people(self) -> People:
        """Raises `NotServed` where this server has none."""
        return _people(self.services)

    @property
    def invitations(self) -> InvitationDesk:
        """Raises `NotServed` where this server has none."""
        return _invitations(self.services)

    @property
    def sso(self) -> SingleSignOn:
        """Raises `NotServed` where this server has none."""
        return _sso(self.services)


@dataclass(frozen=True, slots=True)
class OwnCall:
    """The doors, and the person whose session asks, in no workspace."""

    services: Services
    options: HttpOptions
    me: SignedIn

    @property
    def people(self) -> People:
        """Raises `NotServed` where this server has none."""
        return _people(self.services)

    @property
    def sso(self) -> SingleSignOn:
        """Raises `NotServed` where this server has none."""
        return _sso(self.services)


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """The doors, and nobody in particular who asks."""

    services: Services
    options: HttpOptions

    @property
    def people(self) -> People:
        """Raises `NotServed` where this server has none."""
        return _people(self.services)

    @property
    def invitations(self) -> InvitationDesk:
        """Raises `NotServed` where this server has none."""
        return _invitations(self.services)


def _people(services: Services) -> People:
    if services.people is None:
        raise NotServed("This server does not know people; ask the one that serves the workspace.")
    return services.people


def _sso(services: Services) -> SingleSignOn:
    if services.sso is None:
        raise NotServed("This server asks nobody else who people are; ask the one that serves the workspace.")
    return services.sso


def _invitations(services: Services) -> InvitationDesk:
    if services.invitations is None:
        raise NotServed("This server invites nobody; ask the one that serves the workspace.")
    return services.invitations


async def _own_call(request: Request) -> OwnCall:
    state = request.app.state
    return OwnCall(state.services, state.options, request.state.me)


async def _door(request: Request) -> AtTheDoor:
    return AtTheDoor(request.app.state.services, request.app.state.options)


async def _call(request: Request) -> Call:
    state = request.app.state
    return Call(state.services, state.options, request.state.identity)


async def _page(
    limit: Annotated[int, Query(ge=1, le=100, description="How many items, 1 to 100.")] = 20,
    after: Annotated[
        str | None, Query(max_length=200, description="The `next` of the page before; absent for the first.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, after or None)


TheCall = Annotated[Call, Depends(_call)]
TheOwnCall = Annotated[OwnCall, Depends(_own_call)]
TheDoor = Annotated[AtTheDoor, Depends(_door)]
ThePage = Annotated[PageRequest, Depends(_page)]
